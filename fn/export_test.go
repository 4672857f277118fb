package fn

// BindingsLen is how many bound functions are known.
func BindingsLen() int {
	bindings.RLock()
	defer bindings.RUnlock()
	return len(bindings.at)
}

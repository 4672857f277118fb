package array

// Transpose returns x with its axes in another order, reversed by default.
func (x *Array) Transpose(axes ...int) *Array {
	if x.err != nil {
		return x
	}
	chunks := x.chunksOf()
	n := len(chunks)
	if len(axes) == 0 {
		for a := range n {
			axes = append(axes, n-1-a)
		}
	}
	perm, err := normAxes(axes, n)
	if err != nil {
		return at("transpose", err)
	}
	if len(perm) != n {
		return failed("transpose", ErrAxis, "%d axes given for %d dimensions", len(perm), n)
	}
	to := make([]viewAxis, n)
	out := make([][]int, n)
	for a, p := range perm {
		to[p].out = a
		out[a] = chunks[p]
	}
	return wrap(newView("transpose", x.node, to, out))
}

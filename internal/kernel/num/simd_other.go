//go:build !amd64 || purego

package num

// machineLevel is what the machine has.
func machineLevel() Level { return Portable }

func setLevel(Level) {}

package rng

import "os"

// allowed reports whether the environment leaves the instruction set on: SHEAF_SIMD is off, avx2 or avx512 (the default
// is the best that the machine has).
func allowed(set string) bool {
	switch os.Getenv("SHEAF_SIMD") {
	case "off":
		return false
	case "avx2":
		return set == "avx2"
	}
	return true
}

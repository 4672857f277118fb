//go:build amd64 && !purego

package rng

// forcePortable switches the vector kernels off until the returned function is called.
func forcePortable() func() {
	ifma, wide := useIFMA, useAVX512
	useIFMA, useAVX512 = false, false
	return func() { useIFMA, useAVX512 = ifma, wide }
}

package rng

// acceptNormals makes normals of raw words up to the first that the ziggurat does not accept at once.
func acceptNormals(dst []float64, raw []uint64) int {
	n := min(len(dst), len(raw))
	dst, raw = dst[:n], raw[:n]
	for j, r := range raw {
		i := r & 0xff
		rabs := r >> 9 & (1<<52 - 1)
		if rabs >= normalK[i] {
			return j
		}
		x := float64(rabs) * normalW[i]
		if r&0x100 != 0 {
			x = -x
		}
		dst[j] = x
	}
	return n
}

// acceptExponentials is acceptNormals for the exponential distribution.
func acceptExponentials(dst []float64, raw []uint64) int {
	n := min(len(dst), len(raw))
	dst, raw = dst[:n], raw[:n]
	for j, r := range raw {
		i := r >> 3 & 0xff
		r >>= 11
		if r >= expK[i] {
			return j
		}
		dst[j] = float64(r) * expW[i]
	}
	return n
}

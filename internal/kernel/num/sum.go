package num

import "unsafe"

// The kernels of sums. They are variables because the machine's vector kernels take their place; the portable ones here
// define the result, to the bit: 32 lanes, element i into lane i mod 32, then the lanes folded in halves.
var (
	sumFloat64 = sumLanes[float64]
	sumFloat32 = sumLanes[float32]
	sqdFloat64 = sqdLanes
	addColumns = addColumnsGo
	colMoments = colMomentsGo
	countBools = sumInts[uint8]
	minFloat64 = minLanes[float64]
	maxFloat64 = maxLanes[float64]
	minFloat32 = minLanes[float32]
	maxFloat32 = maxLanes[float32]
)

// setPortableKernels puts the portable loops back.
func setPortableKernels() {
	sumFloat64, sumFloat32, sqdFloat64 = sumLanes[float64], sumLanes[float32], sqdLanes
	addColumns, colMoments = addColumnsGo, colMomentsGo
	countBools = sumInts[uint8]
	minFloat64, maxFloat64 = minLanes[float64], maxLanes[float64]
	minFloat32, maxFloat32 = minLanes[float32], maxLanes[float32]
	transpose32, transpose64 = transposeWords[uint32], transposeWords[uint64]
	where32, where64 = whereWords[uint32], whereWords[uint64]
	streamCopy = func(dst, src unsafe.Pointer, n int) {
		copy(unsafe.Slice((*byte)(dst), n), unsafe.Slice((*byte)(src), n))
	}
}

// sumLanes returns the sum of n elements in float64.
func sumLanes[T float](p unsafe.Pointer, n int) float64 {
	var lane [32]float64
	v := unsafe.Slice((*T)(p), n)
	for len(v) >= 32 {
		w := v[:32:32]
		for i := range lane {
			lane[i] += float64(w[i])
		}
		v = v[32:]
	}
	return sumRest(&lane, v)
}

// sumRest adds fewer than 32 elements to the lanes, and folds them.
func sumRest[T float](lane *[32]float64, v []T) float64 {
	for i, x := range v {
		lane[i&31] += float64(x)
	}
	return fold(lane)
}

// fold adds the lanes: vectors of 8 in pairs, then the halves of the last one.
func fold(l *[32]float64) float64 {
	for i := range 8 {
		l[i] = (l[i] + l[8+i]) + (l[16+i] + l[24+i])
	}
	for i := range 4 {
		l[i] += l[4+i]
	}
	return (l[0] + l[2]) + (l[1] + l[3])
}

// sqdLanes returns the sum of the squares of x - mean.
func sqdLanes(p unsafe.Pointer, n int, mean float64) float64 {
	var lane [32]float64
	v := unsafe.Slice((*float64)(p), n)
	for len(v) >= 32 {
		w := v[:32:32]
		for i := range lane {
			d := w[i] - mean
			lane[i] += float64(d * d)
		}
		v = v[32:]
	}
	return sqdRest(&lane, v, mean)
}

func sqdRest(lane *[32]float64, v []float64, mean float64) float64 {
	for i, x := range v {
		d := x - mean
		lane[i&31] += float64(d * d)
	}
	return fold(lane)
}

// addColumnsGo adds the sum of each column of rows×cols elements, rs apart, to acc.
func addColumnsGo(acc, p unsafe.Pointer, rs, rows, cols int) {
	a := unsafe.Slice((*float64)(acc), cols)
	if rows == 1 {
		for i, x := range unsafe.Slice((*float64)(p), cols) {
			a[i] += x
		}
		return
	}
	var s [64]float64
	for c := 0; c < cols; c += len(s) {
		n := min(len(s), cols-c)
		copy(s[:n], unsafe.Slice((*float64)(unsafe.Add(p, 8*c)), n))
		for r := 1; r < rows; r++ {
			for i, x := range unsafe.Slice((*float64)(unsafe.Add(p, 8*(r*rs+c))), n) {
				s[i] += x
			}
		}
		for i, x := range s[:n] {
			a[c+i] += x
		}
	}
}

// colMomentsGo merges the moments of each column of a tile into mean and m2, which are of n elements so far. w is
// rows/(n+rows), inv is 1/rows and f is n*w.
func colMomentsGo(mean, m2, p unsafe.Pointer, rs, rows, cols int, inv, w, f float64) {
	m, q := unsafe.Slice((*float64)(mean), cols), unsafe.Slice((*float64)(m2), cols)
	var sum, dev [64]float64
	for c := 0; c < cols; c += len(sum) {
		n := min(len(sum), cols-c)
		row := func(r int) []float64 { return unsafe.Slice((*float64)(unsafe.Add(p, 8*(r*rs+c))), n) }
		copy(sum[:n], row(0))
		for r := 1; r < rows; r++ {
			for i, x := range row(r) {
				sum[i] += x
			}
		}
		for i := range n {
			sum[i] *= inv
			dev[i] = 0
		}
		for r := range rows {
			for i, x := range row(r) {
				d := x - sum[i]
				dev[i] += float64(d * d)
			}
		}
		for i := range n {
			d := sum[i] - m[c+i]
			m[c+i] += float64(d * w)
			q[c+i] += dev[i] + float64(float64(d*d)*f)
		}
	}
}

// sumInts adds integers modulo 2^64.
func sumInts[T integer](p unsafe.Pointer, n int) uint64 {
	var a, b, c, d uint64
	v := unsafe.Slice((*T)(p), n)
	for ; len(v) >= 4; v = v[4:] {
		a, b, c, d = a+uint64(v[0]), b+uint64(v[1]), c+uint64(v[2]), d+uint64(v[3])
	}
	for _, x := range v {
		a += uint64(x)
	}
	return a + b + c + d
}

// minLanes and maxLanes return the extreme of n > 0 elements, NaN if there is one.
func minLanes[T float](p unsafe.Pointer, n int) T {
	v := unsafe.Slice((*T)(p), n)
	m := v[0]
	for _, x := range v {
		m = minimum(m, x)
	}
	return m
}

func maxLanes[T float](p unsafe.Pointer, n int) T {
	v := unsafe.Slice((*T)(p), n)
	m := v[0]
	for _, x := range v {
		m = maximum(m, x)
	}
	return m
}

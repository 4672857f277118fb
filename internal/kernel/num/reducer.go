package num

import (
	"math"
	"unsafe"

	"sheaf/dtype"
)

// reducer accumulates one reduction of one chunk. Accumulators are numbered in C order of the axes that are kept.
type reducer interface {
	// tile takes rows×cols elements, rs apart from row to row and neighbours within one. Row r goes to the accumulators
	// from acc + r*ars on: to one of them if colsReduced, else to one per column.
	tile(p unsafe.Pointer, rs, rows, cols, acc, ars int, colsReduced bool)
	// results returns the accumulators.
	results() []unsafe.Pointer
}

// newReducer returns the reducer with n accumulators. flat is how the index of ArgMin and ArgMax counts.
func newReducer(r Reduction, t dtype.Type, n int) reducer {
	switch r {
	case Sum:
		return newSum(t, n)
	case Moments:
		return newMoments(n)
	case Any, All, Count:
		return newTruth(r, t, n)
	}
	switch t {
	case dtype.Bool, dtype.Uint8:
		return newOrdered[uint8](r, t, n)
	case dtype.Int8:
		return newOrdered[int8](r, t, n)
	case dtype.Int16:
		return newOrdered[int16](r, t, n)
	case dtype.Int32:
		return newOrdered[int32](r, t, n)
	case dtype.Int64, dtype.Datetime, dtype.Timedelta:
		return newOrdered[int64](r, t, n)
	case dtype.Uint16:
		return newOrdered[uint16](r, t, n)
	case dtype.Uint32:
		return newOrdered[uint32](r, t, n)
	case dtype.Uint64:
		return newOrdered[uint64](r, t, n)
	case dtype.Float32:
		return newOrdered[float32](r, t, n)
	case dtype.Float64:
		return newOrdered[float64](r, t, n)
	case dtype.Complex64:
		return newComplex[complex64](r, t, n)
	}
	return newComplex[complex128](r, t, n)
}

// sums adds into accumulators of type A: run sums a row, cols adds a tile to as many accumulators as it has columns.
type sums[A any] struct {
	acc   []A
	run   func(p unsafe.Pointer, n int) A
	add   func(acc *A, x A, i int)
	cols  func(acc, p unsafe.Pointer, rs, rows, cols int)
	size  int    // of an element of the tile
	final func() // brings acc up to date
}

func (s *sums[A]) tile(p unsafe.Pointer, rs, rows, cols, acc, ars int, colsReduced bool) {
	switch {
	case colsReduced && ars == 0 && rs == cols:
		s.add(&s.acc[acc], s.run(p, rows*cols), acc)
	case colsReduced:
		for r := range rows {
			s.add(&s.acc[acc+r*ars], s.run(unsafe.Add(p, r*rs*s.size), cols), acc+r*ars)
		}
	case ars == 0:
		s.cols(unsafe.Pointer(&s.acc[acc]), p, rs, rows, cols)
	default:
		for r := range rows {
			s.cols(unsafe.Pointer(&s.acc[acc+r*ars]), unsafe.Add(p, r*rs*s.size), rs, 1, cols)
		}
	}
}

func (s *sums[A]) results() []unsafe.Pointer {
	if s.final != nil {
		s.final()
	}
	return []unsafe.Pointer{unsafe.Pointer(unsafe.SliceData(s.acc))}
}

func newSum(t dtype.Type, n int) reducer {
	switch {
	case t.IsFloat():
		return newFloatSum(t, n)
	case t.IsComplex():
		return newComplexSum(t, n)
	}
	s := &sums[uint64]{acc: make([]uint64, n), size: t.Size(), add: func(acc *uint64, x uint64, _ int) { *acc += x }}
	switch t {
	case dtype.Bool:
		s.run, s.cols = countBools, colsInto[uint8, uint64]
	case dtype.Int8:
		s.run, s.cols = sumInts[int8], colsInto[int8, uint64]
	case dtype.Int16:
		s.run, s.cols = sumInts[int16], colsInto[int16, uint64]
	case dtype.Int32:
		s.run, s.cols = sumInts[int32], colsInto[int32, uint64]
	case dtype.Uint8:
		s.run, s.cols = sumInts[uint8], colsInto[uint8, uint64]
	case dtype.Uint16:
		s.run, s.cols = sumInts[uint16], colsInto[uint16, uint64]
	case dtype.Uint32:
		s.run, s.cols = sumInts[uint32], colsInto[uint32, uint64]
	case dtype.Timedelta:
		return newOrdered[int64](Sum, t, n)
	default:
		s.run, s.cols = sumInts[int64], colsInto[int64, uint64]
	}
	return s
}

// newFloatSum keeps what is lost when the sum of a row is added, so that the order of many rows does not matter much.
func newFloatSum(t dtype.Type, n int) reducer {
	lost := make([]float64, n)
	s := &sums[float64]{acc: make([]float64, n), size: t.Size()}
	s.add = func(acc *float64, x float64, i int) {
		sum := *acc + x
		b := sum - *acc
		if e := (*acc - (sum - b)) + (x - b); e == e { // not once the sum is infinite or NaN
			lost[i] += e
		}
		*acc = sum
	}
	s.final = func() {
		for i, e := range lost {
			s.acc[i] += e
			lost[i] = 0
		}
	}
	s.run, s.cols = sumFloat64, func(acc, p unsafe.Pointer, rs, rows, cols int) { addColumns(acc, p, rs, rows, cols) }
	if t == dtype.Float32 {
		s.run, s.cols = sumFloat32, colsInto[float32, float64]
	}
	return s
}

func newComplexSum(t dtype.Type, n int) reducer {
	s := &sums[complex128]{acc: make([]complex128, n), size: t.Size(), add: func(acc *complex128, x complex128, _ int) { *acc += x }}
	s.run, s.cols = sumComplex[complex128], colsComplex[complex128]
	if t == dtype.Complex64 {
		s.run, s.cols = sumComplex[complex64], colsComplex[complex64]
	}
	return s
}

func sumComplex[T complexes](p unsafe.Pointer, n int) complex128 {
	var lane [4]complex128
	v := unsafe.Slice((*T)(p), n)
	for i, x := range v {
		lane[i&3] += complex128(x)
	}
	return (lane[0] + lane[1]) + (lane[2] + lane[3])
}

func colsComplex[T complexes](acc, p unsafe.Pointer, rs, rows, cols int) {
	a := unsafe.Slice((*complex128)(acc), cols)
	var zero T
	for r := range rows {
		for i, x := range unsafe.Slice((*T)(unsafe.Add(p, r*rs*int(unsafe.Sizeof(zero)))), cols) {
			a[i] += complex128(x)
		}
	}
}

// colsInto adds each column of a tile of T to an accumulator of A.
func colsInto[T, A ordered](acc, p unsafe.Pointer, rs, rows, cols int) {
	a := unsafe.Slice((*A)(acc), cols)
	var zero T
	for r := range rows {
		for i, x := range unsafe.Slice((*T)(unsafe.Add(p, r*rs*int(unsafe.Sizeof(zero)))), cols) {
			a[i] += A(x)
		}
	}
}

// moments are counts, means and sums of squared deviations, merged by Chan's formula.
type moments struct{ n, mean, m2 []float64 }

func newMoments(n int) reducer {
	return &moments{make([]float64, n), make([]float64, n), make([]float64, n)}
}

func (m *moments) tile(p unsafe.Pointer, rs, rows, cols, acc, ars int, colsReduced bool) {
	switch {
	case colsReduced && ars == 0 && rs == cols:
		m.run(acc, p, rows*cols)
	case colsReduced:
		for r := range rows {
			m.run(acc+r*ars, unsafe.Add(p, 8*r*rs), cols)
		}
	case ars == 0:
		m.columns(acc, p, rs, rows, cols)
	default:
		for r := range rows {
			m.columns(acc+r*ars, unsafe.Add(p, 8*r*rs), rs, 1, cols)
		}
	}
}

func (m *moments) run(i int, p unsafe.Pointer, n int) {
	mean := sumFloat64(p, n) / float64(n)
	m.n[i], m.mean[i], m.m2[i] = MergeMoments(m.n[i], m.mean[i], m.m2[i], float64(n), mean, sqdFloat64(p, n, mean))
}

func (m *moments) columns(acc int, p unsafe.Pointer, rs, rows, cols int) {
	n, k := m.n[acc], float64(rows)
	colMoments(unsafe.Pointer(&m.mean[acc]), unsafe.Pointer(&m.m2[acc]), p, rs, rows, cols, 1/k, k/(n+k), float64(n*k)/(n+k))
	for i := range cols {
		m.n[acc+i] = n + k
	}
}

func (m *moments) results() []unsafe.Pointer {
	return []unsafe.Pointer{
		unsafe.Pointer(unsafe.SliceData(m.n)), unsafe.Pointer(unsafe.SliceData(m.mean)), unsafe.Pointer(unsafe.SliceData(m.m2)),
	}
}

// MergeMoments returns the moments of two groups together: counts, means, sums of squared deviations (Chan et al. 1979).
func MergeMoments(n1, mean1, m21, n2, mean2, m22 float64) (n, mean, m2 float64) {
	if n1 == 0 {
		return n2, mean2, m22
	}
	if n2 == 0 {
		return n1, mean1, m21
	}
	n = n1 + n2
	d := mean2 - mean1
	mean = mean1 + float64(d*(n2/n))
	m2 = m21 + m22 + float64(float64(d*d)*(n1*n2/n))
	if math.IsInf(mean1, 0) || math.IsInf(mean2, 0) {
		mean = float64(mean1*(n1/n)) + float64(mean2*(n2/n))
	}
	return n, mean, m2
}

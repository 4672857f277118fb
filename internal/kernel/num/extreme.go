package num

import (
	"unsafe"

	"sheaf/dtype"
)

// extreme keeps the better of what it has and what comes, by a comparison that also says what to do with NaN: Min, Max,
// NanMin and NanMax, and ArgMin and ArgMax with the index.
type extreme[T any] struct {
	acc    []T
	seen   []bool
	better func(x, than T) bool
	merge  forms                           // element by element, nil if only better will do
	run    func(p unsafe.Pointer, n int) T // over a row, nil likewise
	index  []int64
	cols   func(acc []T, index []int64, row []T, at int64) // of ArgMin and ArgMax, each column on its own
	at     func(r, c int) int64                            // of an element of the tile, for index
}

func newOrdered[T ordered](r Reduction, t dtype.Type, n int) reducer {
	if r == Prod || r == Sum {
		return newProduct[T](r, t, n)
	}
	e := &extreme[T]{acc: make([]T, n), seen: make([]bool, n)}
	isNaN := func(x T) bool { return x != x }
	if t.IsTemporal() {
		isNaN = func(x T) bool { return int64(x) == nat }
	}
	switch r {
	case Min, ArgMin:
		e.better = func(x, than T) bool { return x < than && !isNaN(than) || isNaN(x) && !isNaN(than) }
		e.merge = binaryLoops[Minimum][t]
	case Max, ArgMax:
		e.better = func(x, than T) bool { return x > than && !isNaN(than) || isNaN(x) && !isNaN(than) }
		e.merge = binaryLoops[Maximum][t]
	case NanMin:
		e.better = func(x, than T) bool { return !isNaN(x) && (x < than || isNaN(than)) }
		e.merge = binaryLoops[Fmin][t]
	case NanMax:
		e.better = func(x, than T) bool { return !isNaN(x) && (x > than || isNaN(than)) }
		e.merge = binaryLoops[Fmax][t]
	}
	e.run = rowExtreme[T](r, t)
	if r == ArgMin || r == ArgMax {
		e.index = make([]int64, n)
		if !t.IsTemporal() {
			e.cols = argColumns[T](r == ArgMax)
		}
	}
	return e
}

// argColumns puts at into index wherever the row has something better than acc. Rows come in the order of at.
func argColumns[T ordered](largest bool) func(acc []T, index []int64, row []T, at int64) {
	if largest {
		return func(acc []T, index []int64, row []T, at int64) {
			for c, x := range row {
				if a := acc[c]; x <= a || a != a {
					continue
				}
				acc[c], index[c] = x, at // larger, or the first NaN
			}
		}
	}
	return func(acc []T, index []int64, row []T, at int64) {
		for c, x := range row {
			if a := acc[c]; x >= a || a != a {
				continue
			}
			acc[c], index[c] = x, at
		}
	}
}

// rowExtreme returns the kernel over a row, or nil.
func rowExtreme[T ordered](r Reduction, t dtype.Type) func(unsafe.Pointer, int) T {
	var f any
	switch r {
	case ArgMin:
		r = Min
	case ArgMax:
		r = Max
	}
	switch {
	case r == Min && t == dtype.Float64:
		f = minFloat64
	case r == Max && t == dtype.Float64:
		f = maxFloat64
	case r == Min && t == dtype.Float32:
		f = minFloat32
	case r == Max && t == dtype.Float32:
		f = maxFloat32
	case t.IsInteger() && (r == Min || r == NanMin):
		return func(p unsafe.Pointer, n int) T {
			v := unsafe.Slice((*T)(p), n)
			m := v[0]
			for _, x := range v {
				m = min(m, x)
			}
			return m
		}
	case t.IsInteger() && (r == Max || r == NanMax):
		return func(p unsafe.Pointer, n int) T {
			v := unsafe.Slice((*T)(p), n)
			m := v[0]
			for _, x := range v {
				m = max(m, x)
			}
			return m
		}
	}
	k, _ := f.(func(unsafe.Pointer, int) T)
	return k
}

func newComplex[T complexes](r Reduction, t dtype.Type, n int) reducer {
	if r == Prod {
		return newComplexProduct[T](t, n)
	}
	e := &extreme[T]{acc: make([]T, n), seen: make([]bool, n)}
	e.better = func(x, than T) bool { return !isNaNComplex(than) && (isNaNComplex(x) || lessComplex(x, than)) }
	if r == Max || r == ArgMax {
		e.better = func(x, than T) bool { return !isNaNComplex(than) && (isNaNComplex(x) || lessComplex(than, x)) }
	}
	if r == ArgMin || r == ArgMax {
		e.index = make([]int64, n)
	}
	return e
}

func (e *extreme[T]) tile(p unsafe.Pointer, rs, rows, cols, acc, ars int, colsReduced bool) {
	var zero T
	size := int(unsafe.Sizeof(zero))
	for r := range rows {
		row := unsafe.Slice((*T)(unsafe.Add(p, r*rs*size)), cols)
		at := acc + r*ars
		switch {
		case e.index != nil:
			e.indexed(row, at, r, colsReduced)
		case colsReduced && e.run != nil:
			e.take(at, e.run(unsafe.Pointer(&row[0]), cols))
		case colsReduced:
			for _, x := range row {
				e.take(at, x)
			}
		case e.merge.vv != nil && e.seen[at]: // columns of a tile are seen together
			a := unsafe.Pointer(&e.acc[at])
			e.merge.vv(a, a, unsafe.Pointer(&row[0]), cols)
		default:
			for i, x := range row {
				e.take(at+i, x)
			}
		}
	}
}

func (e *extreme[T]) take(i int, x T) {
	if !e.seen[i] || e.better(x, e.acc[i]) {
		e.acc[i], e.seen[i] = x, true
	}
}

// indexed is the loop with indexes. Among equals the smallest index wins, because tiles do not come in its order
// when they are blocks of columns.
func (e *extreme[T]) indexed(row []T, at, r int, colsReduced bool) {
	if !colsReduced && e.cols != nil && e.seen[at] {
		e.cols(e.acc[at:], e.index[at:], row, e.at(r, 0)) // the index is that of the row
		return
	}
	if colsReduced && e.run != nil {
		v := e.run(unsafe.Pointer(&row[0]), len(row))
		if e.seen[at] && !e.better(v, e.acc[at]) && (e.better(e.acc[at], v) || e.at(r, 0) >= e.index[at]) {
			return
		}
	}
	for c, x := range row {
		i := at
		if !colsReduced {
			i += c
		}
		if e.seen[i] && !e.better(x, e.acc[i]) {
			if e.better(e.acc[i], x) || e.at(r, c) >= e.index[i] {
				continue
			}
		}
		e.acc[i], e.seen[i], e.index[i] = x, true, e.at(r, c)
	}
}

func (e *extreme[T]) locate(at func(r, c int) int64) { e.at = at }

// locator is a reducer that needs to know where the elements of a tile are.
type locator interface{ locate(at func(r, c int) int64) }

func (e *extreme[T]) results() []unsafe.Pointer {
	out := []unsafe.Pointer{unsafe.Pointer(unsafe.SliceData(e.acc))}
	if e.index != nil {
		out = append(out, unsafe.Pointer(unsafe.SliceData(e.index)))
	}
	return out
}

// products multiplies (and sums times) one element at a time into an accumulator of A.
type products[T, A any] struct {
	acc  []A
	with func(a A, x T) A
}

func newProduct[T ordered](r Reduction, t dtype.Type, n int) reducer {
	if t.IsFloat() {
		p := &products[T, float64]{acc: ones[float64](n), with: func(a float64, x T) float64 { return a * float64(x) }}
		return p
	}
	p := &products[T, uint64]{acc: ones[uint64](n), with: func(a uint64, x T) uint64 { return a * uint64(x) }}
	if r == Sum { // of times
		clear(p.acc)
		p.with = func(a uint64, x T) uint64 { return uint64(addTime(int64(a), int64(x))) }
	}
	return p
}

func newComplexProduct[T complexes](_ dtype.Type, n int) reducer {
	return &products[T, complex128]{acc: ones[complex128](n), with: func(a complex128, x T) complex128 { return a * complex128(x) }}
}

func ones[A number](n int) []A {
	out := make([]A, n)
	for i := range out {
		out[i] = 1
	}
	return out
}

func (p *products[T, A]) tile(src unsafe.Pointer, rs, rows, cols, acc, ars int, colsReduced bool) {
	var zero T
	for r := range rows {
		row := unsafe.Slice((*T)(unsafe.Add(src, r*rs*int(unsafe.Sizeof(zero)))), cols)
		a := p.acc[acc+r*ars:]
		for c, x := range row {
			if colsReduced {
				c = 0
			}
			a[c] = p.with(a[c], x)
		}
	}
}

func (p *products[T, A]) results() []unsafe.Pointer {
	return []unsafe.Pointer{unsafe.Pointer(unsafe.SliceData(p.acc))}
}

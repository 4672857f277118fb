package ndarray

import "iter"

// walk visits the elements of several arrays of one shape together, in C order, as runs along the innermost axis.
// Axes that can be walked as one in every array are merged, so that contiguous arrays are a single run.
type walk struct {
	run     int     // elements of a run
	step    []int   // of each array along the run
	outer   []int   // lengths of the other axes, outermost first
	strides [][]int // of each array along the outer axes
	start   []int   // of each array
	empty   bool
}

// newWalk plans a walk over arrays that all have the given shape.
func newWalk(shape []int, arrays ...*Array) *walk {
	w := &walk{run: 1, step: make([]int, len(arrays)), start: make([]int, len(arrays)), strides: make([][]int, len(arrays))}
	for k, a := range arrays {
		w.start[k] = a.offset
	}
	var lens []int                      // merged axes, innermost first
	steps := make([][]int, len(arrays)) // their strides
	for i := len(shape) - 1; i >= 0; i-- {
		n := shape[i]
		if n == 0 {
			w.empty = true
			return w
		}
		if n == 1 {
			continue
		}
		last := len(lens) - 1
		merge := last >= 0
		for k, a := range arrays {
			if merge && a.strides[i] != steps[k][last]*lens[last] {
				merge = false
			}
		}
		if merge {
			lens[last] *= n
			continue
		}
		lens = append(lens, n)
		for k, a := range arrays {
			steps[k] = append(steps[k], a.strides[i])
		}
	}
	if len(lens) == 0 { // one element
		return w
	}
	w.run = lens[0]
	for j := len(lens) - 1; j > 0; j-- {
		w.outer = append(w.outer, lens[j])
		for k := range arrays {
			w.strides[k] = append(w.strides[k], steps[k][j])
		}
	}
	for k := range arrays {
		w.step[k] = steps[k][0]
	}
	return w
}

// each calls f with the position of every array's first element, once a run. f must not keep or change the slice.
func (w *walk) each(f func(at []int)) {
	if w.empty {
		return
	}
	at := append([]int(nil), w.start...)
	index := make([]int, len(w.outer))
	for {
		f(at)
		axis := len(w.outer) - 1
		for ; axis >= 0; axis-- {
			index[axis]++
			for k := range at {
				at[k] += w.strides[k][axis]
			}
			if index[axis] < w.outer[axis] {
				break
			}
			for k := range at {
				at[k] -= w.strides[k][axis] * w.outer[axis]
			}
			index[axis] = 0
		}
		if axis < 0 {
			return
		}
	}
}

// positions iterates over the positions of the elements in the buffer, in C order.
func (a *Array) positions() iter.Seq[int] {
	return func(yield func(int) bool) {
		w, more := newWalk(a.shape, a), true
		w.each(func(at []int) {
			for i, p := 0, at[0]; i < w.run && more; i++ {
				more = yield(p)
				p += w.step[0]
			}
		})
	}
}

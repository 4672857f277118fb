package num

import "slices"

// Elements of a tile, by what the program does with them.
var (
	tileElements = 2048  // with scratch: some tiles of 16 KiB stay in the first and second cache
	bareElements = 16384 // without scratch: operands are read where they are
)

const (
	columnRows = 16  // rows of a tile of which columns are reduced: what is read twice stays in the first cache
	columnCols = 256 // and its columns
	narrow     = 16  // fewer columns than this are not worth a call of a loop per row

	// A tile with transposed operands has as many columns as possible: the other operands are then read in order, and two
	// lines of the cache of each row of the transposed ones are used whole. Blocks of 64 by 32 were three times slower.
	transposeRows     = 16
	transposeElements = 16384
)

// layout joins dimensions, chooses the tiles and gets the scratch.
func (r *runner) layout() {
	r.dropOnes()
	r.join()
	for len(r.dims) < 2 {
		r.insertRow()
	}
	r.chooseTile()
	n := len(r.dims)
	slots, size := r.p.Regs, 1
	for i := range r.inputs {
		in := &r.inputs[i]
		rs, cs := in.strides[n-2], in.strides[n-1]
		whole := rs == r.cols || rs == 0 && cs == 0
		in.packed = in.used && (cs != 0 && cs != 1 || r.cols < narrow && r.rows > 1 && !whole)
		if in.packed {
			slots++
		}
	}
	for i := range r.outs {
		o := &r.outs[i]
		if o.packed = o.used && o.strides[n-1] != 1 && r.computed(i); o.packed {
			slots++
		}
	}
	slots += len(r.roots) // to spread what is reduced but does not vary
	for _, in := range r.p.Code {
		size = max(size, in.In.Size(), in.Out.Size())
	}
	for _, in := range r.inputs {
		size = max(size, in.size)
	}
	for _, c := range r.p.Consts {
		size = max(size, c.Type.Size())
	}
	r.scratch = getScratch(slots, r.rows*r.cols*size)
	r.at = make([]int, n)
	r.in, r.out = make([]operand, len(r.inputs)), make([]operand, len(r.outs))
}

// computed reports whether output i is computed in its place.
func (r *runner) computed(i int) bool {
	src := r.p.Outs[i].Src
	return src.Source == ToOut && int(src.Index) == i
}

// vectors calls f with every vector of strides.
func (r *runner) vectors(f func(s *[]int)) {
	for i := range r.inputs {
		f(&r.inputs[i].strides)
	}
	for i := range r.outs {
		if r.outs[i].used {
			f(&r.outs[i].strides)
		}
	}
	for i := range r.roots {
		if r.roots[i].reducer != nil {
			f(&r.roots[i].strides)
		}
		if r.roots[i].index != nil {
			f(&r.roots[i].index)
		}
	}
	f(&r.flat)
}

func (r *runner) remove(d int) {
	r.dims = slices.Delete(r.dims, d, d+1)
	r.vectors(func(s *[]int) { *s = slices.Delete(*s, d, d+1) })
}

// dropOnes removes the dimensions of length 1.
func (r *runner) dropOnes() {
	for d := len(r.dims) - 1; d >= 0; d-- {
		if r.dims[d] == 1 {
			r.remove(d)
		}
	}
}

// join makes one dimension of two neighbours wherever every operand goes through both in one stride.
func (r *runner) join() {
	for d := len(r.dims) - 2; d >= 0; d-- {
		ok := true
		r.vectors(func(s *[]int) { ok = ok && (*s)[d] == (*s)[d+1]*r.dims[d+1] })
		if ok {
			r.dims[d+1] *= r.dims[d]
			r.remove(d)
		}
	}
}

func (r *runner) insertRow() {
	r.dims = slices.Insert(r.dims, 0, 1)
	r.vectors(func(s *[]int) { *s = slices.Insert(*s, 0, 0) })
}

// chooseTile sets the rows and columns of a full tile. Tiles of a program with draws follow C order.
func (r *runner) chooseTile() {
	n := len(r.dims)
	rows, cols := r.dims[n-2], r.dims[n-1]
	elements := tileElements
	if len(r.p.Code) == 0 {
		elements = bareElements
	}
	if len(r.p.Draws) == 0 {
		for _, in := range r.inputs {
			if cs := in.strides[n-1]; in.used && cs != 0 && cs != 1 && rows > 1 {
				r.cols = min(cols, transposeElements/transposeRows)
				r.rows = min(rows, max(transposeRows, transposeElements/2/r.cols&^7))
				return
			}
		}
		for _, rt := range r.roots {
			if rt.reducer != nil && rt.strides[n-1] != 0 && rt.strides[n-2] == 0 && rows > 1 {
				r.cols = min(cols, columnCols, max(8, elements/columnRows))
				r.rows = min(rows, max(columnRows, elements/4/r.cols))
				return
			}
		}
	}
	r.cols = min(cols, elements)
	r.rows = 1
	if r.cols == cols {
		r.rows = min(rows, max(1, elements/cols))
	}
}

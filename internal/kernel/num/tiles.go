package num

import (
	"context"
	"unsafe"

	"sheaf/dtype"
)

// checkEvery is the number of tiles between looks at the context: some hundred microseconds.
const checkEvery = 64

// tiles walks the chunk: the outer dimensions one by one, the last two in tiles.
func (r *runner) tiles(ctx context.Context) error {
	n := len(r.dims)
	rows, cols := r.dims[n-2], r.dims[n-1]
	r.assignSlots()
	for count := 0; ; {
		for r.at[n-2] = 0; r.at[n-2] < rows; r.at[n-2] += r.rows {
			r.nr = min(r.rows, rows-r.at[n-2])
			for r.at[n-1] = 0; r.at[n-1] < cols; r.at[n-1] += r.cols {
				r.nc = min(r.cols, cols-r.at[n-1])
				if count++; count%checkEvery == 0 && ctx.Err() != nil {
					return ctx.Err()
				}
				r.tile()
			}
		}
		d := n - 3
		for ; d >= 0; d-- {
			if r.at[d]++; r.at[d] < r.dims[d] {
				break
			}
			r.at[d] = 0
		}
		if d < 0 {
			return ctx.Err()
		}
	}
}

// assignSlots gives scratch to the inputs and outputs that need it; registers have the first slots.
func (r *runner) assignSlots() {
	r.scratch.next = r.p.Regs
	for i := range r.inputs {
		if r.inputs[i].packed {
			r.in[i].p = r.scratch.take()
		}
	}
	for i := range r.outs {
		if r.outs[i].packed {
			r.out[i].p = r.scratch.take()
		}
	}
	for i := range r.roots {
		if rt := &r.roots[i]; rt.reducer != nil {
			r.out[i].p = r.scratch.take()
			if l, ok := rt.reducer.(locator); ok && rt.index != nil {
				n := len(r.dims)
				l.locate(func(row, col int) int64 { return int64(dot(r.at, rt.index) + row*rt.index[n-2] + col*rt.index[n-1]) })
			}
		}
	}
}

func dot(a, b []int) int {
	s := 0
	for i, x := range a {
		s += x * b[i]
	}
	return s
}

// tile evaluates the program over one tile.
func (r *runner) tile() {
	n := len(r.dims)
	for i := range r.inputs {
		in := &r.inputs[i]
		if !in.used {
			continue
		}
		p := unsafe.Add(in.base, dot(r.at, in.strides)*in.size)
		if in.packed {
			copyTile(in.size, r.in[i].p, r.nc, 1, p, in.strides[n-2], in.strides[n-1], r.nr, r.nc)
			r.in[i].rs, r.in[i].cs = r.nc, 1
		} else {
			r.in[i] = operand{p, in.strides[n-2], in.strides[n-1]}
		}
	}
	for i := range r.outs {
		o := &r.outs[i]
		switch {
		case o.packed:
			r.out[i].rs, r.out[i].cs = r.nc, 1
		case o.used:
			r.out[i] = operand{unsafe.Add(o.base, dot(r.at, o.strides)*o.size), o.strides[n-2], o.strides[n-1]}
		}
	}
	for i := range r.p.Code {
		r.exec(&r.p.Code[i])
	}
	for k := range r.roots {
		r.emit(k)
	}
}

// operandOf returns where an operand is in the tile at hand.
func (r *runner) operandOf(ref Ref) operand {
	switch ref.Source {
	case FromReg:
		return operand{r.scratch.at(int(ref.Index)), r.nc, 1}
	case FromInput:
		return r.in[ref.Index]
	case ToOut:
		return r.out[ref.Index]
	}
	return operand{unsafe.Pointer(&r.consts[ref.Index]), 0, 0}
}

// whole reports whether the tile is one run of elements, single whether it is one element repeated.
func (r *runner) whole(o operand) bool  { return o.cs == 1 && (o.rs == r.nc || r.nr == 1) }
func (r *runner) single(o operand) bool { return o.cs == 0 && (o.rs == 0 || r.nr == 1) }

// exec runs one instruction over the tile: in one call where all operands are runs or single elements, else row by row.
func (r *runner) exec(in *Instr) {
	d := r.operandOf(in.Dst)
	switch in.Op {
	case Draw:
		r.draw(in, d)
		return
	case Ramp:
		r.ramp(in, d)
		return
	}
	var ops [3]operand
	refs := [3]Ref{in.A, in.B, in.C}
	arity := in.Op.Arity()
	oneCall := r.whole(d)
	for k := range arity {
		ops[k] = r.operandOf(refs[k])
		oneCall = oneCall && (r.whole(ops[k]) || r.single(ops[k]))
	}
	if oneCall {
		r.call(in, d.p, ops, r.nr*r.nc)
		return
	}
	sizes := [3]int{in.In.Size(), in.In.Size(), in.In.Size()}
	if in.Op == Where {
		sizes[0] = 1
	}
	for row := range r.nr {
		var o [3]operand
		for k := range arity {
			o[k] = operand{unsafe.Add(ops[k].p, row*ops[k].rs*sizes[k]), 0, ops[k].cs}
		}
		r.call(in, unsafe.Add(d.p, row*d.rs*in.Out.Size()), o, r.nc)
	}
}

// call runs one loop over n elements in a run; operands with a column stride of 0 are single elements.
func (r *runner) call(in *Instr, dst unsafe.Pointer, o [3]operand, n int) {
	spread := false
	switch in.Op.Arity() {
	case 1:
		f := unaryLoops[in.Op][in.In]
		if in.Op == Cast {
			f = castLoops[in.In][in.Out]
		}
		if spread = o[0].cs == 0; spread {
			f(dst, o[0].p, 1)
		} else {
			f(dst, o[0].p, n)
		}
	case 2:
		f := &binaryLoops[in.Op][in.In]
		switch {
		case o[0].cs == 0 && o[1].cs == 0:
			f.vv(dst, o[0].p, o[1].p, 1)
			spread = true
		case o[1].cs == 0:
			f.vs(dst, o[0].p, o[1].p, n)
		case o[0].cs == 0:
			f.sv(dst, o[0].p, o[1].p, n)
		default:
			f.vv(dst, o[0].p, o[1].p, n)
		}
	default: // Where
		size := in.In.Size()
		if o[0].cs != 0 {
			whereTile(size, dst, o[0].p, o[1].p, o[2].p, n, o[1].cs, o[2].cs)
			return
		}
		from := o[2]
		if *(*bool)(o[0].p) {
			from = o[1]
		}
		copyTile(size, dst, n, 1, from.p, 0, from.cs, 1, n)
	}
	if spread && n > 1 {
		size := in.Out.Size()
		copyTile(size, unsafe.Add(dst, size), n-1, 1, dst, 0, 0, 1, n-1)
	}
}

// emit does with the tile what output k wants: puts it in its place, or gives it to the reduction.
func (r *runner) emit(k int) {
	n := len(r.dims)
	rt, o := &r.roots[k], &r.outs[k]
	if rt.reducer == nil {
		if r.computed(k) && !o.packed {
			return
		}
		src := r.operandOf(rt.out.Src)
		dst := unsafe.Add(o.base, dot(r.at, o.strides)*o.size)
		copyTile(o.size, dst, o.strides[n-2], o.strides[n-1], src.p, src.rs, src.cs, r.nr, r.nc)
		return
	}
	src := r.operandOf(rt.out.Src)
	if src.cs == 0 {
		copyTile(rt.out.Type.Size(), r.out[k].p, r.nc, 1, src.p, src.rs, 0, r.nr, r.nc)
		src = operand{r.out[k].p, r.nc, 1}
	}
	rt.reducer.tile(src.p, src.rs, r.nr, r.nc, dot(r.at, rt.strides), rt.strides[n-2], rt.strides[n-1] == 0)
}

// ramp computes start + i*step over the flat index.
func (r *runner) ramp(in *Instr, d operand) {
	n := len(r.dims)
	a, b := r.operandOf(in.A), r.operandOf(in.B)
	for row := range r.nr {
		i := dot(r.at, r.flat) + row*r.flat[n-2]
		rampLoop(in.Out, unsafe.Add(d.p, row*d.rs*in.Out.Size()), a.p, b.p, i, r.flat[n-1], r.nc)
	}
}

// rampLoop writes a + (i0 + k*di)*b for k < n.
func rampLoop(t dtype.Type, dst, a, b unsafe.Pointer, i0, di, n int) {
	switch t {
	case dtype.Int8:
		ramp[int8](dst, a, b, i0, di, n)
	case dtype.Int16:
		ramp[int16](dst, a, b, i0, di, n)
	case dtype.Int32:
		ramp[int32](dst, a, b, i0, di, n)
	case dtype.Int64, dtype.Datetime, dtype.Timedelta:
		ramp[int64](dst, a, b, i0, di, n)
	case dtype.Uint8:
		ramp[uint8](dst, a, b, i0, di, n)
	case dtype.Uint16:
		ramp[uint16](dst, a, b, i0, di, n)
	case dtype.Uint32:
		ramp[uint32](dst, a, b, i0, di, n)
	case dtype.Uint64:
		ramp[uint64](dst, a, b, i0, di, n)
	case dtype.Float32:
		ramp[float32](dst, a, b, i0, di, n)
	case dtype.Float64:
		ramp[float64](dst, a, b, i0, di, n)
	case dtype.Complex64:
		rampComplex[complex64](dst, a, b, i0, di, n)
	case dtype.Complex128:
		rampComplex[complex128](dst, a, b, i0, di, n)
	}
}

func ramp[T ordered](dst, a, b unsafe.Pointer, i0, di, n int) {
	start, step := *(*T)(a), *(*T)(b)
	for k, d := 0, unsafe.Slice((*T)(dst), n); k < n; k++ {
		x := T(T(i0+k*di) * step)
		d[k] = start + x
	}
}

func rampComplex[T complexes](dst, a, b unsafe.Pointer, i0, di, n int) {
	start, step := *(*T)(a), *(*T)(b)
	for k, d := 0, unsafe.Slice((*T)(dst), n); k < n; k++ {
		d[k] = start + T(complex(float64(i0+k*di), 0))*step
	}
}

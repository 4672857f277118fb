package num

import (
	"context"
	"fmt"
	"unsafe"

	"sheaf/dtype"
	"sheaf/internal/kernel/rng"
)

// Args are what a program runs over: one chunk.
type Args struct {
	// Shape is that of the chunk. All inputs must broadcast to it.
	Shape  []int
	Inputs []View
	// Draws has a generator for each call of Builder.Draw, in their order. They are moved on by the numbers drawn.
	Draws []*rng.Generator
	// Outputs has the views of each output in their order: of the shape of the chunk for a stored value; for a reduction
	// of that shape without the reduced axes, or with them at length 1. Outputs may not overlap inputs or each other.
	Outputs []View
}

// Run evaluates the program over one chunk on the calling goroutine. Errors are mismatches of types and shapes, which
// are found before anything is written, and the cancellation of ctx, which is looked at between tiles.
func (p *Program) Run(ctx context.Context, a Args) error {
	if len(a.Inputs) != len(p.Inputs) || len(a.Draws) != len(p.Draws) || len(a.Outputs) != p.Results() {
		return fmt.Errorf("num: a program of %d inputs, %d draws and %d results was given %d, %d and %d",
			len(p.Inputs), len(p.Draws), p.Results(), len(a.Inputs), len(a.Draws), len(a.Outputs))
	}
	r := &runner{p: p, args: a}
	if err := r.prepare(); err != nil {
		return err
	}
	if product(a.Shape) > 0 {
		r.layout()
		defer r.scratch.release()
		if err := r.tiles(ctx); err != nil {
			return err
		}
	}
	return r.finish()
}

// operand is where the elements of a tile are: at p + (row*rs + col*cs) elements. cs is 0 or 1.
type operand struct {
	p      unsafe.Pointer
	rs, cs int
}

// place is one view that is walked along with the loop: its strides by loop dimension.
type place struct {
	base    unsafe.Pointer
	strides []int
	size    int
	packed  bool // its elements are not where loops can take them: go through a tile of scratch
	used    bool
}

// root is an output as the loop sees it.
type root struct {
	out     Out
	reducer reducer
	strides []int // of the accumulators, by loop dimension; 0 where the dimension is reduced
	index   []int // of the index that ArgMin and ArgMax report
	views   []View
	counts  []int // shape of the accumulators: that of the chunk without the reduced axes
}

// runner is one run of a program.
type runner struct {
	p       *Program
	args    Args
	dims    []int // lengths of the loop dimensions, the last two being rows and columns of the tiles
	inputs  []place
	outs    []place // of stored outputs, by output; not used for reductions
	roots   []root
	flat    []int // strides of the flat index in C order
	consts  [][2]uint64
	carry   []rng.Carry // of the draws of narrow integers, from tile to tile
	rows    int         // of a full tile
	cols    int
	scratch *scratch
	// Of the tile at hand:
	at     []int // index of its first element, by loop dimension
	nr, nc int
	in     []operand
	out    []operand
}

// prepare checks the arguments and lays out dimensions and strides.
func (r *runner) prepare() error {
	if len(r.args.Shape) > maxDims {
		return fmt.Errorf("num: %d axes; the limit is %d", len(r.args.Shape), maxDims)
	}
	r.dims = append([]int(nil), r.args.Shape...)
	r.inputs = make([]place, len(r.args.Inputs))
	for i, v := range r.args.Inputs {
		if err := v.check(); err != nil {
			return fmt.Errorf("input %d: %w", i, err)
		}
		if v.Type != r.p.Inputs[i] {
			return fmt.Errorf("num: input %d is %s, want %s", i, v.Type, r.p.Inputs[i])
		}
		s, err := v.broadcast(r.args.Shape)
		if err != nil {
			return fmt.Errorf("input %d: %w", i, err)
		}
		r.inputs[i] = place{base: v.Data, strides: s, size: v.Type.Size()}
	}
	r.markUsed()
	r.flat = Strides(r.args.Shape)
	r.outs, r.roots = make([]place, len(r.p.Outs)), make([]root, len(r.p.Outs))
	views := r.args.Outputs
	for k, o := range r.p.Outs {
		n := o.views()
		if err := r.prepareOut(k, o, views[:n]); err != nil {
			return fmt.Errorf("output %d: %w", k, err)
		}
		views = views[n:]
	}
	r.carry = make([]rng.Carry, len(r.p.Draws))
	r.consts = make([][2]uint64, len(r.p.Consts))
	for i, c := range r.p.Consts {
		storeConst(unsafe.Pointer(&r.consts[i]), c)
	}
	return nil
}

// markUsed finds the inputs that some instruction or output reads.
func (r *runner) markUsed() {
	use := func(ref Ref) {
		if ref.Source == FromInput {
			r.inputs[ref.Index].used = true
		}
	}
	for _, in := range r.p.Code {
		use(in.A)
		use(in.B)
		use(in.C)
	}
	for _, o := range r.p.Outs {
		use(o.Src)
	}
}

func (r *runner) prepareOut(k int, o Out, views []View) error {
	for _, v := range views {
		if err := v.check(); err != nil {
			return err
		}
	}
	shape := r.args.Shape
	r.roots[k] = root{out: o, views: views}
	if o.Reduce == NoReduction {
		v := views[0]
		if v.Type != o.Type || !equalInts(v.Shape, shape) {
			return fmt.Errorf("num: a view of %v %s, want %v %s", v.Shape, v.Type, shape, o.Type)
		}
		r.outs[k] = place{base: v.Data, strides: append([]int(nil), v.Strides...), size: v.Type.Size(), used: true}
		return nil
	}
	if o.Ndim != len(shape) {
		return fmt.Errorf("num: %s was built for %d axes and runs over shape %v", o.Reduce, o.Ndim, shape)
	}
	rt := &r.roots[k]
	keep, reduced := reducedShape(shape, o.Axes)
	rt.counts = keep
	n := product(keep)
	if n > 0 && product(shape) == 0 && (o.Reduce >= Min && o.Reduce <= NanMax || o.Reduce == ArgMin || o.Reduce == ArgMax) {
		return fmt.Errorf("num: %s of no elements (shape %v)", o.Reduce, shape)
	}
	for i, v := range views {
		if !equalInts(v.Shape, keep) && !equalInts(v.Shape, reduced) {
			return fmt.Errorf("num: a view of shape %v, want %v or %v", v.Shape, keep, reduced)
		}
		if acc := o.Reduce.accType(o.Type, i); !CanCast(acc, v.Type) {
			return fmt.Errorf("num: a view of type %s for a result of type %s", v.Type, acc)
		}
	}
	rt.reducer = newReducer(o.Reduce, o.Type, n)
	rt.strides = make([]int, len(shape))
	for i, s, a := len(shape)-1, 1, len(o.Axes)-1; i >= 0; i-- {
		if a >= 0 && o.Axes[a] == i {
			a--
			continue
		}
		rt.strides[i] = s
		s *= shape[i]
	}
	if o.Reduce.Results() == 2 {
		rt.index = append([]int(nil), r.flat...)
		if len(o.Axes) == 1 && len(shape) != 1 {
			clear(rt.index)
			rt.index[o.Axes[0]] = 1
		}
	}
	return nil
}

// reducedShape returns the shape without the axes, and with the axes at length 1.
func reducedShape(shape, axes []int) (without, ones []int) {
	for i, n := range shape {
		if len(axes) > 0 && axes[0] == i {
			axes = axes[1:]
			ones = append(ones, 1)
			continue
		}
		without, ones = append(without, n), append(ones, n)
	}
	return without, ones
}

func equalInts(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// storeConst writes a constant as the element that loops read.
func storeConst(p unsafe.Pointer, c Const) {
	switch c.Type.Size() {
	case 1:
		*(*uint8)(p) = uint8(c.Bits)
	case 2:
		*(*uint16)(p) = uint16(c.Bits)
	case 4:
		*(*uint32)(p) = uint32(c.Bits)
	case 8:
		*(*uint64)(p) = c.Bits
		if c.Type == dtype.Complex64 {
			*(*[2]uint32)(p) = [2]uint32{uint32(c.Bits), uint32(c.Imag)}
		}
	default:
		*(*[2]uint64)(p) = [2]uint64{c.Bits, c.Imag}
	}
}

// finish writes the accumulators of the reductions to their views.
func (r *runner) finish() error {
	for _, rt := range r.roots {
		if rt.reducer == nil {
			continue
		}
		for i, acc := range rt.reducer.results() {
			storeResult(rt.views[i], rt.counts, acc, rt.out.Reduce.accType(rt.out.Type, i))
		}
	}
	return nil
}

// storeResult converts packed elements of the shape to the type of the view and puts them where the view has them.
func storeResult(v View, shape []int, acc unsafe.Pointer, t dtype.Type) {
	n := product(shape)
	if n == 0 {
		return
	}
	if v.Type.Storage() != t.Storage() {
		buf := make([][2]uint64, (n*v.Type.Size()+15)/16)
		castLoops[t][v.Type](unsafe.Pointer(&buf[0]), acc, n)
		acc = unsafe.Pointer(&buf[0])
	}
	// A view with the reduced axes at length 1 differs from one without them by axes that do not matter.
	copyND(v.Type.Size(), v.Data, squeeze(v.Shape, v.Strides), acc, squeeze(shape, Strides(shape)), squeeze(shape, shape))
}

// squeeze returns the elements of v whose lengths in shape are not 1.
func squeeze(shape, v []int) []int {
	out := make([]int, 0, len(v))
	for i, n := range shape {
		if n != 1 {
			out = append(out, v[i])
		}
	}
	return out
}

package array

import (
	"context"
	"fmt"
	"unsafe"

	"sheaf/dtype"
	"sheaf/graph"
	"sheaf/internal/kernel/num"
	"sheaf/internal/kernel/rng"
	"sheaf/ndarray"
)

// fusedOp computes one block of a region: it lays the operands' blocks, positions and random numbers under the block as
// strided views and runs the program over it once.
type fusedOp struct {
	prog   *num.Program
	token  graph.Token
	chunks [][]int // of the region
	inputs []input
	draws  []*drawNode
	out    dtype.Type
	into   *destination
	reduce *reduceStep // the first step of reductions on top; nil: the block itself is the result
}

// delivers returns where the blocks are written instead of being results, nil where they are results.
func (o *fusedOp) delivers() *destination { return o.into }

// HashToken implements graph.Tokener.
func (o *fusedOp) HashToken(h *graph.Hasher) {
	h.Token(o.token)
	h.Bool(o.reduce != nil)
	if o.reduce != nil {
		o.reduce.hash(h)
	}
}

// ReadsOnly implements graph.Reader: results are new memory.
func (o *fusedOp) ReadsOnly() {}

// Recycle implements graph.Recycler.
func (o *fusedOp) Recycle(v any) {
	if a, ok := v.(*ndarray.Array); ok {
		a.Free()
	}
}

// OutBytes implements graph.Sized.
func (o *fusedOp) OutBytes(i int) int64 {
	if o.reduce != nil || o.into != nil {
		return 0
	}
	n := o.out.Size()
	for a := len(o.chunks) - 1; a >= 0; a-- {
		c := o.chunks[a]
		l := c[i%len(c)]
		if l == unknown {
			return -1
		}
		n *= l
		i /= len(c)
	}
	return int64(n)
}

// block is what is known about the block that a task computes. It is scratch memory of the task.
type block struct {
	coords [8]int
	shape  []int
	views  []num.View
	ints   []int // backing of shapes and strides
	free   []*ndarray.Array
}

// Run implements graph.Op.
func (o *fusedOp) Run(ctx context.Context, t *graph.Task) (any, error) {
	b := block{}
	coords := t.Coords(b.coords[:0])
	if err := o.lay(ctx, &b, t, coords); err != nil {
		return nil, err
	}
	defer func() {
		for _, a := range b.free {
			a.Free()
		}
	}()
	var draws []*rng.Generator
	for _, d := range o.draws {
		draws = append(draws, d.generator(t.Index))
	}
	if o.reduce != nil {
		return o.reduce.run(ctx, o, &b, coords, draws)
	}
	var out *ndarray.Array
	var err error
	if o.into != nil {
		out, err = o.into.box(coords)
	} else {
		out, err = ndarray.NewPooled(o.out, b.shape...)
	}
	if err != nil {
		return nil, err
	}
	if out.Size() > 0 {
		if err := o.prog.Run(ctx, num.Args{Shape: b.shape, Inputs: b.views, Draws: draws, Outputs: []num.View{out.KernelView()}}); err != nil {
			return nil, fmt.Errorf("array: %s: %w", t.Layer.Name(), err)
		}
	}
	if o.into != nil {
		return nil, nil
	}
	return out, nil
}

// lay makes the views of the operands and finds the shape of the block.
func (o *fusedOp) lay(ctx context.Context, b *block, t *graph.Task, coords []int) error {
	ndim := len(o.chunks)
	b.ints = make([]int, ndim*(1+2*len(o.inputs)))
	b.shape = b.take(ndim)
	for a, c := range o.chunks {
		b.shape[a] = c[coords[a]]
	}
	if len(o.inputs) > 0 {
		b.views = make([]num.View, len(o.inputs))
	}
	for i := range o.inputs {
		in := &o.inputs[i]
		base, err := o.base(ctx, b, in, t, coords)
		if err != nil {
			return err
		}
		v := &b.views[i]
		*v = num.View{Type: base.Type, Data: base.Data, Shape: b.take(ndim), Strides: b.take(ndim)}
		for a := range v.Shape {
			v.Shape[a] = 1
		}
		size := base.Type.Size()
		for k, x := range in.axes {
			n, step := base.Shape[k], base.Strides[k]
			if x.cuts != nil {
				c := x.cuts[0]
				if x.out >= 0 {
					c = x.cuts[coords[x.out]]
				}
				if base.Data != nil && c.n > 0 {
					v.Data = unsafe.Add(v.Data, c.start*step*size)
				}
				n, step = c.n, step*c.step
			}
			if x.out < 0 {
				continue
			}
			v.Shape[x.out], v.Strides[x.out] = n, step
			if b.shape[x.out] == unknown {
				b.shape[x.out] = n
			}
		}
	}
	for i := range b.views { // blocks whose lengths only the data tell must agree
		for a, n := range b.views[i].Shape {
			if n != b.shape[a] && n != 1 {
				return wrong(ErrShape, "array: %s: blocks of unknown lengths do not fit each other: %d and %d along axis %d",
					t.Layer.Name(), b.shape[a], n, a)
			}
		}
	}
	return nil
}

func (b *block) take(n int) []int {
	s := b.ints[:n:n]
	b.ints = b.ints[n:]
	return s
}

// base returns the view of a whole block of an operand.
func (o *fusedOp) base(ctx context.Context, b *block, in *input, t *graph.Task, coords []int) (num.View, error) {
	switch {
	case in.ramp != nil:
		return in.ramp.positions(at1(in.axes[0], coords)), nil
	case in.draw != nil:
		return in.draw.scratch(ctx, b, in.axes, coords)
	}
	v, ok := t.In(in.edge)[0].(*ndarray.Array)
	if !ok || v.DType() != in.dt || v.Ndim() != len(in.axes) {
		return num.View{}, wrongBlock(t, t.In(in.edge)[0], in.dt, len(in.axes))
	}
	return v.KernelView(), nil
}

// wrongBlock is the error about a block that is not what was promised when the array was made.
func wrongBlock(t *graph.Task, v any, dt dtype.Type, ndim int) error {
	got := fmt.Sprintf("%T", v)
	if a, ok := v.(*ndarray.Array); ok {
		got = fmt.Sprintf("%v of %d dimensions", a.DType(), a.Ndim())
	}
	return wrong(ErrDType, "array: %s: a block is %s, but the array was declared as %v of %d dimensions", t.Layer.Name(), got, dt, ndim)
}

// at1 returns the block of an operand's axis under the block at coords.
func at1(x viewAxis, coords []int) int {
	c := 0
	if x.out >= 0 {
		c = coords[x.out]
	}
	if x.blocks != nil {
		return int(x.blocks[c])
	}
	return c
}

// positions returns the values of one block of a ramp.
func (n *rampNode) positions(c int) num.View {
	blocks := n.chunks[0]
	from := 0
	for _, l := range blocks[:c] {
		from += l
	}
	size := blocks[c]
	if n.dt.IsFloat() {
		v := make([]float64, size)
		for i := range v {
			v[i] = n.at(from + i)
		}
		if n.dt == dtype.Float32 {
			w := make([]float32, size)
			for i := range w {
				w[i] = float32(v[i])
			}
			return num.ViewOf(n.dt, w, size)
		}
		return num.ViewOf(n.dt, v, size)
	}
	v := make([]int64, size)
	for i := range v {
		v[i] = n.ifirst + int64(from+i)*n.istep
	}
	return num.ViewOf(n.dt, v, size)
}

// scratch draws a whole block of random numbers, of which the views of the region show parts.
func (n *drawNode) scratch(ctx context.Context, b *block, axes []viewAxis, coords []int) (num.View, error) {
	shape, index := make([]int, len(axes)), 0
	for k, x := range axes {
		c := at1(x, coords)
		shape[k] = n.chunks[k][c]
		index = index*len(n.chunks[k]) + c
	}
	a, err := ndarray.NewPooled(n.dt, shape...)
	if err != nil {
		return num.View{}, err
	}
	b.free = append(b.free, a)
	v := a.KernelView()
	if a.Size() == 0 {
		return v, nil
	}
	var bl num.Builder
	bl.Store(bl.Draw(n.dist))
	prog, err := bl.Build()
	if err != nil {
		return v, err
	}
	return v, prog.Run(ctx, num.Args{Shape: shape, Draws: []*rng.Generator{n.generator(index)}, Outputs: []num.View{v}})
}

package array

import (
	"context"
	"fmt"
	"slices"

	"sheaf/dtype"
	"sheaf/graph"
	"sheaf/internal/kernel/num"
	"sheaf/ndarray"
)

// CumSum returns the running sums along an axis; types are those of [Array.Sum]. Blocks are scanned independently and then moved
// by the sums of those before.
func (x *Array) CumSum(axis int) *Array { return x.scan("cumsum", axis, false) }

// CumProd returns the running products along an axis.
func (x *Array) CumProd(axis int) *Array { return x.scan("cumprod", axis, true) }

func (x *Array) scan(op string, axis int, prod bool) *Array {
	if x.err != nil {
		return x
	}
	a, err := normAxis(axis, x.Ndim())
	if err != nil {
		return at(op, err)
	}
	t := dtype.ForSum(x.DType())
	if t == dtype.Datetime || prod && t.IsTemporal() {
		return failed(op, ErrDType, "not defined for %v", t)
	}
	n, err := castTo(x.node, t)
	if err != nil {
		return at(op, err)
	}
	return wrap(newScan(n, a, prod))
}

// scanNode has the running sums or products of its operand along an axis.
type scanNode struct {
	meta
	axis int
	prod bool
}

func newScan(kid node, axis int, prod bool) *scanNode {
	m := kid.about()
	return &scanNode{newMeta("scan", m.dt, m.chunks, []node{kid}, func(h *graph.Hasher) {
		h.Int(axis)
		h.Bool(prod)
	}), axis, prod}
}

func (n *scanNode) With(kids []node) node { return newScan(kids[0], n.axis, n.prod) }

func (n *scanNode) String() string {
	if n.prod {
		return fmt.Sprintf("cumprod along axis %d%s", n.axis, describe(n))
	}
	return fmt.Sprintf("cumsum along axis %d%s", n.axis, describe(n))
}

func (n *scanNode) lower(p *plan) (*graph.Layer, error) {
	from, err := p.layer(n.kids[0])
	if err != nil {
		return nil, err
	}
	space := spaceOf(n.chunks)
	own := graph.Edge{From: from, Map: graph.Each{}}
	if space[n.axis] == 1 {
		return graph.New(graph.Spec{Name: "scan", Op: scanOp{Axis: n.axis, Prod: n.prod}, Space: space, Edges: []graph.Edge{own}})
	}
	// totals are the results of whole blocks, carries what comes before each block.
	totals, err := graph.New(graph.Spec{Name: "total", Op: totalOp{Axis: n.axis, Prod: n.prod}, Space: space, Edges: []graph.Edge{own}})
	if err != nil {
		return nil, err
	}
	spans := make([][]graph.Span, len(space))
	for a := range space {
		spans[a] = graph.Groups(space[a], 1)
	}
	spans[n.axis] = make([]graph.Span, space[n.axis])
	for c := 1; c < space[n.axis]; c++ {
		spans[n.axis][c] = graph.Span{Lo: int32(c - 1), Hi: int32(c)}
	}
	before, err := graph.NewWindow(space, space, upTo(len(space)), spans)
	if err != nil {
		return nil, err
	}
	carries, err := graph.New(graph.Spec{
		Name: "carry", Op: carryOp{Prod: n.prod}, Space: space, Edges: []graph.Edge{{From: totals, Map: before}, {Map: before}},
	})
	if err != nil {
		return nil, err
	}
	return graph.New(graph.Spec{
		Name: "scan", Op: scanOp{Axis: n.axis, Prod: n.prod}, Space: space, Edges: []graph.Edge{own, {From: carries, Map: graph.Each{}}},
	})
}

// totalOp sums or multiplies a block along an axis, which stays with length 1.
type totalOp struct {
	Axis int
	Prod bool
}

// ReadsOnly implements graph.Reader.
func (totalOp) ReadsOnly() {}

// Run implements graph.Op.
func (o totalOp) Run(_ context.Context, t *graph.Task) (any, error) {
	x, ok := t.In(0)[0].(*ndarray.Array)
	if !ok {
		return nil, wrongBlock(t, t.In(0)[0], 0, 0)
	}
	if o.Prod {
		return x.Prod(ndarray.Axis(o.Axis), ndarray.KeepDims())
	}
	return x.Sum(ndarray.Axis(o.Axis), ndarray.KeepDims())
}

// carryOp joins the total of the block before with what comes before that.
type carryOp struct{ Prod bool }

// ReadsOnly implements graph.Reader.
func (carryOp) ReadsOnly() {}

// Run implements graph.Op.
func (o carryOp) Run(_ context.Context, t *graph.Task) (any, error) {
	in := t.Inputs()
	if len(in) == 0 {
		return (*ndarray.Array)(nil), nil // the first block
	}
	total, ok := in[0].(*ndarray.Array)
	if !ok {
		return nil, wrongBlock(t, in[0], 0, 0)
	}
	before, _ := in[1].(*ndarray.Array)
	if before == nil {
		return total.Copy(), nil
	}
	if o.Prod {
		return before.Mul(total)
	}
	return before.Add(total)
}

// scanOp scans a block and adds what comes before it.
type scanOp struct {
	Axis int
	Prod bool
}

// ReadsOnly implements graph.Reader.
func (scanOp) ReadsOnly() {}

// Run implements graph.Op.
func (o scanOp) Run(ctx context.Context, t *graph.Task) (any, error) {
	in := t.Inputs()
	x, ok := in[0].(*ndarray.Array)
	if !ok {
		return nil, wrongBlock(t, in[0], 0, 0)
	}
	op := num.Add
	v, err := x.CumSum(o.Axis)
	if o.Prod {
		op = num.Mul
		v, err = x.CumProd(o.Axis)
	}
	if err != nil || len(in) == 1 {
		return v, err
	}
	before, _ := in[1].(*ndarray.Array)
	if before == nil || v.Size() == 0 {
		return v, nil
	}
	out, err := ndarray.NewUninit(v.DType(), v.Shape()...)
	if err != nil {
		return nil, err
	}
	return out, num.Apply(ctx, op, out.KernelView(), v.KernelView(), before.KernelView())
}

// Diff returns the differences of neighbours along an axis, n times; those of bools say where they differ.
func (x *Array) Diff(n, axis int) *Array {
	if x.err != nil {
		return x
	}
	a, err := normAxis(axis, x.Ndim())
	if err != nil {
		return at("diff", err)
	}
	if n < 0 {
		return failed("diff", ErrValue, "the order %d is negative", n)
	}
	out := x
	for range n {
		later, earlier := slices.Repeat([]any{All}, x.Ndim()), slices.Repeat([]any{All}, x.Ndim())
		later[a], earlier[a] = S(1, None), S(None, -1)
		l, e := out.Index(later...), out.Index(earlier...)
		if x.DType() == dtype.Bool {
			out = l.Ne(e)
		} else {
			out = l.Sub(e)
		}
	}
	return out
}

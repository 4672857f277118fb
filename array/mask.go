package array

import (
	"context"
	"slices"

	"sheaf/dtype"
	"sheaf/graph"
	"sheaf/ndarray"
)

// compress returns the elements where a mask of x's shape is true, in C order.
func (x *Array) compress(mask *Array) *Array {
	known := !slices.Contains(x.Shape(), unknown) && !slices.Contains(mask.Shape(), unknown)
	if known && !slices.Equal(x.Shape(), mask.Shape()) {
		return failed("index", ErrShape, "a mask of shape %s for an array of shape %s", shapeText(mask.Shape()), shapeText(x.Shape()))
	}
	if x.Ndim() > 1 {
		if !known {
			return failed("index", ErrUnknownChunks, "a mask of several dimensions needs known chunk sizes; %s", cure)
		}
		x, mask = x.Ravel(), mask.Ravel()
	}
	if x.Ndim() == 0 {
		x, mask = x.ExpandDims(0), mask.ExpandDims(0)
	}
	return x.pickLazy(0, mask)
}

// pickLazy indexes an axis with a lazy list: bools pick blockwise, positions gather from all blocks along the axis.
func (x *Array) pickLazy(axis int, list *Array) *Array {
	switch {
	case list.err != nil:
		return list
	case list.Ndim() != 1:
		return failed("index", ErrIndex, "a lazy index of one axis has one dimension, not %d", list.Ndim())
	case list.DType().IsInteger():
		return x.gather(axis, list)
	case list.DType() != dtype.Bool:
		return failed("index", ErrIndex, "positions are integers or bools, not %v", list.DType())
	}
	have := x.chunksOf()
	blocks, err := refine([][]int{have[axis], list.chunksOf()[0]})
	if err != nil {
		if shapeErr(err) {
			err = wrong(ErrShape, "%d bools for axis %d with length %d", list.Shape()[0], axis, x.Shape()[axis])
		}
		return at("index", err)
	}
	want := slices.Clone(have)
	want[axis] = blocks
	n, err := rechunked(x.node, want)
	if err != nil {
		return at("index", err)
	}
	m, err := rechunked(list.node, [][]int{blocks})
	if err != nil {
		return at("index", err)
	}
	return wrap(newMask(n, m, axis))
}

// maskNode has the elements of its first operand where the second, a list of bools along an axis, is true. How many those are
// is unknown.
type maskNode struct {
	meta
	axis int
}

func newMask(x, mask node, axis int) *maskNode {
	chunks := slices.Clone(x.about().chunks)
	chunks[axis] = slices.Repeat([]int{unknown}, len(chunks[axis]))
	return &maskNode{newMeta("mask", x.about().dt, chunks, []node{x, mask}, func(h *graph.Hasher) { h.Int(axis) }), axis}
}

func (n *maskNode) With(kids []node) node { return newMask(kids[0], kids[1], n.axis) }

func (n *maskNode) String() string { return "mask" + describe(n) }

func (n *maskNode) lower(p *plan) (*graph.Layer, error) {
	x, err := p.layer(n.kids[0])
	if err != nil {
		return nil, err
	}
	mask, err := p.layer(n.kids[1])
	if err != nil {
		return nil, err
	}
	space := spaceOf(n.chunks)
	own, err := graph.Blockwise(space, x.Space(), upTo(len(space)))
	if err != nil {
		return nil, err
	}
	along, err := graph.Blockwise(space, mask.Space(), []int{n.axis})
	if err != nil {
		return nil, err
	}
	return graph.New(graph.Spec{
		Name: "mask", Op: maskOp{n.axis}, Space: space, Edges: []graph.Edge{{From: x, Map: own}, {From: mask, Map: along}},
	})
}

type maskOp struct{ Axis int }

// ReadsOnly implements graph.Reader.
func (maskOp) ReadsOnly() {}

// Run implements graph.Op.
func (o maskOp) Run(_ context.Context, t *graph.Task) (any, error) {
	x, ok1 := t.In(0)[0].(*ndarray.Array)
	mask, ok2 := t.In(1)[0].(*ndarray.Array)
	if !ok1 || !ok2 {
		return nil, wrongBlock(t, t.In(0)[0], dtype.Bool, 1)
	}
	return x.Compress(mask, o.Axis)
}

// gather takes lazy positions along an axis.
func (x *Array) gather(axis int, list *Array) *Array {
	if total(x.chunksOf()[axis]) == unknown {
		return failed("index", ErrUnknownChunks, "chunk sizes along axis %d are unknown; %s", axis, cure)
	}
	return wrap(newGather(x.node, list.node, axis))
}

// gatherNode has the elements of its first operand at the positions of the second along an axis.
type gatherNode struct {
	meta
	axis int
}

func newGather(x, list node, axis int) *gatherNode {
	chunks := slices.Clone(x.about().chunks)
	chunks[axis] = list.about().chunks[0]
	return &gatherNode{newMeta("gather", x.about().dt, chunks, []node{x, list}, func(h *graph.Hasher) { h.Int(axis) }), axis}
}

func (n *gatherNode) With(kids []node) node { return newGather(kids[0], kids[1], n.axis) }

func (n *gatherNode) String() string { return "gather" + describe(n) }

func (n *gatherNode) lower(p *plan) (*graph.Layer, error) {
	x, err := p.layer(n.kids[0])
	if err != nil {
		return nil, err
	}
	list, err := p.layer(n.kids[1])
	if err != nil {
		return nil, err
	}
	space := spaceOf(n.chunks)
	to, spans := upTo(len(space)), make([][]graph.Span, len(space))
	for a := range space {
		spans[a] = graph.Groups(space[a], 1)
	}
	to[n.axis], spans[n.axis] = -1, []graph.Span{{Lo: 0, Hi: int32(x.Space()[n.axis])}}
	own, err := graph.NewWindow(space, x.Space(), to, spans)
	if err != nil {
		return nil, err
	}
	along, err := graph.Blockwise(space, list.Space(), []int{n.axis})
	if err != nil {
		return nil, err
	}
	return graph.New(graph.Spec{
		Name: "gather", Op: gatherOp{n.axis}, Space: space, Edges: []graph.Edge{{From: x, Map: own}, {From: list, Map: along}},
	})
}

type gatherOp struct{ Axis int }

// ReadsOnly implements graph.Reader.
func (gatherOp) ReadsOnly() {}

// Run implements graph.Op.
func (o gatherOp) Run(_ context.Context, t *graph.Task) (any, error) {
	x, err := joined(t.In(0), o.Axis)
	if err != nil {
		return nil, err
	}
	return x.Take(t.In(1)[0], o.Axis)
}

package array

import (
	"slices"

	"sheaf/dtype"
	"sheaf/graph"
)

// Concatenate joins arrays along an axis. Dtypes are promoted; along the other axes blocks are brought to common ones.
//
// The blocks of the result are those of the arrays: it costs nothing.
func Concatenate(xs []*Array, axis int) *Array {
	if len(xs) == 0 {
		return failed("concatenate", ErrValue, "no arrays to concatenate")
	}
	nodes := make([]node, len(xs))
	for i, x := range xs {
		if x == nil {
			return failed("concatenate", ErrValue, "array %d is nil", i)
		}
		if x.err != nil {
			return x
		}
		nodes[i] = x.node
	}
	n, err := concatenated(nodes, axis)
	if err != nil {
		return at("concatenate", err)
	}
	return wrap(n)
}

// Stack joins arrays of one shape along a new axis.
func Stack(xs []*Array, axis int) *Array {
	out := make([]*Array, len(xs))
	for i, x := range xs {
		if x == nil {
			return failed("stack", ErrValue, "array %d is nil", i)
		}
		if x.err != nil {
			return x
		}
		if !slices.Equal(x.Shape(), xs[0].Shape()) {
			return failed("stack", ErrShape, "shapes %s and %s", shapeText(xs[0].Shape()), shapeText(x.Shape()))
		}
		if out[i] = x.ExpandDims(axis); out[i].err != nil {
			return failed("stack", ErrAxis, "axis %d is out of bounds for arrays of %d dimensions", axis, x.Ndim())
		}
	}
	return Concatenate(out, axis)
}

func concatenated(nodes []node, axis int) (node, error) {
	ndim := len(nodes[0].about().chunks)
	axis, err := normAxis(axis, ndim)
	if err != nil {
		return nil, err
	}
	types := make([]any, len(nodes))
	for i, n := range nodes {
		if got := len(n.about().chunks); got != ndim {
			return nil, wrong(ErrShape, "arrays of %d and %d dimensions", ndim, got)
		}
		types[i] = n.about().dt
	}
	t, err := dtype.ResultType(types...)
	if err != nil {
		return nil, wrong(ErrDType, "%v", err)
	}
	chunks := make([][]int, ndim)
	for a := range chunks {
		all := make([][]int, len(nodes))
		for i, n := range nodes {
			all[i] = n.about().chunks[a]
		}
		if a == axis {
			chunks[a] = slices.Concat(all...)
			continue
		}
		if chunks[a], err = refine(all); err != nil {
			if shapeErr(err) {
				return nil, wrong(ErrShape, "along axis %d: %v; only axis %d may differ", a, err, axis)
			}
			return nil, err
		}
	}
	kids := make([]node, len(nodes))
	for i, n := range nodes {
		want := slices.Clone(chunks)
		want[axis] = n.about().chunks[axis]
		if n, err = rechunked(n, want); err != nil {
			return nil, err
		}
		if kids[i], err = castTo(n, t); err != nil {
			return nil, err
		}
	}
	if len(kids) == 1 {
		return kids[0], nil
	}
	return newConcat(kids, axis, t, chunks), nil
}

// concatNode has the blocks of its operands one after the other along an axis.
type concatNode struct {
	meta
	axis int
}

func newConcat(kids []node, axis int, t dtype.Type, chunks [][]int) *concatNode {
	return &concatNode{newMeta("concatenate", t, chunks, kids, func(h *graph.Hasher) { h.Int(axis) }), axis}
}

func (n *concatNode) With(kids []node) node { return newConcat(kids, n.axis, n.dt, n.chunks) }

func (n *concatNode) String() string { return "concatenate" + describe(n) }

func (n *concatNode) lower(p *plan) (*graph.Layer, error) {
	space := spaceOf(n.chunks)
	edges := make([]graph.Edge, len(n.kids))
	at := 0
	for i, k := range n.kids {
		from, err := p.layer(k)
		if err != nil {
			return nil, err
		}
		spans := make([][]graph.Span, len(space))
		for a := range space {
			spans[a] = make([]graph.Span, space[a])
			for c := range spans[a] {
				b := c
				if a == n.axis {
					b -= at
				}
				if b >= 0 && b < from.Space()[a] {
					spans[a][c] = graph.Span{Lo: int32(b), Hi: int32(b + 1)}
				}
			}
		}
		m, err := graph.NewWindow(space, from.Space(), upTo(len(space)), spans)
		if err != nil {
			return nil, err
		}
		edges[i] = graph.Edge{From: from, Map: m}
		at += from.Space()[n.axis]
	}
	return graph.Alias("concatenate", space, edges...)
}

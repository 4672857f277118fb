package array

import (
	"context"

	"sheaf/graph"
	"sheaf/ndarray"
)

// lowerView returns the layer of a view of blocks that exist. Its tasks only make views, which share the blocks' memory. It
// returns nil for everything else, also for views of parts of blocks: those are copied, so that a small slice does not keep
// a large block.
func (p *plan) lowerView(root node) (*graph.Layer, error) {
	n, ok := root.(*viewNode)
	if !ok {
		return nil, nil
	}
	space := spaceOf(n.chunks)
	kid, axes := n.kids[0], n.axes
	for {
		v, ok := kid.(*viewNode)
		if !ok || p.own[kid.Token()] {
			break
		}
		kid, axes = v.kids[0], compose(axes, v.axes, space)
	}
	if inlines(kid) && !p.own[kid.Token()] {
		return nil, nil
	}
	for k, x := range axes {
		for c, part := range x.cuts {
			b := c
			if x.blocks != nil {
				b = int(x.blocks[c])
			}
			if part.n < kid.about().chunks[k][b] {
				return nil, nil
			}
		}
	}
	from, err := p.layer(kid)
	if err != nil {
		return nil, err
	}
	m, err := mapping(space, from.Space(), axes)
	if err != nil {
		return nil, err
	}
	op := viewOp{axes, n.chunks}
	return graph.New(graph.Spec{Name: n.label, Op: op, Space: space, Edges: []graph.Edge{{From: from, Map: m}}})
}

// viewOp shows a block through other axes.
type viewOp struct {
	axes   []viewAxis
	chunks [][]int
}

// HashToken implements graph.Tokener.
func (o viewOp) HashToken(h *graph.Hasher) {
	hashAxes(h, o.axes)
	hashChunks(h, o.chunks)
}

// Run implements graph.Op.
func (o viewOp) Run(_ context.Context, t *graph.Task) (any, error) {
	x, ok := t.In(0)[0].(*ndarray.Array)
	if !ok || x.Ndim() != len(o.axes) {
		return nil, wrongBlock(t, t.In(0)[0], 0, len(o.axes))
	}
	return o.show(x, t.Coords(nil))
}

// show returns the view for the block at coords.
func (o viewOp) show(x *ndarray.Array, coords []int) (*ndarray.Array, error) {
	items := make([]any, len(o.axes))
	var follow []int // the result's axis of each axis that is left
	for k, a := range o.axes {
		c := cut{0, 1, x.Dim(k)}
		if a.cuts != nil {
			i := 0
			if a.out >= 0 {
				i = coords[a.out]
			}
			c = a.cuts[i]
		}
		if a.out < 0 {
			items[k] = c.start
			continue
		}
		items[k] = c.slice()
		follow = append(follow, a.out)
	}
	v, err := x.Index(items...)
	if err != nil {
		return nil, err
	}
	perm, missing := make([]int, 0, len(follow)), []int{}
	shape := make([]int, len(o.chunks))
	for out := range o.chunks {
		shape[out] = o.chunks[out][coords[out]]
		found := false
		for i, f := range follow {
			if f == out {
				perm = append(perm, i)
				shape[out], found = v.Dim(i), true
			}
		}
		if !found {
			missing = append(missing, out)
		}
	}
	if v, err = v.Transpose(perm...); err != nil {
		return nil, err
	}
	if len(missing) == 0 {
		return v, nil
	}
	if v, err = v.ExpandDims(missing...); err != nil {
		return nil, err
	}
	return v.BroadcastTo(shape...)
}

// slice returns the cut as a slice of an axis.
func (c cut) slice() ndarray.Slice {
	stop := c.start + c.n*c.step
	if stop < 0 {
		stop = ndarray.None
	}
	if c.n == 0 {
		return ndarray.S(0, 0)
	}
	return ndarray.S(c.start, stop, c.step)
}

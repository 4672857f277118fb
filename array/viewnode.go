package array

import (
	"sheaf/graph"
)

// viewNode shows its operand with other axes: transposed, sliced, reversed, broadcast, with axes added or taken away. It
// costs nothing: tasks read the operand's blocks through strides.
type viewNode struct {
	meta
	label string
	axes  []viewAxis // one per axis of the operand
}

// viewAxis says how one axis of an operand lies under the blocks of whatever shows it. Axes of the result that no axis
// of the operand follows are broadcast.
type viewAxis struct {
	out    int     // the axis of the result that drives this one; -1: one position of it is shown, or its length is 1
	blocks []int32 // per block along out (or the only one): the operand's block; nil: the same number
	cuts   []cut   // likewise: the part of that block that is shown; nil: all of it
}

// cut is a part of a block along one axis: n elements from start in steps, which may be negative.
type cut struct{ start, step, n int }

func newView(label string, kid node, axes []viewAxis, chunks [][]int) *viewNode {
	m := newMeta("view", kid.about().dt, chunks, []node{kid}, func(h *graph.Hasher) {
		hashChunks(h, chunks)
		hashAxes(h, axes)
	})
	return &viewNode{m, label, axes}
}

func (n *viewNode) With(kids []node) node { return newView(n.label, kids[0], n.axes, n.chunks) }

func (n *viewNode) String() string { return n.label + describe(n) }

func hashAxes(h *graph.Hasher, axes []viewAxis) {
	h.Int(len(axes))
	for _, a := range axes {
		h.Int(a.out)
		h.Int(len(a.blocks))
		for _, b := range a.blocks {
			h.Int(int(b))
		}
		h.Int(len(a.cuts))
		for _, c := range a.cuts {
			h.Int(c.start)
			h.Int(c.step)
			h.Int(c.n)
		}
	}
}

// identity shows an array of ndim axes as it is.
func identity(ndim int) []viewAxis {
	axes := make([]viewAxis, ndim)
	for a := range axes {
		axes[a].out = a
	}
	return axes
}

// compose returns how an operand lies under what outer shows, where inner says how it lies under the array that outer shows.
// space are the numbers of blocks of the result.
func compose(outer, inner []viewAxis, space []int) []viewAxis {
	out := make([]viewAxis, len(inner))
	for k, in := range inner {
		if in.out < 0 {
			out[k] = in
			continue
		}
		o := outer[in.out]
		out[k].out = o.out
		if o.blocks == nil && o.cuts == nil {
			out[k] = viewAxis{o.out, in.blocks, in.cuts}
			continue
		}
		m := 1
		if o.out >= 0 {
			m = space[o.out]
		}
		out[k].blocks = make([]int32, m)
		if o.cuts != nil || in.cuts != nil {
			out[k].cuts = make([]cut, m)
		}
		for c := range m {
			b := int32(c)
			if o.blocks != nil {
				b = o.blocks[c]
			}
			out[k].blocks[c] = b
			if in.blocks != nil {
				out[k].blocks[c] = in.blocks[b]
			}
			switch {
			case o.cuts != nil && in.cuts != nil:
				out[k].cuts[c] = o.cuts[c].of(in.cuts[b])
			case o.cuts != nil:
				out[k].cuts[c] = o.cuts[c]
			case in.cuts != nil:
				out[k].cuts[c] = in.cuts[b]
			}
		}
	}
	return out
}

// of returns the part c of the part b of a block.
func (c cut) of(b cut) cut { return cut{b.start + c.start*b.step, c.step * b.step, c.n} }

// whole reports whether axes show an operand of ndim axes as it is.
func whole(axes []viewAxis, ndim int) bool {
	if len(axes) != ndim {
		return false
	}
	for a, x := range axes {
		if x.out != a || x.blocks != nil || x.cuts != nil {
			return false
		}
	}
	return true
}

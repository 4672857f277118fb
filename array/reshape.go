package array

import (
	"context"
	"slices"

	"sheaf/graph"
	"sheaf/ndarray"
)

// Reshape returns the elements of x, in C order, under another shape; one length may be -1, which is worked out.
//
// Blocks are joined along all but the first of the axes that merge, as far as is needed for each new block to be an old
// one. It needs known chunk sizes.
func (x *Array) Reshape(shape ...int) *Array {
	if x.err != nil {
		return x
	}
	n, err := reshaped(x.node, shape)
	if err != nil {
		return at("reshape", err)
	}
	return wrap(n)
}

// Ravel returns the elements of x in C order as one axis.
func (x *Array) Ravel() *Array {
	if x.err != nil {
		return x
	}
	if x.Ndim() == 1 {
		return x
	}
	n, err := reshaped(x.node, []int{-1})
	if err != nil {
		return at("ravel", err)
	}
	return wrap(n)
}

func reshaped(n node, want []int) (node, error) {
	have := shapeOf(n.about().chunks)
	for a, l := range have {
		if l == unknown {
			return nil, wrong(ErrUnknownChunks, "chunk sizes along axis %d are unknown; %s", a, cure)
		}
	}
	shape, err := completeShape(have, want)
	if err != nil {
		return nil, err
	}
	if slices.Equal(have, shape) {
		return n, nil
	}
	if product(have) == 0 {
		return fillNode(n, shape)
	}
	mid, steps := reshapeGroups(have, shape)
	if n, err = merged(n, mid, steps); err != nil {
		return nil, err
	}
	return split(n, shape, steps)
}

// completeShape works out the length that is -1.
func completeShape(have, want []int) ([]int, error) {
	shape := slices.Clone(want)
	free, rest := -1, 1
	for a, l := range shape {
		switch {
		case l == -1 && free >= 0:
			return nil, wrong(ErrShape, "more than one length is -1 in %v", want)
		case l == -1:
			free = a
		case l < 0:
			return nil, wrong(ErrShape, "negative length in shape %v", want)
		default:
			rest *= l
		}
	}
	size := product(have)
	if free >= 0 && rest > 0 && size%rest == 0 {
		shape[free] = size / rest
	} else if free >= 0 {
		return nil, wrong(ErrShape, "%d elements of shape %s do not fit in shape %v", size, shapeText(have), want)
	}
	if product(shape) != size {
		return nil, wrong(ErrShape, "%d elements of shape %s do not fit in shape %s", size, shapeText(have), shapeText(shape))
	}
	return shape, nil
}

// fillNode reshapes an array without elements.
func fillNode(n node, shape []int) (node, error) {
	c, err := constOf(n.about().dt, 0)
	if err != nil {
		return nil, err
	}
	chunks := make([][]int, len(shape))
	for a, l := range shape {
		chunks[a] = []int{l}
	}
	return newFull(c, "0", chunks), nil
}

// reshapeStep is a group of neighbouring axes that become another group of the same size: from to have[lo:hi] and shape.
type reshapeStep struct{ haveLo, haveHi, wantLo, wantHi int }

// reshapeGroups pairs the smallest groups of old and new axes with equal products; mid is the shape with each group as one axis.
func reshapeGroups(have, want []int) (mid []int, steps []reshapeStep) {
	i, j := 0, 0
	for i < len(have) || j < len(want) {
		s := reshapeStep{i, i, j, j}
		p, q := 1, 1
		for first := true; first || p != q; first = false {
			if (p <= q && s.haveHi < len(have)) || s.wantHi == len(want) {
				p *= have[s.haveHi]
				s.haveHi++
			} else {
				q *= want[s.wantHi]
				s.wantHi++
			}
			if s.haveHi == len(have) && s.wantHi == len(want) {
				break
			}
		}
		for s.haveHi < len(have) && have[s.haveHi] == 1 && s.wantHi == len(want) { // ones at the end
			s.haveHi++
		}
		for s.wantHi < len(want) && want[s.wantHi] == 1 && s.haveHi == len(have) {
			s.wantHi++
		}
		mid = append(mid, product(have[s.haveLo:s.haveHi]))
		steps = append(steps, s)
		i, j = s.haveHi, s.wantHi
	}
	return mid, steps
}

// merged makes each group of axes one axis: its blocks are whole in all but the first axis that is longer than 1.
func merged(n node, mid []int, steps []reshapeStep) (node, error) {
	chunks := n.about().chunks
	need, out := slices.Clone(chunks), make([][]int, len(steps))
	for g, s := range steps {
		group := chunks[s.haveLo:s.haveHi]
		inner := 1
		lead := -1 // the axis that stays divided
		for a, c := range group {
			if total(c) > 1 {
				lead = a
				break
			}
		}
		for a := len(group) - 1; a >= 0; a-- {
			if a != lead {
				need[s.haveLo+a] = []int{total(group[a])}
			}
			if a > lead {
				inner *= total(group[a])
			}
		}
		if lead < 0 {
			out[g] = []int{mid[g]}
			continue
		}
		for _, l := range group[lead] {
			out[g] = append(out[g], l*inner)
		}
	}
	n, err := rechunked(n, need)
	if err != nil || slices.Equal(shapeOf(need), shapeOf(out)) {
		return n, err
	}
	return newReshape(n, out), nil
}

// split makes each axis a group of axes. Its blocks are brought to multiples of what one position of the group's first axis
// holds.
func split(n node, shape []int, steps []reshapeStep) (node, error) {
	chunks := n.about().chunks
	need := slices.Clone(chunks)
	var out [][]int
	for g, s := range steps {
		group := shape[s.wantLo:s.wantHi]
		lead := -1
		for a, l := range group {
			if l > 1 {
				lead = a
				break
			}
		}
		if lead < 0 {
			need[g] = []int{total(chunks[g])}
			for _, l := range group {
				out = append(out, []int{l})
			}
			continue
		}
		inner := product(group[lead+1:])
		need[g] = multiples(chunks[g], inner)
		for a, l := range group {
			blocks := []int{l}
			if a == lead {
				blocks = nil
				for _, c := range need[g] {
					blocks = append(blocks, c/inner)
				}
			}
			out = append(out, blocks)
		}
	}
	n, err := rechunked(n, need)
	if err != nil || sameChunks(n.about().chunks, out) {
		return n, err
	}
	return newReshape(n, out), nil
}

// multiples moves the boundaries of blocks to multiples of unit.
func multiples(blocks []int, unit int) []int {
	var out []int
	at, last := 0, 0
	for i, n := range blocks {
		at += n
		end := at / unit * unit
		if i == len(blocks)-1 {
			end = at
		}
		if end > last {
			out, last = append(out, end-last), end
		}
	}
	return out
}

// reshapeNode has its operand's blocks one by one under other shapes.
type reshapeNode struct{ meta }

func newReshape(kid node, chunks [][]int) *reshapeNode {
	m := newMeta("reshape", kid.about().dt, chunks, []node{kid}, func(h *graph.Hasher) { hashChunks(h, chunks) })
	return &reshapeNode{m}
}

func (n *reshapeNode) With(kids []node) node { return newReshape(kids[0], n.chunks) }

func (n *reshapeNode) String() string { return "reshape" + describe(n) }

func (n *reshapeNode) lower(p *plan) (*graph.Layer, error) {
	from, err := p.layer(n.kids[0])
	if err != nil {
		return nil, err
	}
	return graph.New(graph.Spec{
		Name: "reshape", Op: reshapeOp{n.chunks}, Space: spaceOf(n.chunks), Edges: []graph.Edge{{From: from, Map: graph.Each{}}},
	})
}

type reshapeOp struct{ Chunks [][]int }

// Run implements graph.Op.
func (o reshapeOp) Run(_ context.Context, t *graph.Task) (any, error) {
	x, ok := t.In(0)[0].(*ndarray.Array)
	if !ok {
		return nil, wrongBlock(t, t.In(0)[0], 0, len(o.Chunks))
	}
	shape := make([]int, len(o.Chunks))
	for a, c := range t.Coords(nil) {
		shape[a] = o.Chunks[a][c]
	}
	return x.Reshape(shape...)
}

package array

import (
	"context"
	"fmt"
	"slices"

	"sheaf/dtype"
	"sheaf/graph"
	"sheaf/ndarray"
)

// Take returns the elements of x at positions along an axis, in any order and also several times. Positions are []int, an
// integer ndarray, or a lazy one-dimensional integer array; negative ones count from the end.
func (x *Array) Take(positions any, axis int) *Array {
	if x.err != nil {
		return x
	}
	a, err := normAxis(axis, x.Ndim())
	if err != nil {
		return at("take", err)
	}
	return x.pick(a, positions)
}

// Compress returns the elements of x where a list of bools is true along an axis.
func (x *Array) Compress(condition any, axis int) *Array {
	if x.err != nil {
		return x
	}
	a, err := normAxis(axis, x.Ndim())
	if err != nil {
		return at("compress", err)
	}
	return x.pick(a, condition)
}

// pick indexes one axis with a list: positions or bools, in memory or lazy.
func (x *Array) pick(axis int, list any) *Array {
	if l, ok := list.(*Array); ok {
		return x.pickLazy(axis, l)
	}
	nd, err := ndarray.From(list)
	if err != nil {
		return failed("index", ErrIndex, "a %T is no index; use ints, slices, lists of positions or bools", list)
	}
	n := total(x.chunksOf()[axis])
	if n == unknown {
		return failed("index", ErrUnknownChunks, "chunk sizes along axis %d are unknown; %s", axis, cure)
	}
	if nd.Ndim() != 1 {
		return failed("index", ErrIndex, "a list of positions has one dimension, not %d", nd.Ndim())
	}
	var positions []int
	switch {
	case nd.DType() == dtype.Bool:
		if nd.Len() != n {
			return failed("index", ErrIndex, "%d bools for axis %d with length %d", nd.Len(), axis, n)
		}
		v, _ := ndarray.Values[bool](nd)
		for i, ok := range v {
			if ok {
				positions = append(positions, i)
			}
		}
	case nd.DType().IsInteger() || nd.Size() == 0:
		if nd, err = nd.AsType(dtype.Int64); err != nil {
			return at("index", wrong(ErrIndex, "%v", err))
		}
		v, _ := ndarray.Values[int64](nd)
		for _, p := range v {
			q := int(p)
			if q < 0 {
				q += n
			}
			if q < 0 || q >= n {
				return failed("index", ErrIndex, "index %d is out of bounds for axis %d with length %d", p, axis, n)
			}
			positions = append(positions, q)
		}
	default:
		return failed("index", ErrIndex, "positions are integers or bools, not %v", nd.DType())
	}
	return wrap(newTake(x.node, axis, positions))
}

// takeNode has the elements of its operand at positions along an axis.
type takeNode struct {
	meta
	axis      int
	positions []int
}

func newTake(kid node, axis int, positions []int) *takeNode {
	chunks := slices.Clone(kid.about().chunks)
	chunks[axis] = takenBlocks(chunks[axis], positions)
	m := newMeta("take", kid.about().dt, chunks, []node{kid}, func(h *graph.Hasher) {
		h.Int(axis)
		h.Ints(positions)
	})
	return &takeNode{m, axis, positions}
}

// takenBlocks divides positions into blocks: ascending ones by the blocks that they come from, others into blocks as long as
// the longest of those.
func takenBlocks(blocks, positions []int) []int {
	if len(positions) == 0 {
		return []int{0}
	}
	if !slices.IsSorted(positions) {
		return uniform(len(positions), slices.Max(blocks))
	}
	var out []int
	last := -1
	for _, p := range positions {
		b, _ := blockAt(blocks, p)
		if b != last {
			out, last = append(out, 0), b
		}
		out[len(out)-1]++
	}
	return out
}

func (n *takeNode) With(kids []node) node { return newTake(kids[0], n.axis, n.positions) }

func (n *takeNode) String() string {
	return fmt.Sprintf("take %d of axis %d%s", len(n.positions), n.axis, describe(n))
}

func (n *takeNode) lower(p *plan) (*graph.Layer, error) {
	from, err := p.layer(n.kids[0])
	if err != nil {
		return nil, err
	}
	blocks := n.kids[0].about().chunks[n.axis]
	op := takeOp{Axis: n.axis}
	at := 0
	for _, c := range n.chunks[n.axis] {
		var need []int32
		for _, q := range n.positions[at : at+c] {
			b, _ := blockAt(blocks, q)
			need = append(need, int32(b))
		}
		slices.Sort(need)
		need = slices.Compact(need)
		if len(need) == 0 {
			need = []int32{0}
		}
		local := make([]int, c)
		for i, q := range n.positions[at : at+c] {
			b, start := blockAt(blocks, q)
			k, _ := slices.BinarySearch(need, int32(b))
			for _, before := range need[:k] { // the blocks are joined before positions are taken
				start -= blocks[before]
			}
			local[i] = q - start
		}
		op.Need, op.Local = append(op.Need, need), append(op.Local, local)
		at += c
	}
	return graph.New(graph.Spec{
		Name: "take", Op: op, Space: spaceOf(n.chunks),
		Edges: []graph.Edge{{From: from, Map: alongTable(spaceOf(n.chunks), from.Space(), n.axis, op.Need)}},
	})
}

// alongTable maps each task to the blocks in need along one axis, and to its own coordinates along the others.
func alongTable(out, in []int, axis int, need [][]int32) graph.Table {
	n := product(out)
	m := graph.Table{Start: make([]int32, 1, n+1)}
	var coords []int
	for i := range n {
		coords = graph.Unravel(coords, i, out)
		c := coords[axis]
		for _, b := range need[c] {
			coords[axis] = int(b)
			m.Index = append(m.Index, int32(graph.Ravel(coords, in)))
		}
		coords[axis] = c
		m.Start = append(m.Start, int32(len(m.Index)))
	}
	return m
}

// takeOp takes positions out of some blocks along an axis.
type takeOp struct {
	Axis  int
	Need  [][]int32 // per block along the axis: the blocks that it needs
	Local [][]int   // the positions in those, joined
}

// ReadsOnly implements graph.Reader.
func (takeOp) ReadsOnly() {}

// Run implements graph.Op.
func (o takeOp) Run(_ context.Context, t *graph.Task) (any, error) {
	x, err := joined(t.In(0), o.Axis)
	if err != nil {
		return nil, err
	}
	return x.Take(o.Local[t.Coords(nil)[o.Axis]], o.Axis)
}

// joined returns blocks as one along an axis.
func joined(in []any, axis int) (*ndarray.Array, error) {
	blocks := make([]*ndarray.Array, len(in))
	for i, v := range in {
		b, ok := v.(*ndarray.Array)
		if !ok {
			return nil, fmt.Errorf("array: a block is a %T, not an ndarray", v)
		}
		blocks[i] = b
	}
	if len(blocks) == 1 {
		return blocks[0], nil
	}
	return ndarray.Concatenate(blocks, axis)
}

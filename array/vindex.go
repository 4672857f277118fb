package array

import (
	"context"
	"slices"

	"sheaf/dtype"
	"sheaf/graph"
	"sheaf/ndarray"
)

// Vindex returns the elements at points: the k-th is at points[0][k], points[1][k], and so on, with one list per axis of x.
// Negative positions count from the end.
//
// Same as dask.array.Array.vindex with a list for every axis.
func (x *Array) Vindex(points ...[]int) *Array {
	if x.err != nil {
		return x
	}
	chunks := x.chunksOf()
	if len(points) != len(chunks) || len(points) == 0 {
		return failed("vindex", ErrIndex, "%d lists of positions for %d dimensions", len(points), len(chunks))
	}
	own := make([][]int, len(points))
	for a, list := range points {
		n := total(chunks[a])
		switch {
		case n == unknown:
			return failed("vindex", ErrUnknownChunks, "chunk sizes along axis %d are unknown; %s", a, cure)
		case len(list) != len(points[0]):
			return failed("vindex", ErrIndex, "lists of %d and %d positions", len(points[0]), len(list))
		}
		own[a] = slices.Clone(list)
		for i, p := range list {
			if p < 0 {
				p += n
			}
			if p < 0 || p >= n {
				return failed("vindex", ErrIndex, "index %d is out of bounds for axis %d with length %d", list[i], a, n)
			}
			own[a][i] = p
		}
	}
	return wrap(newPoints(x.node, own))
}

// pointsNode has the elements of its operand at points.
type pointsNode struct {
	meta
	points [][]int
}

func newPoints(kid node, points [][]int) *pointsNode {
	m := kid.about()
	chunks := [][]int{uniform(len(points[0]), max(1, largest(m.chunks)))}
	return &pointsNode{newMeta("points", m.dt, chunks, []node{kid}, func(h *graph.Hasher) { hashChunks(h, points) }), points}
}

func (n *pointsNode) With(kids []node) node { return newPoints(kids[0], n.points) }

func (n *pointsNode) String() string { return "points" + describe(n) }

func (n *pointsNode) lower(p *plan) (*graph.Layer, error) {
	from, err := p.layer(n.kids[0])
	if err != nil {
		return nil, err
	}
	have := n.kids[0].about().chunks
	space := spaceOf(have)
	m := graph.Table{Start: []int32{0}}
	op := pointsOp{Ndim: len(have), DT: n.dt}
	k := 0
	for _, size := range n.chunks[0] {
		var need []int32
		at := make([]pointAt, size)
		for i := range at {
			coords, local := make([]int, len(have)), make([]int, len(have))
			for a, c := range have {
				b, start := blockAt(c, n.points[a][k])
				coords[a], local[a] = b, n.points[a][k]-start
			}
			at[i] = pointAt{int32(graph.Ravel(coords, space)), local}
			need = append(need, at[i].Block)
			k++
		}
		slices.Sort(need)
		need = slices.Compact(need)
		for i := range at { // from here on the number of the input
			place, _ := slices.BinarySearch(need, at[i].Block)
			at[i].Block = int32(place)
		}
		op.At = append(op.At, at)
		m.Index = append(m.Index, need...)
		m.Start = append(m.Start, int32(len(m.Index)))
	}
	return graph.New(graph.Spec{Name: "points", Op: op, Space: spaceOf(n.chunks), Edges: []graph.Edge{{From: from, Map: m}}})
}

type pointAt struct {
	Block int32
	Local []int
}

// pointsOp picks single elements out of some blocks.
type pointsOp struct {
	Ndim int
	DT   dtype.Type
	At   [][]pointAt
}

// ReadsOnly implements graph.Reader.
func (pointsOp) ReadsOnly() {}

// Run implements graph.Op.
func (o pointsOp) Run(_ context.Context, t *graph.Task) (any, error) {
	blocks := t.In(0)
	parts := make([]*ndarray.Array, len(o.At[t.Index]))
	for i, p := range o.At[t.Index] {
		b, ok := blocks[p.Block].(*ndarray.Array)
		if !ok || b.Ndim() != o.Ndim {
			return nil, wrongBlock(t, blocks[p.Block], 0, o.Ndim)
		}
		items := make([]any, o.Ndim)
		for a, l := range p.Local {
			items[a] = l
		}
		v, err := b.Index(items...)
		if err != nil {
			return nil, err
		}
		if parts[i], err = v.ExpandDims(0); err != nil {
			return nil, err
		}
	}
	if len(parts) == 0 {
		return ndarray.New(o.DT, 0)
	}
	return ndarray.Concatenate(parts, 0)
}

// Block returns one block of x as an array of its own.
func (x *Array) Block(coords ...int) *Array {
	if x.err != nil {
		return x
	}
	chunks := x.chunksOf()
	if len(coords) != len(chunks) {
		return failed("block", ErrIndex, "%d coordinates for %d dimensions", len(coords), len(chunks))
	}
	axes, out := make([]viewAxis, len(chunks)), make([][]int, len(chunks))
	for a, c := range coords {
		if c < 0 {
			c += len(chunks[a])
		}
		if c < 0 || c >= len(chunks[a]) {
			return failed("block", ErrIndex, "block %d is out of bounds for the %d blocks along axis %d", coords[a], len(chunks[a]), a)
		}
		axes[a] = viewAxis{out: a, blocks: []int32{int32(c)}}
		out[a] = []int{chunks[a][c]}
	}
	return wrap(newView("block", x.node, axes, out))
}

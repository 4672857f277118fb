package array

import (
	"context"
	"slices"

	"sheaf"
	"sheaf/graph"
	"sheaf/ndarray"
)

// ComputeChunkSizes computes x as far as is needed to learn the lengths of its blocks, and returns the same array with known
// chunks. Persist x first where its computation is expensive: it is done again when the result is computed.
func (x *Array) ComputeChunkSizes(ctx context.Context, opts ...sheaf.Option) (*Array, error) {
	if x.err != nil {
		return nil, x.err
	}
	if !slices.Contains(x.Shape(), unknown) {
		return x, nil
	}
	shapes, err := sheaf.Compute[[][]int](ctx, &measured{x}, opts...)
	if err != nil {
		return nil, err
	}
	chunks := x.Chunks()
	space := spaceOf(chunks)
	for i, shape := range shapes {
		for a, c := range graph.Unravel(nil, i, space) {
			if chunks[a][c] != unknown && chunks[a][c] != shape[a] {
				return nil, fail("compute_chunk_sizes", ErrShape, "block %d has length %d along axis %d, its neighbours %d", i, shape[a], a, chunks[a][c])
			}
			chunks[a][c] = shape[a]
		}
	}
	return wrap(newSized(x.node, chunks)), nil
}

// measured is an array of which only the shapes of the blocks are wanted.
type measured struct{ x *Array }

func (m *measured) Graph() (graph.Graph, error) {
	g, err := m.x.Graph()
	if err != nil {
		return g, err
	}
	from := g.Outputs[0].Layer
	l, err := graph.New(graph.Spec{Name: "shape", Op: shapeOp{}, Space: from.Space(), Edges: []graph.Edge{{From: from, Map: graph.Each{}}}})
	return graph.Of(l), err
}

func (m *measured) Finish(_ context.Context, parts []any) ([][]int, error) {
	out := make([][]int, len(parts))
	for i, p := range parts {
		out[i] = p.([]int)
	}
	return out, nil
}

type shapeOp struct{}

// ReadsOnly implements graph.Reader.
func (shapeOp) ReadsOnly() {}

// Run implements graph.Op.
func (shapeOp) Run(_ context.Context, t *graph.Task) (any, error) {
	x, ok := t.In(0)[0].(*ndarray.Array)
	if !ok {
		return nil, wrong(ErrDType, "array: a block is a %T, not an ndarray", t.In(0)[0])
	}
	return x.Shape(), nil
}

// sizedNode is its operand with lengths of blocks that have been found out.
type sizedNode struct{ meta }

func newSized(kid node, chunks [][]int) *sizedNode {
	m := newMeta("sized", kid.about().dt, chunks, []node{kid}, func(h *graph.Hasher) { hashChunks(h, chunks) })
	return &sizedNode{m}
}

func (n *sizedNode) With(kids []node) node { return newSized(kids[0], n.chunks) }

func (n *sizedNode) String() string { return "sizes" + describe(n) }

func (n *sizedNode) lower(p *plan) (*graph.Layer, error) { return p.layer(n.kids[0]) }

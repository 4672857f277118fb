package array

import (
	"context"
	"slices"

	"sheaf/dtype"
	"sheaf/fn"
	"sheaf/graph"
	"sheaf/ndarray"
)

// BlockFunc makes a block of a result from the blocks of its operands. It must not change them.
type BlockFunc = func(ctx context.Context, blocks ...*ndarray.Array) (*ndarray.Array, error)

// MapBlocks applies a function to each block of x. The function must not change its argument; where in the array the block
// lies it can ask [BlockOf] for.
//
// The result has x's chunks unless [Chunks] says otherwise, which then counts the blocks' lengths: one length per axis for all
// blocks, or a list. [DType] gives the result's dtype; without it the function is called once with an empty block to see,
// and x's dtype is taken if that fails. Blocks that are not as declared are an error when they are computed.
func (x *Array) MapBlocks(f func(ctx context.Context, b *ndarray.Array) (*ndarray.Array, error), opts ...Option) *Array {
	if f == nil {
		return failed("map_blocks", ErrValue, "the function is nil")
	}
	return mapBlocks("map_blocks", oneBlock{f}, opts, x)
}

// MapBlocks applies a function to the blocks of several arrays that lie at the same place. The arrays are broadcast and
// brought to common blocks first.
func MapBlocks(f BlockFunc, xs []*Array, opts ...Option) *Array {
	switch {
	case f == nil:
		return failed("map_blocks", ErrValue, "the function is nil")
	case len(xs) == 0:
		return failed("map_blocks", ErrValue, "no arrays")
	}
	return mapBlocks("map_blocks", manyBlocks{f}, opts, xs...)
}

// blockFunc is a function over blocks as data that can be hashed and sent.
type blockFunc interface {
	call(ctx context.Context, blocks []*ndarray.Array) (*ndarray.Array, error)
	source() fn.Source
}

type oneBlock struct {
	F func(ctx context.Context, b *ndarray.Array) (*ndarray.Array, error)
}

func (f oneBlock) call(ctx context.Context, blocks []*ndarray.Array) (*ndarray.Array, error) {
	return f.F(ctx, blocks[0])
}
func (f oneBlock) source() fn.Source { return fn.SourceOf(f.F) }

type manyBlocks struct{ F BlockFunc }

func (f manyBlocks) call(ctx context.Context, blocks []*ndarray.Array) (*ndarray.Array, error) {
	return f.F(ctx, blocks...)
}
func (f manyBlocks) source() fn.Source { return fn.SourceOf(f.F) }

// blockKey finds the block in a context.
type blockKey struct{}

// BlockOf returns which block the function of [Array.MapBlocks], [MapBlocks] or [Blockwise] is making, as far as its place is
// known, from the context that the function gets. Lengths and positions that only the data tell are -1.
func BlockOf(ctx context.Context) (Block, bool) {
	b, ok := ctx.Value(blockKey{}).(Block)
	return b, ok
}

func mapBlocks(op string, f blockFunc, opts []Option, xs ...*Array) *Array {
	o, err := parseOptions(op, takesChunks|takesDType, opts)
	if err != nil {
		return &Array{err: err}
	}
	all := make([][][]int, len(xs))
	for i, x := range xs {
		if x == nil {
			return failed(op, ErrValue, "array %d is nil", i)
		}
		if x.err != nil {
			return x
		}
		all[i] = x.chunksOf()
	}
	in, err := broadcastChunks(op, all...)
	if err != nil {
		return at(op, err)
	}
	kids := make([]node, len(xs))
	args := make([][]int, len(xs))
	for i, x := range xs {
		if kids[i], err = divided(x.node, in); err != nil {
			return at(op, err)
		}
		lead := len(in) - len(all[i])
		for a := range all[i] {
			args[i] = append(args[i], lead+a)
		}
	}
	chunks, err := mappedChunks(o.chunks, in)
	if err != nil {
		return at(op, err)
	}
	t := o.dt
	if t == dtype.Invalid {
		t = guessType(f, kids)
	}
	if !t.IsArray() {
		return failed(op, ErrDType, "an array cannot hold %v", t)
	}
	return wrap(newMap(op, f, kids, args, spaceOf(in), t, chunks))
}

// mappedChunks returns the blocks of a mapped array: one length per axis, or a list of lengths, of its blocks.
func mappedChunks(spec []any, in [][]int) ([][]int, error) {
	if spec == nil {
		return in, nil
	}
	if len(spec) != len(in) {
		return nil, wrong(ErrChunks, "%d chunks given for %d dimensions; functions that change the number of axes go with Blockwise", len(spec), len(in))
	}
	out := make([][]int, len(in))
	for a, c := range spec {
		switch c := c.(type) {
		case nil:
			out[a] = in[a]
		case int:
			if c < 0 {
				return nil, wrong(ErrChunks, "blocks of length %d along axis %d", c, a)
			}
			out[a] = slices.Repeat([]int{c}, len(in[a]))
		case []int:
			if len(c) != len(in[a]) {
				return nil, wrong(ErrChunks, "%d lengths for the %d blocks along axis %d", len(c), len(in[a]), a)
			}
			out[a] = slices.Clone(c)
		default:
			return nil, wrong(ErrChunks, "chunks along axis %d are a %T; want the length of all blocks, or a list of lengths", a, c)
		}
	}
	return out, nil
}

// guessType calls the function with empty blocks to see what dtype it gives.
func guessType(f blockFunc, kids []node) (t dtype.Type) {
	t = kids[0].about().dt
	blocks := make([]*ndarray.Array, len(kids))
	for i, k := range kids {
		shape := make([]int, len(k.about().chunks))
		b, err := ndarray.New(k.about().dt, shape...)
		if err != nil {
			return t
		}
		blocks[i] = b
	}
	defer func() { _ = recover() }() // the function may not like empty blocks: it will be called with real ones
	if v, err := f.call(context.Background(), blocks); err == nil && v != nil {
		return v.DType()
	}
	return t
}

// mapNode applies a function to blocks. Axis a of operand i follows axis args[i][a] of the index space; those outside of
// the result's are joined to one block.
type mapNode struct {
	meta
	name  string
	f     blockFunc
	args  [][]int
	space []int // numbers of blocks by label: those of the result first, then of labels that only operands have
}

func newMap(name string, f blockFunc, kids []node, args [][]int, space []int, t dtype.Type, chunks [][]int) *mapNode {
	m := newMeta("map", t, chunks, kids, func(h *graph.Hasher) {
		h.String(name)
		h.Any(f)
		for _, a := range args {
			h.Ints(a)
		}
		h.Ints(space)
		hashChunks(h, chunks)
	})
	return &mapNode{m, name, f, args, space}
}

func (n *mapNode) With(kids []node) node {
	return newMap(n.name, n.f, kids, n.args, n.space, n.dt, n.chunks)
}

func (n *mapNode) String() string { return n.name + " " + n.f.source().Short() + describe(n) }

func (n *mapNode) lower(p *plan) (*graph.Layer, error) {
	out := n.space[:len(n.chunks)]
	var edges []graph.Edge
	op := mapOp{name: n.name, f: n.f, dt: n.dt, chunks: n.chunks, joins: make([][]int, len(n.kids)), boxes: make([][]int, len(n.kids)), token: n.token}
	for i, k := range n.kids {
		from, err := p.layer(k)
		if err != nil {
			return nil, err
		}
		in := from.Space()
		to, spans := make([]int, len(in)), make([][]graph.Span, len(in))
		box := make([]int, len(in))
		for a, label := range n.args[i] {
			switch {
			case label >= len(out): // only operands have it
				to[a], spans[a] = -1, []graph.Span{{Lo: 0, Hi: int32(in[a])}}
				op.joins[i] = append(op.joins[i], a)
				box[a] = in[a]
			case in[a] == 1:
				to[a], spans[a], box[a] = -1, []graph.Span{{Lo: 0, Hi: 1}}, 1
			default:
				to[a], spans[a], box[a] = label, graph.Groups(in[a], 1), 1
			}
		}
		op.boxes[i] = box
		m, err := graph.NewWindow(out, in, to, spans)
		if err != nil {
			return nil, err
		}
		edges = append(edges, graph.Edge{From: from, Map: m})
	}
	return graph.New(graph.Spec{Name: n.name, Op: op, Space: out, Edges: edges})
}

// mapOp calls a user's function for one block.
type mapOp struct {
	name   string
	f      blockFunc
	dt     dtype.Type
	chunks [][]int
	joins  [][]int // per operand: the axes along which its blocks are joined first
	boxes  [][]int // per operand: how many blocks it delivers along each axis
	token  graph.Token
}

// HashToken implements graph.Tokener.
func (o mapOp) HashToken(h *graph.Hasher) { h.Token(o.token) }

// Source implements graph.Sourcer.
func (o mapOp) Source(int) fn.Source { return o.f.source() }

// Run implements graph.Op.
func (o mapOp) Run(ctx context.Context, t *graph.Task) (any, error) {
	blocks := make([]*ndarray.Array, len(o.boxes))
	for i := range o.boxes {
		b, err := joinGrid(t.In(i), o.boxes[i])
		if err != nil {
			return nil, err
		}
		blocks[i] = b
	}
	info := Block{Index: t.Index, Coords: t.Coords(nil), Start: make([]int, len(o.chunks)), Shape: make([]int, len(o.chunks))}
	for a, c := range info.Coords {
		info.Start[a], info.Shape[a] = total(o.chunks[a][:c]), o.chunks[a][c]
	}
	v, err := o.f.call(context.WithValue(ctx, blockKey{}, info), blocks)
	if err != nil {
		return nil, err
	}
	return checkBlock(v, o.dt, info.Shape)
}

// joinGrid returns a box of blocks as one array.
func joinGrid(in []any, box []int) (*ndarray.Array, error) {
	blocks := make([]*ndarray.Array, len(in))
	for i, v := range in {
		b, ok := v.(*ndarray.Array)
		if !ok {
			return nil, wrong(ErrDType, "array: a block is a %T, not an ndarray", v)
		}
		blocks[i] = b
	}
	if len(blocks) == 1 {
		return blocks[0], nil
	}
	return joinBlocks(blocks, box)
}

package array

import (
	"context"
	"fmt"

	"sheaf/dtype"
	"sheaf/fn"
	"sheaf/graph"
	"sheaf/ndarray"
)

// A Block says which block of an array is to be made.
type Block struct {
	Index  int   // its number in C order
	Coords []int // its place among the blocks
	Start  []int // the position of its first element
	Shape  []int // its lengths
}

// A BlockSource makes the blocks of an array: a reader of some format, or a generator. It is data, as graph.Op is: its fields
// say everything that its blocks depend on, it is not changed, and Block is called concurrently. The blocks must have the
// shape that is asked for and the array's dtype.
type BlockSource interface {
	Block(ctx context.Context, b Block) (*ndarray.Array, error)
}

// FromBlocks makes an array whose blocks a source makes. It takes [Size], [Chunks] and [DType], float64 by default.
//
// It is the door for formats that sheaf does not know, as from_array on array-likes and from_map are in Dask.
func FromBlocks(src BlockSource, opts ...Option) *Array { return fromBlocks("from blocks", src, opts) }

// FromFunction makes an array whose blocks are the results of a function of their places. It takes [Size], [Chunks] and
// [DType], float64 by default. The function may be called at any time, in any order and again.
//
// It takes the place of dask.array.fromfunction; positions within a block are counted from Block.Start.
func FromFunction(f func(ctx context.Context, b Block) (*ndarray.Array, error), opts ...Option) *Array {
	if f == nil {
		return failed("from function", ErrValue, "the function is nil")
	}
	return fromBlocks("from function", functionSource{f}, opts)
}

type functionSource struct {
	f func(ctx context.Context, b Block) (*ndarray.Array, error)
}

func (s functionSource) Block(ctx context.Context, b Block) (*ndarray.Array, error) {
	return s.f(ctx, b)
}

func (s functionSource) Source(int) fn.Source { return fn.SourceOf(s.f) }

func fromBlocks(op string, src BlockSource, opts []Option) *Array {
	o, err := parseOptions(op, takesChunks|takesSize|takesDType, opts)
	if err != nil {
		return &Array{err: err}
	}
	if !o.sized {
		return failed(op, ErrShape, "its shape is not given; say array.Size(…)")
	}
	if o.dt == dtype.Invalid {
		o.dt = dtype.Float64
	}
	if !o.dt.IsArray() {
		return failed(op, ErrDType, "an array cannot hold %v", o.dt)
	}
	chunks, err := newChunks(o.chunks, o.size, o.dt)
	if err != nil {
		return at(op, err)
	}
	return wrap(newBlocks(op, src, o.dt, chunks))
}

// newChunks returns the blocks of a new array.
func newChunks(spec []any, shape []int, dt dtype.Type) ([][]int, error) {
	for _, n := range shape {
		if n < 0 {
			return nil, wrong(ErrShape, "negative length in shape %v", shape)
		}
	}
	return normalize(spec, shape, dt.Size(), nil)
}

// blocksNode is an array whose blocks a source makes.
type blocksNode struct {
	meta
	name string
	src  BlockSource
}

func newBlocks(name string, src BlockSource, dt dtype.Type, chunks [][]int) *blocksNode {
	m := newMeta("blocks", dt, chunks, nil, func(h *graph.Hasher) {
		h.Any(src)
		hashChunks(h, chunks)
	})
	return &blocksNode{m, name, src}
}

func (n *blocksNode) With([]node) node { return n }

func (n *blocksNode) String() string { return n.name + describe(n) }

func (n *blocksNode) lower(*plan) (*graph.Layer, error) {
	op := blocksOp{src: n.src, dt: n.dt, chunks: n.chunks, token: n.token, starts: make([][]int, len(n.chunks))}
	for a, c := range n.chunks {
		op.starts[a] = starts(c)
	}
	return graph.New(graph.Spec{Name: n.name, Op: op, Space: spaceOf(n.chunks)})
}

// blocksOp makes one block.
type blocksOp struct {
	src    BlockSource
	dt     dtype.Type
	chunks [][]int
	starts [][]int
	token  graph.Token
}

// HashToken implements graph.Tokener.
func (o blocksOp) HashToken(h *graph.Hasher) { h.Token(o.token) }

// Source implements graph.Sourcer.
func (o blocksOp) Source(i int) fn.Source {
	if s, ok := o.src.(graph.Sourcer); ok {
		return s.Source(i)
	}
	return fn.Source{}
}

// OutBytes implements graph.Sized.
func (o blocksOp) OutBytes(i int) int64 {
	n := o.dt.Size()
	for a, c := range graph.Unravel(nil, i, spaceOf(o.chunks)) {
		n *= o.chunks[a][c]
	}
	return int64(n)
}

// Run implements graph.Op.
func (o blocksOp) Run(ctx context.Context, t *graph.Task) (any, error) {
	b := Block{Index: t.Index, Coords: t.Coords(nil), Start: make([]int, len(o.chunks)), Shape: make([]int, len(o.chunks))}
	for a, c := range b.Coords {
		b.Start[a], b.Shape[a] = o.starts[a][c], o.chunks[a][c]
	}
	v, err := o.src.Block(ctx, b)
	if err != nil {
		return nil, err
	}
	return checkBlock(v, o.dt, b.Shape)
}

// checkBlock holds a block that a function has made to what was promised; it converts nothing.
func checkBlock(v *ndarray.Array, dt dtype.Type, shape []int) (*ndarray.Array, error) {
	if v == nil {
		return nil, fmt.Errorf("array: the function returned no block")
	}
	got := v.Shape()
	fits := len(got) == len(shape)
	for a := range got {
		fits = fits && (shape[a] == unknown || got[a] == shape[a])
	}
	if !fits {
		return nil, wrong(ErrShape, "array: the function returned a block of shape %s, declared was %s", ndarray.ShapeString(got), shapeText(shape))
	}
	if v.DType() != dt {
		return nil, wrong(ErrDType, "array: the function returned a block of %v, declared was %v; say array.DType(dtype.%s)", v.DType(), dt, goName(v.DType()))
	}
	return v, nil
}

// goName returns the identifier of a dtype.
func goName(t dtype.Type) string {
	switch t {
	case dtype.Datetime:
		return "Datetime"
	case dtype.Timedelta:
		return "Timedelta"
	}
	s := t.String()
	return string(s[0]-'a'+'A') + s[1:]
}

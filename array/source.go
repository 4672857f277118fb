package array

import (
	"context"
	"slices"
	"unsafe"

	"sheaf/dtype"
	"sheaf/graph"
	"sheaf/ndarray"
)

// From makes an array of values in memory: an ndarray, which is not copied and must not be changed afterwards, a nested
// slice, or a number. It takes [Chunks] and [DType]. An *Array is returned as it is, divided anew if chunks are given.
//
// Same as dask.array.from_array and asarray.
func From(value any, opts ...Option) *Array {
	o, err := parseOptions("from", takesChunks|takesDType, opts)
	if err != nil {
		return &Array{err: err}
	}
	if x, ok := value.(*Array); ok {
		if o.dt != dtype.Invalid {
			x = x.AsType(o.dt)
		}
		if o.chunks != nil {
			x = x.Rechunk(o.chunks...)
		}
		return x
	}
	nd, err := ndarray.From(value)
	if err != nil {
		return at("from", wrong(ErrDType, "%v", err))
	}
	if o.dt != dtype.Invalid {
		if nd, err = nd.AsType(o.dt); err != nil {
			return at("from", wrong(ErrDType, "%v", err))
		}
	}
	n, err := sourceOf(nd, o.chunks)
	if err != nil {
		return at("from", err)
	}
	return wrap(n)
}

// sourceNode is an array whose values are in memory. Its blocks are views.
type sourceNode struct {
	meta
	data *ndarray.Array
}

func sourceOf(nd *ndarray.Array, spec []any) (node, error) {
	chunks, err := normalize(spec, nd.Shape(), nd.DType().Size(), nil)
	if err != nil {
		return nil, err
	}
	return newSource(nd, chunks), nil
}

func newSource(nd *ndarray.Array, chunks [][]int) *sourceNode {
	m := newMeta("source", nd.DType(), chunks, nil, func(h *graph.Hasher) {
		h.Bytes(contentOf(nd))
		hashChunks(h, chunks)
	})
	return &sourceNode{m, nd}
}

// contentOf returns the elements as bytes in C order.
func contentOf(nd *ndarray.Array) []byte {
	if !nd.IsContiguous() {
		nd = nd.Copy()
	}
	v := nd.KernelView()
	return unsafe.Slice((*byte)(v.Data), nd.Nbytes())
}

func (n *sourceNode) With([]node) node { return n }

func (n *sourceNode) String() string { return "values" + describe(n) }

func (n *sourceNode) lower(*plan) (*graph.Layer, error) {
	op := sourceOp{data: n.data, token: n.token, starts: make([][]int, len(n.chunks))}
	for a, c := range n.chunks {
		op.starts[a] = starts(c)
	}
	return graph.New(graph.Spec{Name: "values", Op: op, Space: spaceOf(n.chunks)})
}

// sourceOp returns the blocks of an array in memory.
type sourceOp struct {
	data   *ndarray.Array
	token  graph.Token
	starts [][]int
}

func (o sourceOp) HashToken(h *graph.Hasher) { h.Token(o.token) }

func (o sourceOp) Run(_ context.Context, t *graph.Task) (any, error) {
	coords := t.Coords(nil)
	lo, hi := make([]int, len(coords)), make([]int, len(coords))
	for a, c := range coords {
		lo[a], hi[a] = o.starts[a][c], o.starts[a][c+1]
	}
	return boxOf(o.data, lo, hi)
}

// ExistingBytes implements graph.Existing.
func (o sourceOp) ExistingBytes() int64 { return int64(o.data.Nbytes()) }

// boxOf returns the view [lo, hi) of an array.
func boxOf(x *ndarray.Array, lo, hi []int) (*ndarray.Array, error) {
	if slices.Equal(hi, x.Shape()) && product(hi) == x.Size() && !slices.ContainsFunc(lo, func(n int) bool { return n != 0 }) {
		return x, nil
	}
	items := make([]any, len(lo))
	for a := range lo {
		items[a] = ndarray.S(lo[a], hi[a])
	}
	return x.Index(items...)
}

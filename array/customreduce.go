package array

import (
	"context"
	"slices"

	"sheaf/dtype"
	"sheaf/fn"
	"sheaf/graph"
	"sheaf/ndarray"
)

// ReduceFunc reduces an array over axes, which it keeps at length 1.
type ReduceFunc = func(ctx context.Context, x *ndarray.Array, axes []int) (*ndarray.Array, error)

// Reduction reduces x by functions of the user's: chunk is applied to every block, combine to partial results joined
// along the axes, as often as the tree has levels, and aggregate to the last of them, which makes the result. combine may be
// nil, which means aggregate. All three keep the reduced axes at length 1 (or another length that combine understands), but
// aggregate's result must have length 1 there; the axes are dropped unless [KeepDims] is given.
//
// It takes [Axis], [KeepDims], [SplitEvery] and [DType], which is x's by default.
//
// Same as dask.array.reduction.
func (x *Array) Reduction(chunk, combine, aggregate ReduceFunc, opts ...Option) *Array {
	if x.err != nil {
		return x
	}
	if chunk == nil || aggregate == nil {
		return failed("reduction", ErrValue, "the functions for chunks and the result must not be nil")
	}
	o, err := parseOptions("reduction", takesReduce|takesDType, opts)
	if err != nil {
		return &Array{err: err}
	}
	axes, err := reducedAxes(o, x.Ndim())
	if err != nil {
		return at("reduction", err)
	}
	if combine == nil {
		combine = aggregate
	}
	t := o.dt
	if t == dtype.Invalid {
		t = x.DType()
	}
	return wrap(newCustom(x.node, [3]ReduceFunc{chunk, combine, aggregate}, axes, o.keep, everyAxis(o.every, len(axes)), t))
}

// customNode is a reduction by functions of the user's.
type customNode struct {
	meta
	f     [3]ReduceFunc // chunk, combine, aggregate
	axes  []int
	keep  bool
	every int
}

func newCustom(kid node, f [3]ReduceFunc, axes []int, keep bool, every int, t dtype.Type) *customNode {
	var chunks [][]int
	for a, c := range kid.about().chunks {
		switch {
		case !slices.Contains(axes, a):
			chunks = append(chunks, c)
		case keep:
			chunks = append(chunks, []int{1})
		}
	}
	m := newMeta("reduction", t, chunks, []node{kid}, func(h *graph.Hasher) {
		for _, g := range f {
			h.Func(g)
		}
		h.Ints(axes)
		h.Bool(keep)
		h.Int(every)
	})
	return &customNode{m, f, axes, keep, every}
}

func (n *customNode) With(kids []node) node {
	return newCustom(kids[0], n.f, n.axes, n.keep, n.every, n.dt)
}

func (n *customNode) String() string { return "reduction " + fn.SourceOf(n.f[0]).Short() + describe(n) }

func (n *customNode) lower(p *plan) (*graph.Layer, error) {
	from, err := p.layer(n.kids[0])
	if err != nil {
		return nil, err
	}
	space := from.Space()
	first, err := graph.New(graph.Spec{
		Name: "reduction-chunk", Op: customOp{F: n.f[0], Axes: n.axes}, Space: space, Edges: []graph.Edge{{From: from, Map: graph.Each{}}},
	})
	if err != nil {
		return nil, err
	}
	l, err := customTree(first, n)
	if err != nil || !n.keep {
		return l, err
	}
	return graph.Alias("reduction", spaceOf(n.chunks), graph.Edge{From: l, Map: graph.Each{}})
}

// customTree is graph.Tree for partial results that are joined as arrays: a step knows the grid of the blocks that it gets.
func customTree(in *graph.Layer, n *customNode) (*graph.Layer, error) {
	return graph.Tree(in, graph.TreeSpec{
		Name: "reduction", Axes: n.axes, Every: n.every,
		Combine:   customOp{F: n.f[1], Axes: n.axes, Join: true},
		Aggregate: customOp{F: n.f[2], Axes: n.axes, Join: true, Last: true, Keep: n.keep, DT: n.dt},
	})
}

// grid is a partial result that remembers its place among the blocks, from which the next step finds the grid of what it gets.
type grid struct {
	At    []int
	Value *ndarray.Array
}

// SizeBytes tells the runtime how large a partial result is.
func (g *grid) SizeBytes() int64 { return g.Value.SizeBytes() + 64 }

// customOp calls one of the user's functions.
type customOp struct {
	F          ReduceFunc
	Axes       []int
	Join       bool
	Last, Keep bool
	DT         dtype.Type
}

// Source implements graph.Sourcer.
func (o customOp) Source(int) fn.Source { return fn.SourceOf(o.F) }

// Run implements graph.Op.
func (o customOp) Run(ctx context.Context, t *graph.Task) (any, error) {
	var x *ndarray.Array
	var place []int
	if o.Join {
		parts := t.In(0)
		first, ok := parts[0].(*grid)
		if !ok {
			return nil, wrong(ErrDType, "array: a partial result is a %T", parts[0])
		}
		place = first.At
		box := make([]int, len(place))
		blocks := make([]any, len(parts))
		for a := range box {
			box[a] = 1
			if slices.Contains(o.Axes, a) { // places of partial results are those of their first blocks
				box[a] = countDistinct(parts, a)
			}
		}
		for i, p := range parts {
			blocks[i] = p.(*grid).Value
		}
		var err error
		if x, err = joinGrid(blocks, box); err != nil {
			return nil, err
		}
	} else {
		b, ok := t.In(0)[0].(*ndarray.Array)
		if !ok {
			return nil, wrong(ErrDType, "array: a block is a %T, not an ndarray", t.In(0)[0])
		}
		x, place = b, t.Coords(nil)
	}
	v, err := o.F(ctx, x, o.Axes)
	if err != nil {
		return nil, err
	}
	if v == nil || v.Ndim() != x.Ndim() {
		return nil, wrong(ErrShape, "array: reduction: the function must keep the reduced axes at length 1; it was given %d axes and returned %s", x.Ndim(), ndimOf(v))
	}
	if !o.Last {
		return &grid{place, v}, nil
	}
	if v.DType() != o.DT {
		return nil, wrong(ErrDType, "array: reduction: the function returned %v, declared was %v; say array.DType(dtype.%s)", v.DType(), o.DT, goName(v.DType()))
	}
	for _, a := range o.Axes {
		if v.Dim(a) != 1 {
			return nil, wrong(ErrShape, "array: reduction: the result has length %d along the reduced axis %d, want 1", v.Dim(a), a)
		}
	}
	if o.Keep {
		return v, nil
	}
	if len(o.Axes) == 0 {
		return v, nil
	}
	return v.Squeeze(o.Axes...)
}

func countDistinct(parts []any, axis int) int {
	seen := map[int]bool{}
	for _, p := range parts {
		seen[p.(*grid).At[axis]] = true
	}
	return len(seen)
}

func ndimOf(v *ndarray.Array) string {
	if v == nil {
		return "nothing"
	}
	return ndarray.ShapeString(v.Shape())
}

package array

import (
	"context"
	"runtime"
	"runtime/metrics"
	"sync"

	"sheaf"
	"sheaf/delayed"
	"sheaf/graph"
	"sheaf/ndarray"
)

// Graph implements sheaf.Collection.
func (x *Array) Graph() (graph.Graph, error) {
	gs, err := planner{}.Plan([]sheaf.Collection{x})
	if err != nil {
		return graph.Graph{}, err
	}
	return gs[0], nil
}

// Planner implements sheaf.Planned: arrays that are computed together share what they have in common.
func (x *Array) Planner() sheaf.Planner { return planner{} }

// rootOf returns the expression of a collection that this package has made.
func rootOf(c sheaf.Collection) (node, *destination, error) {
	switch c := c.(type) {
	case *Array:
		return c.node, nil, c.err
	case *gathered:
		return c.x.node, c.dst, c.x.err
	}
	return nil, nil, wrong(sheaf.ErrInternal, "array: a %T is no array", c)
}

// Compute runs what x stands for and returns the result in memory. Results larger than memory should be written with
// [Array.ToZarr] or kept with sheaf.Persist instead.
func (x *Array) Compute(ctx context.Context, opts ...sheaf.Option) (*ndarray.Array, error) {
	if x.err != nil {
		return nil, x.err
	}
	ctx = sheaf.With(ctx, opts...)
	if _, local := sheaf.ExecutorOf(ctx).(*sheaf.Local); local || sheaf.ExecutorOf(ctx) == nil {
		if d := newDestination(x.node); d != nil {
			return sheaf.Compute[*ndarray.Array](ctx, &gathered{x, d})
		}
	}
	return sheaf.Compute[*ndarray.Array](ctx, x)
}

// Persist starts to compute x in the background and returns the same array, whose blocks are the values that are being
// computed: see sheaf.Persist.
func (x *Array) Persist(ctx context.Context, opts ...sheaf.Option) (*Array, error) {
	return sheaf.Persist(ctx, x, opts...)
}

// Finish implements sheaf.Lazy: it joins the blocks.
func (x *Array) Finish(ctx context.Context, parts []any) (*ndarray.Array, error) {
	if x.err != nil {
		return nil, x.err
	}
	return x.Finisher().Finish(ctx, parts)
}

// Finisher returns what joins the blocks and holds nothing else of x.
func (x *Array) Finisher() delayed.Finisher[*ndarray.Array] {
	if x.err != nil {
		return finisher{err: x.err}
	}
	return finisher{space: spaceOf(x.chunksOf()), anew: madeAnew(x.node)}
}

// finisher joins a grid of blocks.
type finisher struct {
	space []int
	anew  bool // the blocks are new memory
	err   error
}

func (f finisher) Finish(_ context.Context, parts []any) (*ndarray.Array, error) {
	if f.err != nil {
		return nil, f.err
	}
	blocks := make([]*ndarray.Array, len(parts))
	for i, v := range parts {
		a, ok := v.(*ndarray.Array)
		if !ok {
			return nil, wrong(ErrDType, "array: block %d is a %T, not an ndarray", i, v)
		}
		blocks[i] = a
	}
	if len(blocks) == 1 {
		if f.anew {
			return blocks[0].Compact(), nil
		}
		return blocks[0].Copy(), nil
	}
	return joinBlocks(blocks, f.space)
}

// madeAnew reports whether the blocks of a node are new memory. Others may be somebody's: values that an array was made of,
// persisted blocks, what a user's function keeps; the caller of Compute gets a copy of those.
func madeAnew(n node) bool {
	switch n.(type) {
	case *ufuncNode, *fullNode, *rampNode, *drawNode, *reduceNode, *rechunkNode, *takeNode, *contractNode, *scanNode:
		return true
	}
	return false
}

// joinBlocks makes one array of a grid of blocks, whose lengths are those of the data.
func joinBlocks(blocks []*ndarray.Array, space []int) (*ndarray.Array, error) {
	ends := make([][]int, len(space))
	for a, n := range space {
		ends[a] = make([]int, n+1)
		stride := product(space[a+1:])
		for c := range n {
			ends[a][c+1] = ends[a][c] + blocks[c*stride].Dim(a)
		}
	}
	shape := make([]int, len(space))
	for a := range space {
		shape[a] = ends[a][space[a]]
	}
	out, err := ndarray.NewUninit(blocks[0].DType(), shape...)
	if err != nil {
		return nil, err
	}
	var coords []int
	for i, b := range blocks {
		coords = graph.Unravel(coords, i, space)
		lo, hi := make([]int, len(space)), make([]int, len(space))
		for a, c := range coords {
			lo[a], hi[a] = ends[a][c], ends[a][c+1]
			if hi[a]-lo[a] != b.Dim(a) {
				return nil, wrong(ErrShape, "array: block %v has shape %s, which does not fit its neighbours", coords, ndarray.ShapeString(b.Shape()))
			}
		}
		box, err := boxOf(out, lo, hi)
		if err != nil {
			return nil, err
		}
		if err := box.Assign(b); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// gathered is an array that is computed into memory which exists: its tasks write where the result is wanted, all of them at
// once, and nothing is copied at the end.
type gathered struct {
	x   *Array
	dst *destination
}

func (g *gathered) Graph() (graph.Graph, error) {
	gs, err := planner{}.Plan([]sheaf.Collection{g})
	if err != nil {
		return graph.Graph{}, err
	}
	return gs[0], nil
}

func (g *gathered) Planner() sheaf.Planner { return planner{} }

func (g *gathered) Finish(context.Context, []any) (*ndarray.Array, error) { return g.dst.array() }

// destination is the memory of a result.
type destination struct {
	n      node
	starts [][]int
	make   func() (*ndarray.Array, error)
}

// newDestination returns nil for results of one block, which are their own memory, and for those of unknown shape.
func newDestination(n node) *destination {
	m := n.about()
	shape := shapeOf(m.chunks)
	if product(spaceOf(m.chunks)) == 1 {
		return nil
	}
	d := &destination{n: n}
	for a, c := range m.chunks {
		if shape[a] == unknown {
			return nil
		}
		d.starts = append(d.starts, starts(c))
	}
	d.make = sync.OnceValues(func() (*ndarray.Array, error) {
		collectFirst(int64(product(shape)) * int64(m.dt.Size()))
		return ndarray.NewUninit(m.dt, shape...)
	})
	return d
}

// largeBytes is the size from which it pays to look for memory that was used before.
const largeBytes = 128 << 20

// collectFirst runs the garbage collector before a large result is allocated, so that the pages of earlier results are used
// again: new ones cost more than computing what is written to them. It does so only where collecting is cheap because
// little of the heap holds pointers.
func collectFirst(bytes int64) {
	if bytes < largeBytes {
		return
	}
	scan := []metrics.Sample{{Name: "/gc/scan/heap:bytes"}}
	metrics.Read(scan)
	if v := scan[0].Value; v.Kind() == metrics.KindUint64 && v.Uint64() < uint64(bytes)/16 {
		runtime.GC()
	}
}

func (d *destination) array() (*ndarray.Array, error) { return d.make() }

// box returns the part of the result that the block at coords fills.
func (d *destination) box(coords []int) (*ndarray.Array, error) {
	all, err := d.make()
	if err != nil {
		return nil, err
	}
	lo, hi := make([]int, len(coords)), make([]int, len(coords))
	for a, c := range coords {
		lo[a], hi[a] = d.starts[a][c], d.starts[a][c+1]
	}
	return boxOf(all, lo, hi)
}

// deliver adds the layer that copies blocks to their place in the result, for roots whose own tasks cannot write there.
func (d *destination) deliver(from *graph.Layer) (*graph.Layer, error) {
	return graph.New(graph.Spec{
		Name: "collect", Op: deliverOp{d}, Space: from.Space(), Edges: []graph.Edge{{From: from, Map: graph.Each{}}}, Token: graph.Unique(),
	})
}

type deliverOp struct{ dst *destination }

// ReadsOnly implements graph.Reader.
func (deliverOp) ReadsOnly() {}

func (o deliverOp) Run(_ context.Context, t *graph.Task) (any, error) {
	b, ok := t.In(0)[0].(*ndarray.Array)
	if !ok {
		return nil, wrong(ErrDType, "array: a block is a %T, not an ndarray", t.In(0)[0])
	}
	box, err := o.dst.box(t.Coords(nil))
	if err != nil {
		return nil, err
	}
	return nil, box.Assign(b)
}

package array

import (
	"context"
	"errors"
	"strings"

	"sheaf/delayed"
	"sheaf/dtype"
	"sheaf/graph"
	"sheaf/ndarray"
)

// ToDelayed returns the blocks of x as lazy values in C order; [Array.NumBlocks] has the shape of the grid.
//
// Same as dask.array.Array.to_delayed, which returns them as an array of objects.
func (x *Array) ToDelayed() ([]*delayed.Value[*ndarray.Array], error) {
	g, err := x.Graph()
	if err != nil {
		return nil, err
	}
	l := g.Outputs[0].Layer
	out := make([]*delayed.Value[*ndarray.Array], l.Len())
	for i := range out {
		out[i] = delayed.FromTask[*ndarray.Array](l, i)
	}
	return out, nil
}

// FromDelayed makes an array of a grid of lazy blocks in C order. The blocks' lengths along each axis are chunks, where -1
// stands for one that is unknown; dt is their dtype. Blocks that are not as declared are an error when they are computed.
//
// With one value it is dask.array.from_delayed; with several it takes the place of nested concatenations of those.
func FromDelayed(values []*delayed.Value[*ndarray.Array], dt dtype.Type, chunks ...[]int) *Array {
	space := spaceOf(chunks)
	for a, c := range chunks {
		for _, n := range c {
			if n < unknown {
				return failed("from delayed", ErrChunks, "a block of length %d along axis %d", n, a)
			}
		}
	}
	switch {
	case !dt.IsArray():
		return failed("from delayed", ErrDType, "an array cannot hold %v", dt)
	case product(space) != len(values):
		return failed("from delayed", ErrChunks, "%d values for a grid of %v blocks", len(values), space)
	}
	for _, v := range values {
		if err := v.Err(); err != nil {
			return &Array{err: err}
		}
	}
	l, err := delayed.Layer("from-delayed", values...)
	if err != nil {
		return at("from delayed", err)
	}
	return fromLayer(l, dt, chunks)
}

// fromLayer makes an array of the tasks of a layer, in C order of the blocks, and checks what they give.
func fromLayer(l *graph.Layer, dt dtype.Type, chunks [][]int) *Array {
	checked, err := graph.New(graph.Spec{
		Name: "block", Op: checkOp{dt, chunks}, Space: spaceOf(chunks), Edges: []graph.Edge{{From: l, Map: graph.Each{}}},
	})
	if err != nil {
		return at("from delayed", err)
	}
	return wrap(newLayer(checked, dt, chunks))
}

// checkOp holds blocks to what was declared.
type checkOp struct {
	DT     dtype.Type
	Chunks [][]int
}

// Run implements graph.Op.
func (o checkOp) Run(_ context.Context, t *graph.Task) (any, error) {
	v, ok := t.In(0)[0].(*ndarray.Array)
	if !ok {
		return nil, wrong(ErrDType, "array: a block is a %T, not an ndarray", t.In(0)[0])
	}
	shape, coords := make([]int, len(o.Chunks)), t.Coords(nil)
	for a, c := range coords {
		shape[a] = o.Chunks[a][c]
	}
	if _, err := checkBlock(v, o.DT, shape); err != nil {
		f := &failure{cause: err}
		errors.As(err, &f)
		return nil, wrong(f.cause, "array: block %s: %s", ndarray.ShapeString(coords), strings.TrimPrefix(err.Error(), "array: the function returned "))
	}
	return v, nil
}

//go:build cgo

package dataframe

import (
	"context"
	"slices"
	"sort"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"sheaf/dataframe/internal/plan"
	"sheaf/graph"
	"sheaf/internal/kernel/frame"
)

// sort orders a table: a small one in one task, a large one in ranges of the first key whose bounds are quantiles of a sample.
func (lo *lowering) sort(n *plan.Sort) (*rel, error) {
	r, err := lo.table(n.Kids()[0])
	if err != nil {
		return nil, err
	}
	parts := n.Parts
	if parts == 0 && r.size > lo.gather && r.n > 1 {
		parts = int(min(max(r.size/lo.part+1, 2), 1024))
	}
	if b, ok := n.Rows.(*Table); ok {
		return lo.ranged(r, n.Keys, parts, graph.Const("bounds", graph.Token{}, b))
	}
	return lo.sorted(r, n.Keys, parts)
}

// sorted orders a rel into a number of partitions.
func (lo *lowering) sorted(r *rel, keys []plan.SortKey, parts int) (*rel, error) {
	if parts <= 1 {
		out, err := lo.together(r, "sort-rows")
		if err != nil {
			return nil, err
		}
		return ordered(out, keys)
	}
	rows, err := lo.settled(r, "sort-rows")
	if err != nil {
		return nil, err
	}
	rowsLayer, _ := rows.bare()
	bounds, err := boundsLayer(rowsLayer, keys[0], parts)
	if err != nil {
		return nil, err
	}
	return lo.ranged(rows, keys, parts, bounds)
}

// ranged orders a rel into the ranges that a layer of one task knows.
func (lo *lowering) ranged(r *rel, keys []plan.SortKey, parts int, bounds *graph.Layer) (*rel, error) {
	local, err := ordered(r, keys[:1])
	if err != nil {
		return nil, err
	}
	c := &cut{By: keys[0], N: parts, Range: true, Keep: lo.keep(r.size)}
	layer, err := lo.cut(local, "sort-cut", c, bounds)
	if err != nil {
		return nil, err
	}
	return ordered(lo.over(layer, r.tree.Schema(), parts, graph.All{N: layer.Len()}, true, r.size), keys)
}

func ordered(r *rel, keys []plan.SortKey) (*rel, error) {
	tree, err := plan.NewSort(r.tree, keys, 0)
	if err != nil {
		return nil, err
	}
	out := *r
	out.tree = tree
	return &out, nil
}

// boundsLayer finds the bounds of ranges that hold about equally many rows.
func boundsLayer(rows *graph.Layer, key plan.SortKey, parts int) (*graph.Layer, error) {
	sample, err := graph.New(graph.Spec{
		Name: "sort-sample", Op: &sampleKeys{Key: key.Name, Rows: 64 * parts / max(rows.Len(), 1)}, Space: []int{rows.Len()},
		Edges: []graph.Edge{{From: rows, Map: graph.Each{}}},
	})
	if err != nil {
		return nil, err
	}
	return graph.New(graph.Spec{
		Name: "sort-bounds", Op: &quantiles{Key: key, Parts: parts},
		Edges: []graph.Edge{{From: sample, Map: graph.All{N: sample.Len()}}},
	})
}

// sampleKeys takes evenly spaced values of one column.
type sampleKeys struct {
	Key  string
	Rows int
}

const sampleLeast = 256

// Run returns a table of one column.
func (s *sampleKeys) Run(_ context.Context, t *graph.Task) (any, error) {
	x := t.In(0)[0].(*Table)
	schema := arrow.NewSchema([]arrow.Field{x.Schema().Field(x.Schema().FieldIndices(s.Key)[0])}, nil)
	column := x.Schema().FieldIndices(s.Key)[0]
	step := max(x.Len()/max(s.Rows, sampleLeast), 1)
	var batches []arrow.RecordBatch
	for _, b := range x.batches {
		var picked []arrow.Array
		for at := 0; at < int(b.NumRows()); at += step {
			picked = append(picked, array.NewSlice(b.Column(column), int64(at), int64(at+1)))
		}
		joined, err := array.Concatenate(picked, memory.DefaultAllocator)
		if err != nil {
			return nil, err
		}
		batches = append(batches, array.NewRecordBatch(schema, []arrow.Array{joined}, int64(joined.Len())))
	}
	return newTable(schema, batches), nil
}

// quantiles are the bounds of ranges: a column of at most Parts-1 values, in the order of the sort, without nulls.
type quantiles struct {
	Key   plan.SortKey
	Parts int
}

// Run sorts the samples and takes every so manyth.
func (q *quantiles) Run(ctx context.Context, t *graph.Task) (any, error) {
	schema := t.In(0)[0].(*Table).Schema()
	all, err := concatParts(schema, t.In(0))
	if err != nil {
		return nil, err
	}
	p, err := kernel(false)
	if err != nil {
		return nil, err
	}
	in := plan.NewInput("t0", schema)
	notNull, err := plan.NewFilter(in, plan.Call{Fn: "not_null", Args: []plan.Expr{plan.Column{Name: q.Key.Name}}})
	if err != nil {
		return nil, err
	}
	s, err := plan.NewSort(notNull, []plan.SortKey{q.Key}, 0)
	if err != nil {
		return nil, err
	}
	batches, err := p.Query(ctx, plan.SQL(s), map[string]frame.Input{"t0": frame.Batches(schema, all.batches...)}, schema)
	if err != nil {
		return nil, err
	}
	sorted := newTable(schema, batches)
	var picked []arrow.RecordBatch
	for i := 1; i < q.Parts && sorted.Len() > 0; i++ {
		at := i * sorted.Len() / q.Parts
		picked = append(picked, sorted.Slice(at, at+1).batches...)
	}
	return newTable(schema, picked), nil
}

// ranges cuts sorted rows at the bounds: piece i has what is not before bound i-1 and before bound i. Nulls, which are last, are in
// the last piece. They share the memory of x if that is what leaving says: that they are written at once.
func (c *cut) ranges(x *Table, t *graph.Task, leaving bool) ([]*Table, error) {
	bounds := t.In(c.Edge)[0].(*Table)
	column := x.Schema().FieldIndices(c.By.Name)[0]
	parts := make([]*Table, c.N)
	at := 0
	for i := range parts {
		end := x.Len()
		if i < bounds.Len() && i < c.N-1 {
			bound := bounds.batches[i].Column(0)
			end = sort.Search(x.Len(), func(row int) bool {
				arr, k := x.cell(column, row)
				if arr.IsNull(k) {
					return true
				}
				order := compareValues(arr, k, bound, 0)
				if c.By.Desc {
					order = -order
				}
				return order >= 0
			})
			end = max(end, at)
		}
		if parts[i] = x.Slice(at, end); !leaving {
			parts[i] = parts[i].compact()
		}
		at = end
	}
	return parts, nil
}

// cell returns the array and position of a row's value.
func (t *Table) cell(column, row int) (arrow.Array, int) {
	for _, b := range t.batches {
		if n := int(b.NumRows()); row >= n {
			row -= n
			continue
		}
		return b.Column(column), row
	}
	return nil, 0
}

// compact copies a slice of larger batches, so that it does not keep them alive.
func (t *Table) compact() *Table {
	out := slices.Clone(t.batches)
	for i, b := range out {
		columns := make([]arrow.Array, b.NumCols())
		for k, c := range b.Columns() {
			x, err := array.Concatenate([]arrow.Array{c}, memory.DefaultAllocator)
			if err != nil {
				return t
			}
			columns[k] = x
		}
		out[i] = array.NewRecordBatch(t.Schema(), columns, b.NumRows())
	}
	return newTable(t.Schema(), out)
}

//go:build cgo

package dataframe

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/bag"
	"sheaf/dataframe/internal/plan"
	"sheaf/delayed"
	"sheaf/graph"
)

// parted plans the frame for use in graphs of others. Where these will run is not known yet, so it is the plan that is right in other processes as
// well: small files are not read by one query on all processors of a machine, but by tasks for one thread each.
func (f *Frame) parted() (*lowered, error) { return f.lowerElsewhere(0) }

// ToDelayed returns the partitions as lazy values, in order. The error is the first mistake of the frame's chain. There may be more of them than
// [Frame.NPartitions] says: what this process would compute by one query on all processors is here a task for each partition of the files.
//
// Same as dask.dataframe.DataFrame.to_delayed.
func (f *Frame) ToDelayed() ([]*delayed.Value[*Table], error) {
	l, err := f.parted()
	if err != nil {
		return nil, err
	}
	out := make([]*delayed.Value[*Table], l.root.Len())
	for i := range out {
		out[i] = delayed.FromTask[*Table](l.root, i)
	}
	return out, nil
}

// FromDelayed makes a frame whose partitions are lazy tables. All must have the same columns; give them with [Schema], else the first
// value is computed now to learn them, unless it is a frame's partition as [Frame.ToDelayed] gave it.
//
// Same as dask.dataframe.from_delayed.
func FromDelayed(parts []*delayed.Value[*Table], opts ...Option) *Frame {
	const op = "fromdelayed"
	o, err := use(op, opts, "Schema")
	if err != nil {
		return failed(op, err)
	}
	for _, p := range parts {
		if err := p.Err(); err != nil {
			return failed(op, err)
		}
	}
	if len(parts) == 0 {
		return failed(op, plan.Argument("there are no partitions"))
	}
	schema := o.schema
	if schema == nil {
		if schema = knownSchema(parts[0]); schema == nil {
			first, err := parts[0].Compute(context.Background())
			if err != nil {
				return failed(op, fmt.Errorf("computing the first partition to learn its columns: %w", err))
			}
			if first == nil {
				return failed(op, plan.Argument("the first partition is nil"))
			}
			schema = first.Schema()
			parts = append([]*delayed.Value[*Table]{delayed.Of(first)}, parts[1:]...)
		}
	}
	layer, err := delayed.Layer("from-delayed", parts...)
	if err != nil {
		return failed(op, err)
	}
	return fromLayer(op, layer, schema)
}

// knownSchema finds the columns of a lazy table that is a frame's own partition.
func knownSchema(p *delayed.Value[*Table]) *arrow.Schema {
	g, err := p.Graph()
	if err != nil || len(g.Outputs) != 1 {
		return nil
	}
	if f, ok := g.Outputs[0].Layer.OpOf(g.Outputs[0].At(0)).(*fragment); ok && f.Cut == nil {
		return f.Want
	}
	return nil
}

// fromLayer makes a frame of the tasks of a layer, which give tables of the schema.
func fromLayer(op string, layer *graph.Layer, schema *arrow.Schema) *Frame {
	if err := plan.CheckNames(schema); err != nil {
		return failed(op, err)
	}
	checked, err := graph.New(graph.Spec{
		Name: layer.Name(), Op: &checkTable{schema.String(), schema}, Space: []int{layer.Len()},
		Edges: []graph.Edge{{From: layer, Map: graph.Each{}}},
	})
	if err != nil {
		return failed(op, err)
	}
	return newFrame(plan.NewScan(&values{name: op, schema: schema, layer: checked, bytes: -1}, nil, nil))
}

// checkTable passes tables on that have the expected columns.
type checkTable struct {
	Text   string
	schema *arrow.Schema
}

// HashToken writes the columns.
func (c *checkTable) HashToken(h *graph.Hasher) { h.String(c.Text) }

// Run compares names and types.
func (c *checkTable) Run(_ context.Context, t *graph.Task) (any, error) {
	x, ok := t.In(0)[0].(*Table)
	if !ok || x == nil {
		return nil, fmt.Errorf("dataframe: partition %d is a %T and not a table: %w", t.Index, t.In(0)[0], ErrType)
	}
	if !sameColumns(c.schema, x.Schema()) {
		return nil, fmt.Errorf("dataframe: partition %d has the columns %s, not %s: %w", t.Index, columnsText(x.Schema()), columnsText(c.schema), ErrType)
	}
	return x, nil
}

// A Future is what [FromFutures] takes: *client.Future[*dataframe.Table] is one.
type Future = delayed.Future[*Table]

// FromFutures makes a frame whose partitions are futures. It waits for the first of them to learn the columns, unless [Schema] gives them.
func FromFutures[F Future](futures []F, opts ...Option) *Frame {
	const op = "fromfutures"
	o, err := use(op, opts, "Schema")
	if err != nil {
		return failed(op, err)
	}
	if len(futures) == 0 {
		return failed(op, plan.Argument("there are no partitions"))
	}
	schema := o.schema
	if schema == nil {
		first, err := futures[0].Result(context.Background())
		if err != nil {
			return failed(op, err)
		}
		schema = first.Schema()
	}
	parts := make([]*delayed.Value[*Table], len(futures))
	for i, f := range futures {
		parts[i] = delayed.FromFuture[*Table](f)
	}
	return FromDelayed(parts, Schema(schema))
}

// ToBag makes a bag of the rows, each a T as in [Frame.Rows], with the partitions of [Frame.ToDelayed].
func (f *Frame) ToBag[T any]() *bag.Bag[T] {
	l, err := f.only(reflect.TypeFor[T]()).parted()
	if err != nil {
		return bag.FromDelayed(delayed.Failed[[]T](err))
	}
	layer := graph.Must(graph.Spec{
		Name: "rows", Op: toRows[T]{}, Space: []int{l.root.Len()}, Edges: []graph.Edge{{From: l.root, Map: graph.Each{}}},
	})
	return bag.FromLayer[T](layer)
}

type toRows[T any] struct{}

// Run makes the rows of a partition.
func (toRows[T]) Run(_ context.Context, t *graph.Task) (any, error) {
	x, ok := t.In(0)[0].(*Table)
	if !ok {
		return nil, fmt.Errorf("dataframe: %w: a partition is a %T", errInternal, t.In(0)[0])
	}
	rows := make([]T, 0, x.Len())
	for v, err := range TableRows[T](x) {
		if err != nil {
			return nil, err
		}
		rows = append(rows, v)
	}
	return rows, nil
}

// FromBag makes a frame of a bag of structs, with the bag's partitions; see [FromStructs] for the columns.
//
// Same as dask.bag.Bag.to_dataframe.
func FromBag[T any](b *bag.Bag[T]) *Frame {
	const op = "frombag"
	g, err := b.Graph()
	if err != nil {
		return failed(op, err)
	}
	empty, err := tableOf[T](nil)
	if err != nil {
		return failed(op, err)
	}
	if len(g.Outputs) != 1 || g.Outputs[0].Index != nil {
		return failed(op, errors.New("the bag's partitions are not one layer"))
	}
	in := g.Outputs[0].Layer
	layer := graph.Must(graph.Spec{Name: op, Op: fromRows[T]{}, Space: []int{in.Len()}, Edges: []graph.Edge{{From: in, Map: graph.Each{}}}})
	return newFrame(plan.NewScan(&values{name: op, schema: empty.Schema(), layer: layer, bytes: -1}, nil, nil))
}

type fromRows[T any] struct{}

// Run makes a partition of rows.
func (fromRows[T]) Run(_ context.Context, t *graph.Task) (any, error) {
	rows, ok := t.In(0)[0].([]T)
	if !ok {
		return nil, fmt.Errorf("dataframe: %w: a bag's partition is a %T", errInternal, t.In(0)[0])
	}
	return tableOf(rows)
}

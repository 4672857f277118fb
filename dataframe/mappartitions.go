//go:build cgo

package dataframe

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"sheaf/dataframe/internal/plan"
	"sheaf/fn"
	"sheaf/graph"
)

// MapPartitions applies a function to every partition, as one record batch with the frame's columns, which it must not change. The
// columns of the result are given by [Schema]; without it, the function is called now with a batch of no rows to learn
// them. Every result must have them.
//
// Same as dask.dataframe.DataFrame.map_partitions.
func (f *Frame) MapPartitions(do func(ctx context.Context, part arrow.RecordBatch) (arrow.RecordBatch, error), opts ...Option) *Frame {
	const op = "mappartitions"
	return f.then(op, func(in plan.Node) (plan.Node, error) {
		o, err := use(op, opts, "Schema")
		if err != nil {
			return nil, err
		}
		if do == nil {
			return nil, plan.Argument("the function is nil")
		}
		schema := o.schema
		if schema == nil {
			if schema, err = learnSchema(do, in.Schema()); err != nil {
				return nil, err
			}
		}
		m := &mapOp{Do: do, Text: schema.String(), schema: schema}
		h := graph.NewHasher(op)
		h.Func(do)
		h.String(m.Text)
		return plan.NewCustom("map "+fn.SourceOf(do).Short(), in, schema, m, h.Sum())
	})
}

// learnSchema calls a function with no rows.
func learnSchema(do func(context.Context, arrow.RecordBatch) (arrow.RecordBatch, error), in *arrow.Schema) (s *arrow.Schema, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = plan.Argument("the function panicked on a batch of no rows: %v; give its result's columns with dataframe.Schema", r)
		}
	}()
	b := array.NewRecordBuilder(memory.DefaultAllocator, in)
	defer b.Release()
	out, err := do(context.Background(), b.NewRecordBatch())
	if err != nil {
		return nil, fmt.Errorf("the function failed on a batch of no rows, give its result's columns with dataframe.Schema: %w", err)
	}
	if out == nil {
		return nil, plan.Argument("the function returned nil")
	}
	return out.Schema(), nil
}

type mapOp struct {
	Do     func(context.Context, arrow.RecordBatch) (arrow.RecordBatch, error)
	Text   string
	schema *arrow.Schema
}

// HashToken writes the function and the columns of its result.
func (m *mapOp) HashToken(h *graph.Hasher) {
	h.Func(m.Do)
	h.String(m.Text)
}

// Source is the user's function.
func (m *mapOp) Source(int) fn.Source { return fn.SourceOf(m.Do) }

// Run calls the function.
func (m *mapOp) Run(ctx context.Context, t *graph.Task) (any, error) {
	x := t.In(0)[0].(*Table)
	b, err := x.Batch()
	if err != nil {
		return nil, err
	}
	out, err := m.Do(ctx, b)
	if err != nil {
		return nil, err
	}
	if out == nil {
		return nil, fmt.Errorf("dataframe: mappartitions: the function returned nil for partition %d: %w", t.Index, ErrType)
	}
	if !sameColumns(m.schema, out.Schema()) {
		return nil, fmt.Errorf("dataframe: mappartitions: partition %d has the columns %s, not %s: %w",
			t.Index, columnsText(out.Schema()), columnsText(m.schema), ErrType)
	}
	return newTable(m.schema, []arrow.RecordBatch{out}), nil
}

// Batch returns the whole table as one record batch, copying if it has several.
func (t *Table) Batch() (arrow.RecordBatch, error) {
	if len(t.batches) == 1 {
		return t.batches[0], nil
	}
	columns := make([]arrow.Array, t.NumCols())
	for i := range columns {
		chunks := t.Column(i).Data().Chunks()
		if len(chunks) == 0 {
			columns[i] = array.MakeArrayOfNull(memory.DefaultAllocator, t.Schema().Field(i).Type, 0)
			continue
		}
		var err error
		if columns[i], err = array.Concatenate(chunks, memory.DefaultAllocator); err != nil {
			return nil, fmt.Errorf("dataframe: a table is too large for one batch: %w", err)
		}
	}
	return array.NewRecordBatch(t.Schema(), columns, t.NumRows()), nil
}

//go:build cgo

package dataframe

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"sheaf"
	"sheaf/dataframe/internal/plan"
	"sheaf/dtype"
	"sheaf/graph"
)

var statistics = []string{"count", "mean", "std", "min", "25%", "50%", "75%", "max"}

// Describe computes count, mean, standard deviation, extremes and quartiles of the numeric columns, as rows of a table. The quartiles are exact, so all
// values of a column must fit into the memory limit's share of one query, or its temporary files.
func (f *Frame) Describe() *Frame {
	var columns []string
	for _, c := range f.Schema().Fields() {
		if k := plan.TypeOf(c.Type); k.IsNumeric() || k == dtype.Decimal {
			columns = append(columns, c.Name)
		}
	}
	return f.then("describe", func(in plan.Node) (plan.Node, error) {
		if len(columns) == 0 {
			return nil, plan.Argument("there is no numeric column")
		}
		var aggs []plan.Agg
		fields := []arrow.Field{{Name: "statistic", Type: arrow.BinaryTypes.String}}
		for i, c := range columns {
			x := plan.Cast{X: plan.Column{Name: c}, To: arrow.PrimitiveTypes.Float64}
			for k, s := range statistics {
				a := plan.Agg{Name: fmt.Sprintf("%d_%d", i, k), Fn: s, Arg: x, DDof: 1}
				switch s {
				case "25%", "50%", "75%":
					a.Fn, a.Q = "quantile", map[string]float64{"25%": 0.25, "50%": 0.5, "75%": 0.75}[s]
				}
				aggs = append(aggs, a)
			}
			fields = append(fields, arrow.Field{Name: c, Type: arrow.PrimitiveTypes.Float64, Nullable: true})
		}
		row, err := plan.NewAggregate(in, nil, aggs, false, false, 0)
		if err != nil {
			return nil, err
		}
		op := &unfold{Columns: columns}
		h := graph.NewHasher("describe")
		h.Any(op)
		return plan.NewCustom("describe", row, arrow.NewSchema(fields, nil), op, h.Sum())
	})
}

// unfold makes a table of one row per statistic out of the one row of all aggregates.
type unfold struct{ Columns []string }

// Run transposes.
func (u *unfold) Run(_ context.Context, t *graph.Task) (any, error) {
	x, err := t.In(0)[0].(*Table).Batch()
	if err != nil {
		return nil, err
	}
	fields := []arrow.Field{{Name: "statistic", Type: arrow.BinaryTypes.String}}
	names := array.NewStringBuilder(memory.DefaultAllocator)
	names.AppendValues(statistics, nil)
	columns := []arrow.Array{names.NewArray()}
	for i, c := range u.Columns {
		fields = append(fields, arrow.Field{Name: c, Type: arrow.PrimitiveTypes.Float64, Nullable: true})
		b := array.NewFloat64Builder(memory.DefaultAllocator)
		for k := range statistics {
			cell := x.Column(i*len(statistics) + k)
			switch v := valueAt(cell, 0).(type) {
			case int64:
				b.Append(float64(v))
			case float64:
				b.Append(v)
			default:
				b.AppendNull()
			}
		}
		columns = append(columns, b.NewArray())
	}
	schema := arrow.NewSchema(fields, nil)
	return newTable(schema, []arrow.RecordBatch{array.NewRecordBatch(schema, columns, int64(len(statistics)))}), nil
}

// Len computes the number of rows. Of Parquet files as they are, and of tables in memory, it is known without reading them.
func (f *Frame) Len(ctx context.Context, opts ...sheaf.Option) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	if s, ok := f.node.(*plan.Scan); ok {
		switch src := s.Source.(type) {
		case *parquetSource:
			return int(src.rows()), nil
		case *values:
			if parts, ok := src.layer.Values(); ok {
				n := 0
				for _, p := range parts {
					n += p.(*Table).Len()
				}
				return n, nil
			}
		}
	}
	t, err := f.Agg(Size()).Compute(ctx, opts...)
	if err != nil {
		return 0, err
	}
	return int(t.batches[0].Column(0).(*array.Int64).Value(0)), nil
}

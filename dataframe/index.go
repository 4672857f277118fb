//go:build cgo

package dataframe

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"sheaf"
	"sheaf/dataframe/internal/plan"
	"sheaf/graph"
)

// SetIndex makes a column the index: the rows are sorted by it, and each partition has a range of its values. The bounds are found
// in a sample while the frame is computed; [Frame.ComputeDivisions] makes them known, after which [Frame.Loc] reads only the partitions that it
// needs. Rows with equal labels are in one partition, and nulls are in the last one. The column stays a column.
//
// Options: [NPartitions] of the result, the same number by default; [Divisions] to give the bounds; [Sorted] to promise that
// the rows are in order, which saves sorting.
func (f *Frame) SetIndex(column string, opts ...Option) *Frame {
	const op = "setindex"
	o, err := use(op, opts, "NPartitions", "Divisions", "Sorted")
	if f.err == nil && err != nil {
		return failed(op, err)
	}
	g := f.then(op, func(in plan.Node) (plan.Node, error) {
		if !plan.Has(in.Schema(), column) {
			return nil, plan.NotFound(column, in.Schema())
		}
		keys := []plan.SortKey{{Name: column}}
		switch {
		case o.divisions != nil:
			bounds, err := boundsTable(in.Schema().Field(in.Schema().FieldIndices(column)[0]), o.divisions)
			if err != nil {
				return nil, err
			}
			return plan.NewRanges(in, keys, len(o.divisions)-1, bounds, fmt.Sprint(o.divisions))
		case o.sorted:
			return in, nil
		case o.parts == 0:
			o.parts = f.NPartitions()
		}
		return plan.NewSort(in, keys, o.parts)
	})
	if g.err != nil {
		return g
	}
	out := newFrame(g.node)
	out.index = column
	out.divisions = o.divisions
	return out
}

// ResetIndex forgets the index; the column stays.
func (f *Frame) ResetIndex() *Frame {
	return f.then("resetindex", func(in plan.Node) (plan.Node, error) { return in, nil })
}

// boundsTable makes the table of inner bounds of divisions.
func boundsTable(field arrow.Field, divisions []any) (*Table, error) {
	if len(divisions) < 2 {
		return nil, plan.Argument("divisions need at least two bounds")
	}
	b := array.NewBuilder(memory.DefaultAllocator, field.Type)
	for i, d := range divisions {
		if i > 0 && compareAny(divisions[i-1], d) > 0 {
			return nil, plan.Argument("divisions must ascend: %v stands before %v", divisions[i-1], d)
		}
		if i == 0 || i == len(divisions)-1 {
			continue
		}
		if err := b.AppendValueFromString(labelText(d, field.Type)); err != nil {
			return nil, plan.Argument("%v is no bound of %s, which is %s", d, field.Name, plan.Name(field.Type))
		}
	}
	schema := arrow.NewSchema([]arrow.Field{field}, nil)
	values := b.NewArray()
	var rows []arrow.RecordBatch
	for i := range values.Len() {
		rows = append(rows, array.NewRecordBatch(schema, []arrow.Array{array.NewSlice(values, int64(i), int64(i+1))}, 1))
	}
	return newTable(schema, rows), nil
}

func labelText(v any, t arrow.DataType) string {
	if at, ok := v.(time.Time); ok {
		if _, date := t.(*arrow.Date32Type); date {
			return at.Format("2006-01-02")
		}
		return at.UTC().Format("2006-01-02 15:04:05.999999999")
	}
	return fmt.Sprint(v)
}

// compareAny orders two labels: numbers, strings, times.
func compareAny(a, b any) int {
	if x, ok := labelNumber(a); ok {
		if y, ok := labelNumber(b); ok {
			return cmp.Compare(x, y)
		}
	}
	x, okX := labelTime(a)
	y, okY := labelTime(b)
	if okX && okY {
		return x.Compare(y)
	}
	return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
}

func labelNumber(v any) (float64, bool) {
	l, err := plan.Lit(v)
	if err != nil {
		return 0, false
	}
	switch v := l.Value.(type) {
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	case float64:
		return v, true
	case time.Duration:
		return float64(v), true
	}
	return 0, false
}

func labelTime(v any) (time.Time, bool) {
	switch v := v.(type) {
	case time.Time:
		return v, true
	case string:
		return plan.ParseTime(v)
	}
	return time.Time{}, false
}

// Loc keeps the rows whose index is from lo to hi, both included; nil is no bound. With known divisions only the partitions that can
// have such rows are computed.
func (f *Frame) Loc(lo, hi any) *Frame {
	const op = "loc"
	if f.err != nil {
		return f
	}
	if f.index == "" {
		return failed(op, plan.Argument("the frame has no index; use SetIndex"))
	}
	cond := Col(f.index).NotNull()
	if lo != nil {
		cond = cond.And(Col(f.index).Ge(lo))
	}
	if hi != nil {
		cond = cond.And(Col(f.index).Le(hi))
	}
	g := f
	if n := len(f.divisions) - 1; n > 0 {
		var parts []int
		for i := range n {
			// The bound between two partitions may be in both when it is the last of one.
			if hi != nil && compareAny(f.divisions[i], hi) > 0 || lo != nil && compareAny(f.divisions[i+1], lo) < 0 {
				continue
			}
			parts = append(parts, i)
		}
		if len(parts) == 0 {
			parts = []int{0}
		}
		if len(parts) < n {
			g = f.Partitions(parts...)
			g.index = f.index
			g.divisions = append(slices.Clone(f.divisions[parts[0]:parts[len(parts)-1]+1]), f.divisions[parts[len(parts)-1]+1])
		}
	}
	return g.keepsRows(g.then(op, func(in plan.Node) (plan.Node, error) { return plan.NewFilter(in, operand(cond)) }))
}

// ComputeDivisions computes the partitions and keeps them, as [Frame.Persist] does, and finds their bounds by the index. The error says
// so if the partitions are not in order.
func (f *Frame) ComputeDivisions(ctx context.Context, opts ...sheaf.Option) (*Frame, error) {
	if f.err != nil {
		return nil, f.err
	}
	if f.index == "" {
		return nil, mistake("computedivisions", plan.Argument("the frame has no index; use SetIndex"))
	}
	held, err := f.Persist(ctx, opts...)
	if err != nil {
		return nil, err
	}
	field := held.Schema().Field(held.Schema().FieldIndices(f.index)[0])
	schema := arrow.NewSchema([]arrow.Field{{Name: "min", Type: field.Type, Nullable: true}, {Name: "max", Type: field.Type, Nullable: true}}, nil)
	node, err := plan.NewCustom("divisions", held.node, schema, &extremes{f.index}, graph.Unique())
	if err != nil {
		return nil, err
	}
	t, err := newFrame(node).Compute(ctx, opts...)
	if err != nil {
		return nil, err
	}
	var divisions []any
	var last any
	for i := range t.Len() {
		arr, k := t.cell(0, i)
		lo := valueAt(arr, k)
		arr, k = t.cell(1, i)
		hi := valueAt(arr, k)
		if lo == nil { // an empty partition begins and ends where the one before ends
			lo, hi = last, last
		}
		if last != nil && compareAny(last, lo) > 0 {
			return nil, fmt.Errorf("dataframe: partition %d begins at %v, before %v where partition %d ends: the rows are not sorted by %s: %w",
				i, lo, last, i-1, f.index, ErrArgument)
		}
		divisions = append(divisions, lo)
		last = hi
	}
	for i := len(divisions) - 2; i >= 0; i-- {
		if divisions[i] == nil {
			divisions[i] = divisions[i+1]
		}
	}
	if last != nil {
		held.divisions = append(divisions, last)
	}
	held.index = f.index
	return held, nil
}

// extremes finds the smallest and the largest value of a column.
type extremes struct{ Column string }

// Run returns a table of one row.
func (e *extremes) Run(_ context.Context, t *graph.Task) (any, error) {
	x := t.In(0)[0].(*Table)
	at := x.Schema().FieldIndices(e.Column)[0]
	field := x.Schema().Field(at)
	var lo, hi arrow.Array
	for _, b := range x.batches {
		c := b.Column(at)
		for i := range c.Len() {
			if c.IsNull(i) {
				continue
			}
			if lo == nil || compareValues(c, i, lo, 0) < 0 {
				lo = array.NewSlice(c, int64(i), int64(i+1))
			}
			if hi == nil || compareValues(c, i, hi, 0) > 0 {
				hi = array.NewSlice(c, int64(i), int64(i+1))
			}
		}
	}
	if lo == nil {
		lo = array.MakeArrayOfNull(memory.DefaultAllocator, field.Type, 1)
		hi = lo
	}
	schema := arrow.NewSchema([]arrow.Field{{Name: "min", Type: field.Type, Nullable: true}, {Name: "max", Type: field.Type, Nullable: true}}, nil)
	return newTable(schema, []arrow.RecordBatch{array.NewRecordBatch(schema, []arrow.Array{lo, hi}, 1)}), nil
}

//go:build cgo

package dataframe

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	arrowarray "github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"sheaf/array"
	"sheaf/dataframe/internal/plan"
	"sheaf/delayed"
	"sheaf/dtype"
	"sheaf/graph"
	"sheaf/ndarray"
)

// ToArray makes an array of columns, all of them by default: one block a partition of [Frame.ToDelayed], whose lengths are unknown until they are computed
// (see array.Array.ComputeChunkSizes). One column that is named gives one dimension, otherwise there are two; columns of several types are promoted to a
// common one. Nulls become NaN in floats and NaT in times; in integers and bools they are an error when the array is computed.
//
// Same as dask.dataframe.DataFrame.to_dask_array.
func (f *Frame) ToArray(columns ...string) *array.Array {
	const op = "toarray"
	all := columns
	if len(all) == 0 {
		all = f.Columns()
	}
	t := dtype.Invalid
	g := f.then(op, func(in plan.Node) (plan.Node, error) {
		var exprs []plan.Named
		for _, c := range all {
			if !plan.Has(in.Schema(), c) {
				return nil, plan.NotFound(c, in.Schema())
			}
			k := plan.TypeOf(plan.TypeIn(in.Schema(), c))
			if k == dtype.Decimal {
				k = dtype.Float64
			}
			if k == dtype.Date {
				k = dtype.Datetime
			}
			if !k.IsArray() || k.IsComplex() {
				return nil, &plan.Mistake{Kind: ErrType, Message: fmt.Sprintf("column %q is %s, which an array cannot hold", c, plan.Name(plan.TypeIn(in.Schema(), c))), Hint: "choose columns"}
			}
			if t == dtype.Invalid {
				t = k
			} else if p, err := dtype.Promote(t, k); err == nil {
				t = p
			} else {
				return nil, &plan.Mistake{Kind: ErrType, Message: fmt.Sprintf("the columns %s have no common type: %v", c, err), Hint: "choose columns"}
			}
		}
		for _, c := range all {
			exprs = append(exprs, plan.Named{Name: c, Expr: plan.Cast{X: plan.Column{Name: c}, To: plan.ArrowOf(t)}})
		}
		return plan.NewProject(in, exprs)
	})
	l, err := g.parted()
	if err != nil {
		return array.FromDelayed([]*delayed.Value[*ndarray.Array]{delayed.Failed[*ndarray.Array](err)}, dtype.Float64, []int{-1})
	}
	layer := graph.Must(graph.Spec{
		Name: op, Op: &toBlock{Type: t, Flat: len(columns) == 1}, Space: []int{l.root.Len()}, Edges: []graph.Edge{{From: l.root, Map: graph.Each{}}},
	})
	parts := make([]*delayed.Value[*ndarray.Array], layer.Len())
	rows := make([]int, len(parts))
	for i := range parts {
		parts[i] = delayed.FromTask[*ndarray.Array](layer, i)
		rows[i] = -1
	}
	if len(columns) == 1 {
		return array.FromDelayed(parts, t, rows)
	}
	return array.FromDelayed(parts, t, rows, []int{len(all)})
}

// toBlock makes an array of a partition.
type toBlock struct {
	Type dtype.Type
	Flat bool
}

// Run copies column by column.
func (o *toBlock) Run(_ context.Context, t *graph.Task) (any, error) {
	x := t.In(0)[0].(*Table)
	rows, cols := x.Len(), int(x.NumCols())
	shape := []int{rows, cols}
	if o.Flat {
		shape = shape[:1]
	}
	switch o.Type {
	case dtype.Bool:
		return fill(x, shape, o, false, func(a arrow.Array, i int) bool { return a.(*arrowarray.Boolean).Value(i) })
	case dtype.Float32:
		return fill(x, shape, o, float32(math.NaN()), func(a arrow.Array, i int) float32 { return a.(*arrowarray.Float32).Value(i) })
	case dtype.Float64:
		return fill(x, shape, o, math.NaN(), func(a arrow.Array, i int) float64 { return a.(*arrowarray.Float64).Value(i) })
	case dtype.Int8:
		return fill(x, shape, o, 0, func(a arrow.Array, i int) int8 { return a.(*arrowarray.Int8).Value(i) })
	case dtype.Int16:
		return fill(x, shape, o, 0, func(a arrow.Array, i int) int16 { return a.(*arrowarray.Int16).Value(i) })
	case dtype.Int32:
		return fill(x, shape, o, 0, func(a arrow.Array, i int) int32 { return a.(*arrowarray.Int32).Value(i) })
	case dtype.Int64:
		return fill(x, shape, o, 0, func(a arrow.Array, i int) int64 { return a.(*arrowarray.Int64).Value(i) })
	case dtype.Uint8:
		return fill(x, shape, o, 0, func(a arrow.Array, i int) uint8 { return a.(*arrowarray.Uint8).Value(i) })
	case dtype.Uint16:
		return fill(x, shape, o, 0, func(a arrow.Array, i int) uint16 { return a.(*arrowarray.Uint16).Value(i) })
	case dtype.Uint32:
		return fill(x, shape, o, 0, func(a arrow.Array, i int) uint32 { return a.(*arrowarray.Uint32).Value(i) })
	case dtype.Uint64:
		return fill(x, shape, o, 0, func(a arrow.Array, i int) uint64 { return a.(*arrowarray.Uint64).Value(i) })
	case dtype.Datetime, dtype.Timedelta: // microseconds to nanoseconds
		y, err := fill(x, shape, o, dtype.NaT, func(a arrow.Array, i int) int64 {
			if d, ok := a.(*arrowarray.Duration); ok {
				return int64(d.Value(i)) * 1000
			}
			return int64(a.(*arrowarray.Timestamp).Value(i)) * 1000
		})
		if err != nil {
			return nil, err
		}
		return y.View(o.Type)
	}
	return nil, fmt.Errorf("dataframe: %w: no array of %v", errInternal, o.Type)
}

func fill[T dtype.Element](x *Table, shape []int, o *toBlock, null T, get func(arrow.Array, int) T) (*ndarray.Array, error) {
	rows, cols := x.Len(), int(x.NumCols())
	data := make([]T, rows*cols)
	base := 0
	for _, b := range x.batches {
		for c := range cols {
			a := b.Column(c)
			if a.NullN() > 0 && !o.Type.IsFloat() && !o.Type.IsTemporal() {
				return nil, fmt.Errorf("dataframe: toarray: column %s has nulls, which a %v array cannot hold; use FillNull, or Cast it to float64: %w",
					b.ColumnName(c), o.Type, ErrType)
			}
			for i := range a.Len() {
				v := null
				if a.IsValid(i) {
					v = get(a, i)
				}
				data[(base+i)*cols+c] = v
			}
		}
		base += int(b.NumRows())
	}
	return ndarray.FromSlice(data, shape...)
}

// FromArray makes a frame of a two-dimensional array, whose columns get names, or of a one-dimensional one and a single name. Blocks of rows become
// partitions; there must be one block along the columns.
//
// Same as dask.dataframe.from_dask_array.
func FromArray(x *array.Array, columns ...string) *Frame {
	const op = "fromarray"
	if err := x.Err(); err != nil {
		return failed(op, err)
	}
	chunks := x.Chunks()
	t := plan.ArrowOf(x.DType())
	switch {
	case len(chunks) == 0 || len(chunks) > 2:
		return failed(op, plan.Argument("a frame is made of one or two dimensions, not of %d", len(chunks)))
	case t == nil:
		return failed(op, &plan.Mistake{Kind: ErrType, Message: fmt.Sprintf("a frame cannot hold %v", x.DType())})
	case len(chunks) == 2 && len(chunks[1]) != 1:
		return failed(op, plan.Argument("the array has %d blocks of columns; rechunk it to one", len(chunks[1])))
	case len(chunks) == 2 && chunks[1][0] != len(columns), len(chunks) == 1 && len(columns) != 1:
		return failed(op, plan.Argument("%d names for the columns of an array of shape %v", len(columns), x.Shape()))
	}
	fields := make([]arrow.Field, len(columns))
	for i, c := range columns {
		fields[i] = arrow.Field{Name: c, Type: t, Nullable: x.DType().IsTemporal()}
	}
	schema := arrow.NewSchema(fields, nil)
	blocks, err := x.ToDelayed()
	if err != nil {
		return failed(op, err)
	}
	in, err := delayed.Layer(op, blocks...)
	if err != nil {
		return failed(op, err)
	}
	layer := graph.Must(graph.Spec{Name: op, Op: &fromBlock{Columns: columns, Type: x.DType(), schema: schema}, Space: []int{in.Len()}, Edges: []graph.Edge{{From: in, Map: graph.Each{}}}})
	if err := plan.CheckNames(schema); err != nil {
		return failed(op, err)
	}
	return newFrame(plan.NewScan(&values{name: op, schema: schema, layer: layer, bytes: -1}, nil, nil))
}

// fromBlock makes a partition of a block of an array.
type fromBlock struct {
	Columns []string
	Type    dtype.Type
	schema  *arrow.Schema
}

// HashToken writes names and type.
func (o *fromBlock) HashToken(h *graph.Hasher) {
	h.Any(o.Columns)
	h.Any(o.Type)
}

// Run copies the block's columns.
func (o *fromBlock) Run(_ context.Context, t *graph.Task) (any, error) {
	x := t.In(0)[0].(*ndarray.Array)
	columns := make([]arrow.Array, len(o.Columns))
	rows := x.Len()
	for c := range columns {
		b := arrowarray.NewBuilder(memory.DefaultAllocator, o.schema.Field(c).Type)
		b.Reserve(rows)
		for i := range rows {
			at := []int{i, c}
			if x.Ndim() == 1 {
				at = at[:1]
			}
			v, err := x.At(at...)
			if err != nil {
				return nil, err
			}
			appendAny(b, v)
		}
		columns[c] = b.NewArray()
	}
	return newTable(o.schema, []arrow.RecordBatch{arrowarray.NewRecordBatch(o.schema, columns, int64(rows))}), nil
}

// appendAny adds a cell of an array; NaT becomes null.
func appendAny(b arrowarray.Builder, v any) {
	if d, ok := v.(time.Duration); ok && int64(d) == dtype.NaT {
		b.AppendNull()
		return
	}
	appendValue(b, reflect.ValueOf(v))
}

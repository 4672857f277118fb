package flight

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"sheaf/dtype"
	"sheaf/ndarray"
)

// ArrayTable returns an n-d array as a table of one column "data" with a row per index of axis 0. Slabs returns its parts along axis 0, in
// order.
//
// The rows of an array with two or more axes are of the type arrow.fixed_shape_tensor; an array with one axis is a plain column, and one
// without axes has one row. Bools travel as uint8, complex numbers as a last axis of two, and points in time and differences as int64
// nanoseconds in tensors. The schema's metadata has the array's shape and dtype: "sheaf.shape" (JSON) and "sheaf.dtype" (NumPy's name).
func ArrayTable(shape []int, t dtype.Type, slabs func(ctx context.Context) iter.Seq2[*ndarray.Array, error]) (*Table, error) {
	a, err := newArrayForm(shape, t)
	if err != nil {
		return nil, err
	}
	return &Table{Schema: a.schema, Rows: int64(a.rows), Batches: func(ctx context.Context) iter.Seq2[arrow.RecordBatch, error] {
		return func(yield func(arrow.RecordBatch, error) bool) {
			rows := 0
			for slab, err := range slabs(ctx) {
				var rec arrow.RecordBatch
				if err == nil {
					rec, err = a.record(slab)
				}
				if err == nil {
					rows += int(rec.NumRows())
				}
				if !yield(rec, err) || err != nil {
					return
				}
			}
			if rows != a.rows && a.values > 0 {
				yield(nil, fmt.Errorf("flight: the parts of the array have %d rows together, not %d", rows, a.rows))
			}
		}
	}}, nil
}

// arrayForm is how an array is a table.
type arrayForm struct {
	shape  []int // of the array
	dt     dtype.Type
	value  arrow.DataType // of the elements
	rows   int
	values int // per row
	schema *arrow.Schema
}

func newArrayForm(shape []int, t dtype.Type) (*arrayForm, error) {
	a := &arrayForm{shape: slices.Clone(shape), dt: t, rows: 1, values: 1}
	var inner []int
	if len(shape) > 0 {
		a.rows, inner = shape[0], slices.Clone(shape[1:])
	}
	tensor := len(inner) > 0
	switch t {
	case dtype.Complex64, dtype.Complex128:
		inner, tensor = append(inner, 2), true
	}
	for _, n := range inner {
		a.values *= n
	}
	var err error
	if a.value, err = elementType(t, tensor); err != nil {
		return nil, err
	}
	text, err := json.Marshal(append([]int{}, shape...))
	if err != nil {
		return nil, fmt.Errorf("flight: %w", err)
	}
	field := arrow.Field{Name: "data", Type: a.value}
	if tensor && a.values > 0 {
		form, err := json.Marshal(map[string][]int{"shape": inner})
		if err != nil {
			return nil, fmt.Errorf("flight: %w", err)
		}
		field.Type = arrow.FixedSizeListOfField(int32(a.values), arrow.Field{Name: "item", Type: a.value, Nullable: true})
		field.Metadata = arrow.NewMetadata([]string{"ARROW:extension:name", "ARROW:extension:metadata"}, []string{"arrow.fixed_shape_tensor", string(form)})
	}
	if a.values == 0 { // no elements: the shape is in the metadata
		a.rows = 0
	}
	md := arrow.NewMetadata([]string{"sheaf.shape", "sheaf.dtype"}, []string{string(text), t.String()})
	a.schema = arrow.NewSchema([]arrow.Field{field}, &md)
	return a, nil
}

// elementType returns Arrow's type for the elements.
func elementType(t dtype.Type, tensor bool) (arrow.DataType, error) {
	switch t {
	case dtype.Bool, dtype.Uint8:
		return arrow.PrimitiveTypes.Uint8, nil
	case dtype.Int8:
		return arrow.PrimitiveTypes.Int8, nil
	case dtype.Int16:
		return arrow.PrimitiveTypes.Int16, nil
	case dtype.Int32:
		return arrow.PrimitiveTypes.Int32, nil
	case dtype.Int64:
		return arrow.PrimitiveTypes.Int64, nil
	case dtype.Uint16:
		return arrow.PrimitiveTypes.Uint16, nil
	case dtype.Uint32:
		return arrow.PrimitiveTypes.Uint32, nil
	case dtype.Uint64:
		return arrow.PrimitiveTypes.Uint64, nil
	case dtype.Float32, dtype.Complex64:
		return arrow.PrimitiveTypes.Float32, nil
	case dtype.Float64, dtype.Complex128:
		return arrow.PrimitiveTypes.Float64, nil
	case dtype.Datetime, dtype.Timedelta:
		switch {
		case tensor:
			return arrow.PrimitiveTypes.Int64, nil
		case t == dtype.Datetime:
			return arrow.FixedWidthTypes.Timestamp_ns, nil
		}
		return arrow.FixedWidthTypes.Duration_ns, nil
	}
	return nil, fmt.Errorf("flight: arrays of %v cannot be read from outside", t)
}

// record copies a part of the array into a batch.
func (a *arrayForm) record(slab *ndarray.Array) (arrow.RecordBatch, error) {
	shape := slab.Shape()
	if slab.DType() != a.dt || len(shape) != len(a.shape) || len(shape) > 0 && !slices.Equal(shape[1:], a.shape[1:]) {
		return nil, fmt.Errorf("flight: a part of shape %v and dtype %v does not fit an array of shape %v and dtype %v", shape, slab.DType(), a.shape, a.dt)
	}
	rows := 1
	if len(shape) > 0 {
		rows = shape[0]
	}
	if a.values == 0 {
		rows = 0
	}
	var buf bytes.Buffer
	buf.Grow(int(slab.RawSize()))
	if err := slab.WriteRaw(&buf); err != nil {
		return nil, fmt.Errorf("flight: %w", err)
	}
	data := buf.Bytes()[int(slab.RawSize())-slab.Nbytes():]
	values := array.NewData(a.value, rows*a.values, []*memory.Buffer{nil, memory.NewBufferBytes(data)}, nil, 0, 0)
	defer values.Release()
	column := values
	if a.schema.Field(0).Type != a.value {
		column = array.NewData(a.schema.Field(0).Type, rows, []*memory.Buffer{nil}, []arrow.ArrayData{values}, 0, 0)
		defer column.Release()
	}
	arr := array.MakeFromData(column)
	defer arr.Release()
	return array.NewRecordBatch(a.schema, []arrow.Array{arr}, int64(rows)), nil
}

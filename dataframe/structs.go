//go:build cgo

package dataframe

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"sheaf/dataframe/internal/plan"
	"sheaf/dtype"
)

// A structField is a field of a struct that is a column.
type structField struct {
	name  string
	index []int // path through embedded structs
	typ   reflect.Type
}

// structFields lists the columns of a struct type. Fields of embedded structs stand among those of the struct.
func structFields(t reflect.Type) ([]structField, error) {
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() {
		return nil, plan.Argument("rows are structs, not %s", t)
	}
	var fields []structField
	for i := range t.NumField() {
		f := t.Field(i)
		name, tagged := columnTag(f)
		if name == "-" {
			continue
		}
		if f.Anonymous && f.Type.Kind() == reflect.Struct && !tagged && f.Type != reflect.TypeFor[time.Time]() {
			inner, err := structFields(f.Type)
			if err != nil {
				return nil, err
			}
			for _, x := range inner {
				x.index = append([]int{i}, x.index...)
				fields = append(fields, x)
			}
			continue
		}
		if f.IsExported() {
			fields = append(fields, structField{name, []int{i}, f.Type})
		}
	}
	if len(fields) == 0 {
		return nil, plan.Argument("%s has no exported fields", t)
	}
	return fields, nil
}

// columnTag returns the column of a field: its sheaf tag, else its json tag, else its name.
func columnTag(f reflect.StructField) (name string, tagged bool) {
	for _, key := range []string{"sheaf", "json"} {
		if tag, ok := f.Tag.Lookup(key); ok {
			if name, _, _ := strings.Cut(tag, ","); name != "" {
				return name, true
			}
		}
	}
	return f.Name, false
}

// arrowType returns the column type of a Go type, and whether it can be null.
func arrowType(t reflect.Type) (arrow.DataType, error) {
	switch t {
	case reflect.TypeFor[time.Time]():
		return plan.ArrowOf(dtype.Datetime), nil
	case reflect.TypeFor[time.Duration]():
		return plan.ArrowOf(dtype.Timedelta), nil
	case reflect.TypeFor[[]byte]():
		return arrow.BinaryTypes.Binary, nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		return arrowType(t.Elem())
	case reflect.Slice:
		elem, err := arrowType(t.Elem())
		if err != nil {
			return nil, err
		}
		return arrow.ListOf(elem), nil
	case reflect.Struct:
		fields, err := structFields(t)
		if err != nil {
			return nil, err
		}
		columns, err := arrowFields(fields)
		if err != nil {
			return nil, err
		}
		return arrow.StructOf(columns...), nil
	case reflect.String:
		return arrow.BinaryTypes.String, nil
	}
	if k := dtype.OfValue(reflect.Zero(basic(t)).Interface()); k != dtype.Invalid && plan.ArrowOf(k) != nil {
		return plan.ArrowOf(k), nil
	}
	return nil, plan.Argument("a %s cannot be a column", t)
}

// basic returns the predeclared type under a named one.
func basic(t reflect.Type) reflect.Type {
	kinds := map[reflect.Kind]reflect.Type{
		reflect.Bool: reflect.TypeFor[bool](), reflect.Int: reflect.TypeFor[int](), reflect.Int8: reflect.TypeFor[int8](),
		reflect.Int16: reflect.TypeFor[int16](), reflect.Int32: reflect.TypeFor[int32](), reflect.Int64: reflect.TypeFor[int64](),
		reflect.Uint: reflect.TypeFor[uint](), reflect.Uint8: reflect.TypeFor[uint8](), reflect.Uint16: reflect.TypeFor[uint16](),
		reflect.Uint32: reflect.TypeFor[uint32](), reflect.Uint64: reflect.TypeFor[uint64](),
		reflect.Float32: reflect.TypeFor[float32](), reflect.Float64: reflect.TypeFor[float64](),
	}
	if b, ok := kinds[t.Kind()]; ok {
		return b
	}
	return t
}

func arrowFields(fields []structField) ([]arrow.Field, error) {
	out := make([]arrow.Field, len(fields))
	for i, f := range fields {
		t, err := arrowType(f.typ)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", f.name, err)
		}
		nullable := f.typ.Kind() == reflect.Pointer || f.typ.Kind() == reflect.Slice || f.typ == reflect.TypeFor[time.Time]()
		out[i] = arrow.Field{Name: f.name, Type: t, Nullable: nullable}
	}
	return out, nil
}

// tableOf makes a table of structs.
func tableOf[T any](rows []T) (*Table, error) {
	fields, err := structFields(reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	columns, err := arrowFields(fields)
	if err != nil {
		return nil, err
	}
	schema := arrow.NewSchema(columns, nil)
	if err := plan.CheckNames(schema); err != nil {
		return nil, err
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	b.Reserve(len(rows))
	for i := range rows {
		v := reflect.ValueOf(&rows[i]).Elem()
		for k, f := range fields {
			appendValue(b.Field(k), v.FieldByIndex(f.index))
		}
	}
	return newTable(schema, []arrow.RecordBatch{b.NewRecordBatch()}), nil
}

// appendValue adds a Go value to a column of the type that arrowType gave it.
func appendValue(b array.Builder, v reflect.Value) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			b.AppendNull()
			return
		}
		v = v.Elem()
	}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(v.Bool())
	case *array.Int8Builder:
		b.Append(int8(v.Int()))
	case *array.Int16Builder:
		b.Append(int16(v.Int()))
	case *array.Int32Builder:
		b.Append(int32(v.Int()))
	case *array.Int64Builder:
		b.Append(v.Int())
	case *array.Uint8Builder:
		b.Append(uint8(v.Uint()))
	case *array.Uint16Builder:
		b.Append(uint16(v.Uint()))
	case *array.Uint32Builder:
		b.Append(uint32(v.Uint()))
	case *array.Uint64Builder:
		b.Append(v.Uint())
	case *array.Float32Builder:
		b.Append(float32(v.Float()))
	case *array.Float64Builder:
		b.Append(v.Float())
	case *array.StringBuilder:
		b.Append(v.String())
	case *array.BinaryBuilder:
		if v.IsNil() {
			b.AppendNull()
			return
		}
		b.Append(v.Bytes())
	case *array.TimestampBuilder:
		t := v.Interface().(time.Time)
		if t.IsZero() {
			b.AppendNull()
			return
		}
		b.Append(arrow.Timestamp(t.UnixMicro()))
	case *array.DurationBuilder:
		b.Append(arrow.Duration(time.Duration(v.Int()).Microseconds()))
	case *array.ListBuilder:
		if v.IsNil() {
			b.AppendNull()
			return
		}
		b.Append(true)
		for i := range v.Len() {
			appendValue(b.ValueBuilder(), v.Index(i))
		}
	case *array.StructBuilder:
		b.Append(true)
		fields, _ := structFields(v.Type())
		for i, f := range fields {
			appendValue(b.FieldBuilder(i), v.FieldByIndex(f.index))
		}
	default:
		b.AppendNull()
	}
}

//go:build cgo

package dataframe

import (
	"fmt"
	"reflect"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"sheaf/dataframe/internal/plan"
)

// isNull also knows arrays of the type null, which have no bits to tell.
func isNull(c arrow.Array, i int) bool { return c.DataType().ID() == arrow.NULL || c.IsNull(i) }

// valueAt returns a cell as a Go value: bool, the integer or float of its size, string, []byte, time.Time (UTC, or in the column's
// zone), time.Duration, []any, map[string]any, or nil for null.
func valueAt(c arrow.Array, i int) any {
	if isNull(c, i) {
		return nil
	}
	switch c := c.(type) {
	case *array.Boolean:
		return c.Value(i)
	case *array.Int8:
		return c.Value(i)
	case *array.Int16:
		return c.Value(i)
	case *array.Int32:
		return c.Value(i)
	case *array.Int64:
		return c.Value(i)
	case *array.Uint8:
		return c.Value(i)
	case *array.Uint16:
		return c.Value(i)
	case *array.Uint32:
		return c.Value(i)
	case *array.Uint64:
		return c.Value(i)
	case *array.Float16:
		return c.Value(i).Float32()
	case *array.Float32:
		return c.Value(i)
	case *array.Float64:
		return c.Value(i)
	case *array.String:
		return c.Value(i)
	case *array.LargeString:
		return c.Value(i)
	case *array.StringView:
		return c.Value(i)
	case *array.Binary:
		return c.Value(i)
	case *array.LargeBinary:
		return c.Value(i)
	case *array.Date32:
		return c.Value(i).ToTime()
	case *array.Date64:
		return c.Value(i).ToTime()
	case *array.Timestamp:
		t := c.DataType().(*arrow.TimestampType)
		at := c.Value(i).ToTime(t.Unit)
		if zone, err := t.GetZone(); err == nil && zone != nil {
			at = at.In(zone)
		}
		return at
	case *array.Duration:
		return time.Duration(c.Value(i)) * c.DataType().(*arrow.DurationType).Unit.Multiplier()
	case *array.Time32:
		return time.Duration(c.Value(i)) * c.DataType().(*arrow.Time32Type).Unit.Multiplier()
	case *array.Time64:
		return time.Duration(c.Value(i)) * c.DataType().(*arrow.Time64Type).Unit.Multiplier()
	case *array.Decimal128:
		return c.Value(i).ToFloat64(c.DataType().(*arrow.Decimal128Type).Scale)
	case *array.Dictionary:
		return valueAt(c.Dictionary(), c.GetValueIndex(i))
	case *array.Struct:
		m := make(map[string]any, c.NumField())
		for k, f := range c.DataType().(*arrow.StructType).Fields() {
			m[f.Name] = valueAt(c.Field(k), i)
		}
		return m
	case array.ListLike:
		lo, hi := c.ValueOffsets(i)
		list := make([]any, 0, hi-lo)
		for k := lo; k < hi; k++ {
			list = append(list, valueAt(c.ListValues(), int(k)))
		}
		return list
	}
	return c.ValueStr(i)
}

// setter returns a function that stores cells of a column in values of type t.
func setter(t reflect.Type, c arrow.Array, name string) (func(v reflect.Value, row int) error, error) {
	if t.Kind() == reflect.Pointer {
		inner, err := setter(t.Elem(), c, name)
		if err != nil {
			return nil, err
		}
		return func(v reflect.Value, row int) error {
			if isNull(c, row) {
				v.SetZero()
				return nil
			}
			p := reflect.New(t.Elem())
			v.Set(p)
			return inner(p.Elem(), row)
		}, nil
	}
	set, ok := plainSetter(t, c)
	if !ok {
		return nil, fmt.Errorf("column %s is %s and does not fit a %s: %w", name, plan.Name(c.DataType()), t, ErrType)
	}
	nullable := t == reflect.TypeFor[time.Time]() || t.Kind() == reflect.Slice || t.Kind() == reflect.Interface
	return func(v reflect.Value, row int) error {
		if !isNull(c, row) {
			return set(v, row)
		}
		if !nullable {
			return fmt.Errorf("column %s is null, which a %s cannot be; use *%s: %w", name, t, t, ErrType)
		}
		v.SetZero()
		return nil
	}, nil
}

func plainSetter(t reflect.Type, c arrow.Array) (func(v reflect.Value, row int) error, bool) {
	switch x := c.(type) { // the common ones, without an allocation a cell
	case *array.String:
		if t.Kind() == reflect.String {
			return func(v reflect.Value, row int) error { v.SetString(x.Value(row)); return nil }, true
		}
	case *array.Int64:
		if t.Kind() == reflect.Int64 || t.Kind() == reflect.Int {
			return func(v reflect.Value, row int) error { v.SetInt(x.Value(row)); return nil }, true
		}
	case *array.Float64:
		if t.Kind() == reflect.Float64 {
			return func(v reflect.Value, row int) error { v.SetFloat(x.Value(row)); return nil }, true
		}
	}
	if c.Len() == 0 || c.DataType().ID() == arrow.NULL {
		return func(reflect.Value, int) error { return nil }, true
	}
	return anySetter(t, c)
}

// anySetter stores by the kind of the Go type; integers that do not fit are an error.
func anySetter(t reflect.Type, c arrow.Array) (func(v reflect.Value, row int) error, bool) {
	kind := plan.TypeOf(c.DataType())
	overflow := func(v reflect.Value, x any) error {
		return fmt.Errorf("%v does not fit a %s: %w", x, v.Type(), ErrType)
	}
	switch k := t.Kind(); {
	case t == reflect.TypeFor[time.Duration](), t == reflect.TypeFor[time.Time](), k == reflect.Interface,
		k == reflect.Bool && kind.IsBool(), t == reflect.TypeFor[[]byte]():
		ok := false
		for i := range c.Len() {
			if x := valueAt(c, i); x != nil {
				ok = reflect.TypeOf(x).AssignableTo(t) || k == reflect.Bool
				break
			}
			ok = true
		}
		return func(v reflect.Value, row int) error {
			if x := reflect.ValueOf(valueAt(c, row)); x.IsValid() {
				v.Set(x.Convert(t))
			}
			return nil
		}, ok
	case k == reflect.String && kind.String() == "string":
		return func(v reflect.Value, row int) error { v.SetString(fmt.Sprint(valueAt(c, row))); return nil }, true
	case v0(t).CanInt() && kind.IsInteger(), v0(t).CanUint() && kind.IsInteger():
		return func(v reflect.Value, row int) error {
			x := reflect.ValueOf(valueAt(c, row))
			if x.CanInt() && v.CanInt() && !v.OverflowInt(x.Int()) {
				v.SetInt(x.Int())
			} else if x.CanUint() && v.CanUint() && !v.OverflowUint(x.Uint()) {
				v.SetUint(x.Uint())
			} else if x.CanInt() && v.CanUint() && x.Int() >= 0 && !v.OverflowUint(uint64(x.Int())) {
				v.SetUint(uint64(x.Int()))
			} else if x.CanUint() && v.CanInt() && x.Uint() < 1<<63 && !v.OverflowInt(int64(x.Uint())) {
				v.SetInt(int64(x.Uint()))
			} else {
				return overflow(v, x)
			}
			return nil
		}, true
	case v0(t).CanFloat() && (kind.IsNumeric() || kind.String() == "decimal"):
		return func(v reflect.Value, row int) error {
			v.SetFloat(reflect.ValueOf(valueAt(c, row)).Convert(reflect.TypeFor[float64]()).Float())
			return nil
		}, true
	case k == reflect.Slice:
		return listSetter(t, c)
	case k == reflect.Struct:
		return structSetter(t, c)
	}
	return nil, false
}

func v0(t reflect.Type) reflect.Value { return reflect.Zero(t) }

func listSetter(t reflect.Type, c arrow.Array) (func(v reflect.Value, row int) error, bool) {
	l, ok := c.(array.ListLike)
	if !ok {
		return nil, false
	}
	elem, err := setter(t.Elem(), l.ListValues(), "an element")
	if err != nil {
		return nil, false
	}
	return func(v reflect.Value, row int) error {
		lo, hi := l.ValueOffsets(row)
		v.Set(reflect.MakeSlice(t, int(hi-lo), int(hi-lo)))
		for k := lo; k < hi; k++ {
			if err := elem(v.Index(int(k-lo)), int(k)); err != nil {
				return err
			}
		}
		return nil
	}, true
}

func structSetter(t reflect.Type, c arrow.Array) (func(v reflect.Value, row int) error, bool) {
	s, ok := c.(*array.Struct)
	fields, err := structFields(t)
	if !ok || err != nil {
		return nil, false
	}
	st := s.DataType().(*arrow.StructType)
	schema := arrow.NewSchema(st.Fields(), nil)
	sets := make([]func(reflect.Value, int) error, len(fields))
	for i, f := range fields {
		name, ok := matching(schema, f.name)
		if !ok {
			return nil, false
		}
		k, _ := st.FieldIdx(name)
		if sets[i], err = setter(f.typ, s.Field(k), name); err != nil {
			return nil, false
		}
	}
	return func(v reflect.Value, row int) error {
		for i, f := range fields {
			if err := sets[i](v.FieldByIndex(f.index), row); err != nil {
				return err
			}
		}
		return nil
	}, true
}

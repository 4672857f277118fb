package ndarray

import (
	"reflect"
	"time"
	"unsafe"

	"sheaf/dtype"
)

// FromSlice returns an array over the elements of data, which it shares and does not copy. Without a shape it is
// 1-d; one length may be -1.
func FromSlice[T dtype.Element | int | uint](data []T, shape ...int) (*Array, error) {
	if len(shape) == 0 {
		shape = []int{len(data)}
	}
	t := dtype.Of[T]()
	dims, err := inferShape("from slice", len(data), shape)
	if err != nil {
		return nil, err
	}
	a := &Array{dt: t, shape: dims, strides: cStrides(dims), cap: len(data)}
	switch {
	case len(data) == 0:
	case int(unsafe.Sizeof(data[0])) == t.Size():
		a.base = unsafe.Pointer(unsafe.SliceData(data))
	default: // int and uint of 32 bits
		return fromNarrow(data, a)
	}
	return a, nil
}

// fromNarrow widens ints of a 32-bit machine.
func fromNarrow[T any](data []T, a *Array) (*Array, error) {
	narrow := a.like(a.shape, a.strides, 0)
	narrow.dt, narrow.base = dtype.Int32, unsafe.Pointer(unsafe.SliceData(data))
	if a.dt == dtype.Uint64 {
		narrow.dt = dtype.Uint32
	}
	return narrow.AsType(a.dt)
}

// Scalar returns a 0-d array of type t from a Go number, bool, time.Time, time.Duration or an array of size one.
// An int that t cannot hold is an error. With dtype.Invalid the type is that of the value.
func Scalar(t dtype.Type, value any) (*Array, error) {
	if a, ok := value.(*Array); ok {
		return scalarOf(t, a)
	}
	s, err := natural(value)
	if err != nil {
		return nil, err
	}
	if t == dtype.Invalid {
		return s, nil
	}
	if n, ok := value.(int); ok && t.IsArray() && t != dtype.Bool && !dtype.FitsInt(t, n) {
		return nil, fail(ErrValue, "%d does not fit in %v", n, t)
	}
	return s.AsType(t)
}

func scalarOf(t dtype.Type, a *Array) (*Array, error) {
	if n := a.Size(); n != 1 {
		return nil, fail(ErrShape, "an array of shape %s has %d elements and is not a scalar", ShapeString(a.shape), n)
	}
	s := a.like(nil, nil, a.offset).Copy()
	if t == dtype.Invalid {
		return s, nil
	}
	return s.AsType(t)
}

// natural returns a Go value as a 0-d array of its own type.
func natural(value any) (*Array, error) {
	t := dtype.OfValue(value)
	if !t.IsArray() {
		v := reflect.ValueOf(value)
		if leaf := leafType(v.Kind()); leaf != nil && v.IsValid() { // named types such as type Celsius float64
			return natural(v.Convert(leaf).Interface())
		}
		return nil, fail(ErrDType, "a Go %T cannot be an element", value)
	}
	a := newArray(t, nil, true)
	switch v := value.(type) {
	case time.Time:
		buffer[int64](a)[0] = nanoseconds(v)
	case time.Duration:
		buffer[int64](a)[0] = int64(v)
	case int:
		buffer[int64](a)[0] = int64(v)
	case uint:
		buffer[uint64](a)[0] = uint64(v)
	default:
		reflect.NewAt(reflect.TypeOf(value), a.base).Elem().Set(reflect.ValueOf(value))
	}
	return a, nil
}

// nanoseconds returns the stored form of a time; the zero Time is NaT.
func nanoseconds(t time.Time) int64 {
	if t.IsZero() {
		return dtype.NaT
	}
	return t.UnixNano()
}

// leafType returns the unnamed type of a kind that can be an element, nil for other kinds.
func leafType(k reflect.Kind) reflect.Type {
	switch k {
	case reflect.Bool:
		return reflect.TypeFor[bool]()
	case reflect.Int:
		return reflect.TypeFor[int]()
	case reflect.Int8:
		return reflect.TypeFor[int8]()
	case reflect.Int16:
		return reflect.TypeFor[int16]()
	case reflect.Int32:
		return reflect.TypeFor[int32]()
	case reflect.Int64:
		return reflect.TypeFor[int64]()
	case reflect.Uint:
		return reflect.TypeFor[uint]()
	case reflect.Uint8:
		return reflect.TypeFor[uint8]()
	case reflect.Uint16:
		return reflect.TypeFor[uint16]()
	case reflect.Uint32:
		return reflect.TypeFor[uint32]()
	case reflect.Uint64:
		return reflect.TypeFor[uint64]()
	case reflect.Float32:
		return reflect.TypeFor[float32]()
	case reflect.Float64:
		return reflect.TypeFor[float64]()
	case reflect.Complex64:
		return reflect.TypeFor[complex64]()
	case reflect.Complex128:
		return reflect.TypeFor[complex128]()
	}
	return nil
}

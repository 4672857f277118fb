package ndarray

import (
	"iter"
	"time"
	"unsafe"

	"sheaf/dtype"
)

// holds reports whether the storage type of a is T; int64 also holds times.
func holds[T dtype.Element](a *Array) bool { return a.dt.Storage() == dtype.Of[T]() }

// Raw returns the elements in C order without copying; changing them changes the array. It is an error when T is
// not the element type (int64 for times) or when the array is not contiguous.
func Raw[T dtype.Element](a *Array) ([]T, error) {
	if !holds[T](a) {
		return nil, fail(ErrDType, "raw: elements are %v, not %v; convert with AsType", a.dt, dtype.Of[T]())
	}
	if !a.IsContiguous() {
		return nil, fail(ErrShape, "raw: the array of shape %s is a strided view; use Values or Copy",
			ShapeString(a.shape))
	}
	return unsafe.Slice((*T)(a.first()), a.Size()), nil
}

// Values returns the elements in C order. They are shared with the array when it is contiguous and a copy
// otherwise. It is an error when T is not the element type (int64 for times): convert with [Array.AsType] first.
func Values[T dtype.Element](a *Array) ([]T, error) {
	if !holds[T](a) {
		return nil, fail(ErrDType, "values: elements are %v, not %v; convert with AsType", a.dt, dtype.Of[T]())
	}
	return Raw[T](a.contiguous())
}

// Elements iterates over the elements in C order. The sequence is empty when T is not the element type.
func Elements[T dtype.Element](a *Array) iter.Seq[T] {
	return func(yield func(T) bool) {
		if !holds[T](a) {
			return
		}
		buf := buffer[T](a)
		for at := range a.positions() {
			if !yield(buf[at]) {
				return
			}
		}
	}
}

// locate returns the position of an element in the buffer.
func (a *Array) locate(op string, index []int) (int, error) {
	if len(index) != len(a.shape) {
		return 0, fail(ErrIndex, "%s: %d indices for an array of %d dimensions", op, len(index), len(a.shape))
	}
	at := a.offset
	for axis, i := range index {
		n := a.shape[axis]
		if i < -n || i >= n {
			return 0, fail(ErrIndex, "%s: index %d is out of bounds for axis %d with length %d", op, i, axis, n)
		}
		if i < 0 {
			i += n
		}
		at += i * a.strides[axis]
	}
	return at, nil
}

// At returns one element as a Go value of its type; times are time.Time in UTC and time.Duration, and NaT is the
// zero time.Time or the smallest Duration. Indices may count from the end; a 0-d array takes none.
func (a *Array) At(index ...int) (any, error) {
	at, err := a.locate("at", index)
	if err != nil {
		return nil, err
	}
	return a.value(at), nil
}

// Get returns one element of an array whose element type is T.
func Get[T dtype.Element](a *Array, index ...int) (T, error) {
	var zero T
	if !holds[T](a) {
		return zero, fail(ErrDType, "get: elements are %v, not %v", a.dt, dtype.Of[T]())
	}
	at, err := a.locate("get", index)
	if err != nil {
		return zero, err
	}
	return buffer[T](a)[at], nil
}

// Set changes one element to a Go number, bool or time, converted to the element type. It is an error on broadcast
// views, whose elements share memory.
func (a *Array) Set(value any, index ...int) error {
	at, err := a.locate("set", index)
	if err != nil {
		return err
	}
	if err := a.writable("set"); err != nil {
		return err
	}
	v, err := Scalar(a.dt, value)
	if err != nil {
		return err
	}
	copyRun(a.dt, a.at(at), 1, v.base, 1, 1)
	return nil
}

// writable says why elements must not be changed one by one.
func (a *Array) writable(op string) error {
	for i, s := range a.strides {
		if s == 0 && a.shape[i] > 1 {
			return fail(ErrValue, "%s: the array is a broadcast view whose elements share memory; Copy it first", op)
		}
	}
	return nil
}

// Item returns the only element of an array of size one, as [Array.At] does.
func (a *Array) Item() (any, error) {
	if n := a.Size(); n != 1 {
		return nil, fail(ErrShape, "item: the array of shape %s has %d elements, not one", ShapeString(a.shape), n)
	}
	return a.value(a.offset), nil
}

// value returns element i of the buffer as a Go value.
func (a *Array) value(i int) any {
	switch a.dt {
	case dtype.Bool:
		return buffer[bool](a)[i]
	case dtype.Int8:
		return buffer[int8](a)[i]
	case dtype.Int16:
		return buffer[int16](a)[i]
	case dtype.Int32:
		return buffer[int32](a)[i]
	case dtype.Int64:
		return buffer[int64](a)[i]
	case dtype.Uint8:
		return buffer[uint8](a)[i]
	case dtype.Uint16:
		return buffer[uint16](a)[i]
	case dtype.Uint32:
		return buffer[uint32](a)[i]
	case dtype.Uint64:
		return buffer[uint64](a)[i]
	case dtype.Float32:
		return buffer[float32](a)[i]
	case dtype.Float64:
		return buffer[float64](a)[i]
	case dtype.Complex64:
		return buffer[complex64](a)[i]
	case dtype.Complex128:
		return buffer[complex128](a)[i]
	case dtype.Timedelta:
		return time.Duration(buffer[int64](a)[i])
	case dtype.Datetime:
		if ns := buffer[int64](a)[i]; ns != dtype.NaT {
			return time.Unix(0, ns).UTC()
		}
		return time.Time{}
	}
	return nil
}

// one returns the only element converted to T.
func one[T dtype.Element](op string, a *Array) (T, error) {
	var zero T
	if n := a.Size(); n != 1 {
		return zero, fail(ErrShape, "%s: the array of shape %s has %d elements, not one", op, ShapeString(a.shape), n)
	}
	v, err := a.AsType(dtype.Of[T]())
	if err != nil {
		return zero, err
	}
	return buffer[T](v)[v.offset], nil
}

// Float64 returns the only element of an array of size one as a float64.
func (a *Array) Float64() (float64, error) { return one[float64]("float64", a) }

// Int returns the only element of an array of size one as an int, fractions cut off.
func (a *Array) Int() (int, error) {
	n, err := one[int64]("int", a)
	return int(n), err
}

// Bool returns whether the only element of an array of size one is not zero.
func (a *Array) Bool() (bool, error) { return one[bool]("bool", a) }

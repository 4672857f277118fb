package ndarray

import (
	"slices"
	"unsafe"

	"sheaf/dtype"
)

// Array is an n-dimensional array of elements of one type: a view of a flat buffer through a shape, strides and an
// offset. Views share the buffer. The zero Array is not usable; the constructors make arrays.
//
// Arrays may be read from several goroutines at once. Everything but Set, Fill and Assign leaves its operands as
// they are.
type Array struct {
	dt      dtype.Type
	shape   []int
	strides []int          // in elements; 0 on a broadcast axis, negative on a reversed one
	offset  int            // of the first element, in elements from base
	base    unsafe.Pointer // the buffer, allocated as a slice of the storage type; nil when cap is 0
	cap     int            // elements in the buffer
}

// DType returns the element type.
func (a *Array) DType() dtype.Type { return a.dt }

// Shape returns the lengths of the axes. The slice is the caller's.
func (a *Array) Shape() []int { return slices.Clone(a.shape) }

// Strides returns the steps between neighbours along each axis, in elements. The slice is the caller's.
func (a *Array) Strides() []int { return slices.Clone(a.strides) }

// Offset returns the position of the first element in the buffer, in elements.
func (a *Array) Offset() int { return a.offset }

// Ndim returns the number of axes.
func (a *Array) Ndim() int { return len(a.shape) }

// Dim returns the length of one axis, which may count from the end; 0 when there is no such axis.
func (a *Array) Dim(axis int) int {
	if axis < 0 {
		axis += len(a.shape)
	}
	if axis < 0 || axis >= len(a.shape) {
		return 0
	}
	return a.shape[axis]
}

// Size returns the number of elements.
func (a *Array) Size() int { return product(a.shape) }

// Nbytes returns the bytes of the elements: Size times the bytes of one. A view may hold on to a larger buffer.
func (a *Array) Nbytes() int { return a.Size() * a.dt.Size() }

// SizeBytes returns the bytes that the array keeps alive, its buffer; the runtime counts memory with it.
func (a *Array) SizeBytes() int64 { return int64(a.cap)*int64(a.dt.Size()) + 96 }

// Len returns the length of the first axis, 0 for a 0-d array.
func (a *Array) Len() int { return a.Dim(0) }

// IsContiguous reports whether the elements lie in C order without gaps, so that [Raw] works.
func (a *Array) IsContiguous() bool {
	want := 1
	for i := len(a.shape) - 1; i >= 0; i-- {
		switch n := a.shape[i]; {
		case n == 0:
			return true
		case n != 1 && a.strides[i] != want:
			return false
		default:
			want *= n
		}
	}
	return true
}

// isView reports whether the array shows only a part of its buffer, or shows elements of it more than once.
func (a *Array) isView() bool { return a.cap != a.Size() || !a.IsContiguous() }

// sameShape reports whether both arrays have the same shape.
func sameShape(a, b *Array) bool { return slices.Equal(a.shape, b.shape) }

// like returns a view of a's buffer with another shape, strides and offset.
func (a *Array) like(shape, strides []int, offset int) *Array {
	return &Array{dt: a.dt, shape: shape, strides: strides, offset: offset, base: a.base, cap: a.cap}
}

// View returns the same elements under another type of the same storage: an int64 array as Datetime or Timedelta
// and back, or unsigned as signed integers of the same width. Memory is shared.
func (a *Array) View(t dtype.Type) (*Array, error) {
	if !t.IsArray() || t.Size() != a.dt.Size() || t == dtype.Bool && a.dt != dtype.Bool {
		return nil, fail(ErrDType, "view: %v elements cannot be seen as %v", a.dt, t)
	}
	v := a.like(a.shape, a.strides, a.offset)
	v.dt = t
	return v, nil
}

// product returns the number of elements of a shape.
func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// cStrides returns the strides of a contiguous array in C order.
func cStrides(shape []int) []int {
	strides := make([]int, len(shape))
	step := 1
	for i := len(shape) - 1; i >= 0; i-- {
		strides[i] = step
		step *= max(shape[i], 1)
	}
	return strides
}

// normAxis returns the axis counted from the start.
func normAxis(op string, axis, ndim int) (int, error) {
	if axis < -ndim || axis >= ndim {
		return 0, fail(ErrAxis, "%s: axis %d is out of bounds for an array of %d dimensions", op, axis, ndim)
	}
	if axis < 0 {
		axis += ndim
	}
	return axis, nil
}

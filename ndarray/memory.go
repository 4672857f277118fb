package ndarray

import (
	"math"
	"strings"
	"unsafe"

	"sheaf/dtype"
)

// maxBytes is the largest buffer that is attempted; larger ones are an error and not an abort of the program.
const maxBytes = 1 << 46

// maxDims is the largest number of axes, as in NumPy.
const maxDims = 64

// checkShape returns the number of elements of a new array, or an error when the shape or type is impossible.
func checkShape(op string, t dtype.Type, shape []int) (int, error) {
	if !t.IsArray() {
		return 0, fail(ErrDType, "%s: an n-d array cannot hold %v elements", op, t)
	}
	if len(shape) > maxDims {
		return 0, fail(ErrShape, "%s: %d dimensions; %d is the limit", op, len(shape), maxDims)
	}
	n, empty := 1, false
	for _, d := range shape {
		if d < 0 {
			return 0, fail(ErrShape, "%s: negative length in shape %s", op, ShapeString(shape))
		}
		if d == 0 {
			empty = true
			continue
		}
		if n > math.MaxInt/d || n*d > maxBytes/t.Size() {
			return 0, fail(ErrShape, "%s: shape %s of %v is too large", op, ShapeString(shape), t)
		}
		n *= d
	}
	if empty {
		n = 0
	}
	return n, nil
}

// alloc returns memory for n elements of type t, aligned for it; zeroed unless dirty memory will do.
func alloc(t dtype.Type, n int, zero bool) unsafe.Pointer {
	if n == 0 {
		return nil
	}
	bytes := n * t.Size()
	if zero {
		// Eight-byte words so that the allocation is aligned for every element type.
		return unsafe.Pointer(unsafe.SliceData(make([]uint64, (bytes+7)/8)))
	}
	// The only documented way to memory that the runtime does not clear first: a Builder's buffer.
	var b strings.Builder
	b.Grow(max(bytes, 16))
	b.WriteByte(0)
	p := unsafe.Pointer(unsafe.StringData(b.String()))
	if bytes >= 2*hugePage {
		adviseHuge(p, bytes)
	}
	return p
}

// newArray makes a contiguous array; the shape has been checked and is kept.
func newArray(t dtype.Type, shape []int, zero bool) *Array {
	n := product(shape)
	return &Array{dt: t, shape: shape, strides: cStrides(shape), base: alloc(t, n, zero), cap: n}
}

// at returns the address of element i of the buffer. It must not be called on an empty array.
func (a *Array) at(i int) unsafe.Pointer {
	return unsafe.Add(a.base, i*a.dt.Size())
}

// first returns the address of the first element, nil when there are none.
func (a *Array) first() unsafe.Pointer {
	if a.base == nil || a.Size() == 0 {
		return nil
	}
	return a.at(a.offset)
}

// elems returns n elements from p on as a slice.
func elems[T dtype.Element](p unsafe.Pointer, n int) []T {
	return unsafe.Slice((*T)(p), n)
}

// buffer returns the whole buffer as a slice of the storage type, which the caller knows to be T.
func buffer[T dtype.Element](a *Array) []T {
	return unsafe.Slice((*T)(a.base), a.cap)
}

// bytesOf returns the elements of a contiguous array as bytes.
func bytesOf(a *Array) []byte {
	return unsafe.Slice((*byte)(a.first()), a.Nbytes())
}

package ndarray

import (
	"context"
	"unsafe"

	"sheaf/dtype"
	"sheaf/internal/kernel/num"
)

// pair is the memory of a complex128, moved as a whole.
type pair [2]uint64

// moveStrided copies n elements between strided places.
func moveStrided[T any](dst unsafe.Pointer, dstStep int, src unsafe.Pointer, srcStep, n int) {
	size := int(unsafe.Sizeof(*new(T)))
	switch {
	case srcStep == 0 && dstStep == 1:
		v, d := *(*T)(src), unsafe.Slice((*T)(dst), n)
		for i := range d {
			d[i] = v
		}
	case dstStep == 1:
		d := unsafe.Slice((*T)(dst), n)
		for i := range d {
			d[i] = *(*T)(src)
			if i < n-1 {
				src = unsafe.Add(src, srcStep*size)
			}
		}
	default:
		for i := range n {
			*(*T)(unsafe.Add(dst, i*dstStep*size)) = *(*T)(unsafe.Add(src, i*srcStep*size))
		}
	}
}

// copyRun copies n elements of type t between strided places that do not overlap.
func copyRun(t dtype.Type, dst unsafe.Pointer, dstStep int, src unsafe.Pointer, srcStep, n int) {
	if n == 0 {
		return
	}
	size := t.Size()
	if dstStep == 1 && srcStep == 1 {
		copy(unsafe.Slice((*byte)(dst), n*size), unsafe.Slice((*byte)(src), n*size))
		return
	}
	switch size {
	case 1:
		moveStrided[uint8](dst, dstStep, src, srcStep, n)
	case 2:
		moveStrided[uint16](dst, dstStep, src, srcStep, n)
	case 4:
		moveStrided[uint32](dst, dstStep, src, srcStep, n)
	case 8:
		moveStrided[uint64](dst, dstStep, src, srcStep, n)
	default:
		moveStrided[pair](dst, dstStep, src, srcStep, n)
	}
}

// copyInto copies the elements of src to dst, which has the same shape and other memory, converting them when the types
// differ.
func copyInto(dst, src *Array) {
	if dst.Size() == 0 {
		return
	}
	d, v := dst.view(), src.view()
	d.Type, v.Type = d.Type.Storage(), v.Type.Storage() // times convert as their nanoseconds
	if d.Type == v.Type {
		if dst.IsContiguous() && src.IsContiguous() {
			copy(bytesOf(dst), bytesOf(src))
			return
		}
		verify(num.Copy(context.Background(), d, v))
		return
	}
	verify(num.Apply(context.Background(), num.Cast, d, v))
}

// view describes the array to the loops.
func (a *Array) view() num.View {
	return num.View{Type: a.dt, Data: a.first(), Shape: a.shape, Strides: a.strides}
}

// verify stops the program when loops refuse arguments that have been checked before, which is a mistake of this
// package.
func verify(err error) {
	if err != nil {
		panic("ndarray: internal error: " + err.Error())
	}
}

// Copy returns a contiguous copy with memory of its own.
func (a *Array) Copy() *Array {
	c := newArray(a.dt, a.Shape(), false)
	copyInto(c, a)
	return c
}

// contiguous returns a itself when it is contiguous, and a copy otherwise.
func (a *Array) contiguous() *Array {
	if a.IsContiguous() {
		return a
	}
	return a.Copy()
}

// Compact returns the array itself when it shows its whole buffer in C order, and a copy otherwise, so that a small
// view does not keep a large buffer alive.
func (a *Array) Compact() *Array {
	if a.isView() {
		return a.Copy()
	}
	return a
}

// Assign copies src, broadcast to a's shape and converted to a's type, into a. src is an array, a Go number, bool
// or time, or a nested slice. The memory of src may overlap that of a.
func (a *Array) Assign(src any) error {
	if err := a.writable("assign"); err != nil {
		return err
	}
	s, err := operand(a.dt, src)
	if err != nil {
		return err
	}
	if s, err = s.BroadcastTo(a.shape...); err != nil {
		return err
	}
	if s.base == a.base && a.base != nil {
		s = s.Copy()
	}
	copyInto(a, s)
	return nil
}

// Fill sets every element to a Go number, bool or time.
func (a *Array) Fill(value any) error {
	v, err := Scalar(a.dt, value)
	if err != nil {
		return err
	}
	return a.Assign(v)
}

package ndarray

import (
	"unsafe"

	"sheaf/dtype"
	"sheaf/internal/kernel/num"
)

// KernelView describes the array to the loops of internal/kernel/num. It is for the packages of this module that run
// programs over chunks; the memory is the array's.
func (a *Array) KernelView() num.View { return a.view() }

// pooledBytes is the size from which chunks come from the pool of buffers.
const pooledBytes = 64 << 10

// NewPooled is [NewUninit] for chunks that are given back with [Array.Free]: large chunks that come and go then stay on the
// same pages, which the system would otherwise clear each time.
func NewPooled(t dtype.Type, shape ...int) (*Array, error) {
	n, err := checkShape("new", t, shape)
	if err != nil {
		return nil, err
	}
	if n*t.Size() < pooledBytes {
		return NewUninit(t, shape...)
	}
	mem := num.Buffers.Get(n * t.Size())
	return &Array{dt: t, shape: append([]int{}, shape...), strides: cStrides(shape), cap: n, base: unsafe.Pointer(unsafe.SliceData(mem))}, nil
}

// Free gives the memory of an array made by [NewPooled] back. Neither the array nor a view of it may be used afterwards, and
// it must not be called for arrays made otherwise.
func (a *Array) Free() {
	n := a.cap * a.dt.Size()
	if n < pooledBytes || a.base == nil {
		return
	}
	mem := unsafe.Slice((*byte)(a.base), (n+4095)&^4095)
	a.base, a.cap = nil, 0
	num.Buffers.Put(mem)
}

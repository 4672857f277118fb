package ndarray

import (
	"sync"
	"unsafe"

	"sheaf/dtype"
	"sheaf/internal/kernel/num"
)

// KernelView describes the array to the loops of internal/kernel/num. It is for the packages of this module that run
// programs over chunks; the memory is the array's.
func (a *Array) KernelView() num.View { return a.view() }

// pools keep the memory of chunks that were freed, by size class. The garbage collector empties them.
var pools sync.Map // int → *sync.Pool

// classBytes is the granularity of size classes: a page, so that little is lost.
const classBytes = 4096

// NewPooled is [NewUninit] for chunks that are given back with [Array.Free]: large chunks that come and go then stay on the
// same pages, which the system would otherwise clear each time.
func NewPooled(t dtype.Type, shape ...int) (*Array, error) {
	n, err := checkShape("new", t, shape)
	if err != nil {
		return nil, err
	}
	class := (n*t.Size() + classBytes - 1) / classBytes
	if class < 4 {
		return NewUninit(t, shape...)
	}
	a := &Array{dt: t, shape: append([]int{}, shape...), strides: cStrides(shape), cap: n}
	if p, ok := pools.Load(class); ok {
		if mem, ok := p.(*sync.Pool).Get().(unsafe.Pointer); ok {
			a.base = mem
			return a, nil
		}
	}
	a.base = alloc(dtype.Uint8, class*classBytes, false)
	return a, nil
}

// Free gives the memory of an array made by [NewPooled] back. Neither the array nor a view of it may be used afterwards, and
// it must not be called for arrays made otherwise.
func (a *Array) Free() {
	class := (a.cap*a.dt.Size() + classBytes - 1) / classBytes
	if class < 4 || a.base == nil {
		return
	}
	p, ok := pools.Load(class)
	if !ok {
		p, _ = pools.LoadOrStore(class, &sync.Pool{})
	}
	mem := a.base
	a.base, a.cap = nil, 0
	p.(*sync.Pool).Put(mem)
}

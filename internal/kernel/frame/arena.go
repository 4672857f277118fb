package frame

// #include <stdlib.h>
// #include "frame.h"
import "C"

import (
	"runtime"
	"unsafe"
)

// arena owns what one query lends to C: zeroed C memory, pinned Go memory and DuckDB types. It is freed at once, after the query's
// last chunk is gone.
type arena struct {
	slabs []unsafe.Pointer
	slab  unsafe.Pointer // what is left of the last one
	left  uintptr
	pins  runtime.Pinner
	types []C.duckdb_logical_type
	done  []func()
}

const slabBytes = 16 << 10

// alloc gives n zeroed bytes, aligned to 16.
func (a *arena) alloc(n uintptr) unsafe.Pointer {
	n = max((n+15)&^15, 16)
	if n > a.left {
		size := max(n, slabBytes)
		p := C.calloc(1, C.size_t(size))
		if p == nil {
			panic("frame: out of memory") // as the Go allocator does
		}
		a.slabs = append(a.slabs, p)
		if size > n {
			a.slab, a.left = p, size
		} else {
			return p
		}
	}
	p := a.slab
	a.slab = unsafe.Add(a.slab, n)
	a.left -= n
	return p
}

// slice gives a zeroed array of n elements of T in C memory, as a Go slice.
func slice[T any](a *arena, n int) []T {
	var t T
	return unsafe.Slice((*T)(a.alloc(unsafe.Sizeof(t)*uintptr(max(n, 1)))), n)
}

// str copies a string with a closing zero byte.
func (a *arena) str(s string) *C.char {
	b := slice[byte](a, len(s)+1)
	copy(b, s)
	return (*C.char)(unsafe.Pointer(&b[0]))
}

// pin gives the address of b's bytes and keeps them where they are. Memory that is not Go's is left alone.
func (a *arena) pin(b []byte) unsafe.Pointer {
	if len(b) == 0 {
		return nil
	}
	a.pins.Pin(&b[0])
	return unsafe.Pointer(&b[0])
}

// own keeps a DuckDB type until the end.
func (a *arena) own(t C.duckdb_logical_type) C.duckdb_logical_type {
	a.types = append(a.types, t)
	return t
}

// atEnd runs f when the arena is freed.
func (a *arena) atEnd(f func()) { a.done = append(a.done, f) }

func (a *arena) free() {
	for _, f := range a.done {
		f()
	}
	for i := range a.types {
		C.duckdb_destroy_logical_type(&a.types[i])
	}
	for _, p := range a.slabs {
		C.free(p)
	}
	a.pins.Unpin()
	*a = arena{}
}

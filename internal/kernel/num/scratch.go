package num

import (
	"sync"
	"unsafe"
)

// scratch is the memory for the tiles of one run, in slots of equal size. Runs take it from a pool, so that a worker
// that runs chunk after chunk uses the same lines of the cache.
type scratch struct {
	mem  []byte
	base uintptr // offset of the first slot in mem, for alignment
	slot int
	next int
}

// alignment of slots: a vector of 512 bits, a line of the cache.
const alignment = 64

var scratchPool = sync.Pool{New: func() any { return new(scratch) }}

func getScratch(slots, bytes int) *scratch {
	s := scratchPool.Get().(*scratch)
	s.slot = (bytes + alignment - 1) &^ (alignment - 1)
	if need := slots*s.slot + alignment; len(s.mem) < need {
		s.mem = make([]byte, need)
	}
	p := uintptr(unsafe.Pointer(unsafe.SliceData(s.mem)))
	s.base = -p & (alignment - 1)
	s.next = 0
	return s
}

// at returns slot i.
func (s *scratch) at(i int) unsafe.Pointer {
	return unsafe.Add(unsafe.Pointer(unsafe.SliceData(s.mem)), s.base+uintptr(i*s.slot))
}

// take returns the next slot that was not taken.
func (s *scratch) take() unsafe.Pointer {
	s.next++
	return s.at(s.next - 1)
}

func (s *scratch) release() {
	const keep = 4 << 20 // do not hold on to what one unusual program needed
	if len(s.mem) > keep {
		s.mem = nil
	}
	scratchPool.Put(s)
}

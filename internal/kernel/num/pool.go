package num

import (
	"strings"
	"sync"
	"unsafe"
)

// Pool keeps buffers of the size of chunks for the next chunk of that size. A fresh buffer costs a page fault for every
// 4 KiB and, from the Go heap, the clearing of its memory: together about as much as computing its contents. The zero
// Pool is ready to use; it is safe for concurrent use.
type Pool struct {
	mu    sync.Mutex
	idle  map[int][][]byte // by capacity
	order []int            // capacities in the order of their buffers' return, for eviction
	bytes int
	// Limit is the largest number of idle bytes; 0 means DefaultPoolLimit. Set it before use.
	Limit int
}

// DefaultPoolLimit is the number of idle bytes that a Pool keeps by default.
const DefaultPoolLimit = 256 << 20

// smallBuffer is the size below which the Go heap does as well.
const smallBuffer = 64 << 10

// Get returns n bytes with arbitrary contents, aligned for vectors (64 bytes) when n is at least 64 KiB, else for any
// element (8 bytes).
func (p *Pool) Get(n int) []byte {
	if n < smallBuffer {
		return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(make([]uint64, (n+7)/8)))), n)
	}
	size := sizeClass(n)
	p.mu.Lock()
	list := p.idle[size]
	if k := len(list); k > 0 {
		b := list[k-1]
		list[k-1] = nil
		p.idle[size] = list[:k-1]
		p.bytes -= size
		p.mu.Unlock()
		return b[:n]
	}
	p.mu.Unlock()
	return freshBuffer(size)[:n]
}

// Put takes back a buffer from Get that nobody uses any more, including views of it. Other buffers must not be given.
func (p *Pool) Put(b []byte) {
	size := cap(b)
	limit := p.Limit
	if limit == 0 {
		limit = DefaultPoolLimit
	}
	if size < smallBuffer || size != sizeClass(size) || size > limit {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.idle == nil {
		p.idle = map[int][][]byte{}
	}
	p.idle[size] = append(p.idle[size], b[:size])
	p.order = append(p.order, size)
	p.bytes += size
	for p.bytes > limit { // the sizes that came back longest ago go first
		old := p.order[0]
		p.order = p.order[1:]
		if list := p.idle[old]; len(list) > 0 {
			list[len(list)-1] = nil
			p.idle[old] = list[:len(list)-1]
			p.bytes -= old
		}
	}
	if len(p.order) > 1<<16 {
		p.order = append([]int(nil), p.order[len(p.order)/2:]...)
	}
}

// Idle returns the bytes that wait for use.
func (p *Pool) Idle() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bytes
}

// Trim gives all idle buffers to the garbage collector.
func (p *Pool) Trim() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle, p.order, p.bytes = nil, nil, 0
}

// sizeClass rounds up to pages, so that chunks whose sizes differ a little share buffers.
func sizeClass(n int) int { return (n + 4095) &^ 4095 }

// freshBuffer returns new memory that was not cleared, on huge pages if the system has them to give.
func freshBuffer(size int) []byte {
	// The only documented way to memory that the runtime does not clear first: a Builder's buffer.
	var s strings.Builder
	s.Grow(size + alignment)
	s.WriteByte(0)
	p := unsafe.Pointer(unsafe.StringData(s.String()))
	p = unsafe.Add(p, -uintptr(p)&(alignment-1))
	adviseHuge(p, size)
	return unsafe.Slice((*byte)(p), size)
}

// Buffers is the pool that chunks come from.
var Buffers Pool

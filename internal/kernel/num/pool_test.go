package num

import (
	"fmt"
	"testing"
	"unsafe"
)

func ExamplePool() {
	var p Pool
	b := p.Get(8_000_000)
	fmt.Println(len(b), p.Idle())
	p.Put(b)
	fmt.Println(p.Idle())
	c := p.Get(7_999_999) // the same pages
	fmt.Println(len(c), p.Idle())
	// Output:
	// 8000000 0
	// 8003584
	// 7999999 0
}

func TestPool(t *testing.T) {
	p := Pool{Limit: 1 << 20}
	var bs [][]byte
	for i := range 8 {
		b := p.Get(200_000 + i)
		if uintptr(unsafe.Pointer(&b[0]))%64 != 0 {
			t.Errorf("buffer %d is not aligned", i)
		}
		bs = append(bs, b)
	}
	for _, b := range bs {
		p.Put(b)
	}
	if got := p.Idle(); got > 1<<20 || got < 1<<19 {
		t.Errorf("idle: got %d, the limit is %d", got, 1<<20)
	}
	p.Put(p.Get(100)) // small ones are not kept
	p.Put(p.Get(1 << 21))
	p.Put(make([]byte, 100_001)) // not one of ours
	if got := p.Idle(); got > 1<<20 {
		t.Errorf("idle: got %d", got)
	}
	p.Trim()
	if p.Idle() != 0 {
		t.Error("idle after Trim")
	}
}

func fillBytes(b []byte) {
	v := unsafe.Slice((*uint64)(unsafe.Pointer(&b[0])), len(b)/8)
	for i := range v {
		v[i] = 1
	}
}

var sink []byte

func BenchmarkFresh8MB(b *testing.B) {
	for b.Loop() {
		sink = make([]byte, 8_000_000)
		fillBytes(sink)
	}
}

func BenchmarkFreshBuffer8MB(b *testing.B) {
	for b.Loop() {
		sink = freshBuffer(8_003_584)
		fillBytes(sink)
	}
}

func BenchmarkPooled8MB(b *testing.B) {
	for b.Loop() {
		x := Buffers.Get(8_000_000)
		fillBytes(x)
		Buffers.Put(x)
	}
}

// Fresh memory all held at the same time, as for persisted chunks.
func BenchmarkHeld8MB(b *testing.B) {
	var hold [64][]byte
	i := 0
	for b.Loop() {
		hold[i%64] = make([]byte, 8_000_000)
		fillBytes(hold[i%64])
		i++
	}
}

func BenchmarkHeldBuffer8MB(b *testing.B) {
	var hold [64][]byte
	i := 0
	for b.Loop() {
		hold[i%64] = freshBuffer(8_003_584)
		fillBytes(hold[i%64])
		i++
	}
}

package ndarray

import (
	"sync"
	"unsafe"
)

// tileLen is the number of elements that elementwise operations take at a time: operands that must be converted or
// gathered pass through scratch memory of this length that stays in the first cache.
const tileLen = 1024

// tile is scratch memory for a few operands of tileLen elements of any type.
type tile struct {
	bufs [3][tileLen]complex128
}

var tiles = sync.Pool{New: func() any { return new(tile) }}

func newTile() *tile { return tiles.Get().(*tile) }

func (t *tile) free() { tiles.Put(t) }

// mem returns the scratch memory of operand k.
func (t *tile) mem(k int) unsafe.Pointer { return unsafe.Pointer(&t.bufs[k]) }

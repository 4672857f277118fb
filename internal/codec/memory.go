package codec

import (
	"strings"
	"unsafe"
)

// dirtyMin is from how many bytes on memory is taken without being cleared first.
const dirtyMin = 64 << 10

// dirty returns memory for n bytes without pointers that the caller fills before anybody sees it.
func dirty(n uintptr) unsafe.Pointer {
	if n < dirtyMin {
		return unsafe.Pointer(&make([]uint64, (n+7)/8)[0]) // words, so that it is aligned for everything
	}
	// The only documented way to memory that the runtime does not clear first: a Builder's buffer. Large ones begin at a page.
	var b strings.Builder
	b.Grow(int(n))
	b.WriteByte(0)
	p := unsafe.Pointer(unsafe.StringData(b.String()))
	if n >= 2*hugePage {
		adviseHuge(p, n)
	}
	return p
}

// hugePage is the size of the large pages of the machines in use; on others the advice is only less useful.
const hugePage = 2 << 20

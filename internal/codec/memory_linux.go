package codec

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// adviseHuge asks the system for large pages under new memory of n bytes, which makes its first use cheaper. Failures do not matter.
func adviseHuge(p unsafe.Pointer, n uintptr) {
	skip := -uintptr(p) & (hugePage - 1)
	if n >= skip+hugePage {
		_ = unix.Madvise(unsafe.Slice((*byte)(unsafe.Add(p, skip)), (n-skip)&^(hugePage-1)), unix.MADV_HUGEPAGE)
	}
}

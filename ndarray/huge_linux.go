package ndarray

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePage is the size of the large pages of the machines in use; on others the advice is only less useful.
const hugePage = 2 << 20

// adviseHuge asks the system for large pages under new memory of n bytes: touching it for the first time is then several
// times faster. It is advice: failures do not matter.
func adviseHuge(p unsafe.Pointer, n int) {
	first := (uintptr(p) + hugePage - 1) &^ (hugePage - 1)
	skip := int(first - uintptr(p))
	if whole := (n - skip) / hugePage * hugePage; whole > 0 {
		_ = unix.Madvise(unsafe.Slice((*byte)(unsafe.Add(p, skip)), whole), unix.MADV_HUGEPAGE)
	}
}

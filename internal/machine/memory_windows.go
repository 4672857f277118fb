package machine

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// memoryStatus is MEMORYSTATUSEX of the Windows API.
type memoryStatus struct {
	length                                       uint32
	load                                         uint32
	totalPhys, availPhys                         uint64
	totalPageFile, availPageFile                 uint64
	totalVirtual, availVirtual, availExtdVirtual uint64
}

func memoryNow(string) Memory {
	proc := windows.NewLazySystemDLL("kernel32.dll").NewProc("GlobalMemoryStatusEx")
	var s memoryStatus
	s.length = uint32(unsafe.Sizeof(s))
	if ok, _, _ := proc.Call(uintptr(unsafe.Pointer(&s))); ok == 0 {
		return Memory{}
	}
	return Memory{TotalBytes: int64(s.totalPhys)}
}

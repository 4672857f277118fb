package cgroup

import (
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

const (
	canRead = true

	// A look costs a few µs.
	intervalMin = 5 * time.Millisecond
	intervalMax = 250 * time.Millisecond
)

var getProcessMemoryInfo = windows.NewLazySystemDLL("kernel32.dll").NewProc("K32GetProcessMemoryInfo")

// memoryCounters is PROCESS_MEMORY_COUNTERS_EX of the Windows API.
type memoryCounters struct {
	length, pageFaults                                       uint32
	peakWorkingSet, workingSet                               uintptr
	peakPagedPool, pagedPool, peakNonPagedPool, nonPagedPool uintptr
	pagefile, peakPagefile, private                          uintptr
}

// usageOf asks for the private bytes, and for the most that was resident.
func usageOf(pid int) (Usage, error) {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return Usage{}, os.NewSyscallError("OpenProcess", err)
	}
	defer windows.CloseHandle(h)
	var c memoryCounters
	c.length = uint32(unsafe.Sizeof(c))
	if ok, _, err := getProcessMemoryInfo.Call(uintptr(h), uintptr(unsafe.Pointer(&c)), uintptr(c.length)); ok == 0 {
		return Usage{}, os.NewSyscallError("GetProcessMemoryInfo", err)
	}
	return Usage{int64(c.private), int64(c.peakWorkingSet)}, nil
}

// selfPeak is 0: here a child's maximum is its own.
func selfPeak() int64 { return 0 }

//go:build unix

package cgroup

import (
	"os"
	"runtime"
	"syscall"
)

// MaxResidentBytes returns what the system reported for a process that has ended, for [Guard.Ended].
func MaxResidentBytes(s *os.ProcessState) int64 {
	r, ok := s.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return int64(r.Maxrss) // bytes there, kilobytes elsewhere
	}
	return int64(r.Maxrss) << 10
}

//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peakMB is the peak of the resident set of an ended process, in 1e6 bytes.
func peakMB(p *os.ProcessState) float64 {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	unit := int64(1024)
	if runtime.GOOS == "darwin" {
		unit = 1
	}
	return float64(int64(usage.Maxrss)*unit) / 1e6
}

//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package cgroup

import (
	"os/exec"
	"strconv"
	"strings"
	"time"
)

const (
	canRead = true

	// A look starts a process.
	intervalMin = 100 * time.Millisecond
	intervalMax = 1000 * time.Millisecond
)

// usageOf asks ps, which every BSD has; reading another process's memory without cgo is not possible on macOS.
func usageOf(pid int) (Usage, error) {
	out, err := exec.Command("ps", "-o", "rss=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return Usage{}, err
	}
	kb, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	if err != nil {
		return Usage{}, err
	}
	return Usage{kb << 10, kb << 10}, nil
}

// selfPeak is 0: here a child's maximum is its own.
func selfPeak() int64 { return 0 }

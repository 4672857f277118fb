//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly && !windows

package cgroup

import (
	"errors"
	"time"
)

const (
	canRead = false

	// There is nothing to look at.
	intervalMin = 250 * time.Millisecond
	intervalMax = 250 * time.Millisecond
)

func usageOf(int) (Usage, error) { return Usage{}, errors.ErrUnsupported }

func selfPeak() int64 { return 0 }

//go:build !linux

package num

import "time"

var start = time.Now()

func cpuTime() time.Duration { return time.Since(start) }

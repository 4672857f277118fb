//go:build !unix && !windows

package diagnostics

import "time"

func cpuTime() time.Duration { return 0 }

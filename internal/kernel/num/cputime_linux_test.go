package num

import (
	"syscall"
	"time"
)

// cpuTime returns the processor time that the program has used, which a busy machine disturbs less than the clock.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

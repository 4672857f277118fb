package node

import (
	"os"
	"time"
)

// openFiles returns the number of descriptors that the process has open, 0 where that cannot be told.
func openFiles() int {
	d, err := os.Open("/proc/self/fd")
	if err != nil {
		return 0
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return 0
	}
	return len(names) - 1 // the one that was opened for this
}

// cpuMeter measures how busy the process is.
type cpuMeter struct {
	at   time.Duration
	used time.Duration
	last float64
}

// percent returns the percentage of a core that the process has used since the last call.
func (c *cpuMeter) percent(now time.Duration) float64 {
	used := cpuTime()
	if d := now - c.at; d > 0 && c.used > 0 {
		c.last = 100 * float64(used-c.used) / float64(d)
	}
	c.at, c.used = now, used
	return c.last
}

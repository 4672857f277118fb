package scheduler

import (
	"cmp"
	"time"
)

// A Config says how a scheduler behaves. The zero value works.
type Config struct {
	Cluster   string // for people
	Dashboard string // URL of the page about the cluster, which clients are told; empty if there is none
	Epoch     uint64 // of this scheduler among those that served the cluster; its successor has a higher one
	Seed      uint64 // of whatever is decided by chance

	Heartbeat time.Duration // how often workers report; 500 ms if 0
	Lost      time.Duration // silence after which a worker is given up; 10 s if 0
	Lease     time.Duration // how long claims outlive a client's session; 60 s if 0, at once if negative
	NoWorkers time.Duration // how long tasks wait for a worker that may run them; 10 minutes if 0, for ever if negative
	Stall     time.Duration // how long a graph may stand still while workers idle until a note says why; 30 s if 0
	Backoff   time.Duration // before the first retry of a task, twice as long before each further one; 10 ms if 0
	Reduce    time.Duration // how often copies of values are let go that nobody needs; 2 s if 0, never if negative
	Stuck     time.Duration // how long functions that nobody wants may occupy all threads of a worker until it is replaced; 30 s if 0, for ever if negative
	Obituary  time.Duration // how long an agent's word about a dead worker is waited for; 5 s if 0

	AllowedFailures int           // how many worker processes may die of one task before it is given up; 3 if 0, none if negative
	Saturation      float64       // tasks sent to a worker per thread while they are long; 1.1 if 0
	Ahead           time.Duration // how much work in short tasks is sent ahead to a thread; 5 ms if 0
	SentMax         int           // most tasks sent ahead to a worker; 1024 if 0

	Bandwidth int64         // bytes per second between workers, for placement; 500 MB/s if 0
	Latency   time.Duration // of fetching one value, for placement; 500 µs if 0

	// Executables says whether clients may bring the executable with this SHA-256. If nil, it must be the one that a worker
	// runs, or there must be no worker yet.
	Executables func(sha string) bool

	StoryMax  int  // transitions that are remembered; 65,536 if 0
	StreamMax int  // ended tasks that are remembered for task streams; 65,536 if 0
	Log       bool // emit records
}

func (c Config) withDefaults() Config {
	c.Cluster = cmp.Or(c.Cluster, "sheaf")
	c.Heartbeat = cmp.Or(c.Heartbeat, 500*time.Millisecond)
	c.Lost = cmp.Or(c.Lost, 10*time.Second)
	c.Lease = cmp.Or(c.Lease, 60*time.Second)
	c.NoWorkers = cmp.Or(c.NoWorkers, 10*time.Minute)
	c.Stall = cmp.Or(c.Stall, 30*time.Second)
	c.Backoff = cmp.Or(c.Backoff, 10*time.Millisecond)
	c.Reduce = cmp.Or(c.Reduce, 2*time.Second)
	c.Stuck = cmp.Or(c.Stuck, 30*time.Second)
	c.Obituary = cmp.Or(c.Obituary, 5*time.Second)
	c.AllowedFailures = cmp.Or(c.AllowedFailures, 3)
	c.Saturation = cmp.Or(c.Saturation, 1.1)
	c.Ahead = cmp.Or(c.Ahead, 5*time.Millisecond)
	c.SentMax = cmp.Or(c.SentMax, 1024)
	c.Bandwidth = cmp.Or(c.Bandwidth, 500e6)
	c.Latency = cmp.Or(c.Latency, 500*time.Microsecond)
	c.StoryMax = cmp.Or(c.StoryMax, 1<<16)
	c.StreamMax = cmp.Or(c.StreamMax, 1<<16)
	c.Lease = max(c.Lease, 0)
	c.AllowedFailures = max(c.AllowedFailures, 0)
	return c
}

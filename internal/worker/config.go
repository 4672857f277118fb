package worker

import (
	"time"

	"sheaf/internal/wire"
)

// Config describes a worker. Only Hello must be filled in; zeros elsewhere mean good values.
type Config struct {
	Hello wire.WorkerHello // what it says of itself; Was, Epoch and Holds are its own

	Requests     int   // fetches under way at a time; 0 means 50
	PeerRequests int   // of them to one peer; 0 means 2
	RequestIDs   int   // values asked for in one of them; 0 means 1024
	RequestBytes int64 // about as many bytes asked for in one of them; 0 means 32 MiB
	FlightBytes  int64 // under way at a time; 0 means a tenth of the memory, or 1 GiB

	PushBytes int64 // results up to this size are pushed to who waits for them; 0 means 1 KiB

	PauseShare  float64 // of the memory limit, above which nothing starts; 0 means 0.85
	ResumeShare float64 // below which it goes on; 0 means 0.75

	StartedAfter time.Duration // when a running task is reported as started; 0 means 20 ms
	Ahead        time.Duration // how much work is handed out beyond one task per thread; 0 means 100 µs, negative none
	Backoff      time.Duration // pause after a peer was unreachable, doubled each time up to 32 times as much; 0 means 100 ms
	Patience     time.Duration // after which a worker that is paused by memory alone, and runs nothing, starts one task; 0 means 5 s
	Unclaimed    time.Duration // after which a value that a client put here is reported if nobody spoke of it; 0 means 60 s
	ErredMax     int           // failures that are remembered for a scheduler that comes back; 0 means 1000
}

// aheadTasks bounds how many tasks per thread are handed out beyond the first.
const aheadTasks = 256

func (c Config) withDefaults() Config {
	c.Hello.Threads = max(1, c.Hello.Threads)
	c.Hello.Version = or(c.Hello.Version, wire.Version)
	c.Requests = or(c.Requests, 50)
	c.PeerRequests = or(c.PeerRequests, 2)
	c.RequestIDs = or(c.RequestIDs, 1024)
	c.RequestBytes = or(c.RequestBytes, 32<<20)
	if c.FlightBytes <= 0 {
		c.FlightBytes = 1 << 30
		if m := c.Hello.MemoryBytes; m > 0 {
			c.FlightBytes = max(m/10, 1<<20)
		}
	}
	c.PushBytes = or(c.PushBytes, 1<<10)
	c.PauseShare = or(c.PauseShare, 0.85)
	c.ResumeShare = min(or(c.ResumeShare, 0.75), c.PauseShare)
	c.StartedAfter = or(c.StartedAfter, 20*time.Millisecond)
	if c.Ahead == 0 {
		c.Ahead = 100 * time.Microsecond
	}
	c.Backoff = or(c.Backoff, 100*time.Millisecond)
	c.Patience = or(c.Patience, 5*time.Second)
	c.Unclaimed = or(c.Unclaimed, time.Minute)
	c.ErredMax = or(c.ErredMax, 1000)
	return c
}

func or[T int | int64 | float64 | time.Duration](v, otherwise T) T {
	if v <= 0 {
		return otherwise
	}
	return v
}

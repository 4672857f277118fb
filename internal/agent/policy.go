package agent

import (
	"fmt"
	"time"
)

// A Policy decides what follows the end of a worker process. Zero fields take the values given here.
type Policy struct {
	BackoffMin   time.Duration // the wait after the first quick death; doubled for each that follows; 100 ms
	BackoffMax   time.Duration // the longest wait; 10 s
	HealthyAfter time.Duration // a worker that was up for as long did not die quickly; 10 s
	StartsMax    int           // starts in a row that never became ready, after which the worker is given up; 5
}

func (p Policy) withDefaults() Policy {
	if p.BackoffMin <= 0 {
		p.BackoffMin = 100 * time.Millisecond
	}
	if p.BackoffMax <= 0 {
		p.BackoffMax = 10 * time.Second
	}
	p.BackoffMax = max(p.BackoffMax, p.BackoffMin)
	if p.HealthyAfter <= 0 {
		p.HealthyAfter = 10 * time.Second
	}
	if p.StartsMax <= 0 {
		p.StartsMax = 5
	}
	return p
}

// history is what a policy remembers of one worker.
type history struct {
	quick    int // deaths in a row that came quickly after the worker was ready
	unready  int // starts in a row that never became ready
	restarts int
}

// decision says what to do about a worker whose process has ended.
type decision struct {
	restart bool
	after   time.Duration
	gaveUp  string // why there will be no restart although the worker is wanted
}

// next takes an end in and decides.
//
// A worker that was stopped or has left is not started again. Neither is one for which no restart can help: its executable does
// not call cluster.Init, or cannot be run. One that did not become ready is tried StartsMax times. One that was ready is started
// again always, at once after a long life and with growing waits after short ones.
func (p Policy) next(h *history, cause Cause, ready, permanent bool, uptime time.Duration) decision {
	switch {
	case cause == CauseStopped || cause == CauseLeft:
		return decision{}
	case permanent:
		return decision{gaveUp: "a restart would not help"}
	case !ready:
		h.unready++
		if h.unready >= p.StartsMax {
			return decision{gaveUp: fmt.Sprintf("%d starts in a row failed", h.unready)}
		}
		h.restarts++
		return decision{restart: true, after: p.backoff(h.unready)}
	}
	h.unready = 0
	h.restarts++
	if uptime >= p.HealthyAfter {
		h.quick = 0
		return decision{restart: true}
	}
	h.quick++
	return decision{restart: true, after: p.backoff(h.quick)}
}

// backoff returns the wait after the n-th failure in a row, counted from 1.
func (p Policy) backoff(n int) time.Duration {
	d := p.BackoffMin
	for range min(n-1, 62) {
		if d >= p.BackoffMax/2 {
			return p.BackoffMax
		}
		d *= 2
	}
	return min(d, p.BackoffMax)
}

package coord

import (
	"cmp"
	"container/heap"
	"time"
)

// A timer is when a wait or a lease ends.
type timer struct {
	at     time.Duration
	index  int // in the heap, -1 outside of it
	waiter *waiter
	grant  *grant
}

// before orders timers by time, and those of one time so that it does not matter when they were made: leases first.
func (t *timer) before(o *timer) bool {
	if t.at != o.at {
		return t.at < o.at
	}
	if (t.grant != nil) != (o.grant != nil) {
		return t.grant != nil
	}
	if t.grant != nil {
		return t.grant.token < o.grant.token
	}
	return cmp.Less(t.waiter.order, o.waiter.order)
}

// timers is a heap.
type timers []*timer

func (h timers) Len() int           { return len(h) }
func (h timers) Less(i, j int) bool { return h[i].before(h[j]) }

func (h timers) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *timers) Push(x any) {
	t := x.(*timer)
	t.index = len(*h)
	*h = append(*h, t)
}

func (h *timers) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	t.index = -1
	return t
}

// set starts or moves a timer to the given time from now.
func (m *Machine) set(t *timer, in time.Duration) {
	if in > Forever-m.now {
		in = Forever - m.now
	}
	t.at = m.now + in
	if t.index >= 0 {
		heap.Fix(&m.timers, t.index)
		return
	}
	heap.Push(&m.timers, t)
}

// stop takes a timer out, if it runs.
func (m *Machine) stop(t *timer) {
	if t.index >= 0 {
		heap.Remove(&m.timers, t.index)
	}
}

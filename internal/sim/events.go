package sim

import "time"

// never is later than everything.
const never = time.Duration(1<<63 - 1)

// An event is something that happens at a time. Events of one time happen in the order in which they were planned.
type event struct {
	at     time.Duration
	serial uint64
	do     func()
}

func (e *event) before(o *event) bool { return e.at < o.at || e.at == o.at && e.serial < o.serial }

// eventHeap is a binary heap, written out because container/heap boxes each element.
type eventHeap []event

func (h *eventHeap) push(e event) {
	q := append(*h, e)
	i := len(q) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !e.before(&q[up]) {
			break
		}
		q[i] = q[up]
		i = up
	}
	q[i] = e
	*h = q
}

func (h *eventHeap) pop() event {
	q := *h
	first, last := q[0], q[len(q)-1]
	q[len(q)-1] = event{}
	q = q[:len(q)-1]
	*h = q
	if len(q) == 0 {
		return first
	}
	i := 0
	for {
		down := 2*i + 1
		if down >= len(q) {
			break
		}
		if down+1 < len(q) && q[down+1].before(&q[down]) {
			down++
		}
		if !q[down].before(&last) {
			break
		}
		q[i] = q[down]
		i = down
	}
	q[i] = last
	return first
}

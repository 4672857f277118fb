package worker

import (
	"fmt"
	"slices"
)

// ready holds the tasks that can start, those of each client in a lane, which are served in turn: a client whose tasks wait in
// thousands does not keep another from starting its first. Users' priorities come before turns, as in the scheduler.
type ready struct {
	lanes []*lane
	n     int
	clock int64 // of the lane whose turn was last
}

// lane is the ready tasks of one client. It stays when it is empty until the others have been served as much, as long as there are any:
// otherwise a client with one task at a time would be new each time, and come before all others.
type lane struct {
	client uint32
	tasks  readyHeap
	served int64 // nanoseconds that its tasks have been given, on the clock of all
}

// overhead is what a task is charged besides its time.
const overhead = 1000

func clientOf(t *task) uint32 { return t.ID.Layer.Client() }

func (r *ready) find(client uint32) int {
	return slices.IndexFunc(r.lanes, func(l *lane) bool { return l.client == client })
}

func (r *ready) push(t *task) {
	i := r.find(clientOf(t))
	if i < 0 {
		i = len(r.lanes)
		r.lanes = append(r.lanes, &lane{client: clientOf(t)})
	}
	l := r.lanes[i]
	if len(l.tasks) == 0 {
		l.served = max(l.served, r.clock) // who was away has saved nothing up
	}
	l.tasks.push(t)
	r.n++
}

// next takes the most urgent task of the lane whose turn it is out of its lane: to be charged for, or to be given back. Once a round of them
// is over, tidy is called.
func (r *ready) next() *task {
	var best *lane
	for _, l := range r.lanes {
		if len(l.tasks) > 0 && (best == nil || l.before(best)) {
			best = l
		}
	}
	t := best.tasks[0]
	best.tasks.remove(t)
	r.n--
	return t
}

// charge charges the lane of a task that starts for the time that such a task takes.
func (r *ready) charge(t *task, pace int64) {
	l := r.lanes[r.find(clientOf(t))]
	r.clock = max(r.clock, l.served)
	t.charged = overhead + pace
	l.served += t.charged
}

// giveBack puts a task that cannot start now at its place again, in the same round.
func (r *ready) giveBack(t *task) {
	r.lanes[r.find(clientOf(t))].tasks.push(t)
	r.n++
}

// tidy removes the lanes that are empty and have nothing to wait for.
func (r *ready) tidy() {
	r.lanes = slices.DeleteFunc(r.lanes, func(l *lane) bool { return len(l.tasks) == 0 && (r.n == 0 || l.served <= r.clock) })
}

// before reports whether it is l's turn and not o's. Both have tasks.
func (l *lane) before(o *lane) bool {
	a, b := l.tasks[0].Priority.User, o.tasks[0].Priority.User
	return a > b || a == b && l.served < o.served
}

func (r *ready) remove(t *task) {
	r.lanes[r.find(clientOf(t))].tasks.remove(t)
	if r.n--; r.n == 0 {
		r.tidy() // nobody has to wait for anybody
	}
}

// correct replaces what a client was charged for a task that has ended by what it took.
func (r *ready) correct(t *task, nanos int64) {
	if i := r.find(clientOf(t)); i >= 0 {
		r.lanes[i].served += overhead + nanos - t.charged
	}
}

// refund takes back what a client was charged for a task that was handed out and never began.
func (r *ready) refund(t *task) {
	if i := r.find(clientOf(t)); i >= 0 {
		l := r.lanes[i]
		l.served = max(min(l.served, r.clock), l.served-t.charged) // nobody saves anything up by it
	}
	t.charged = 0
}

// has reports whether t stands at its place.
func (r *ready) has(t *task) bool {
	i := r.find(clientOf(t))
	return i >= 0 && t.at >= 0 && t.at < len(r.lanes[i].tasks) && r.lanes[i].tasks[t.at] == t
}

// check looks for what must not be.
func (r *ready) check() error {
	n := 0
	for _, l := range r.lanes {
		n += len(l.tasks)
		for i, t := range l.tasks {
			if i > 0 && l.tasks.less(i, (i-1)/2) {
				return fmt.Errorf("ready task %v stands behind less urgent ones", t.ID)
			}
		}
	}
	if n != r.n {
		return fmt.Errorf("%d tasks are ready, but %d are counted", n, r.n)
	}
	if n == 0 && len(r.lanes) > 0 {
		return fmt.Errorf("no task is ready, but there are %d lanes", len(r.lanes))
	}
	return nil
}

// readyHeap has the most urgent task first.
type readyHeap []*task

func (h readyHeap) less(i, j int) bool {
	return before(h[i].Priority, h[i].order, h[j].Priority, h[j].order)
}

func (h readyHeap) swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].at, h[j].at = i, j
}

func (h *readyHeap) push(t *task) {
	t.at = len(*h)
	*h = append(*h, t)
	h.up(t.at)
}

func (h *readyHeap) remove(t *task) {
	at, last := t.at, len(*h)-1
	if at != last {
		h.swap(at, last)
	}
	(*h)[last] = nil
	*h = (*h)[:last]
	if at != last {
		h.up(at)
		h.down(at)
	}
	t.at = -1
}

func (h readyHeap) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !h.less(i, parent) {
			return
		}
		h.swap(i, parent)
		i = parent
	}
}

func (h readyHeap) down(i int) {
	for {
		c := 2*i + 1
		if c >= len(h) {
			return
		}
		if c+1 < len(h) && h.less(c+1, c) {
			c++
		}
		if !h.less(c, i) {
			return
		}
		h.swap(c, i)
		i = c
	}
}

package worker

import (
	"fmt"
	"slices"

	"sheaf/internal/wire"
)

// Check verifies everything that must hold between steps. It costs a pass over the whole state.
func (w *Worker) Check() error {
	for _, f := range []func() error{w.checkTasks, w.checkSlots, w.checkValues, w.checkFlight, w.checkHeaps} {
		if err := f(); err != nil {
			return fmt.Errorf("worker %s: %w", w.conf.Hello.Name, err)
		}
	}
	return nil
}

// checkTasks: each task stands in one table, and its state says what is missing.
func (w *Worker) checkTasks() error {
	var waiting, ready int
	for id, t := range w.tasks {
		missing := int32(0)
		if len(t.uses) != len(t.Inputs) {
			return fmt.Errorf("task %v uses %d values for %d inputs", id, len(t.uses), len(t.Inputs))
		}
		for k, in := range t.Inputs {
			v := t.uses[k]
			switch {
			case v == nil || w.values[v.id] != v || v.id != in && v.id != in.Whole():
				return fmt.Errorf("task %v needs %v, of which there is no record", id, in)
			case v.state != Held:
				missing++
			}
			if whole := w.values[in.Whole()]; !t.running() && v.state != Held && whole != nil && whole.state == Held {
				return fmt.Errorf("task %v waits for %v, and the whole is here", id, in)
			}
		}
		switch {
		case t.ID != id || t.loose:
			return fmt.Errorf("task %v stands under %v, loose %t", t.ID, id, t.loose)
		case t.running():
			continue // values may be damaged after it has read them
		case t.missing != missing:
			return fmt.Errorf("task %v misses %d inputs, and thinks %d", id, missing, t.missing)
		case t.state == Waiting && missing > 0:
			waiting++
		case t.state == Ready && missing == 0 && w.ready.has(t):
			ready++
		default:
			return fmt.Errorf("task %v is %v with %d inputs missing, at %d", id, t.state, missing, t.at)
		}
	}
	if waiting != w.waiting || ready != w.ready.n {
		return fmt.Errorf("%d tasks wait and %d are ready, but %d and %d are counted", waiting, ready, w.waiting, w.ready.n)
	}
	return nil
}

// checkSlots: what runs is counted, once.
func (w *Worker) checkSlots() error {
	var busy, long int
	count := func(t *task) {
		switch t.state {
		case Executing:
			busy++
		case LongRunning:
			long++
		}
	}
	for _, t := range w.tasks {
		count(t)
	}
	for a, t := range w.loose {
		if t.attempt() != a || !t.loose || !t.running() {
			return fmt.Errorf("loose task %v stands under %v, %v", t.attempt(), a, t.state)
		}
		if live := w.tasks[a.ID]; live != nil && live.Attempt == a.Attempt {
			return fmt.Errorf("attempt %v is loose and live", a)
		}
		count(t)
	}
	if busy != w.busy || long != w.long {
		return fmt.Errorf("%d tasks execute and %d are long-running, but %d and %d are counted", busy, long, w.busy, w.long)
	}
	for a := range w.delayed {
		if w.loose[a] == nil {
			return fmt.Errorf("attempt %v waits for a loose one that is not there", a)
		}
	}
	return nil
}

// checkValues: users and waiters are exact, and there is a reason for each record.
func (w *Worker) checkValues() error {
	users, waiters := map[wire.ID]int32{}, map[wire.ID]int{}
	for _, tasks := range [][]*task{w.inOrder(), w.looseInOrder()} {
		for _, t := range tasks {
			for _, v := range t.uses {
				users[v.id]++
				if !t.running() && v.state != Held {
					waiters[v.id]++
				}
			}
		}
	}
	stored := 0
	for id, v := range w.values {
		if v.state == Held {
			stored++
		}
		switch {
		case v.id != id:
			return fmt.Errorf("value %v stands under %v", v.id, id)
		case v.users != users[id] || len(v.waiters) != waiters[id]:
			return fmt.Errorf("value %v has %d users and %d waiters, but %d and %d are counted", id, users[id], waiters[id], v.users, len(v.waiters))
		case v.state == Held && v.doomed && v.users == 0:
			return fmt.Errorf("value %v should be gone", id)
		case v.state == Held && (v.replica || len(v.waiters) > 0):
			return fmt.Errorf("value %v is here and waited for", id)
		case v.state != Held && v.users == 0 && !v.replica:
			return fmt.Errorf("value %v is wanted by nobody", id)
		case v.state == Flight && w.flight[id] == nil:
			return fmt.Errorf("value %v is in flight without a request", id)
		case v.state == Wanted && w.flight[id] != nil:
			return fmt.Errorf("value %v is wanted while a request is under way", id)
		case v.state == Wanted && v.needed() && len(v.holders) == 0 && !v.missed:
			return fmt.Errorf("value %v has no holder, and nobody was told", id)
		case v.state == Wanted && v.needed() && !slices.ContainsFunc(v.holders, func(n uint32) bool { return w.queued(n, v) || w.isLate(n, id) }) && !v.missed:
			return fmt.Errorf("value %v is in no queue", id)
		case v.own && v.state != Held:
			return fmt.Errorf("value %v was made here and is %v", id, v.state)
		case v.own && v.head != v.id && w.chained[v.head] != v.id:
			return fmt.Errorf("value %v cannot be found by its head %v", id, v.head)
		}
	}
	if stored != w.stored {
		return fmt.Errorf("%d values are here, but %d are counted", stored, w.stored)
	}
	for whole, parts := range w.parts {
		for _, v := range parts {
			if v.id.Part == 0 || v.id.Whole() != whole || w.values[v.id] != v {
				return fmt.Errorf("value %v is recorded as a part of %v", v.id, whole)
			}
		}
	}
	for head, id := range w.chained {
		if v := w.values[id]; v == nil || !v.own || v.head != head {
			return fmt.Errorf("head %v points to value %v, which it did not make", head, id)
		}
	}
	return nil
}

// queued reports whether a peer has an entry for v.
func (w *Worker) queued(number uint32, v *value) bool {
	p := w.peers[number]
	return p != nil && p.active && slices.ContainsFunc(p.queue, func(e entry) bool { return e.v == v && e.id == v.id })
}

// checkFlight: requests are counted and below their limits.
func (w *Worker) checkFlight() error {
	left, late, peers := map[*request]int{}, map[*request]int{}, map[*peer]int{}
	var bytes int64
	for _, r := range w.flight {
		if left[r]++; left[r] == 1 {
			peers[r.peer]++
			bytes += r.bytes
		}
	}
	for _, p := range w.peers {
		for _, r := range p.late {
			if late[r]++; late[r] == 1 && left[r] == 0 {
				peers[p]++
			}
		}
		if p.requests > 0 && peers[p] == 0 {
			return fmt.Errorf("no requests to %d, but %d are counted", p.number, p.requests)
		}
	}
	for r, n := range late {
		if r.late != n || r.stale {
			return fmt.Errorf("a request to %d has %d values late, but %d are counted", r.peer.number, n, r.late)
		}
	}
	for r, n := range left {
		if r.left != n {
			return fmt.Errorf("a request to %d has %d values left, but %d are counted", r.peer.number, n, r.left)
		}
	}
	for p, n := range peers {
		if p.requests != n || n > w.conf.PeerRequests {
			return fmt.Errorf("%d requests to %d, but %d are counted, at most %d", n, p.number, p.requests, w.conf.PeerRequests)
		}
	}
	if len(left) != w.requests || w.requests > w.conf.Requests || bytes != w.inFlight {
		return fmt.Errorf("%d requests of %d bytes, but %d of %d are counted", len(left), bytes, w.requests, w.inFlight)
	}
	if w.inFlight > w.conf.FlightBytes+w.conf.RequestBytes && len(w.flight) > 1 && !w.oversized(left) {
		return fmt.Errorf("%d bytes are in flight, at most %d", w.inFlight, w.conf.FlightBytes)
	}
	return nil
}

// oversized reports whether a request is of one value that alone is above the limits.
func (w *Worker) oversized(requests map[*request]int) bool {
	for r := range requests {
		if r.bytes > w.conf.RequestBytes {
			return true
		}
	}
	return false
}

func (w *Worker) checkHeaps() error {
	if err := w.ready.check(); err != nil {
		return err
	}
	for _, p := range w.active {
		for i := range p.queue {
			if i > 0 && p.less(i, (i-1)/2) {
				return fmt.Errorf("the queue of peer %d is out of order", p.number)
			}
		}
	}
	return nil
}

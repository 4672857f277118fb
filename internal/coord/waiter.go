package coord

import (
	"fmt"
	"time"
)

// waiter is a request that waits.
type waiter struct {
	session *session
	id      uint64
	order   uint64 // of arrival
	request Request
	places  []*place
	timer   timer

	pools []*pool // of who waits for locks or units
	queue *queue  // of who puts or gets
	items []*item // that a getter has so far
	bytes int     // of items

	variable *variable
	event    *event
}

// place is a waiter's place in a line.
type place struct {
	waiter     *waiter
	line       *line
	prev, next *place
}

// line is who waits for one thing, in the order of arrival.
type line struct {
	first, last *place
	n           int
}

// enter puts a waiter at the end.
func (l *line) enter(w *waiter) {
	p := &place{waiter: w, line: l, prev: l.last}
	if l.last != nil {
		l.last.next = p
	} else {
		l.first = p
	}
	l.last = p
	l.n++
	w.places = append(w.places, p)
}

// head returns who is served next.
func (l *line) head() *waiter {
	if l.first == nil {
		return nil
	}
	return l.first.waiter
}

func (p *place) leave() {
	l := p.line
	if p.prev != nil {
		p.prev.next = p.next
	} else {
		l.first = p.next
	}
	if p.next != nil {
		p.next.prev = p.prev
	} else {
		l.last = p.prev
	}
	l.n--
}

// arrive makes a waiter of a request, or refuses it if too many of the session wait.
func (m *Machine) arrive(s *session, id uint64, r Request, wait time.Duration) (*waiter, *Error) {
	if wait < 0 {
		return nil, failf(CodeInvalid, "a wait of %v", wait)
	}
	if len(s.waits) >= m.conf.PerSession {
		return nil, failf(CodeLimit, "%d requests of this session wait already; wait for some of them first", len(s.waits))
	}
	m.order++
	w := &waiter{session: s, id: id, order: m.order, request: r}
	w.timer = timer{index: -1, waiter: w}
	s.waits[id] = w
	return w, nil
}

// stay lets a waiter that was not served at once wait as long as it wants to.
func (m *Machine) stay(w *waiter, wait time.Duration) {
	switch {
	case w.session.waits[w.id] != w: // served
	case wait == 0:
		m.abandon(w, failf(CodeTimeout, "%s", w.late()))
	case wait < Forever:
		m.set(&w.timer, wait)
	}
}

// leave takes a waiter out of all lines: it is served, or does not want to be.
func (m *Machine) leave(w *waiter) {
	for _, p := range w.places {
		p.leave()
	}
	w.places = nil
	m.stop(&w.timer)
	delete(w.session.waits, w.id)
}

// abandon ends a wait without success.
func (m *Machine) abandon(w *waiter, err *Error) {
	m.leave(w)
	m.fail(w.session, w.id, err)
	m.giveBack(w)
}

// giveBack returns what a waiter that has left had so far, and looks after what it waited for.
func (m *Machine) giveBack(w *waiter) {
	switch r := w.request.(type) {
	case QueuePut:
		m.dropValue(r.Value)
		m.serve(w.queue)
	case QueueGet:
		for _, i := range w.items {
			w.queue.insert(i)
		}
		w.items = nil
		m.serve(w.queue)
	case VarGet:
		m.forgetVariable(w.variable)
	case EventWait:
		m.forgetEvent(w.event)
	default:
		m.dirty = append(m.dirty, w.pools...)
	}
}

// late says what the waiter did not get in time.
func (w *waiter) late() string {
	switch r := w.request.(type) {
	case LockAcquire:
		return fmt.Sprintf("the lock %s is held by somebody else", quoted(r.Name))
	case MultiAcquire:
		return fmt.Sprintf("the %d locks are not all free", len(r.Names))
	case SemAcquire:
		return fmt.Sprintf("the semaphore %s has not enough free units", quoted(r.Name))
	case QueuePut:
		return fmt.Sprintf("the queue %s is full", quoted(r.Name))
	case QueueGet:
		return fmt.Sprintf("the queue %s has not enough items", quoted(r.Name))
	case VarGet:
		return fmt.Sprintf("the variable %s is not set", quoted(r.Name))
	case EventWait:
		return fmt.Sprintf("the event %s is not set", quoted(r.Name))
	}
	return "the wait is over"
}

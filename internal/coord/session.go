package coord

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"sheaf/internal/wire"
)

// session is what the machine knows of a session.
type session struct {
	name   Session
	last   uint64 // the highest request id
	silent bool   // gone, but for its leases

	replies    map[uint64]*kept
	order      []uint64 // of replies, oldest first; some may be gone
	replyBytes int

	waits  map[uint64]*waiter // by request
	grants map[uint64]*grant  // by token
	taken  map[uint64]*item   // from queues and not acknowledged, by number
	subs   map[uint64]*subscription
	lent   map[uint64][]wire.ID // futures that it is to claim, by request
}

// kept is an answer that is remembered in case the request is repeated.
type kept struct {
	result Result
	err    *Error
}

func (k *kept) size() int {
	n := k.result.size()
	if k.err != nil {
		n += len(k.err.Text)
	}
	return n
}

func (m *Machine) session(name Session) *session {
	s := m.sessions[name]
	if s == nil {
		s = &session{
			name: name, replies: map[uint64]*kept{}, waits: map[uint64]*waiter{}, grants: map[uint64]*grant{},
			taken: map[uint64]*item{}, subs: map[uint64]*subscription{}, lent: map[uint64][]wire.ID{},
		}
		m.sessions[name] = s
	}
	s.silent = false
	return s
}

// reply answers a request and remembers the answer.
func (m *Machine) reply(s *session, id uint64, r Result) { m.answer(s, id, &kept{result: r}) }

func (m *Machine) fail(s *session, id uint64, err *Error) { m.answer(s, id, &kept{err: err}) }

func (m *Machine) answer(s *session, id uint64, k *kept) {
	m.emit(Reply{s.name, id, k.result, k.err})
	s.replies[id] = k
	s.order = append(s.order, id)
	s.replyBytes += k.size()
	for len(s.replies) > m.conf.Replies || s.replyBytes > m.conf.ReplyBytes && len(s.replies) > 1 {
		s.forget(s.order[0])
		s.order = s.order[1:]
	}
}

func (s *session) forget(id uint64) {
	if k := s.replies[id]; k != nil {
		s.replyBytes -= k.size()
		delete(s.replies, id)
	}
}

// repeat answers a repeated request as before. What waits still waits.
func (m *Machine) repeat(s *session, id uint64, r Request) {
	if k := s.replies[id]; k != nil {
		m.emit(Reply{s.name, id, k.result, k.err})
		return
	}
	if r, ok := r.(Received); ok {
		m.received(s, r.UpTo)
		return
	}
	if s.waits[id] == nil {
		m.emit(Reply{s.name, id, Result{}, failf(CodeRepeated, "request %d was answered before and the answer is not remembered", id)})
	}
}

// received forgets answers that the session has.
func (m *Machine) received(s *session, upTo uint64) {
	n := slices.Index(s.order, upTo) + 1
	for _, id := range s.order[:n] {
		s.forget(id)
	}
	s.order = s.order[n:]
}

// cancel gives up a request: it does not wait any more, or what it was granted goes back.
func (m *Machine) cancel(s *session, id uint64, r Cancel) *Error {
	cancelled := failf(CodeCancelled, "request %d was cancelled", r.Request)
	if w := s.waits[r.Request]; w != nil {
		m.abandon(w, cancelled)
		m.reply(s, id, Result{OK: true})
		return nil
	}
	k := s.replies[r.Request]
	if k == nil || k.err != nil {
		m.reply(s, id, Result{})
		return nil
	}
	undone := m.reclaim(s, r.Request) || k.result.Items != nil
	if g := s.grants[k.result.Token]; g != nil {
		m.end(g)
		undone = true
	}
	var back []*item
	for _, i := range k.result.Items {
		if i := s.taken[i.Seq]; i != nil {
			back = append(back, i)
		}
	}
	m.putBack(s, back...)
	if undone {
		s.replyBytes -= k.size()
		k.result, k.err = Result{}, cancelled
		s.replyBytes += k.size()
	}
	m.reply(s, id, Result{OK: undone})
	return nil
}

// An End is how a session has ended.
type End uint8

// The ends of sessions.
const (
	Closed End = iota // it said so, or its process is known to be dead: nobody uses its locks any more
	Silent            // it was not heard of for too long: its leases run out in their own time, since it may live on
)

// Gone ends a session: its waits are dropped, its subscriptions end, items that it took and did not acknowledge go back to
// their queues. Requests that still arrive of a silent session begin where it ended.
func (m *Machine) Gone(now time.Duration, name Session, how End) []Effect {
	m.advance(now)
	s := m.sessions[name]
	if s == nil {
		return m.flush()
	}
	waits := slices.SortedFunc(maps.Values(s.waits), func(a, b *waiter) int { return cmp.Compare(a.order, b.order) })
	for _, w := range waits { // all of them before anything is freed that another one might be given
		m.leave(w)
	}
	var items []*item
	for _, seq := range slices.Sorted(maps.Keys(s.taken)) {
		items = append(items, s.taken[seq])
	}
	queues := m.insert(s, items)
	for _, w := range waits {
		m.giveBack(w)
	}
	for _, q := range queues {
		m.serve(q)
	}
	for _, id := range slices.Sorted(maps.Keys(s.subs)) {
		m.endSubscription(s.subs[id])
	}
	for _, id := range slices.Sorted(maps.Keys(s.lent)) {
		m.reclaim(s, id)
	}
	s.silent = true
	if how == Closed {
		for _, token := range slices.Sorted(maps.Keys(s.grants)) {
			m.end(s.grants[token])
		}
	}
	m.settle()
	m.forgetSession(s)
	return m.flush()
}

// forgetSession drops a session that is gone and holds nothing.
func (m *Machine) forgetSession(s *session) {
	if s.silent && len(s.grants) == 0 {
		delete(m.sessions, s.name)
	}
}

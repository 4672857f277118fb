package coord

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// pool is a lock or a semaphore: some units of which requests take some. A lock has one. It exists as long as somebody holds
// or waits for units.
type pool struct {
	space  Space
	name   string
	limit  int
	used   int
	grants map[uint64]*grant // by token
	line   line
	gone   bool
}

// grant is what a request was given.
type grant struct {
	token   uint64
	session *session
	pools   []*pool
	units   int // of each pool
	lease   time.Duration
	timer   timer
}

// wish is what the requests for locks and units have in common.
type wish struct {
	space Space
	names []string
	need  int // of the names
	units int
	limit int
	lease time.Duration
	wait  time.Duration
}

func wishOf(r Request) wish {
	switch r := r.(type) {
	case LockAcquire:
		return wish{Locks, []string{r.Name}, 1, 1, 1, r.Lease, r.Wait}
	case MultiAcquire:
		need := r.N
		if need == 0 {
			need = len(r.Names)
		}
		return wish{Locks, r.Names, need, 1, 1, r.Lease, r.Wait}
	case SemAcquire:
		return wish{Semaphores, []string{r.Name}, 1, max(r.N, 1), r.Limit, r.Lease, r.Wait}
	}
	return wish{}
}

// acquire takes locks or units, or waits for them.
func (m *Machine) acquire(s *session, id uint64, r Request) *Error {
	q := wishOf(r)
	if err := m.checkWish(s, q, r); err != nil {
		return err
	}
	pools, missing := m.poolsOf(q.space), 0
	for _, name := range q.names {
		switch p := pools[name]; {
		case p == nil:
			missing++
		case p.limit != q.limit:
			return failf(CodeMismatch, "the semaphore %s has %d units as long as somebody holds or waits for some, and not %d; "+
				"use one limit everywhere, or close it first", quoted(name), p.limit, q.limit)
		}
	}
	if err := m.room(missing, 0); err != nil {
		return err
	}
	w, err := m.arrive(s, id, r, q.wait)
	if err != nil {
		return err
	}
	m.queueUp(w, q)
	m.settle()
	m.stay(w, q.wait)
	return nil
}

// queueUp puts a waiter into the lines of its pools, which are made if they do not exist.
func (m *Machine) queueUp(w *waiter, q wish) {
	pools := m.poolsOf(q.space)
	for _, name := range q.names {
		p := pools[name]
		if p == nil {
			p = &pool{space: q.space, name: name, limit: q.limit, grants: map[uint64]*grant{}}
			pools[name] = p
			m.objects++
		}
		p.line.enter(w)
		w.pools = append(w.pools, p)
	}
	m.dirty = append(m.dirty, w.pools...)
}

// checkWish refuses what can never be granted.
func (m *Machine) checkWish(s *session, q wish, r Request) *Error {
	if len(q.names) == 0 || len(q.names) > m.conf.Names {
		return failf(CodeInvalid, "%d locks at once; give 1 to %d names", len(q.names), m.conf.Names)
	}
	seen := make(map[string]bool, len(q.names))
	for _, name := range q.names {
		if err := m.checkName(q.space, name); err != nil {
			return err
		}
		if seen[name] {
			return failf(CodeInvalid, "the lock %s is named twice", quoted(name))
		}
		seen[name] = true
	}
	switch sem, ok := r.(SemAcquire); {
	case q.need < 1 || q.need > len(q.names):
		return failf(CodeInvalid, "%d of %d locks", q.need, len(q.names))
	case q.limit < 1:
		return failf(CodeInvalid, "the semaphore %s with %d units; it has at least 1", quoted(q.names[0]), q.limit)
	case ok && sem.N < 0, q.units > q.limit:
		return failf(CodeInvalid, "%d units of the semaphore %s, which has %d", sem.N, quoted(q.names[0]), q.limit)
	case q.lease < 0:
		return failf(CodeInvalid, "a lease of %v", q.lease)
	case q.lease > m.conf.LeaseMax:
		return failf(CodeLimit, "a lease of %v; the limit is %v, renew shorter ones", q.lease, m.conf.LeaseMax)
	case len(s.grants) >= m.conf.PerSession:
		return failf(CodeLimit, "this session holds %d leases; release some first", len(s.grants))
	}
	return nil
}

func (m *Machine) poolsOf(s Space) map[string]*pool {
	if s == Locks {
		return m.locks
	}
	return m.semaphores
}

// settle grants what can be granted in pools that have changed.
func (m *Machine) settle() {
	for len(m.dirty) > 0 {
		p := m.dirty[0]
		m.dirty = m.dirty[1:]
		for w := p.line.head(); w != nil && m.try(w); {
			w = p.line.head()
		}
		if !p.gone && p.used == 0 && p.line.n == 0 {
			p.gone = true
			delete(m.poolsOf(p.space), p.name)
			m.objects--
		}
	}
	m.dirty = nil
}

// try grants a request if enough of its pools have it at the head of their lines and units left.
func (m *Machine) try(w *waiter) bool {
	q := wishOf(w.request)
	var free []*pool
	for _, p := range w.pools {
		if p.line.head() == w && p.used+q.units <= p.limit {
			if free = append(free, p); len(free) == q.need {
				break
			}
		}
	}
	if len(free) < q.need {
		return false
	}
	m.leave(w)
	m.dirty = append(m.dirty, w.pools...) // others are at the heads of the lines now
	m.token++
	g := &grant{token: m.token, session: w.session, pools: free, units: q.units, lease: cmp.Or(q.lease, m.conf.Lease)}
	m.hold(g, g.lease)
	r := Result{OK: true, Token: g.token}
	if _, ok := w.request.(MultiAcquire); ok {
		for _, p := range free {
			r.Names = append(r.Names, p.name)
		}
	}
	m.reply(w.session, w.id, r)
	return true
}

// hold enters a grant whose lease has the given time left.
func (m *Machine) hold(g *grant, left time.Duration) {
	for _, p := range g.pools {
		p.used += g.units
		p.grants[g.token] = g
	}
	g.session.grants[g.token] = g
	g.timer = timer{index: -1, grant: g}
	m.set(&g.timer, left)
}

// end takes a grant back.
func (m *Machine) end(g *grant) {
	m.stop(&g.timer)
	for _, p := range g.pools {
		p.used -= g.units
		delete(p.grants, g.token)
		m.dirty = append(m.dirty, p)
	}
	delete(g.session.grants, g.token)
	m.forgetSession(g.session)
}

func (m *Machine) release(s *session, id uint64, r Release) *Error {
	g := s.grants[r.Token]
	if g == nil {
		return failf(CodeNotHeld, "token %d is not held: it was released before, or its lease has run out and others may have had "+
			"the lock since; renew leases in time, or ask for longer ones", r.Token)
	}
	m.end(g)
	m.reply(s, id, Result{OK: true})
	return nil
}

func (m *Machine) renew(s *session, id uint64, r Renew) *Error {
	var lost []uint64
	for _, token := range r.Tokens {
		if g := s.grants[token]; g != nil {
			m.set(&g.timer, g.lease)
		} else {
			lost = append(lost, token)
		}
	}
	m.reply(s, id, Result{OK: len(lost) == 0, Tokens: lost})
	return nil
}

func (m *Machine) closeSemaphore(s *session, id uint64, r SemClose) *Error {
	if err := m.checkName(Semaphores, r.Name); err != nil {
		return err
	}
	p := m.semaphores[r.Name]
	if p != nil {
		for w := p.line.head(); w != nil; w = p.line.head() {
			m.abandon(w, failf(CodeClosed, "the semaphore %s was closed", quoted(r.Name)))
		}
		for _, token := range slices.Sorted(maps.Keys(p.grants)) {
			m.end(p.grants[token])
		}
	}
	m.reply(s, id, Result{OK: p != nil})
	return nil
}

package coord

import (
	"errors"
	"fmt"
	"slices"
)

// Check verifies that the machine's tables fit each other, for tests. It costs as much as there is.
func (m *Machine) Check() error {
	return errors.Join(m.checkPools(), m.checkQueues(), m.checkFlags(), m.checkTopics(), m.checkSessions(), m.checkTimers(), m.checkTotals())
}

func (m *Machine) checkPools() error {
	for _, space := range []Space{Locks, Semaphores} {
		for name, p := range m.poolsOf(space) {
			used := 0
			for token, g := range p.grants {
				if used += g.units; g.token != token || !slices.Contains(g.pools, p) || g.session.grants[token] != g {
					return fmt.Errorf("%s %q: grant %d is not its session's", space, name, token)
				}
			}
			switch {
			case p.gone || p.name != name || p.space != space:
				return fmt.Errorf("%s %q is another one, or gone", space, name)
			case used != p.used || used > p.limit:
				return fmt.Errorf("%s %q: %d units used, %d granted, of %d", space, name, p.used, used, p.limit)
			case used == 0 && p.line.n == 0:
				return fmt.Errorf("%s %q is of no use", space, name)
			}
			if err := p.line.check(); err != nil {
				return fmt.Errorf("%s %q: %w", space, name, err)
			}
		}
	}
	for _, s := range m.sessions {
		for _, w := range s.waits {
			if len(w.pools) > 0 && m.grantable(w) {
				return fmt.Errorf("request %d of %s waits, but could be granted", w.id, s.name)
			}
		}
	}
	return nil
}

// grantable reports whether a waiter should not wait.
func (m *Machine) grantable(w *waiter) bool {
	q, free := wishOf(w.request), 0
	for _, p := range w.pools {
		if p.line.head() == w && p.used+q.units <= p.limit {
			free++
		}
	}
	return free >= q.need
}

// check verifies that those in line are there in the order of arrival, and wait.
func (l *line) check() error {
	n, order := 0, uint64(0)
	for p := l.first; p != nil; p = p.next {
		w := p.waiter
		if w.order <= order || w.session.waits[w.id] != w || !slices.Contains(w.places, p) {
			return fmt.Errorf("request %d of %s is in line, but not in order, or does not wait", w.id, w.session.name)
		}
		n, order = n+1, w.order
	}
	if n != l.n {
		return fmt.Errorf("%d in line, %d counted", n, l.n)
	}
	return nil
}

func (m *Machine) checkQueues() error {
	taken := map[*queue]int{}
	for _, s := range m.sessions {
		for _, i := range s.taken {
			taken[i.queue]++
		}
	}
	for name, q := range m.queues {
		items := slices.Concat(q.front, q.items)
		if !slices.IsSortedFunc(items, func(a, b *item) int { return int(int64(a.seq - b.seq)) }) {
			return fmt.Errorf("queue %q: items are not in order", name)
		}
		switch {
		case q.gone || q.name != name:
			return fmt.Errorf("queue %q is another one, or gone", name)
		case taken[q] != q.taken:
			return fmt.Errorf("queue %q: %d items taken, %d counted", name, taken[q], q.taken)
		case len(items) > 0 && q.gets.n > 0:
			return fmt.Errorf("queue %q has %d items, and %d wait for one", name, len(items), q.gets.n)
		case q.puts.n > 0 && (q.max == 0 || len(items) < q.max):
			return fmt.Errorf("queue %q has %d items of %d, and %d wait to put one", name, len(items), q.max, q.puts.n)
		case len(items)+q.gets.n+q.puts.n+q.taken == 0:
			return fmt.Errorf("queue %q is of no use", name)
		}
		if err := errors.Join(q.gets.check(), q.puts.check()); err != nil {
			return fmt.Errorf("queue %q: %w", name, err)
		}
	}
	return nil
}

func (m *Machine) checkFlags() error {
	for name, v := range m.variables {
		if v.name != name || v.set == (v.gets.n > 0) || v.gets.check() != nil {
			return fmt.Errorf("variable %q: set %v, and %d wait", name, v.set, v.gets.n)
		}
	}
	for name, e := range m.events {
		if e.name != name || e.set == (e.waits.n > 0) || e.waits.check() != nil {
			return fmt.Errorf("event %q: set %v, and %d wait", name, e.set, e.waits.n)
		}
	}
	return nil
}

func (m *Machine) checkTopics() error {
	for name, t := range m.topics {
		bytes := 0
		for k, message := range t.messages {
			if bytes += message.size(); message.Seq != t.first()+uint64(k) {
				return fmt.Errorf("topic %q: message %d is number %d", name, k, message.Seq)
			}
		}
		switch {
		case t.name != name || t.last == 0 && len(t.subs) == 0:
			return fmt.Errorf("topic %q is another one, or of no use", name)
		case t.bytes != bytes || bytes > m.conf.HistoryBytes && len(t.messages) > 1 || len(t.messages) > m.conf.HistoryItems:
			return fmt.Errorf("topic %q: %d messages of %d bytes, %d counted", name, len(t.messages), bytes, t.bytes)
		}
		for _, sub := range t.subs {
			size := 0
			for _, o := range sub.open {
				size += o.size
			}
			switch {
			case sub.session.subs[sub.id] != sub || sub.topic != t:
				return fmt.Errorf("topic %q: a subscription that its session does not have", name)
			case size != sub.bytes || len(sub.open) > m.conf.Window:
				return fmt.Errorf("topic %q: %d messages of %d bytes are open, %d counted", name, len(sub.open), size, sub.bytes)
			case sub.next <= t.last && len(sub.open) == 0:
				return fmt.Errorf("topic %q: a subscription at %d of %d is not sent anything", name, sub.next, t.last)
			}
		}
	}
	return nil
}

func (m *Machine) checkSessions() error {
	for name, s := range m.sessions {
		bytes := 0
		for id, k := range s.replies {
			if bytes += k.size(); id > s.last || s.waits[id] != nil || !slices.Contains(s.order, id) {
				return fmt.Errorf("session %s: an answer to %d", name, id)
			}
		}
		for token, g := range s.grants {
			for _, p := range g.pools {
				if p.gone || p.grants[token] != g {
					return fmt.Errorf("session %s: the %s %q does not know token %d", name, p.space, p.name, token)
				}
			}
			if g.token != token || token > m.token || g.timer.index < 0 {
				return fmt.Errorf("session %s: token %d of %d", name, token, m.token)
			}
		}
		switch {
		case s.name != name || bytes != s.replyBytes || len(s.replies) > m.conf.Replies:
			return fmt.Errorf("session %s: %d answers of %d bytes, %d counted", name, len(s.replies), bytes, s.replyBytes)
		case s.silent && (len(s.grants) == 0 || len(s.waits)+len(s.taken)+len(s.subs)+len(s.lent) > 0):
			return fmt.Errorf("session %s is gone, but not all of it", name)
		case max(len(s.waits), len(s.subs), len(s.lent)) > m.conf.PerSession:
			return fmt.Errorf("session %s has more than it may", name)
		}
	}
	return nil
}

func (m *Machine) checkTimers() error {
	for k, t := range m.timers {
		if t.index != k || k > 0 && t.before(m.timers[(k-1)/2]) {
			return fmt.Errorf("timer %d is not in its place", k)
		}
		if (t.grant == nil) == (t.waiter == nil) || t.waiter != nil && t.waiter.session.waits[t.waiter.id] != t.waiter ||
			t.grant != nil && t.grant.session.grants[t.grant.token] != t.grant {
			return fmt.Errorf("timer %d is of nobody", k)
		}
	}
	return nil
}

func (m *Machine) checkTotals() error {
	nodes, metaBytes := m.meta.cost("")
	bytes := int64(metaBytes - nodeBytes)
	m.values(func(v Value) { bytes += int64(v.size()) })
	for _, t := range m.topics {
		bytes += int64(t.bytes)
	}
	objects := nodes - 1
	for s := Locks; s < spaceEnd; s++ {
		objects += len(m.namesOf(s))
	}
	if bytes != m.bytes || objects != m.objects || objects > m.conf.Objects || bytes > m.conf.TotalBytes {
		return fmt.Errorf("%d objects of %d bytes, counted %d of %d", objects, bytes, m.objects, m.bytes)
	}
	return nil
}

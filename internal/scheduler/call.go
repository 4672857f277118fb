package scheduler

import (
	"fmt"
	"slices"
	"time"

	"sheaf/internal/wire"
)

// call answers a client's question, now or later.
func (s *Scheduler) call(c *client, m *wire.Call) {
	if len(s.waits) >= waitsMax {
		s.deny(c, m.Request, wire.SortLimit, fmt.Sprintf("%d calls are waiting for an answer", len(s.waits)))
		return
	}
	switch b := m.Body.(type) {
	case *wire.Coord:
		s.coordCall(c, m.Request, b)
	case *wire.WhoHas:
		s.answer(c, m.Request, s.whoHas(b))
	case *wire.HasWhat:
		s.answer(c, m.Request, s.hasWhat(b))
	case *wire.Processing:
		s.answer(c, m.Request, s.processing(b))
	case *wire.Info:
		s.answer(c, m.Request, s.info())
	case *wire.Rebalance:
		s.rebalance(c, m.Request, b)
	case *wire.Replicate:
		s.replicate(c, m.Request, b)
	case *wire.Retire:
		s.retire(c, m.Request, b)
	case *wire.Restart:
		s.restart(c, m.Request, b)
	case *wire.Run:
		s.runEverywhere(c, m.Request, b)
	case *wire.Plugin:
		s.plug(c, m.Request, b)
	case *wire.Events:
		s.answer(c, m.Request, &wire.Text{Text: s.history(b.Topic)})
	case *wire.Story:
		s.answer(c, m.Request, &wire.Text{Text: s.story.of(s.resolved(b.IDs))})
	case *wire.Dump:
		s.dump(c, m.Request)
	case *wire.Forward:
		s.forward(c, m.Request, b)
	case *wire.Spans:
		s.answer(c, m.Request, &wire.SpanList{Spans: s.Spans()})
	case *wire.TaskStream:
		s.answer(c, m.Request, s.taskStream(b))
	case *wire.Actor:
		s.actor(c, m.Request, b)
	case *wire.Shutdown:
		s.shutdown(c, m.Request)
	default:
		s.deny(c, m.Request, wire.SortGraph, fmt.Sprintf("the scheduler does not answer a %T", m.Body))
	}
}

// resolved returns ids with those of the tasks for which they stand.
func (s *Scheduler) resolved(ids []wire.ID) []wire.ID {
	out := slices.Clone(ids)
	for _, id := range ids {
		if r, i, ok := s.task(id); ok {
			out = append(out, r.id(i))
			r, i = s.resolve(r, i)
			out = append(out, r.id(i))
		}
	}
	return out
}

// replicate sets how many copies of values there are to be, and answers when they are there.
func (s *Scheduler) replicate(c *client, request uint64, m *wire.Replicate) {
	could := 0
	for _, w := range s.live {
		if w.open() && w.hello.Executable == c.hello.Executable && (len(m.Workers) == 0 || matches(w, m.Workers)) {
			could++
		}
	}
	n := m.N
	if n <= 0 || n > could {
		n = could
	}
	if n == 0 {
		s.deny(c, request, wire.SortNoWorkers, "no worker can take copies")
		return
	}
	allowed := func(w *worker) bool { return len(m.Workers) == 0 || matches(w, m.Workers) }
	var left []wire.ID
	for _, id := range m.IDs {
		r, i, ok := s.task(id)
		if !ok {
			continue
		}
		r, i = s.resolve(r, i)
		x := r.rarely(i)
		x.goal = int32(n)
		left = append(left, r.id(i))
	}
	wt := s.newWait(c, request)
	ask := s.now
	wt.poll = func() bool {
		again := s.now >= ask
		if again {
			ask = s.now + time.Second
		}
		left = slices.DeleteFunc(left, func(id wire.ID) bool { return s.copied(id, n, allowed, again) })
		return len(left) == 0
	}
	wt.finish = func() (wire.Body, string, uint8) {
		return &wire.Text{Text: fmt.Sprintf("%d values on %d workers", len(m.IDs), n)}, "", 0
	}
}

// copied reports whether n workers hold a value, or it will never come, and asks for more copies.
func (s *Scheduler) copied(id wire.ID, n int, allowed func(*worker) bool, ask bool) bool {
	r, i, ok := s.task(id)
	if !ok || r.tasks[i].status == statusErred || r.tasks[i].status == statusReleased { // the last: nobody needs it any more
		return true
	}
	if r.tasks[i].status != statusMemory {
		return false
	}
	have := len(r.holders(i, s.scratch[:0]))
	could := 0 // there may be fewer workers by now
	for _, w := range s.live {
		if w.hello.Executable == r.client.hello.Executable {
			could++
		}
	}
	if n = min(n, could); have >= n {
		return true
	}
	for _, w := range s.live {
		if _, coming := w.fetching[id]; coming {
			have++
		}
	}
	for ; ask && have < n; have++ {
		w := s.target(r, i, allowed)
		if w == nil {
			w = s.target(r, i, nil)
		}
		if w == nil {
			return false
		}
		s.copyTo(w, r, i, 0)
	}
	return false
}

// rebalance moves values from workers with many bytes to those with few.
func (s *Scheduler) rebalance(c *client, request uint64, m *wire.Rebalance) {
	var among []*worker
	total := int64(0)
	for _, w := range s.live {
		if w.open() && w.hello.Executable == c.hello.Executable && (len(m.Workers) == 0 || matches(w, m.Workers)) {
			among = append(among, w)
			total += w.held
		}
	}
	if len(among) < 2 {
		s.answer(c, request, &wire.Text{Text: "nothing to move: there are fewer than two workers"})
		return
	}
	movable := s.movable(m.IDs)
	mean := total / int64(len(among))
	type move struct {
		id wire.ID
		to *worker
	}
	var moves []move
	bytes := int64(0)
	for _, from := range among {
		for k := len(from.holds) - 1; k >= 0 && from.held-from.leaving > mean; k-- {
			r, i := s.runs[from.holds[k].run], from.holds[k].task
			size := r.tasks[i].size
			if r.opts.Actor || movable != nil && !movable[r.id(i)] || from.held-from.leaving-size < mean {
				continue
			}
			to := s.target(r, i, func(w *worker) bool { return slices.Contains(among, w) && w.held+w.coming+size <= mean+size/2 })
			if to == nil {
				continue
			}
			s.copyTo(to, r, i, from.number)
			from.leaving += size
			bytes += size
			moves = append(moves, move{r.id(i), to})
		}
		from.leaving = 0
	}
	wt := s.newWait(c, request)
	n := len(moves)
	wt.poll = func() bool {
		moves = slices.DeleteFunc(moves, func(m move) bool {
			_, coming := m.to.fetching[m.id]
			return !coming || s.workers[m.to.number] != m.to
		})
		return len(moves) == 0
	}
	wt.finish = func() (wire.Body, string, uint8) {
		return &wire.Text{Text: fmt.Sprintf("moved %d values of %d bytes", n, bytes)}, "", 0
	}
}

// movable returns the values that ids stand for, nil for all.
func (s *Scheduler) movable(ids []wire.ID) map[wire.ID]bool {
	if len(ids) == 0 {
		return nil
	}
	m := map[wire.ID]bool{}
	for _, id := range ids {
		if r, i, ok := s.task(id); ok {
			r, i = s.resolve(r, i)
			m[r.id(i)] = true
		}
	}
	return m
}

// restart ends all worker processes and forgets all values.
func (s *Scheduler) restart(c *client, request uint64, m *wire.Restart) {
	f := &wire.Failure{Sort: wire.SortCancelled, Reason: "the cluster was restarted", By: c.hello.Name, Message: "the cluster was restarted by " + c.hello.Name}
	for _, r := range slices.Clone(s.runs) {
		if r == nil {
			continue
		}
		for i := range r.tasks {
			if t := &r.tasks[i]; (t.claims > 0 || t.pins > 0) && t.status != statusErred {
				of := *f
				of.Task, of.Key = r.id(int32(i)), r.key(int32(i))
				s.cancelAll(r, int32(i), &of)
			}
		}
	}
	old := slices.Clone(s.live)
	want := 0
	for _, w := range old {
		if w.hello.Agent != "" {
			want++
		}
		w.out.say(&wire.Quit{Reason: "the cluster is restarted", Restart: true})
	}
	s.event("client %d %s restarts the cluster: %d workers", c.number, c, len(old))
	s.clientHappened(Restarted, c, "")
	wt := s.newWait(c, request)
	within := m.WithinMS
	if within <= 0 {
		within = 60_000
	}
	wt.until = s.now + time.Duration(within)*time.Millisecond
	s.at(wt.until)
	newer := int32(len(s.workers))
	back := func() int {
		n := 0
		for _, w := range s.live {
			if w.number >= newer {
				n++
			}
		}
		return n
	}
	wt.poll = func() bool { return back() >= want }
	wt.late = fmt.Sprintf("fewer than %d workers are back after %s", want, time.Duration(within)*time.Millisecond)
	wt.finish = func() (wire.Body, string, uint8) {
		return &wire.Text{Text: fmt.Sprintf("%d workers are back", back())}, "", 0
	}
}

// actor relays a call of an actor's method to the worker that holds it.
func (s *Scheduler) actor(c *client, request uint64, m *wire.Actor) {
	r, i, ok := s.task(m.ID)
	if !ok {
		s.deny(c, request, wire.SortLost, fmt.Sprintf("the cluster does not know the actor %s", m.ID))
		return
	}
	r, i = s.resolve(r, i)
	switch t := &r.tasks[i]; t.status {
	case statusMemory:
		wt := s.newWait(c, request)
		wt.finish = func() (wire.Body, string, uint8) { return &wire.Ran{Results: wt.results}, "", 0 }
		s.relay(s.workers[t.at], wt, &wire.Actor{ID: r.id(i), Call: m.Call}, true)
	case statusErred:
		f := r.causeOf(i)
		s.deny(c, request, f.Sort, f.Message)
	default:
		s.deny(c, request, wire.SortLost, "the actor is not there yet; wait for its future first")
	}
}

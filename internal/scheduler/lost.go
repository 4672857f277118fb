package scheduler

import (
	"fmt"
	"slices"

	"sheaf/internal/wire"
)

// loseAll takes the values that a worker held as lost with it.
func (s *Scheduler) loseAll(w *worker, held []ref, reason string) {
	var gone []ref
	for _, a := range held {
		r, i := s.runs[a.run], a.task
		t := &r.tasks[i]
		x := r.rare(i)
		if t.at != w.number {
			x.more = slices.DeleteFunc(x.more, func(h holder) bool { return h.worker == w.number })
		} else if x != nil && len(x.more) > 0 {
			t.at, t.pos = x.more[0].worker, x.more[0].pos
			x.more = slices.Delete(x.more, 0, 1)
		} else {
			t.at = 0
			gone = append(gone, a)
			continue
		}
		s.wish(r, i)
		r.tidy(i)
	}
	// First all of them, so that what depends on several is not begun in between.
	for _, a := range gone {
		s.lost(s.runs[a.run], a.task, fmt.Sprintf("its last copy went with worker %s at %s (%s)", w, seconds(s.now), reason))
	}
	for _, a := range gone {
		s.recover(s.runs[a.run], a.task)
	}
}

// lost notes that no worker has a value any more. The caller calls recover.
func (s *Scheduler) lost(r *run, i int32, how string) {
	t := &r.tasks[i]
	if t.status != statusMemory {
		return
	}
	s.lostValues++
	s.move(r, i, statusReleased, 0)
	t.flags |= flagLost
	if r.irreplaceable() {
		r.rarely(i).lost = how
	}
	s.unspread(r, i)
}

// irreplaceable reports whether values of the run cannot be computed again.
func (r *run) irreplaceable() bool { return r.index != nil || r.opts.Impure || r.opts.Actor }

// recover computes a lost value again if that helps anybody: attempts that run may have it already.
func (s *Scheduler) recover(r *run, i int32) {
	t := &r.tasks[i]
	if t.status != statusReleased || !t.needed() {
		return
	}
	if t.claims > 0 || t.pins > 0 || s.awaited(r, i) {
		s.want(r, i)
	}
}

// awaited reports whether a task that does not run yet needs the value.
func (s *Scheduler) awaited(r *run, i int32) bool {
	for _, u := range r.plan.Uses(i) {
		if x := &r.tasks[r.last(u)]; (x.status == statusWaiting || x.status == statusQueued) && !x.has(flagProxy) {
			return true
		}
	}
	return false
}

// gone reports whether the value of a released task cannot be made again, after failing it.
func (s *Scheduler) gone(r *run, i int32) bool {
	t := &r.tasks[i]
	if !t.has(flagLost) || !r.irreplaceable() || r.restorable() {
		return false
	}
	s.fail(r, i, s.lostForGood(r, i))
	return true
}

// lostForGood says how a value was lost that cannot be made again.
func (s *Scheduler) lostForGood(r *run, i int32) *wire.Failure {
	what := "it was put there by a client and cannot be computed again"
	switch {
	case r.opts.Actor:
		what = "it was an actor"
	case r.index == nil:
		what = "its graph is marked as impure, so it is not computed again"
	}
	how := ""
	if x := r.rare(i); x != nil {
		how = x.lost
	}
	return &wire.Failure{
		Sort: wire.SortLost, Task: r.id(i), Key: r.key(i),
		Message: fmt.Sprintf("the value %s is lost: %s; %s", r.key(i), how, what),
	}
}

// A value is taken as lost at a worker that still says it has it after some failed readings in a row. Who reads waits longer from one to
// the next, so that these are 0.3, 3.1 and 22 s with the worker's own backoff if the other one refuses at once.
const (
	strikesMax      = 3
	strikesMaxLate  = 6  // by the later of two workers
	strikesMaxAlone = 12 // of what cannot be computed again
)

// missing takes a worker's word that inputs could not be fetched. The attempts that need them are placed anew: at a holder
// if there is one, or after the value has been computed again.
func (s *Scheduler) missing(w *worker, m *wire.Missing) {
	var struck idSet // a value of which several parts could not be read is counted once
	for k := range m.Values {
		p := &m.Values[k]
		r, i, ok := s.task(p.ID)
		if !ok {
			continue
		}
		r, i = s.resolve(r, i)
		s.landed(w, p.ID)
		tried := p.Workers
		if p.ID.Part != 0 && !struck.add(p.ID.Whole()) {
			tried = nil
		}
		if p.ID.Part == 0 || len(tried) > 0 {
			s.unread(r, i, w, tried, m.Reason)
		}
		users := s.usersAt(r, i, w)
		for _, a := range users {
			ur, ui := s.runs[a.run], a.task
			if ur.tasks[ui].status == statusProcessing && ur.tasks[ui].at == w.number && ur.needsPart(ur.head(ui), p.ID.Part) {
				s.supersede(ur, ui, "an input could not be fetched")
				ur.rarely(ui).shun = w.number
				s.again(ur, ui)
			}
		}
		s.dropSpecs(w, "an input could not be fetched", func(z zombie, ur *run) bool {
			for _, d := range ur.plan.Deps(ur.head(z.of.task)) {
				if dr, di := s.resolve(ur, d); dr == r && di == i {
					return true
				}
			}
			return false
		})
		s.wish(r, i)
	}
	s.settleMoves()
}

// unread counts a failed reading of a value by w against those that w tried, or if it names none against all that should have it.
func (s *Scheduler) unread(r *run, i int32, w *worker, tried []uint32, reason string) {
	if r.holds(i, w) { // it should know
		if s.unreplica(r, i, w) {
			s.lost(r, i, fmt.Sprintf("worker %s does not have it any more at %s", w, seconds(s.now)))
			s.recover(r, i)
		}
		return
	}
	for _, n := range r.holders(i, nil) {
		if len(tried) == 0 || slices.Contains(tried, uint32(n)) {
			s.strike(r, i, s.workers[n], w, fmt.Sprintf("worker %s: %s", w, reason))
		}
	}
}

// usersAt returns the tasks processing at w that need a value, in this run and in those that share it.
func (s *Scheduler) usersAt(r *run, i int32, w *worker) []ref {
	var found []ref
	stack := []ref{r.ref(i)}
	for len(stack) > 0 {
		a := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		r := s.runs[a.run]
		for _, u := range r.plan.Uses(a.task) {
			last := r.last(u)
			if x := &r.tasks[last]; x.status == statusProcessing && x.at == w.number {
				if f := r.ref(last); !slices.Contains(found, f) {
					found = append(found, f)
				}
			}
		}
		if x := r.rare(a.task); x != nil {
			stack = append(stack, x.followers...)
		}
	}
	return found
}

// strike counts a failed reading of a value at a worker. After some it is taken as lost there.
func (s *Scheduler) strike(r *run, i int32, h, by *worker, why string) {
	x := r.rarely(i)
	limit := int32(strikesMax)
	switch {
	case r.irreplaceable() && len(r.holders(i, s.scratch[:0])) == 1:
		limit = strikesMaxAlone
	case by != nil && by.number > h.number:
		limit = strikesMaxLate // of two workers that cannot reach each other one keeps what it has, or both would lose it for ever
	}
	if x.strikes++; x.strikes < limit {
		return
	}
	x.strikes = 0
	h.out.free(r.id(i))
	if s.unreplica(r, i, h) {
		x.shun = h.number // there it would be out of reach again
		s.lost(r, i, fmt.Sprintf("it could not be read from worker %s at %s (%s)", h, seconds(s.now), why))
		s.recover(r, i)
	}
	r.tidy(i)
}

// unreadable takes a client's word that it could not fetch a value from a worker, and tells it again where the value is.
func (s *Scheduler) unreadable(c *client, m *wire.Unreadable) {
	r, i, ok := s.task(m.ID)
	if !ok {
		s.tellUnknown(c, m.ID)
		return
	}
	r, i = s.resolve(r, i)
	if h := s.worker(m.Worker); h != nil && r.holds(i, h) {
		s.strike(r, i, h, nil, fmt.Sprintf("client %s: %s", c, m.Reason))
	}
	stack := []ref{r.ref(i)}
	for len(stack) > 0 {
		a := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		r, i := s.runs[a.run], a.task
		if r.client == c && r.tasks[i].claims > 0 {
			s.tellState(c, r, i, r.id(i))
		}
		if x := r.rare(i); x != nil {
			for _, o := range x.claims {
				if o.client == c {
					s.tellState(c, r, i, o.id)
				}
			}
			stack = append(stack, x.followers...)
		}
	}
}

// holding takes a worker's word for replicas that it has got, and for values that it has no more.
func (s *Scheduler) holding(w *worker, m *wire.Holding) {
	for _, v := range m.Values {
		f, _ := s.landed(w, v.ID)
		s.adopt(w, []wire.Size{v})
		if r, i, ok := s.task(v.ID); ok && r.holds(i, w) {
			s.arrived(r, i, w, f)
		}
	}
	for _, id := range m.Dropped {
		r, i, ok := s.task(id)
		if !ok || !r.holds(i, w) {
			continue
		}
		if s.unreplica(r, i, w) {
			s.lost(r, i, fmt.Sprintf("worker %s found it damaged at %s", w, seconds(s.now)))
			s.recover(r, i)
		} else {
			s.wish(r, i)
		}
	}
}

// making reports whether an attempt that makes the value is at w, be it wanted or not.
func (s *Scheduler) making(r *run, i int32, w *worker) bool {
	t := &r.tasks[i]
	if t.status == statusProcessing && t.at == w.number {
		return true
	}
	if len(w.zombies) > 0 {
		id := r.id(r.head(i))
		for a := range w.zombies {
			if a.ID == id {
				return true
			}
		}
	}
	return false
}

// adopt takes the values that a worker has kept from an earlier session: what is still wanted need not be computed.
func (s *Scheduler) adopt(w *worker, holds []wire.Size) {
	for _, v := range holds {
		s.adopt1(w, v)
	}
}

// adopt1 takes a value that a worker says it has, and reports whether it is of use. If not it is freed.
func (s *Scheduler) adopt1(w *worker, v wire.Size) (*run, int32, bool) {
	r, i, ok := s.task(v.ID)
	switch {
	case !ok || v.ID.Part != 0 || r.tasks[i].has(flagProxy) || !s.adoptable(r, i):
		w.out.free(v.ID)
		return nil, 0, false
	case s.making(r, i, w): // what it says of the attempt decides: that may be on its way
		if w.spare == nil {
			w.spare = map[wire.ID]int64{}
		}
		w.spare[v.ID] = v.Bytes
		return nil, 0, false
	case r.tasks[i].status == statusMemory:
		s.replica(r, i, w)
	default:
		s.turnUp(r, i, w, v.Bytes)
	}
	return r, i, true
}

// unspare looks at a value that a worker had when it was also to be made there, once that attempt has come to nothing: it is taken
// instead of what the attempt would have made, or freed.
func (s *Scheduler) unspare(w *worker, r *run, i int32) {
	if len(w.spare) == 0 {
		return
	}
	id := r.id(i)
	bytes, ok := w.spare[id]
	if !ok || s.making(r, i, w) {
		return
	}
	delete(w.spare, id)
	if _, coming := w.fetching[id]; !coming && !r.holds(i, w) {
		s.adopt1(w, wire.Size{ID: id, Bytes: bytes})
	}
}

// turnUp notes that a worker has a value that was to be computed.
func (s *Scheduler) turnUp(r *run, i int32, w *worker, bytes int64) {
	switch r.tasks[i].status {
	case statusProcessing:
		s.supersede(r, i, "the value is there")
	case statusQueued:
		s.unwait(r, i)
	}
	s.arrive(r, i, w, bytes)
}

// adoptable reports whether a value that turns up is of use.
func (s *Scheduler) adoptable(r *run, i int32) bool {
	t := &r.tasks[i]
	return t.needed() && (unfinished[t.status] == 1 || t.status == statusMemory)
}

// reconcile compares what a worker says it holds with what is known of it.
func (s *Scheduler) reconcile(w *worker, holds []wire.Size) {
	has := make(map[wire.ID]bool, len(holds))
	for _, v := range holds {
		has[v.ID] = true
	}
	var gone []ref
	for _, a := range slices.Clone(w.holds) {
		r, i := s.runs[a.run], a.task
		if !has[r.id(i)] && s.unreplica(r, i, w) {
			gone = append(gone, a)
		}
	}
	for _, a := range gone {
		s.lost(s.runs[a.run], a.task, fmt.Sprintf("worker %s came back without it at %s", w, seconds(s.now)))
	}
	for _, a := range gone {
		s.recover(s.runs[a.run], a.task)
	}
	s.adopt(w, holds)
}

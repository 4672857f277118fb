package scheduler

import (
	"slices"

	"sheaf/internal/wire"
)

// supersede ends a processing attempt that is not wanted any more: the worker is told, and counts as busy with it until it
// says that it is not.
func (s *Scheduler) supersede(r *run, i int32, reason string) {
	t := &r.tasks[i]
	w := s.workers[t.at]
	a := wire.Attempt{ID: r.id(r.head(i)), Attempt: t.attempt}
	z := zombie{since: s.now, unwanted: s.now, resources: r.class.resources, nanos: t.size, long: t.has(flagLong), alone: t.has(flagAlone)}
	s.detach(w, r, i)
	w.take(z.resources) // which detach has just given back
	w.zombies[a] = z
	w.busy += z.nanos
	w.alone = w.alone || z.alone
	if z.long {
		w.long++
	}
	w.out.touch()
	w.out.steal = append(w.out.steal, a)
	w.out.stop(a, reason)
	s.reload(w)
}

// unzombie notes that an attempt which is not wanted occupies its worker no more, and reports whether it was one.
func (s *Scheduler) unzombie(w *worker, a wire.Attempt) bool {
	if len(w.zombies) == 0 {
		return false
	}
	z, ok := w.zombies[a]
	if !ok {
		return false
	}
	delete(w.zombies, a)
	w.busy -= z.nanos
	w.vacate(z.resources)
	if z.long {
		w.long--
	}
	if z.alone {
		w.alone = false
	}
	s.reload(w)
	s.wake(w)
	return true
}

func sortedAttempts(m map[wire.Attempt]zombie) []wire.Attempt {
	as := make([]wire.Attempt, 0, len(m))
	for a := range m {
		as = append(as, a)
	}
	slices.SortFunc(as, compareAttempts)
	return as
}

func compareAttempts(a, b wire.Attempt) int {
	if c := a.ID.Compare(b.ID); c != 0 {
		return c
	}
	return int(int64(a.Attempt) - int64(b.Attempt))
}

// takeBack makes a task that a worker was to run wait for another turn.
func (s *Scheduler) takeBack(w *worker, r *run, i int32) {
	s.detach(w, r, i)
	s.again(r, i)
}

// orphan makes a task whose worker is gone run elsewhere, or fail if that was one death too many.
func (s *Scheduler) orphan(r *run, i int32) {
	t := &r.tasks[i]
	if t.status != statusProcessing || t.at != 0 {
		return // something that was lost with the worker has taken it along
	}
	if t.has(flagExtra) && s.condemn(r, i, false) {
		return
	}
	s.again(r, i)
}

// returned takes the tasks that a worker gives back, which it has not started.
func (s *Scheduler) returned(w *worker, m *wire.Returned) {
	for _, a := range m.Tasks {
		s.unzombie(w, a)
		s.forgetSpec(w, a)
		r, i, ok := s.unit(a.ID)
		if !ok {
			continue
		}
		if t := &r.tasks[i]; t.status == statusProcessing && t.at == w.number && t.attempt == a.Attempt {
			s.takeBack(w, r, i)
		}
		s.unspare(w, r, i)
	}
	s.stolen(w)
	s.wake(w)
}

// attempted returns the processing task of an attempt at w.
func (s *Scheduler) attempted(w *worker, a wire.Attempt) (*run, int32, bool) {
	r, i, ok := s.unit(a.ID)
	if !ok {
		return nil, 0, false
	}
	t := &r.tasks[i]
	return r, i, t.status == statusProcessing && t.at == w.number && t.attempt == a.Attempt
}

// started notes which attempts have been running for a while: they would be charged with the death of their worker.
func (s *Scheduler) started(w *worker, m *wire.Started) {
	for _, a := range m.Tasks {
		if r, i, ok := s.attempted(w, a); ok {
			if !r.tasks[i].has(flagStarted) {
				r.tasks[i].flags |= flagStarted
				s.timed(w, r, i)
			}
		}
	}
}

// longRunning notes that a task gave its slot back or took it again.
func (s *Scheduler) longRunning(w *worker, m *wire.LongRunning) {
	if z, ok := w.zombies[m.Task]; ok && z.long == m.Back {
		z.long = !m.Back
		w.zombies[m.Task] = z
	} else if r, i, ok := s.attempted(w, m.Task); ok && r.tasks[i].has(flagLong) == m.Back {
		t := &r.tasks[i]
		t.flags ^= flagLong
		t.flags |= flagStarted
		if t.has(flagAlone) { // it may wait for tasks that must run here
			t.flags &^= flagAlone
			w.alone = false
		}
	} else {
		return
	}
	if m.Back {
		w.long--
	} else {
		w.long++
	}
	s.reload(w)
	s.wake(w)
}

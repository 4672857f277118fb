package scheduler

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sheaf/internal/wire"
)

// movesMax is how many values are on their way from a retiring worker at a time.
const movesMax = 64

// A retirement is a worker that is to end without loss.
type retirement struct {
	worker *worker
	until  time.Duration // 0 for no limit
	keep   bool          // its process stays
	stuck  bool          // another process is to take its place
	since  time.Duration
	wait   *wait // the call that asked for it, nil if the worker did
	moving map[wire.ID]int32
}

// retire answers a request to end workers without losing what they hold.
func (s *Scheduler) retire(c *client, request uint64, m *wire.Retire) {
	var chosen []*worker
	if len(m.Workers) > 0 {
		for _, w := range s.live {
			if matches(w, m.Workers) {
				chosen = append(chosen, w)
			}
		}
	} else {
		chosen = slices.Clone(s.live)
		slices.SortStableFunc(chosen, func(a, b *worker) int {
			return int(min(max(a.held+a.load-b.held-b.load, -1), 1))
		})
		chosen = chosen[:min(max(m.N, 0), len(chosen))]
	}
	chosen = slices.DeleteFunc(chosen, func(w *worker) bool { return w.retiring != nil })
	if len(chosen) == 0 {
		s.answer(c, request, &wire.Names{})
		return
	}
	wt := s.newWait(c, request)
	wt.retiring = len(chosen)
	wt.finish = func() (wire.Body, string, uint8) {
		if len(wt.failed) > 0 {
			return &wire.Names{Names: wt.names}, strings.Join(wt.failed, "; "), wire.SortNoWorkers
		}
		return &wire.Names{Names: wt.names}, "", 0
	}
	until := time.Duration(0)
	if m.WithinMS > 0 {
		until = s.now + time.Duration(m.WithinMS)*time.Millisecond
		s.at(until)
	}
	for _, w := range chosen {
		s.beginRetirement(w, &retirement{worker: w, until: until, keep: m.Keep, wait: wt})
	}
	s.settleMoves()
}

// matches reports whether a worker is one of those named, by name or address.
func matches(w *worker, names []string) bool {
	return slices.Contains(names, w.hello.Name) || slices.Contains(names, w.hello.Address)
}

func (s *Scheduler) beginRetirement(w *worker, t *retirement) {
	was := w.open()
	t.moving, t.since = map[wire.ID]int32{}, s.now
	w.retiring, w.why = t, "retiring"
	s.retired = append(s.retired, t)
	s.event("worker %s retires", w)
	if was {
		s.reopened(w)
	}
}

// settleMoves goes on with all retirements.
func (s *Scheduler) settleMoves() {
	for k := 0; k < len(s.retired); k++ {
		if t := s.retired[k]; s.moveAway(t) {
			k = -1 // its end may have changed the list
		}
	}
}

// moveAway copies what only a retiring worker holds, and reports whether the retirement has ended.
func (s *Scheduler) moveAway(t *retirement) (ended bool) {
	w := t.worker
	for id, n := range t.moving {
		to := s.workers[n]
		if to == nil {
			delete(t.moving, id)
			continue
		}
		if f, ok := to.fetching[id]; !ok || f.from != w.number {
			delete(t.moving, id)
		}
	}
	stuck := ""
	for k := 0; k < len(w.holds) && len(t.moving) < movesMax; k++ {
		a := w.holds[k]
		r, i := s.runs[a.run], a.task
		id := r.id(i)
		if _, ok := t.moving[id]; ok {
			continue
		}
		if len(r.holders(i, s.scratch[:0])) > 1 {
			w.out.free(id)
			s.unreplica(r, i, w)
			s.wish(r, i)
			k--
			continue
		}
		if r.opts.Actor {
			stuck = "it holds the actor " + r.key(i)
			break
		}
		to := s.target(r, i, nil)
		if to == nil {
			stuck = "no other worker can take " + r.key(i)
			break
		}
		s.copyTo(to, r, i, w.number)
		t.moving[id] = to.number
	}
	switch {
	case stuck != "" && t.wait != nil && t.until == 0:
		s.abandon(t, stuck)
		return true
	case t.stuck && stuck != "" && s.expendable(t):
	case len(w.holds) > 0 || w.sent.live > 0 || len(w.zombies) > 0 && !t.stuck:
		return false
	}
	s.completeRetirement(t)
	return true
}

// completeRetirement ends a worker that holds nothing any more.
func (s *Scheduler) completeRetirement(t *retirement) {
	w := t.worker
	s.dropRetirement(t)
	w.why = "retired"
	s.event("worker %s is retired", w)
	if t.wait != nil {
		t.wait.names = append(t.wait.names, w.hello.Name)
		t.wait.retiring--
	}
	switch {
	case t.stuck:
		w.out.say(&wire.Quit{Reason: "all its threads are occupied by functions that nobody wants any more", Restart: true})
	case !t.keep:
		w.out.say(&wire.Quit{Reason: "retired"})
	}
}

// abandon gives a retirement up: the worker takes tasks again.
func (s *Scheduler) abandon(t *retirement, why string) {
	w := t.worker
	s.dropRetirement(t)
	w.why = ""
	s.event("worker %s is not retired: %s", w, why)
	if t.wait != nil {
		t.wait.failed = append(t.wait.failed, fmt.Sprintf("worker %s was not retired: %s", w, why))
		t.wait.retiring--
	}
	if s.workers[w.number] == w && w.open() {
		s.reopened(w)
	}
}

func (s *Scheduler) dropRetirement(t *retirement) {
	t.worker.retiring = nil
	s.retired = slices.DeleteFunc(s.retired, func(o *retirement) bool { return o == t })
}

// endRetirement follows the end of a worker that was retiring.
func (s *Scheduler) endRetirement(w *worker, reason string) {
	t := w.retiring
	if t == nil {
		return
	}
	s.dropRetirement(t)
	if t.wait != nil {
		t.wait.failed = append(t.wait.failed, fmt.Sprintf("worker %s ended before it was retired: %s", w, reason))
		t.wait.retiring--
	}
}

// tickRetirements ends those whose time is over.
func (s *Scheduler) tickRetirements() {
	s.settleMoves()
	for k := 0; k < len(s.retired); k++ {
		if t := s.retired[k]; t.until > 0 && s.now >= t.until {
			w := t.worker
			s.abandon(t, fmt.Sprintf("its time was over with %d values that nobody else has, and %d tasks running", len(w.holds), w.sent.live+len(w.zombies)))
			k = -1
		}
	}
}

// drained takes a worker's word that it runs nothing any more.
func (s *Scheduler) drained(w *worker) {
	if w.retiring == nil && w.why == "" {
		s.beginRetirement(w, &retirement{worker: w})
	}
	s.settleMoves()
}

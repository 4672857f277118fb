package scheduler

import (
	"slices"
	"time"

	"sheaf/internal/wire"
)

// A fetch is a replica that a worker was asked to get.
type fetch struct {
	since time.Duration
	bytes int64
	from  int32 // the worker that is to drop its copy then, 0 for none
}

// fetchTimeout is after how long a replica that did not come is given up.
const fetchTimeout = 30 * time.Second

// goal returns how many workers are to hold a value.
func (r *run) goal(i int32) int32 {
	goal := int32(1)
	if t := &r.tasks[i]; t.claims > 0 || t.pins > 0 {
		goal = max(goal, r.opts.Replicas)
	}
	if x := r.rare(i); x != nil {
		goal = max(goal, x.goal)
	}
	return goal
}

// wish has a value copied until as many workers hold it as are to.
func (s *Scheduler) wish(r *run, i int32) {
	goal := r.goal(i)
	if goal < 2 || r.tasks[i].status != statusMemory || r.tasks[i].has(flagProxy) {
		return
	}
	id := r.id(i)
	have := int32(len(r.holders(i, s.scratch[:0])))
	for _, w := range s.live {
		if f, coming := w.fetching[id]; coming && f.from == 0 {
			have++
		}
	}
	for ; have < goal; have++ {
		w := s.target(r, i, nil)
		if w == nil {
			s.short = true // looked at again when a worker joins
			return
		}
		s.copyTo(w, r, i, 0)
	}
}

// wishAll is wish for all values, after a worker has joined while copies were missing.
func (s *Scheduler) wishAll() {
	if !s.short {
		return
	}
	s.short = false
	for _, r := range s.runs {
		if r == nil || r.opts.Replicas < 2 && len(r.extra) == 0 {
			continue
		}
		for i := range r.tasks {
			s.wish(r, int32(i))
		}
	}
}

// target returns the open worker with the least bytes that neither has a value nor is getting it, among those allowed.
func (s *Scheduler) target(r *run, i int32, allowed func(*worker) bool) *worker {
	var best *worker
	id := r.id(i)
	for _, w := range s.live {
		if !w.open() || w.hello.Executable != r.client.hello.Executable || allowed != nil && !allowed(w) {
			continue
		}
		if _, coming := w.fetching[id]; coming || r.holds(i, w) {
			continue
		}
		if best == nil || w.held+w.coming < best.held+best.coming {
			best = w
		}
	}
	return best
}

// copyTo asks a worker to get a value from those that have it; from is to drop it then, if not 0.
func (s *Scheduler) copyTo(w *worker, r *run, i int32, from int32) {
	bytes := r.tasks[i].size
	w.fetching[r.id(i)] = fetch{s.now, bytes, from}
	w.coming += bytes
	place := wire.Place{ID: r.id(i), Bytes: bytes}
	for _, h := range r.holders(i, s.scratch[:0]) {
		place.Workers = append(place.Workers, uint32(h))
		s.meet(w, s.workers[h])
	}
	w.out.touch()
	w.out.fetch = append(w.out.fetch, place)
}

// landed ends a fetch, whatever came of it.
func (s *Scheduler) landed(w *worker, id wire.ID) (fetch, bool) {
	f, ok := w.fetching[id]
	if ok {
		delete(w.fetching, id)
		w.coming -= f.bytes
	}
	return f, ok
}

// arrived follows a replica that a worker was asked to get: a copy that was moved goes from where it was.
func (s *Scheduler) arrived(r *run, i int32, w *worker, f fetch) {
	if f.from != 0 {
		if from := s.workers[f.from]; from != nil && r.holds(i, from) && int32(len(r.holders(i, s.scratch[:0]))) > r.goal(i) {
			from.out.free(r.id(i))
			s.unreplica(r, i, from)
		}
	}
	s.settleMoves()
}

// forgetFetches ends what a worker that is gone was to get. Values that wait for it look for another one.
func (s *Scheduler) forgetFetches(w *worker) {
	ids := make([]wire.ID, 0, len(w.fetching))
	for id := range w.fetching {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, wire.ID.Compare)
	clear(w.fetching)
	w.coming = 0
	for _, id := range ids {
		if r, i, ok := s.task(id); ok {
			s.wish(r, i)
		}
	}
	s.settleMoves()
}

// tickFetches gives up replicas that did not come.
func (s *Scheduler) tickFetches() {
	for _, w := range s.live {
		if len(w.fetching) == 0 {
			continue
		}
		var late []wire.ID
		for id, f := range w.fetching {
			if s.now-f.since > fetchTimeout {
				late = append(late, id)
			}
		}
		slices.SortFunc(late, wire.ID.Compare)
		for _, id := range late {
			s.landed(w, id)
			if r, i, ok := s.task(id); ok {
				s.wish(r, i)
			}
		}
	}
}

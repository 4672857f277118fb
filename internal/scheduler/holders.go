package scheduler

import (
	"slices"

	"sheaf/internal/wire"
)

// hold1 enters a value into a worker's list and returns its place there.
func (s *Scheduler) hold1(w *worker, a ref, bytes int64) int32 {
	w.holds = append(w.holds, a)
	w.held += bytes
	return int32(len(w.holds) - 1)
}

// unhold takes the value at a place out of a worker's list; the last one moves there.
func (s *Scheduler) unhold(w *worker, at int32, bytes int64) {
	end := int32(len(w.holds) - 1)
	if at != end {
		moved := w.holds[end]
		w.holds[at] = moved
		s.runs[moved.run].place(moved.task, w.number, at)
	}
	w.holds = w.holds[:end]
	if end == 0 && cap(w.holds) > 1024 {
		w.holds = nil
	}
	w.held -= bytes
}

// place notes where a value stands in a worker's list.
func (r *run) place(i, worker, at int32) {
	if t := &r.tasks[i]; t.at == worker {
		t.pos = at
		return
	}
	more := r.extra[i].more
	for k := range more {
		if more[k].worker == worker {
			more[k].pos = at
		}
	}
}

// holds reports whether w has the value of task i.
func (r *run) holds(i int32, w *worker) bool {
	t := &r.tasks[i]
	if t.status != statusMemory || t.has(flagProxy) {
		return false
	}
	if t.at == w.number {
		return true
	}
	if x := r.rare(i); x != nil {
		for _, h := range x.more {
			if h.worker == w.number {
				return true
			}
		}
	}
	return false
}

// holders appends the workers that have the value of task i, which is no proxy.
func (r *run) holders(i int32, dst []int32) []int32 {
	t := &r.tasks[i]
	if t.status != statusMemory || t.has(flagProxy) {
		return dst
	}
	dst = append(dst, t.at)
	if x := r.rare(i); x != nil {
		for _, h := range x.more {
			dst = append(dst, h.worker)
		}
	}
	return dst
}

// replica notes that another worker has the value too, which has been read therefore.
func (s *Scheduler) replica(r *run, i int32, w *worker) {
	if r.holds(i, w) {
		return
	}
	x := r.rarely(i)
	x.strikes = 0
	x.more = append(x.more, holder{w.number, s.hold1(w, r.ref(i), r.tasks[i].size)})
	s.copied1(r, i, x)
}

// unreplica notes that a worker has the value no more, and reports whether it was the last one.
func (s *Scheduler) unreplica(r *run, i int32, w *worker) (last bool) {
	t := &r.tasks[i]
	x := r.rare(i)
	if t.at != w.number {
		if x != nil {
			if k := slices.IndexFunc(x.more, func(h holder) bool { return h.worker == w.number }); k >= 0 {
				at := x.more[k].pos
				x.more = slices.Delete(x.more, k, k+1)
				s.unhold(w, at, t.size)
				r.tidy(i)
			}
		}
		return false
	}
	at := t.pos
	if x != nil && len(x.more) > 0 {
		t.at, t.pos = x.more[0].worker, x.more[0].pos
		x.more = slices.Delete(x.more, 0, 1)
		s.unhold(w, at, t.size)
		r.tidy(i)
		return false
	}
	t.at = 0
	s.unhold(w, at, t.size)
	return true
}

// free lets a value go from all workers that have it. The task's state is up to the caller.
func (s *Scheduler) free(r *run, i int32) {
	id := r.id(i)
	t := &r.tasks[i]
	if x := r.rare(i); x != nil {
		for _, h := range x.more {
			w := s.workers[h.worker]
			w.out.free(id)
			s.unhold(w, h.pos, t.size)
		}
		x.more = nil
	}
	w := s.workers[t.at]
	w.out.free(id)
	t.at = 0
	s.unhold(w, t.pos, t.size)
	if r.irreplaceable() { // should it be needed again after all, it is not there
		t.flags |= flagLost
		r.rarely(i).lost = "it was let go when nobody needed it, or cancelled"
	}
	r.tidy(i)
}

// vacate gives resources back that an attempt occupied.
func (w *worker) vacate(rs []wire.Resource) {
	for _, n := range rs {
		for k := range w.free {
			if w.free[k].Name == n.Name {
				w.free[k].Amount += n.Amount
				break
			}
		}
	}
}

// occupy takes resources for an attempt, and reports whether they were free.
func (w *worker) occupy(rs []wire.Resource) bool {
	if !covers(w.free, rs) {
		return false
	}
	w.take(rs)
	return true
}

// take occupies resources, which must be free.
func (w *worker) take(rs []wire.Resource) {
	for _, n := range rs {
		for k := range w.free {
			if w.free[k].Name == n.Name {
				w.free[k].Amount -= n.Amount
				break
			}
		}
	}
}

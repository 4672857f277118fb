package scheduler

import (
	"time"

	"sheaf/internal/wire"
)

// A task that runs much longer than others of its kind, while somebody idles, is run there too: its worker may be slow. Who ends
// first has made the value, the other attempt is stopped. To its worker the second attempt is one like any other; here it counts
// as something that occupies the worker (a zombie) until it has won.

// A spec is the second attempt at a task that is processing.
type spec struct {
	worker  int32
	attempt uint32 // 0 for none
}

const (
	specFactor = 3 // how many times longer than expected a task has run before another worker tries too
	specSlack  = time.Second
	specsMax   = 2 // second attempts at a task
)

// speculate gives idle workers second attempts at tasks that run for too long.
func (s *Scheduler) speculate(idle []*worker) {
	for _, w := range s.live {
		for _, a := range w.timed {
			if len(idle) == 0 {
				return
			}
			r := s.runs[a.task.run]
			if r == nil || int(a.task.task) >= len(r.tasks) || !s.overdue(w, r, a) {
				continue
			}
			v := idle[0]
			if v == w || v.post(r.class) == nil || !covers(v.free, r.class.resources) {
				continue
			}
			s.tryToo(v, r, a.task.task)
			if v.occupied() && v.sent.live+len(v.zombies)-v.long >= v.threads {
				idle = idle[1:]
			}
		}
	}
}

// overdue reports whether an attempt at w has run much longer than those of its kind do, and may be made twice.
func (s *Scheduler) overdue(w *worker, r *run, a running) bool {
	i := a.task.task
	t := &r.tasks[i]
	if s.now-w.heard > s.conf.Heartbeat*3/2 {
		return false // it may have ended long ago: who is cut off for a while is given the time to come back
	}
	if t.status != statusProcessing || t.at != w.number || t.attempt != a.attempt || t.flags&(flagLong|flagAlone) != 0 || r.irreplaceable() {
		return false
	}
	k := r.kind(r.head(i))
	if k.n < 3 || s.now-a.since < specFactor*time.Duration(k.expected())+specSlack {
		return false
	}
	if x := r.rare(i); x != nil && (x.spec.attempt != 0 || x.specs >= specsMax || x.dangerous()) {
		return false
	}
	for _, d := range r.plan.Deps(r.head(i)) {
		if dr, di := s.resolve(r, d); dr.tasks[di].status != statusMemory {
			return false // it was lost since the attempt began, which has it
		}
	}
	return true
}

// tryToo starts a second attempt at a processing task.
func (s *Scheduler) tryToo(v *worker, r *run, i int32) {
	if !v.occupy(r.class.resources) {
		return
	}
	head := r.head(i)
	x := r.rarely(i)
	x.specs++
	x.spec = spec{v.number, r.tasks[i].attempt + uint32(x.specs)}
	z := zombie{since: s.now, resources: r.class.resources, nanos: r.kind(head).expected(), spec: true, of: r.ref(i)}
	v.zombies[wire.Attempt{ID: r.id(head), Attempt: x.spec.attempt}] = z
	v.busy += z.nanos
	s.reload(v)
	s.event("%s runs for long on worker %s; worker %s tries it too", r.key(head), s.workers[r.tasks[i].at], v)
	s.compute(v, r, head, i, x.spec.attempt)
}

// unspec ends the second attempt at a task that is not processing any more.
func (s *Scheduler) unspec(r *run, i int32) {
	x := r.rare(i)
	if x == nil || x.specs == 0 {
		return
	}
	t := &r.tasks[i]
	t.attempt += uint32(x.specs) // the next one is a later one than all of these
	x.specs = 0
	if x.spec.attempt == 0 {
		return
	}
	a := wire.Attempt{ID: r.id(r.head(i)), Attempt: x.spec.attempt}
	if v := s.workers[x.spec.worker]; v != nil {
		if z, ok := v.zombies[a]; ok {
			z.spec, z.unwanted = false, s.now
			v.zombies[a] = z
			v.out.touch()
			v.out.steal = append(v.out.steal, a)
			v.out.stop(a, "not wanted any more")
		}
	}
	x.spec = spec{}
}

// yield ends second attempts that have run for too long themselves, so that it is not their worker that is slow, where others wait for
// their place.
func (s *Scheduler) yield() {
	for _, w := range s.live {
		if w.waits() <= 0 {
			continue
		}
		s.dropSpecs(w, "it runs for long here too, and others wait", func(z zombie, r *run) bool {
			return s.now-z.since >= specFactor*time.Duration(r.kind(r.head(z.of.task)).expected())+specSlack
		})
	}
}

// forgetSpec notes that a second attempt came to nothing.
func (s *Scheduler) forgetSpec(w *worker, a wire.Attempt) {
	if r, i, ok := s.unit(a.ID); ok {
		if x := r.rare(i); x != nil && x.spec == (spec{w.number, a.Attempt}) {
			x.spec = spec{}
		}
	}
}

// wins reports whether a second attempt at a task has ended first, and makes it the attempt at that task.
func (s *Scheduler) wins(w *worker, r *run, i int32, attempt uint32) bool {
	x := r.rare(i)
	if x == nil || x.spec != (spec{w.number, attempt}) || r.tasks[i].status != statusProcessing {
		return false
	}
	x.spec = spec{}
	s.supersede(r, i, "another worker was faster")
	r.tasks[i].attempt = max(r.tasks[i].attempt, attempt)
	return true
}

// dropSpecs ends those second attempts at a worker that are not to go on, and says why.
func (s *Scheduler) dropSpecs(w *worker, why string, ends func(z zombie, r *run) bool) {
	for _, a := range sortedAttempts(w.zombies) {
		z := w.zombies[a]
		if !z.spec {
			continue
		}
		if r := s.runs[z.of.run]; r != nil && ends(z, r) {
			s.forgetSpec(w, a)
			z.spec, z.unwanted = false, s.now
			w.zombies[a] = z
			w.out.touch()
			w.out.steal = append(w.out.steal, a)
			w.out.stop(a, why)
		}
	}
}

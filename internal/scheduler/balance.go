package scheduler

import (
	"slices"
	"time"

	"sheaf/internal/wire"
)

// balance looks for workers that idle while others have more than they can begin: what waits is given to them whatever its
// transfer costs, and what was sent but not begun is asked back.
func (s *Scheduler) balance() {
	s.age()
	s.yield()
	var idle []*worker
	for _, w := range s.live {
		if w.open() && w.slots() < w.threads {
			idle = append(idle, w)
		}
	}
	if len(idle) == 0 {
		return
	}
	for _, w := range idle {
		if w.idle >= 0 && s.now-w.idle >= s.conf.Heartbeat {
			s.fill(w, true, true)
		}
	}
	idle = slices.DeleteFunc(idle, func(w *worker) bool { return w.slots() >= w.threads })
	s.speculate(slices.DeleteFunc(slices.Clone(idle), (*worker).occupied))
	idle = slices.DeleteFunc(idle, func(w *worker) bool { return w.slots() >= w.threads })
	if len(idle) == 0 {
		return
	}
	full := make([]*worker, 0, len(s.live))
	for _, w := range s.live {
		if w.waits() > 0 && !w.stealing {
			full = append(full, w)
		}
	}
	slices.SortStableFunc(full, func(a, b *worker) int { return int(min(max(b.load-a.load, -1), 1)) })
	for _, w := range full {
		if len(idle) == 0 {
			return
		}
		if k := s.steal(w, idle); k >= 0 {
			idle = slices.Delete(idle, k, k+1)
		}
	}
}

// age lets what has run for longer than was expected count for as long as it has run: it is likely to go on for as long again, and
// what was sent after it would wait.
func (s *Scheduler) age() {
	for _, w := range s.live {
		busy := w.busy
		for _, a := range w.timed {
			r := s.runs[a.task.run]
			if r == nil || int(a.task.task) >= len(r.tasks) {
				continue
			}
			t := &r.tasks[a.task.task]
			if t.status != statusProcessing || t.at != w.number || t.attempt != a.attempt || t.has(flagLong) {
				continue
			}
			if more := int64(s.now-a.since) - t.size; more > 0 {
				t.size += more
				w.busy += more
			}
		}
		for _, a := range sortedAttempts(w.zombies) {
			z := w.zombies[a]
			if more := int64(s.now-z.since) - z.nanos; more > 0 && !z.long {
				z.nanos += more
				w.busy += more
				w.zombies[a] = z
			}
		}
		if w.busy != busy {
			s.reload(w)
		}
	}
}

// steal asks a worker to give back tasks that one of others could begin, half of what waits there. It returns which one that is, or -1.
func (s *Scheduler) steal(from *worker, others []*worker) (to int) {
	n := (from.waits() + 1) / 2
	to = -1
	if from.load < int64(2*s.conf.Latency) {
		return to
	}
	var nobody *class // whose tasks none of the others may run
	asked := 0
	for k := len(from.sent.items) - 1; k >= from.sent.first && asked < n; k-- {
		a := from.sent.items[k]
		if a == none {
			continue
		}
		r := s.runs[a.run]
		t := &r.tasks[a.task]
		if t.flags&(flagStealing|flagStarted|flagLong|flagAlone) != 0 || r.class == nobody {
			continue
		}
		serves := func(w *worker) bool { return w.post(r.class) != nil }
		if to < 0 {
			if to = slices.IndexFunc(others, serves); to < 0 {
				nobody = r.class
			}
		}
		if to < 0 || !serves(others[to]) {
			continue
		}
		t.flags |= flagStealing
		from.out.touch()
		from.out.steal = append(from.out.steal, wire.Attempt{ID: r.id(r.head(a.task)), Attempt: t.attempt})
		asked++
	}
	from.stealing = asked > 0
	return to
}

// stealAll asks a worker that takes nothing new for everything that it has not begun.
func (s *Scheduler) stealAll(w *worker) {
	for a := range w.sent.refs() {
		r := s.runs[a.run]
		t := &r.tasks[a.task]
		if t.flags&(flagStealing|flagStarted|flagLong) == 0 {
			t.flags |= flagStealing
			w.out.touch()
			w.out.steal = append(w.out.steal, wire.Attempt{ID: r.id(r.head(a.task)), Attempt: t.attempt})
		}
	}
}

// stolen notes that the worker has answered.
func (s *Scheduler) stolen(w *worker) {
	if !w.stealing {
		return
	}
	w.stealing = false
	for a := range w.sent.refs() {
		s.runs[a.run].tasks[a.task].flags &^= flagStealing
	}
}

// running is a task that has been running for a while.
type running struct {
	task    ref
	attempt uint32
	since   time.Duration
}

// deadlineGrace is how much later than the worker the scheduler acts on an attempt's deadline.
const deadlineGrace = 5 * time.Second

// timed remembers when an attempt was running.
func (s *Scheduler) timed(w *worker, r *run, i int32) {
	w.timed = append(w.timed, running{r.ref(i), r.tasks[i].attempt, s.now})
}

// expireAttempts ends attempts that are over their deadline and that the worker has not ended.
func (s *Scheduler) expireAttempts() {
	for _, w := range s.live {
		if len(w.timed) == 0 {
			continue
		}
		kept := w.timed[:0]
		var late []running
		for _, a := range w.timed {
			r := s.runs[a.task.run]
			if r == nil || int(a.task.task) >= len(r.tasks) {
				continue
			}
			t := &r.tasks[a.task.task]
			switch {
			case t.status != statusProcessing || t.at != w.number || t.attempt != a.attempt:
			case r.opts.TimeoutMS > 0 && s.now-a.since > time.Duration(r.opts.TimeoutMS)*time.Millisecond+deadlineGrace:
				late = append(late, a)
			default:
				kept = append(kept, a)
			}
		}
		w.timed = kept
		for _, a := range late {
			s.timeOut(w, s.runs[a.task.run], a)
		}
	}
}

// timeOut fails an attempt in place of its worker.
func (s *Scheduler) timeOut(w *worker, r *run, a running) {
	i := a.task.task
	if r == nil || r.tasks[i].status != statusProcessing || r.tasks[i].attempt != a.attempt {
		return
	}
	f := wire.Failure{
		Sort: wire.SortTimeout, Key: r.key(r.head(i)), Worker: w.hello.Name,
		Message: "it ran longer than its " + (time.Duration(r.opts.TimeoutMS) * time.Millisecond).String() + ", and its worker did not end it",
	}
	s.supersede(r, i, "it is over its time")
	s.failedHere(w, r, i, a.attempt, &f)
}

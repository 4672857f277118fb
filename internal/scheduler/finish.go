package scheduler

import (
	"sheaf/internal/wire"
)

// move changes a task's state. Everything that follows from that is up to the caller.
func (s *Scheduler) move(r *run, i int32, to status, worker int32) {
	t := &r.tasks[i]
	from := t.status
	t.status = to
	s.counts[from]--
	s.counts[to]++
	r.count(i, from, to)
	r.left += unfinished[to] - unfinished[from]
	r.moved = s.now
	s.story.add(transition{s.now, r.id(i), from, to, worker, t.attempt})
	if s.conf.Log {
		s.record.moved(r, i, to, worker)
	}
	if s.observedTasks {
		s.taskHappened(r, i, from, to, worker)
	}
}

// unfinished is 1 for the states of a task that is wanted and not there.
var unfinished = [statusEnd]int{statusWaiting: 1, statusQueued: 1, statusProcessing: 1}

// done takes a worker's word for attempts that ended well.
func (s *Scheduler) done(w *worker, m *wire.Done) {
	s.moved(m.Moved)
	for k := range m.Tasks {
		d := &m.Tasks[k]
		zombie := s.unzombie(w, wire.Attempt{ID: d.ID, Attempt: d.Attempt})
		r, i, ok := s.unit(d.ID)
		if !ok {
			continue // whoever stopped it has freed it
		}
		t := &r.tasks[i]
		switch {
		case t.status == statusProcessing && t.at == w.number && t.attempt == d.Attempt:
			s.detach(w, r, i)
			delete(w.spare, r.id(i)) // this value has taken its place
		case zombie && s.wins(w, r, i, d.Attempt):
			delete(w.spare, r.id(i))
		case zombie: // The worker frees it when it is told to stop, and may have got another copy since, of which it has sent word.
			delete(w.spare, r.id(i))
			continue
		default:
			if _, coming := w.fetching[r.id(i)]; !coming && !r.holds(i, w) && !s.making(r, i, w) {
				w.out.free(r.id(i))
			}
			s.unspare(w, r, i)
			continue
		}
		head := r.head(i)
		k := r.kind(head)
		k.measured(d.Nanos)
		s.finished++
		if r.span != nil {
			r.span.ran(r.countDone(head, i), d)
		}
		s.stream.add(ended{id: r.id(i), kind: k, worker: w.number, thread: d.Thread, start: d.Start, nanos: d.Nanos, bytes: d.Bytes})
		if r.progress != nil {
			r.progress.done(r, i, w, d)
		}
		s.arrive(r, i, w, d.Bytes)
	}
	s.wake(w)
}

// arrive notes that a value is in memory, first at w.
func (s *Scheduler) arrive(r *run, i int32, w *worker, bytes int64) {
	t := &r.tasks[i]
	t.size = max(bytes, 0)
	t.at = w.number
	t.pos = s.hold1(w, r.ref(i), t.size)
	s.move(r, i, statusMemory, w.number)
	t.flags &^= flagLost
	if x := r.rare(i); x != nil && x.suspected > 0 { // it was not the cause
		x.suspected = 0
		r.tidy(i)
	}
	s.spread(r, i)
	for _, d := range r.plan.Deps(r.head(i)) {
		if r.tasks[d].unuse() {
			s.unneeded(r, d)
		}
	}
	if !t.needed() {
		s.unneeded(r, i)
		return
	}
	s.wish(r, i)
}

// spread tells everybody who waits for a value that it is there.
func (s *Scheduler) spread(r *run, i int32) {
	for _, u := range r.plan.Uses(i) {
		last := r.last(u)
		x := &r.tasks[last]
		if x.status != statusWaiting || x.has(flagProxy) {
			continue
		}
		if x.missing--; x.missing == 0 {
			s.ready(r, last)
		}
	}
	s.tellReady(r, i)
	if x := r.rare(i); x != nil {
		for _, f := range append([]ref(nil), x.followers...) {
			fr := s.runs[f.run]
			if fr.tasks[f.task].status == statusWaiting {
				s.move(fr, f.task, statusMemory, 0)
				s.spread(fr, f.task)
			}
		}
	}
}

// unspread is its inverse: the value is not there any more.
func (s *Scheduler) unspread(r *run, i int32) {
	for _, u := range r.plan.Uses(i) {
		last := r.last(u)
		x := &r.tasks[last]
		if x.has(flagProxy) {
			continue
		}
		switch x.status {
		case statusQueued:
			s.unwait(r, last)
			s.move(r, last, statusWaiting, 0)
			x.missing = 1
		case statusWaiting:
			x.missing++
		}
	}
	if x := r.rare(i); x != nil {
		for _, f := range append([]ref(nil), x.followers...) {
			fr := s.runs[f.run]
			if fr.tasks[f.task].status == statusMemory {
				s.move(fr, f.task, statusWaiting, 0)
				s.unspread(fr, f.task)
			}
		}
	}
}

// detach takes a processing task off its worker. Its state is up to the caller.
func (s *Scheduler) detach(w *worker, r *run, i int32) {
	t := &r.tasks[i]
	w.sent.remove(t.pos)
	w.busy -= t.size
	if t.has(flagLong) {
		w.long--
	}
	if t.has(flagAlone) {
		w.alone = false
	}
	t.flags &^= flagLong | flagAlone | flagStarted | flagStealing
	t.at = 0
	w.vacate(r.class.resources)
	s.reload(w)
	if t.has(flagExtra) {
		s.unspec(r, i)
	}
}

// failed takes a worker's word for an attempt that ended badly.
func (s *Scheduler) failed(w *worker, m *wire.Failed) {
	s.unzombie(w, wire.Attempt{ID: m.ID, Attempt: m.Attempt})
	s.forgetSpec(w, wire.Attempt{ID: m.ID, Attempt: m.Attempt})
	s.wake(w)
	r, i, ok := s.unit(m.ID)
	if !ok {
		return
	}
	t := &r.tasks[i]
	if t.status != statusProcessing || t.at != w.number || t.attempt != m.Attempt {
		s.unspare(w, r, i)
		return
	}
	s.detach(w, r, i)
	if m.Again {
		s.again(r, i)
	} else {
		s.failedHere(w, r, i, m.Attempt, &m.Cause)
	}
	s.unspare(w, r, i)
}

// failedHere draws the consequence of an attempt that failed at w: another one, or the end of the task. The task is
// processing and at no worker any more.
func (s *Scheduler) failedHere(w *worker, r *run, i int32, attempt uint32, cause *wire.Failure) {
	x := r.rarely(i)
	link := r.linkOf(i, cause.Task)
	if n := x.retried[link]; retryable(cause.Sort) && n < r.opts.Retries {
		if x.retried == nil {
			x.retried = map[int32]int32{}
		}
		x.retried[link]++
		x.history = append(x.history, historyLine(w.hello.Name, attempt, cause))
		x.after = s.now + s.conf.Backoff<<min(n, 10)
		if r.opts.ExcludeHost {
			x.avoid = w.hello.Host
		}
		s.again(r, i)
		return
	}
	f := *cause
	f.Task, f.Attempt = r.id(link), attempt
	if f.Worker == "" {
		f.Worker = w.hello.Name
	}
	if f.Key == "" {
		f.Key = r.key(i)
	}
	f.History = append(append([]string(nil), x.history...), f.History...)
	s.recordFailure(r, &f)
	s.fail(r, i, &f)
}

// linkOf returns which task of the chain that ends in i a failure names, or the chain's head.
func (r *run) linkOf(i int32, id wire.ID) int32 {
	head := r.head(i)
	for k := head; ; k = r.plan.Next[k] {
		if r.id(k) == id {
			return k
		}
		if k == i {
			return head
		}
	}
}

// retryable reports whether a failure of this sort is the task's own, so that another try may help.
func retryable(sort uint8) bool {
	return sort == wire.SortUser || sort == wire.SortTimeout || sort == wire.SortNone
}

// again makes a task run once more: its inputs may have gone meanwhile.
func (s *Scheduler) again(r *run, i int32) {
	s.move(r, i, statusReleased, 0)
	for _, d := range r.plan.Deps(r.head(i)) {
		r.tasks[d].uses-- // want counts them again
	}
	s.want(r, i)
}

// fail makes a task and everything that needs it erred, and unless its graph keeps going the graph's other outputs.
func (s *Scheduler) fail(r *run, i int32, f *wire.Failure) {
	var let []ref
	stack := []ref{r.ref(i)}
	for len(stack) > 0 {
		a := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		r, i := s.runs[a.run], a.task
		t := &r.tasks[i]
		if unfinished[t.status] == 0 && t.status != statusReleased {
			continue
		}
		was := t.status
		switch {
		case t.has(flagProxy): // it has its error, and needs the other task no more
			if target, ok := s.unfollow(r, i); ok {
				let = append(let, target)
			}
		case was == statusQueued:
			s.unwait(r, i)
		case was == statusProcessing && t.at != 0:
			s.supersede(r, i, stopReason(f))
		}
		s.move(r, i, statusErred, 0)
		t.size = r.blame(f)
		if !t.has(flagProxy) && was != statusReleased {
			for _, d := range r.plan.Deps(r.head(i)) {
				if r.tasks[d].unuse() {
					let = append(let, r.ref(d))
				}
			}
		}
		for _, u := range r.plan.Uses(i) {
			last := r.last(u)
			if x := &r.tasks[last]; unfinished[x.status] == 1 && !x.has(flagProxy) {
				stack = append(stack, r.ref(last))
			}
		}
		s.tellErred(r, i, f)
		if x := r.rare(i); x != nil {
			stack = append(stack, x.followers...)
		}
		if !t.needed() {
			let = append(let, r.ref(i))
		}
		if !r.opts.KeepGoing && !r.frozen && f.Sort != wire.SortCancelled { // who cancels one task wants the others
			r.frozen = true
			for k := range r.tasks {
				if x := &r.tasks[k]; (x.claims > 0 || r.namedByOwner(int32(k))) && unfinished[x.status] == 1 {
					stack = append(stack, r.ref(int32(k)))
				}
			}
		}
	}
	for _, a := range let {
		s.unneeded(s.runs[a.run], a.task)
	}
}

// stopReason is what a worker is told that runs a task which fails for a reason elsewhere.
func stopReason(f *wire.Failure) string {
	if f.Sort == wire.SortCancelled || f.Sort == wire.SortTimeout {
		return f.Message
	}
	return "something that it was submitted with has failed"
}

// namedByOwner reports whether the run's own client claims the task under another name.
func (r *run) namedByOwner(i int32) bool {
	if x := r.rare(i); x != nil {
		for _, c := range x.claims {
			if c.client == r.client {
				return true
			}
		}
	}
	return false
}

// blame returns the number of a failure among the run's causes, for one more task.
func (r *run) blame(f *wire.Failure) int64 {
	free := -1
	for k := len(r.causes) - 1; k >= 0 && k >= len(r.causes)-64; k-- {
		if r.causes[k].failure == f {
			r.causes[k].tasks++
			return int64(k)
		}
		if r.causes[k].failure == nil {
			free = k
		}
	}
	if free < 0 {
		r.causes = append(r.causes, cause{})
		free = len(r.causes) - 1
	}
	r.causes[free] = cause{f, 1}
	return int64(free)
}

func (r *run) unblame(i int32) {
	c := &r.causes[r.tasks[i].size]
	if c.tasks--; c.tasks == 0 {
		c.failure = nil
	}
}

// causeOf returns why a task is erred.
func (r *run) causeOf(i int32) *wire.Failure { return r.causes[r.tasks[i].size].failure }

package worker

import (
	"sheaf/internal/wire"
)

// width is how many tasks the body may have at a time: one per thread, and more when they are so short that handing out one at a
// time would cost more than they do.
func (w *Worker) width() int {
	n := w.conf.Hello.Threads
	if ahead := int64(w.conf.Ahead); w.pace > 0 && w.pace < ahead {
		return n + n*int(min(ahead/w.pace, aheadTasks))
	}
	return n
}

// start hands out the most urgent tasks.
func (w *Worker) start() {
	if !w.joined || w.draining || w.over || w.ready.n == 0 {
		return
	}
	width := w.width()
	if w.pause != "" {
		if !w.impatient() {
			return
		}
		width = 1
	}
	var held []*task
	for w.ready.n > 0 && w.busy < width {
		t := w.ready.next()
		if len(w.loose) > 0 && !w.unoccupied(t) {
			held = append(held, t)
			continue
		}
		w.ready.charge(t, w.pace)
		t.state, t.began = Executing, w.now
		w.busy++
		w.recent = append(w.recent, begun{t.attempt(), w.now})
		w.executes = append(w.executes, Execute{Task: t.Task})
		w.emit(&w.executes[len(w.executes)-1])
	}
	for _, t := range held {
		w.ready.giveBack(t)
	}
	w.ready.tidy()
}

// unoccupied reports whether a task's resources are free. The scheduler sees to that, but knows nothing of attempts of an earlier
// session that have not ended yet.
func (w *Worker) unoccupied(t *task) bool {
	const rounding = 1e-9
	for _, need := range t.Options.Resources {
		left := rounding - need.Amount
		for _, has := range w.conf.Hello.Resources {
			if has.Name == need.Name {
				left += has.Amount
			}
		}
		for _, o := range w.loose {
			left -= amountOf(o.Options.Resources, need.Name)
		}
		for _, o := range w.tasks {
			if o.running() {
				left -= amountOf(o.Options.Resources, need.Name)
			}
		}
		if left < 0 {
			return false
		}
	}
	return true
}

func amountOf(rs []wire.Resource, name string) (n float64) {
	for _, r := range rs {
		if r.Name == name {
			n += r.Amount
		}
	}
	return n
}

// find returns an attempt that the body has.
func (w *Worker) find(a wire.Attempt) *task {
	if t := w.tasks[a.ID]; t != nil && t.Attempt == a.Attempt && t.running() {
		return t
	}
	return w.loose[a]
}

// leave gives a task's slot back.
func (w *Worker) leave(t *task) {
	if t.state == Executing {
		w.busy--
	} else {
		w.long--
	}
}

func (w *Worker) executed(e *Executed) {
	a := wire.Attempt{ID: e.ID, Attempt: e.Attempt}
	t := w.find(a)
	if t == nil {
		return
	}
	w.leave(t)
	if e.Nanos > 0 {
		if w.pace == 0 {
			w.pace = e.Nanos
		}
		w.pace = (7*w.pace + e.Nanos + 7) / 8
		w.ready.correct(t, e.Nanos)
	}
	if t.loose {
		w.ended(t)
		return
	}
	delete(w.tasks, t.ID)
	if e.Err != nil {
		w.fail(t, e.Err, e.Again)
	} else {
		w.keep(t, e.Bytes)
		w.done = append(w.done, wire.DoneTask{
			ID: t.ID, Attempt: t.Attempt, Bytes: e.Bytes, Thread: e.Thread, Start: e.Start, Nanos: e.Nanos,
		})
		if t.Push != 0 && !t.Options.Actor && e.Bytes <= w.conf.PushBytes && w.joined {
			w.emit(&Push{Client: t.Push, ID: t.Last(), Attempt: t.Attempt, Worker: w.number})
		}
	}
	w.detach(t)
	w.spare(t)
}

// fail reports a failure, and remembers it for a scheduler that comes back.
func (w *Worker) fail(t *task, cause *wire.Failure, again bool) {
	f := &wire.Failed{ID: t.ID, Attempt: t.Attempt, Again: again, Cause: *cause}
	w.erred[t.ID] = f
	w.failed = append(w.failed, t.ID)
	for len(w.failed) > w.conf.ErredMax {
		delete(w.erred, w.failed[0])
		w.failed = w.failed[1:]
	}
	if w.joined {
		told := *f
		w.send(&told)
	}
}

// ended is the end of an attempt that nobody wants: its slot is free.
func (w *Worker) ended(t *task) {
	a := t.attempt()
	delete(w.loose, a)
	if t.tell && w.joined {
		w.send(&wire.Failed{ID: t.ID, Attempt: t.Attempt, Cause: w.cancelled(t)})
	}
	w.detach(t)
	w.spare(t)
	if m := w.delayed[a]; m != nil {
		delete(w.delayed, a)
		if w.accept(m); w.tasks[a.ID] == nil || w.tasks[a.ID].Attempt != a.Attempt {
			w.back = append(w.back, a) // a still newer one has come
		}
	}
}

func (w *Worker) cancelled(t *task) wire.Failure {
	return wire.Failure{
		Sort: wire.SortCancelled, Task: t.ID, Worker: w.conf.Hello.Name, Attempt: t.Attempt, Message: "cancelled: " + t.reason, Reason: t.reason,
	}
}

// unstarted takes tasks back that the body could not start.
func (w *Worker) unstarted(u *Unstarted) {
	for _, id := range u.Damaged {
		w.damaged(id)
	}
	for _, a := range u.Tasks {
		t := w.find(a)
		if t == nil {
			continue
		}
		w.leave(t)
		w.ready.refund(t)
		w.pace = max(w.pace, int64(w.conf.Ahead)) // one at a time, until they are seen to be short
		if t.loose {
			w.ended(t)
			continue
		}
		t.started = false
		w.reattach(t)
		if w.draining {
			w.drop(t)
			w.back = append(w.back, a)
		}
	}
}

func (w *Worker) blocked(a wire.Attempt) {
	t := w.find(a)
	if t == nil || t.state != Executing {
		return
	}
	t.state = LongRunning
	w.busy--
	w.long++
	if !t.loose && w.joined {
		w.send(&wire.LongRunning{Task: a})
	}
}

func (w *Worker) resumed(a wire.Attempt) {
	t := w.find(a)
	if t == nil || t.state != LongRunning {
		return
	}
	t.state = Executing
	w.long--
	w.busy++
	if !t.loose && w.joined {
		w.send(&wire.LongRunning{Task: a, Back: true})
	}
}

// stuck reports the end of an attempt whose function goes on.
func (w *Worker) stuck(s *Stuck) {
	t := w.find(s.Task)
	if t == nil {
		return
	}
	if t.loose {
		if t.tell && w.joined {
			cause := w.cancelled(t)
			cause.Func, cause.File, cause.Line, cause.Key = s.Err.Func, s.Err.File, s.Err.Line, s.Err.Key
			cause.Message += "; " + s.Err.Message
			w.send(&wire.Failed{ID: t.ID, Attempt: t.Attempt, Cause: cause})
		}
		t.tell = false
		return
	}
	w.fail(t, s.Err, false)
	delete(w.tasks, t.ID)
	w.loose[t.attempt()] = t
	t.loose, t.reason = true, s.Err.Message
}

// overdue finds tasks that have been running for a while.
func (w *Worker) overdue() {
	for w.first < len(w.recent) {
		b := w.recent[w.first]
		t := w.find(b.task)
		if t != nil && t.began == b.began && !t.started && !t.loose {
			if !w.joined || w.now < b.began+w.conf.StartedAfter {
				break
			}
			t.started = true
			w.started = append(w.started, b.task)
		}
		w.first++
	}
	if w.first > 64 && w.first > len(w.recent)/2 {
		w.recent = append(w.recent[:0], w.recent[w.first:]...)
		w.first = 0
	}
}

// oldest returns the execution that will be reported as started first.
func (w *Worker) oldest() (begun, bool) {
	if w.first == len(w.recent) {
		return begun{}, false
	}
	return w.recent[w.first], true
}

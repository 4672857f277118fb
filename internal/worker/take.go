package worker

import (
	"slices"

	"sheaf/internal/wire"
)

// compute takes tasks in. A task whose attempt is known is not taken twice: if it has ended its end is told again.
func (w *Worker) compute(m *wire.Compute) {
	if len(m.Layers) > 0 {
		for i := range m.Layers {
			w.layers[m.Layers[i].ID] = struct{}{}
		}
		w.emit(&Install{Layers: m.Layers})
	}
	for i := range m.Tasks {
		t := &m.Tasks[i]
		if w.draining {
			w.back = append(w.back, wire.Attempt{ID: t.ID, Attempt: t.Attempt})
			continue
		}
		w.accept(t)
	}
	w.places(m.Where)
}

func (w *Worker) accept(t *wire.Task) {
	if old := w.tasks[t.ID]; old != nil {
		if old.Attempt >= t.Attempt {
			return
		}
		if old.running() {
			w.loosen(old, true, "a newer attempt")
		} else {
			w.back = append(w.back, old.attempt())
			w.drop(old)
		}
	}
	if f := w.erred[t.ID]; f != nil {
		if f.Attempt == t.Attempt {
			again := *f
			w.send(&again)
		}
		if f.Attempt >= t.Attempt {
			return
		}
		delete(w.erred, t.ID)
	}
	if v := w.madeBy(t.ID); v != nil {
		if v.attempt == t.Attempt {
			w.done = append(w.done, wire.DoneTask{ID: t.ID, Attempt: t.Attempt, Bytes: v.bytes})
		}
		if v.attempt >= t.Attempt {
			return
		}
		w.free(v.id)
	}
	a := wire.Attempt{ID: t.ID, Attempt: t.Attempt}
	if w.loose[a] != nil {
		w.delayed[a] = t
		return
	}
	w.admit(t)
}

// admit makes a task of an attempt that is new.
func (w *Worker) admit(m *wire.Task) {
	t := w.newTask()
	t.Task = *m
	w.tasks[t.ID] = t
	w.attach(t)
	w.place(t)
}

// place makes a task ready, or waiting if inputs are missing.
func (w *Worker) place(t *task) {
	if t.missing > 0 {
		t.state = Waiting
		w.waiting++
		return
	}
	t.state = Ready
	w.ready.push(t)
}

func (w *Worker) newTask() *task {
	w.order++
	if n := len(w.spareTasks); n > 0 {
		t := w.spareTasks[n-1]
		w.spareTasks = w.spareTasks[:n-1]
		*t = task{order: w.order, at: -1, uses: t.uses}
		return t
	}
	return &task{order: w.order, at: -1}
}

const spareMax = 4096

func (w *Worker) spare(t *task) {
	t.Task = wire.Task{}
	if len(w.spareTasks) < spareMax {
		w.spareTasks = append(w.spareTasks, t)
	}
}

// attach counts a task as a user of its inputs, and wants those that are not here.
func (w *Worker) attach(t *task) {
	for _, id := range t.Inputs {
		v := w.input(id)
		v.users++
		v.put = 0
		t.uses = append(t.uses, v)
		if v.state != Held {
			w.await(v, t)
		}
	}
}

// input returns the value that serves as an input: for a part the whole, if that is here.
func (w *Worker) input(id wire.ID) *value {
	if id.Part != 0 {
		if v := w.values[id.Whole()]; v != nil && v.state == Held {
			return v
		}
	}
	return w.value(id)
}

// await makes a task wait for a value.
func (w *Worker) await(v *value, t *task) {
	t.missing++
	if len(v.waiters) == 0 && !v.replica || before(t.Priority, t.order, v.urgency, v.order) {
		v.urgency, v.order = t.Priority, t.order
	}
	v.waiters = append(v.waiters, t)
	w.want(v)
}

// unwait ends that a task waits for a value, for one of its inputs.
func (v *value) unwait(t *task) {
	if at := slices.Index(v.waiters, t); at >= 0 {
		v.waiters = slices.Delete(v.waiters, at, at+1)
	}
}

// detach ends that a task uses its inputs.
func (w *Worker) detach(t *task) {
	for _, v := range t.uses {
		v.users--
		v.unwait(t)
		if v.users == 0 {
			w.unused(v)
		}
	}
	clear(t.uses)
	t.uses = t.uses[:0]
}

// reattach looks again for the inputs of a task that are not here: what there was may have gone, and instead of a part there may
// be the whole now. The task is in neither table of waiting tasks; it is placed anew.
func (w *Worker) reattach(t *task) {
	t.missing = 0
	for _, v := range t.uses {
		v.unwait(t)
	}
	for k, old := range t.uses {
		if old.state == Held {
			continue
		}
		v := w.input(t.Inputs[k])
		v.users++
		t.uses[k] = v
		if old.users--; old.users == 0 {
			w.unused(old)
		}
		if v.state != Held {
			w.await(v, t)
		}
	}
	w.place(t)
}

// lookAgain takes a task that has not started out of its table and reattaches it.
func (w *Worker) lookAgain(t *task) {
	if t.state == Ready {
		w.ready.remove(t)
	} else {
		w.waiting--
	}
	w.reattach(t)
}

// drop forgets a task that the body does not have.
func (w *Worker) drop(t *task) {
	switch t.state {
	case Waiting:
		w.waiting--
	case Ready:
		w.ready.remove(t)
	}
	delete(w.tasks, t.ID)
	w.detach(t)
	w.spare(t)
}

// loosen lets an attempt that runs go: what comes of it is of no interest, only that it ends.
func (w *Worker) loosen(t *task, tell bool, reason string) {
	delete(w.tasks, t.ID)
	w.loose[t.attempt()] = t
	t.loose, t.tell, t.reason = true, tell, reason
	w.emit(&Interrupt{Task: t.attempt(), Reason: reason})
}

// stop ends attempts. Each is answered: those that have not started by Returned, those that run by Failed when they have ended,
// and those that have ended by what was said then; in a session that was lost for a while that may not have arrived.
func (w *Worker) stop(m *wire.Stop) {
	for _, a := range m.Tasks {
		t, loose, f, v := w.tasks[a.ID], w.loose[a], w.erred[a.ID], w.madeBy(a.ID)
		switch {
		case w.delayed[a] != nil:
			delete(w.delayed, a)
			w.back = append(w.back, a)
		case t != nil && t.Attempt == a.Attempt && t.running():
			w.loosen(t, true, m.Reason)
		case t != nil && t.Attempt == a.Attempt:
			w.back = append(w.back, a)
			w.drop(t)
		case loose != nil:
			loose.tell = loose.tell || w.rejoined
		case v != nil && v.attempt == a.Attempt:
			w.free(v.id)
		case f != nil && f.Attempt == a.Attempt:
			delete(w.erred, a.ID)
		case w.rejoined:
			w.back = append(w.back, a)
		}
	}
}

// steal gives tasks back that have not started.
func (w *Worker) steal(m *wire.Steal) {
	back := &wire.Returned{}
	for _, a := range m.Tasks {
		t := w.tasks[a.ID]
		switch {
		case w.delayed[a] != nil:
			delete(w.delayed, a)
		case t == nil || t.Attempt != a.Attempt || t.running():
			continue
		default:
			w.drop(t)
		}
		back.Tasks = append(back.Tasks, a)
	}
	w.send(back)
}

// drain gives everything back that has not started.
func (w *Worker) drain() {
	if w.draining {
		return
	}
	w.draining, w.beat = true, true
	for _, t := range w.inOrder() {
		if !t.running() {
			w.back = append(w.back, t.attempt())
			w.drop(t)
		}
	}
	for _, a := range w.delayedInOrder() {
		w.back = append(w.back, a)
		delete(w.delayed, a)
	}
}

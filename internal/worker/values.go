package worker

import (
	"slices"

	"sheaf/internal/wire"
)

// value returns the record of a value, a new one if there is none.
func (w *Worker) value(id wire.ID) *value {
	if v := w.values[id]; v != nil {
		return v
	}
	var v *value
	if n := len(w.spareValues); n > 0 {
		v = w.spareValues[n-1]
		w.spareValues = w.spareValues[:n-1]
	} else {
		v = &value{}
	}
	v.id, v.state = id, Wanted
	if w.flight[id] != nil {
		v.state = Flight
	}
	w.values[id] = v
	if id.Part != 0 {
		w.parts[id.Whole()] = append(w.parts[id.Whole()], v)
	}
	return v
}

// forget deletes the record of a value.
func (w *Worker) forget(v *value) {
	if v.state == Held {
		w.stored--
	}
	w.disown(v)
	delete(w.values, v.id)
	if v.id.Part != 0 {
		whole := v.id.Whole()
		if rest := slices.DeleteFunc(w.parts[whole], func(p *value) bool { return p == v }); len(rest) > 0 {
			w.parts[whole] = rest
		} else {
			delete(w.parts, whole)
		}
	}
	waiters := v.waiters[:0]
	*v = value{waiters: waiters}
	if len(w.spareValues) < spareMax {
		w.spareValues = append(w.spareValues, v)
	}
}

// disown forgets by which attempt a value was made.
func (w *Worker) disown(v *value) {
	if v.own && v.head != v.id && w.chained[v.head] == v.id {
		delete(w.chained, v.head)
	}
	v.own, v.attempt, v.head = false, 0, wire.ID{}
}

// madeBy returns the value that an attempt of a chain with this head has left here, or nil.
func (w *Worker) madeBy(head wire.ID) *value {
	id := head
	if last, ok := w.chained[head]; ok {
		id = last
	}
	if v := w.values[id]; v != nil && v.state == Held && v.own && v.head == head {
		return v
	}
	return nil
}

// arrive says that a value is here.
func (w *Worker) arrive(v *value) {
	if v.state == Held {
		return
	}
	v.state, v.holders, v.tried, v.missed, v.replica = Held, nil, nil, false, false
	w.stored++
	for i, t := range v.waiters {
		v.waiters[i] = nil
		if t.missing--; t.missing == 0 {
			w.waiting--
			w.place(t)
		}
	}
	v.waiters = v.waiters[:0]
	for _, p := range slices.Clone(w.parts[v.id]) { // whoever waits for a part has it now
		for p.id.Whole() == v.id && len(p.waiters) > 0 {
			w.lookAgain(p.waiters[0])
		}
	}
}

// keep stores the value of an attempt that has ended.
func (w *Worker) keep(t *task, bytes int64) *value {
	v := w.value(t.Last())
	w.disown(v)
	if old := w.madeBy(t.ID); old != nil { // an attempt that was cut into another chain; a task still reads it
		w.disown(old)
	}
	v.own, v.head, v.attempt, v.bytes = true, t.ID, t.Attempt, bytes
	v.doomed, v.put = false, 0
	if v.head != v.id {
		w.chained[v.head] = v.id
	}
	w.keepAs(v.id, t.attempt())
	w.arrive(v)
	return v
}

func (w *Worker) keepAs(id wire.ID, a wire.Attempt) {
	w.flushFreed()
	w.keeps = append(w.keeps, Keep{ID: id, Task: a})
	w.emit(&w.keeps[len(w.keeps)-1])
}

// free lets a value go as soon as no task uses it.
func (w *Worker) free(id wire.ID) {
	v := w.values[id]
	if v == nil {
		return
	}
	v.replica, v.put = false, 0
	if v.state == Held {
		v.doomed = true
	}
	if v.users == 0 {
		w.unused(v)
	}
}

// unused is what becomes of a value that no task uses.
func (w *Worker) unused(v *value) {
	switch {
	case v.state == Held && (v.doomed || v.id.Part != 0):
		w.freed = append(w.freed, v.id)
		w.forget(v)
	case v.state != Held && !v.replica:
		w.forget(v)
	}
}

// flushFreed emits what is freed so far, before something is kept: the order matters where both are of one value.
func (w *Worker) flushFreed() {
	if len(w.freed) > 0 {
		w.emit(&Free{IDs: w.freed})
		w.freed = nil
	}
}

// damaged takes note that a value cannot be read any more. Tasks that have not started wait for it to be fetched.
func (w *Worker) damaged(id wire.ID) {
	v := w.values[id]
	if v == nil || v.state != Held {
		return
	}
	if id.Part == 0 {
		w.dropped = append(w.dropped, id)
	}
	w.disown(v)
	v.state, v.put, v.doomed = Wanted, 0, false
	if w.flight[id] != nil {
		v.state = Flight
	}
	w.stored--
	if v.users == 0 {
		w.forget(v)
		return
	}
	for _, t := range w.inOrder() {
		if !t.running() && slices.Contains(t.uses, v) {
			w.lookAgain(t)
		}
	}
}

// put takes note of values that a client has put here. Nobody tells the scheduler but the client, which may end before it does;
// so they are reported when nobody speaks of them for long.
func (w *Worker) put(values []wire.Size) {
	for _, s := range values {
		v := w.value(s.ID)
		if v.state == Held {
			continue
		}
		v.bytes, v.put = s.Bytes, max(w.now, 1)
		if v.users > 0 {
			v.put = 0
		} else {
			w.puts = append(w.puts, s.ID)
		}
		w.arrive(v)
	}
}

// oldestPut returns the value that has been unclaimed for longest.
func (w *Worker) oldestPut() *value {
	for _, id := range w.puts {
		if v := w.values[id]; v != nil && v.put > 0 {
			return v
		}
	}
	return nil
}

func (w *Worker) unclaimed() {
	for len(w.puts) > 0 {
		v := w.values[w.puts[0]]
		if v != nil && v.put > 0 {
			if w.now < v.put+w.conf.Unclaimed {
				return
			}
			v.put = 0
			w.holding = append(w.holding, wire.Size{ID: v.id, Bytes: v.bytes})
		}
		w.puts = w.puts[1:]
	}
	w.puts = nil
}

package worker

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"sheaf/internal/wire"
)

// Hello returns how the worker introduces itself, with what it holds.
func (w *Worker) Hello() *wire.WorkerHello {
	h := w.conf.Hello
	h.Was, h.Epoch = w.number, w.epoch
	w.told = map[wire.ID]bool{}
	for _, v := range w.held() {
		if !v.doomed && v.id.Part == 0 {
			h.Holds = append(h.Holds, wire.Size{ID: v.id, Bytes: v.bytes})
			w.told[v.id] = true
		}
	}
	return &h
}

// Announce changes the data address with which the worker introduces itself.
func (w *Worker) Announce(address string) { w.conf.Hello.Address = address }

// welcome begins a session. In one that the scheduler has kept everything goes on; otherwise what runs is superseded.
func (w *Worker) welcome(m *wire.Welcome) {
	same := m.Number == w.number && m.Epoch == w.epoch
	if w.joined && same {
		return
	}
	if w.number != 0 && !same {
		w.anew(m.Epoch != w.epoch)
	}
	w.joined, w.rejoined, w.number, w.epoch, w.told = true, same, m.Number, m.Epoch, nil
	w.heartbeat = time.Duration(m.HeartbeatMS) * time.Millisecond
	w.beat, w.drained = true, false
	if same {
		w.again()
	}
}

// anew supersedes all attempts of the session before, and with another scheduler the values too, whose ids it does not know.
func (w *Worker) anew(values bool) {
	w.draining, w.done = false, nil // what has just ended is an attempt of the session before
	clear(w.delayed)
	clear(w.erred)
	w.failed = nil
	for _, t := range w.loose {
		t.tell = false
	}
	for _, t := range w.inOrder() {
		if t.running() {
			w.loosen(t, false, "the scheduler has given this worker up")
		} else {
			w.drop(t)
		}
	}
	if values {
		w.otherEpoch()
	}
	for _, v := range w.sorted() {
		if v.state == Held && !values && v.id.Part == 0 {
			w.disown(v)
			if !v.doomed && !w.told[v.id] { // it came after the hello
				w.holding = append(w.holding, wire.Size{ID: v.id, Bytes: v.bytes})
			}
		} else {
			w.free(v.id)
		}
	}
	if len(w.layers) > 0 {
		w.emit(&Forget{Layers: slices.Sorted(maps.Keys(w.layers))})
		clear(w.layers)
	}
}

// otherEpoch forgets whatever could be taken for something else under a scheduler that gives ids and numbers anew.
func (w *Worker) otherEpoch() {
	for _, t := range w.looseInOrder() {
		w.detach(t) // the body still has the values in its hands
	}
	for _, r := range w.flight {
		r.stale = true
	}
	for _, p := range w.peers {
		p.forgetLate()
	}
	clear(w.peers)
	w.moved = nil
	for _, p := range w.active {
		p.active, p.queue = false, nil
	}
	w.active = nil
}

// again repeats all reports that may not have reached the scheduler.
func (w *Worker) again() {
	for _, v := range w.held() {
		switch {
		case v.own:
			w.done = append(w.done, wire.DoneTask{ID: v.head, Attempt: v.attempt, Bytes: v.bytes})
		case !v.doomed && v.id.Part == 0:
			w.holding = append(w.holding, wire.Size{ID: v.id, Bytes: v.bytes})
		}
	}
	for _, id := range w.failed {
		if f := w.erred[id]; f != nil {
			told := *f
			w.send(&told)
		}
	}
	for _, t := range w.inOrder() {
		if t.state == LongRunning {
			w.send(&wire.LongRunning{Task: t.attempt()})
		}
		if t.started {
			w.started = append(w.started, t.attempt())
		}
	}
	for _, v := range w.sorted() {
		if v.missed {
			v.missed = false
			w.want(v)
		}
	}
}

// report sends what the step has to say.
func (w *Worker) report() {
	if w.joined {
		w.unclaimed()
	}
	w.flushFreed()
	if w.busy+w.long > 0 || w.pause == "" {
		w.pauseTime = -1
	} else if w.pauseTime < 0 {
		w.pauseTime = w.now
	}
	if !w.joined {
		return
	}
	if len(w.done) > 0 {
		w.send(&wire.Done{Tasks: w.done, Moved: w.moved})
		w.moved = nil
	}
	if len(w.back) > 0 {
		w.send(&wire.Returned{Tasks: w.back})
	}
	if len(w.holding) > 0 || len(w.dropped) > 0 {
		w.send(&wire.Holding{Values: w.holding, Dropped: w.dropped})
	}
	if len(w.missing) > 0 {
		w.send(&wire.Missing{Values: w.missing, Reason: w.why})
	}
	if len(w.out.started) > 0 {
		w.send(&wire.Started{Tasks: w.out.started})
	}
	if w.draining && !w.drained && w.busy+w.long == 0 {
		w.drained = true
		w.send(&wire.Drained{})
	}
	if w.beat || w.heartbeat > 0 && w.now >= w.nextBeat {
		w.send(w.state())
		w.nextBeat = w.now + w.heartbeat
	}
}

// state is the heartbeat.
func (w *Worker) state() *wire.Heartbeat {
	g := &w.gauges
	h := &wire.Heartbeat{
		Status: wire.StatusRunning, Executing: w.busy, Ready: w.ready.n, Waiting: w.waiting, Stored: w.stored,
		MemoryBytes: g.Used, SpillBytes: g.Spilled, RSSBytes: g.RSS, LimitBytes: g.Limit, SentBytes: g.Sent, GotBytes: g.Got,
		Goroutines: g.Goroutines, Files: g.Files, CPUPercent: g.CPU, Event: g.Event, Refused: g.Refused,
	}
	g.Event = ""
	switch {
	case w.draining:
		h.Status = wire.StatusDraining
	case w.pause != "":
		h.Status, h.Reason = wire.StatusPaused, w.pause
	}
	return h
}

// memory decides from the body's state whether tasks may start.
func (w *Worker) memory(m *Memory) {
	event := w.gauges.Event
	if event != "" && m.Event != "" {
		event += "; "
	}
	event += m.Event
	w.gauges = *m
	w.gauges.Event = event
	was := w.pause
	share := w.conf.PauseShare
	if was != "" && !w.byDisk {
		share = w.conf.ResumeShare
	}
	used := max(m.Used, m.RSS)
	w.pause, w.byDisk = "", false
	switch {
	case m.Full != "":
		w.pause, w.byDisk = m.Full, true
	case m.Limit > 0 && float64(used) >= share*float64(m.Limit):
		w.pause = fmt.Sprintf("memory: %d of %d bytes are in use", used, m.Limit)
		if was != "" {
			w.pause = was // one report a pause
		}
	}
	if (was == "") != (w.pause == "") {
		w.beat = true
	}
}

// impatient reports whether a worker that is paused by memory, and in which nothing runs that could free any, starts a task all
// the same.
func (w *Worker) impatient() bool {
	return !w.byDisk && w.pauseTime >= 0 && w.now >= w.pauseTime+w.conf.Patience
}

// inOrder returns the live attempts, oldest first.
func (w *Worker) inOrder() []*task {
	return slices.SortedFunc(maps.Values(w.tasks), func(a, b *task) int { return cmp.Compare(a.order, b.order) })
}

// sorted returns the values in the order of their ids.
func (w *Worker) sorted() []*value {
	return slices.SortedFunc(maps.Values(w.values), func(a, b *value) int { return a.id.Compare(b.id) })
}

// held returns the values that are here, in the order of their ids.
func (w *Worker) held() []*value {
	return slices.DeleteFunc(w.sorted(), func(v *value) bool { return v.state != Held })
}

// looseInOrder returns the attempts that run although nobody wants them, oldest first.
func (w *Worker) looseInOrder() []*task {
	return slices.SortedFunc(maps.Values(w.loose), func(a, b *task) int { return cmp.Compare(a.order, b.order) })
}

func (w *Worker) delayedInOrder() []wire.Attempt {
	return slices.SortedFunc(maps.Keys(w.delayed), compareAttempts)
}

func compareAttempts(a, b wire.Attempt) int {
	return cmp.Or(a.ID.Compare(b.ID), cmp.Compare(a.Attempt, b.Attempt))
}

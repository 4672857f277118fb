package worker

import (
	"fmt"
	"math"
	"strings"

	"sheaf/internal/wire"
)

// Dump describes the whole state, for people: a line per task and value.
func (w *Worker) Dump() string { return w.describe(wire.ID.String) }

// describe is Dump with other names for ids.
func (w *Worker) describe(name func(wire.ID) string) string {
	var b strings.Builder
	switch {
	case w.number == 0:
		b.WriteString("new")
	case !w.joined:
		fmt.Fprintf(&b, "lost, was worker %d", w.number)
	default:
		fmt.Fprintf(&b, "worker %d", w.number)
	}
	if w.draining {
		b.WriteString(", draining")
	}
	if w.pause != "" {
		fmt.Fprintf(&b, ", paused (%s)", w.pause)
	}
	if n := w.requests; n > 0 {
		fmt.Fprintf(&b, ", %d requests for %d bytes", n, w.inFlight)
	}
	b.WriteByte('\n')
	for _, t := range w.inOrder() {
		fmt.Fprintf(&b, "task %s#%d %s", name(t.ID), t.Attempt, t.state)
		if t.state == Waiting {
			fmt.Fprintf(&b, " for %d", t.missing)
		}
		b.WriteByte('\n')
	}
	for _, t := range w.looseInOrder() {
		fmt.Fprintf(&b, "task %s#%d %s, to end: %s\n", name(t.ID), t.Attempt, t.state, t.reason)
	}
	for _, v := range w.sorted() {
		fmt.Fprintf(&b, "value %s %s %d bytes", name(v.id), v.state, v.bytes)
		if v.users > 0 {
			fmt.Fprintf(&b, ", %d users", v.users)
		}
		if v.own {
			fmt.Fprintf(&b, ", made by %s#%d", name(v.head), v.attempt)
		}
		if v.state == Wanted && len(v.holders) > 0 {
			fmt.Fprintf(&b, " from %v", v.holders)
		}
		for _, flag := range []struct {
			set  bool
			name string
		}{{v.replica, "replica"}, {v.doomed, "to be freed"}, {v.missed, "missing"}} {
			if flag.set {
				b.WriteString(", " + flag.name)
			}
		}
		b.WriteByte('\n')
	}
	for _, id := range w.failed {
		if f := w.erred[id]; f != nil {
			fmt.Fprintf(&b, "task %s#%d erred: %s\n", name(id), f.Attempt, f.Cause.Message)
		}
	}
	return b.String()
}

// Hash returns a hash of the state, by which two runs of the same story can be compared.
func (w *Worker) Hash() uint64 {
	h := mix(uint64(w.number), w.epoch)
	num := func(xs ...int64) {
		for _, x := range xs {
			h = mix(h, uint64(x))
		}
	}
	flag := func(b bool) {
		if b {
			num(1)
		} else {
			num(0)
		}
	}
	id := func(id wire.ID) { num(int64(id.Layer), int64(id.Index)) }
	flag(w.joined)
	flag(w.draining)
	flag(w.pause != "")
	num(int64(w.now), int64(w.nextBeat), int64(w.pauseTime), w.pace, int64(w.requests), w.inFlight, int64(w.order))
	for _, tasks := range [][]*task{w.inOrder(), w.looseInOrder()} {
		num(int64(len(tasks)))
		for _, t := range tasks {
			id(t.ID)
			num(int64(t.Attempt), int64(t.state), int64(t.missing), int64(t.order), int64(t.began))
			flag(t.started)
			flag(t.tell)
		}
	}
	for _, v := range w.sorted() {
		id(v.id)
		num(int64(v.state), v.bytes, int64(v.users), int64(v.attempt), int64(v.order), int64(v.put))
		flag(v.replica)
		flag(v.doomed)
		flag(v.missed)
		for _, n := range v.holders {
			num(int64(n))
		}
		num(math.MaxInt64)
		for _, n := range v.tried {
			num(int64(n))
		}
	}
	for _, k := range w.failed {
		if f := w.erred[k]; f != nil {
			id(k)
			num(int64(f.Attempt))
		}
	}
	return h
}

package sim

import (
	"fmt"
	"slices"
	"time"

	"sheaf/internal/wire"
	"sheaf/internal/worker"
)

func (r *run) attempt() wire.Attempt { return wire.Attempt{ID: r.task.ID, Attempt: r.task.Attempt} }

// execute takes an attempt over. It begins when a thread is free.
func (n *node) execute(t wire.Task) {
	r := &run{task: t, begun: -1}
	n.running[r.attempt()] = r
	n.runs = append(n.runs, r)
	n.w.audit.handed(n, r)
}

// begin begins what has a thread.
func (n *node) begin() {
	busy := 0
	for _, r := range n.runs {
		if r.begun >= 0 && !r.blocked {
			busy++
		}
	}
	for k := 0; k < len(n.runs) && busy < n.conf.Threads; k++ {
		if r := n.runs[k]; r.begun < 0 {
			if n.start(r) {
				busy++
			} else {
				k--
			}
		}
	}
}

// start runs an attempt, or gives it back and reports false.
func (n *node) start(r *run) bool {
	for _, id := range append([]wire.ID{r.task.ID}, linkIDs(r.task.Links)...) {
		m, err := n.unit(id)
		if err != nil {
			n.w.audit.internal("%s is to execute %v: %v", n.name, id, err)
			n.end(r, &worker.Executed{Err: &wire.Failure{Sort: wire.SortInternal, Task: id, Message: err.Error()}})
			return false
		}
		r.members = append(r.members, m)
	}
	for _, id := range r.task.Inputs {
		v, part := n.have(id)
		switch {
		case v == nil && (n.broken[id] || n.broken[id.Whole()]) || v != nil && v.damaged && v.onDisk:
			bad := id
			if n.values[id] == nil {
				bad = id.Whole()
			}
			if v != nil {
				n.w.count("checksum error")
				n.w.audit.unreadable(bad, n.number)
				n.drop(bad)
				n.broken[bad] = true
			}
			n.remove(r)
			n.w.audit.unstarted(n, r)
			n.tell(&worker.Unstarted{Tasks: []wire.Attempt{r.attempt()}, Damaged: []wire.ID{bad}})
			return false
		case v == nil:
			n.w.audit.violate(ruleOther, id, "%s begins %v without its input %v", n.name, r.task.ID, id)
			n.end(r, &worker.Executed{Err: &wire.Failure{Sort: wire.SortInternal, Task: id, Message: "input is not here"}})
			return false
		}
		r.sums = append(r.sums, partOf(v.sum, part))
	}
	r.begun = n.w.now
	n.w.audit.started(n, r)
	n.next(r, 0)
	return true
}

func linkIDs(links []wire.Link) []wire.ID {
	ids := make([]wire.ID, len(links))
	for k, l := range links {
		ids[k] = l.ID
	}
	return ids
}

// unit finds out what a task does.
func (n *node) unit(id wire.ID) (unit, error) {
	l := n.layers[id.Layer]
	if l == nil {
		return unit{}, fmt.Errorf("layer %v is not installed", id.Layer)
	}
	o, k, err := opIn(l, id.Index)
	return unit{id, k, o.of(k)}, err
}

// next runs the k-th task of a run's chain.
func (n *node) next(r *run, k int) {
	if r.ended {
		return
	}
	if k == len(r.members) {
		n.finish(r)
		return
	}
	m := r.members[k]
	d := time.Duration(float64(m.does.run) * n.slow)
	n.w.audit.ran(n, m.id, m.key)
	fail := func(sort uint8, format string, args ...any) {
		f := &wire.Failure{Sort: sort, Task: m.id, Func: "sim", Message: fmt.Sprintf(format, args...)}
		if f.Panic = m.does.panics; f.Panic {
			f.Stack = "goroutine 1 [running]:\nsim"
		}
		n.end(r, &worker.Executed{Err: f})
	}
	switch {
	case m.does.poison:
		n.after(d, func() {
			if !r.ended {
				n.w.count("poison")
				n.die("exit status 139 (SIGSEGV)")
				n.w.respawn(n, time.Second)
			}
		})
	case n.w.failures[m.key] < m.does.failures:
		n.after(d, func() {
			if !r.ended {
				n.w.failures[m.key]++
				fail(m.does.sort, "failure %d of %v", n.w.failures[m.key], m.id)
			}
		})
	case m.does.bytes > n.w.conf.ResultMax:
		n.after(d, func() { fail(wire.SortLimit, "result of %d bytes, at most %d", m.does.bytes, n.w.conf.ResultMax) })
	case m.does.waits > 0 || m.does.until != (wire.ID{}):
		n.after(d/2, func() { n.block(r, k) })
	default:
		n.after(d, func() { n.next(r, k+1) })
	}
}

// block gives the thread back until what the task waits for is there.
func (n *node) block(r *run, k int) {
	if r.ended {
		return
	}
	r.blocked = true
	n.tell(&worker.Blocked{Task: r.attempt()})
	n.begin()
	m := r.members[k]
	var poll func()
	poll = func() {
		switch {
		case r.ended:
		case m.does.until != (wire.ID{}) && !n.w.audit.settled(m.does.until):
			n.after(50*time.Millisecond, poll)
		default:
			r.blocked = false
			n.tell(&worker.Resumed{Task: r.attempt()})
			n.after(time.Duration(float64(m.does.run)*n.slow/2), func() { n.next(r, k+1) })
		}
	}
	n.after(m.does.waits, poll)
}

// finish stores the value of a run and tells the machine.
func (n *node) finish(r *run) {
	sums := r.sums
	var sum uint64
	var size int64
	for k, m := range r.members {
		if k > 0 && m.does.parts {
			sums[0] = partOf(sums[0], m.id.Index+1)
		}
		sum = valueOf(m.key, sums)
		sums = append(sums[:0:0], sum)
		size = m.does.bytes
	}
	n.made[r.attempt()] = value{sum: sum, bytes: size}
	n.end(r, &worker.Executed{Bytes: size})
}

// end ends an attempt.
func (n *node) end(r *run, o *worker.Executed) {
	if r.ended {
		return
	}
	o.ID, o.Attempt = r.task.ID, r.task.Attempt
	if r.begun >= 0 {
		o.Nanos = int64(n.w.now - r.begun)
	}
	o.Start = n.wallNow() - o.Nanos
	if o.Err != nil {
		o.Err.Worker, o.Err.Attempt = n.name, r.task.Attempt
		o.Err.Key = o.Err.Task.String()
	}
	n.remove(r)
	n.w.audit.ended(n, r, o)
	n.tell(o)
	n.begin()
}

func (n *node) remove(r *run) {
	r.ended = true
	delete(n.running, r.attempt())
	n.runs = slices.DeleteFunc(n.runs, func(x *run) bool { return x == r })
}

// keep keeps a value that an attempt has made, or that was fetched, since the last step.
func (n *node) keep(o *worker.Keep) {
	v, ok := n.made[o.Task]
	if o.Task == (wire.Attempt{}) {
		v, ok = n.got[o.ID]
	}
	if !ok {
		n.w.audit.violate(ruleOther, o.ID, "%s is to keep %v of attempt %v, which is not there", n.name, o.ID, o.Task)
		return
	}
	n.drop(o.ID)
	n.store(o.ID, v.sum, v.bytes)
}

// interrupt asks an attempt to stop. Most do soon, some do not listen and are reported as stuck.
func (n *node) interrupt(o *worker.Interrupt) {
	r := n.running[o.Task]
	if r == nil || r.interrupted {
		return
	}
	r.interrupted = true
	cause := &wire.Failure{Sort: wire.SortCancelled, Task: r.task.ID, Message: "interrupted", Reason: o.Reason}
	if r.begun < 0 {
		n.remove(r)
		n.w.audit.unstarted(n, r)
		n.tell(&worker.Unstarted{Tasks: []wire.Attempt{o.Task}})
		return
	}
	if r.members[0].does.stubborn {
		n.after(5*time.Second, func() {
			if !r.ended {
				n.tell(&worker.Stuck{Task: o.Task, Err: cause})
			}
		})
		return
	}
	n.after(n.w.rng.span(0, 5*time.Millisecond), func() { n.end(r, &worker.Executed{Err: cause}) })
}

package node

import (
	"context"
	"fmt"
	"time"

	"sheaf/internal/wire"
	"sheaf/internal/worker"
)

// turn is the scratch memory of one turn of the loop.
type turn struct {
	in       []worker.In
	inbox    []worker.In
	results  []*job
	arrivals []arrival
	puts     []*putting
	checks   []check

	next   int // of results, the first that was not looked at for a Keep
	got    map[wire.ID]*holding
	jobs   []*job
	drop   []*holding
	pushes []push
	began  uint64 // executions ever begun, as of the last look for a stall
	looked time.Duration
}

// check is something to look at: an attempt that should have ended by now, a value that is damaged, or whatever somebody
// wants to ask of the machine.
type check struct {
	task    wire.Attempt
	job     *job
	timeout bool

	id      wire.ID
	damaged *holding

	do func()
}

// stall is after how long of no beginning tasks are taken back that were handed out ahead.
const stall = 2 * time.Millisecond

// pause is how long the loop may sleep.
func (n *Node) pause() time.Duration {
	wait := time.Hour
	if next := n.machine.Next(); next != worker.Never {
		wait = min(wait, max(0, next-n.now()))
	}
	if n.pool.ahead() {
		wait = min(wait, stall)
	}
	if n.gauge.full.Load() != nil {
		wait = min(wait, probe)
	}
	return wait
}

// step is one turn: what has happened goes in, and what comes out is done. It returns when to take the next one.
func (n *Node) step() (next time.Duration) {
	t := &n.turn
	n.collect()
	now := n.now()
	t.in = t.in[:0]
	if m := n.measure(now); m != nil {
		t.in = append(t.in, m)
	}
	for _, in := range t.inbox {
		if f, ok := in.(*worker.FromScheduler); ok {
			n.overhear(f.Msg)
		}
		t.in = append(t.in, in)
	}
	n.land()
	n.accept()
	for _, j := range t.results {
		t.in = append(t.in, n.report(j))
		delete(n.running, j.attempt())
	}
	n.look(now)
	effects := n.machine.Step(now, t.in)
	n.perform(effects)
	n.clean()
	return n.now() + n.pause()
}

// collect takes what has come in since the last turn.
func (n *Node) collect() {
	t := &n.turn
	n.mu.Lock()
	t.inbox, n.inbox = n.inbox, t.inbox[:0]
	t.arrivals, n.fetched = n.fetched, t.arrivals[:0]
	t.puts, n.puts = n.puts, t.puts[:0]
	t.checks, n.checks = n.checks, t.checks[:0]
	n.mu.Unlock()
	t.results = n.pool.collect(t.results[:0])
	t.next = 0
}

// overhear notes what the body itself needs of a message: addresses.
func (n *Node) overhear(m wire.Message) {
	switch m := m.(type) {
	case *wire.Peers:
		for i := range m.Workers {
			if p := &m.Workers[i]; p.Gone {
				delete(n.address, p.Number)
			} else {
				n.address[p.Number] = p.Address
			}
		}
	}
}

// look reports attempts that should have ended, and takes back what was handed out ahead and does not begin.
func (n *Node) look(now time.Duration) {
	t := &n.turn
	for _, c := range t.checks {
		switch {
		case c.do != nil:
			c.do()
		case c.damaged != nil:
			if n.remove(c.id, c.damaged) {
				t.in = append(t.in, &worker.Unstarted{Damaged: []wire.ID{c.id}})
			}
		case n.running[c.task] == c.job:
			t.in = append(t.in, &worker.Stuck{Task: c.task, Err: n.stuck(c.job, c.timeout)})
		}
	}
	if now < t.looked+stall {
		return
	}
	t.looked = now
	began, back := n.pool.stalled(t.began)
	t.began = began
	if len(back) == 0 {
		return
	}
	u := &worker.Unstarted{}
	for _, j := range back {
		u.Tasks = append(u.Tasks, j.attempt())
		delete(n.running, j.attempt())
		n.reuse(j)
	}
	t.in = append(t.in, u)
}

// perform does what the machine says: first what tasks about to begin depend on, last what others get to see.
func (n *Node) perform(effects []worker.Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case *worker.Interrupt:
			n.interrupt(e)
		case *worker.Install:
			for i := range e.Layers {
				l := &e.Layers[i]
				if err := n.conf.Program.Add(l); err != nil {
					n.failure[l.ID] = err
				}
			}
		case *worker.Forget:
			n.conf.Program.Forget(e.Layers...)
			n.unlearn(e.Layers)
			for _, l := range e.Layers {
				delete(n.failure, l)
			}
		}
	}
	n.keepAndBegin(effects)
	n.pushPlain()
	for _, e := range effects {
		switch e := e.(type) {
		case *worker.Send:
			n.send(e.Msg)
		case *worker.Fetch:
			n.fetch(e)
		case *worker.Ask:
			n.ask(e.Call)
		case *worker.Quit:
			n.conf.Quit(e.Reason, e.Restart)
		}
	}
	n.sendPushes()
}

func (n *Node) send(m wire.Message) {
	if h, ok := m.(*wire.Heartbeat); ok {
		if paused := h.Status == wire.StatusPaused; paused != (n.paused != "") {
			n.paused = h.Reason
			n.conf.Status(paused, h.Reason)
		}
	}
	n.conf.Send(m)
}

// keepAndBegin changes the table of values and hands tasks to the pool.
func (n *Node) keepAndBegin(effects []worker.Effect) {
	t := &n.turn
	n.table.mu.Lock()
	for _, e := range effects {
		switch e := e.(type) {
		case *worker.Keep:
			n.keep(e)
		case *worker.Free:
			for _, id := range e.IDs {
				if h := n.table.values[id]; h != nil {
					delete(n.table.values, id)
					t.drop = append(t.drop, h)
				}
			}
		case *worker.Execute:
			t.jobs = append(t.jobs, n.job(&e.Task))
		case *worker.Push:
			if h := n.table.values[e.ID]; h != nil {
				h.readers.Add(1)
				t.pushes = append(t.pushes, push{*e, h})
			}
		}
	}
	n.table.mu.Unlock()
	n.pool.push(t.jobs)
}

// keep stores a value that has just come; the caller holds the table's lock.
func (n *Node) keep(e *worker.Keep) {
	t := &n.turn
	var h *holding
	if e.Task == (wire.Attempt{}) {
		h = t.got[e.ID]
		delete(t.got, e.ID)
	} else {
		for ; t.next < len(t.results) && t.results[t.next].attempt() != e.Task; t.next++ {
		}
		if t.next < len(t.results) {
			j := t.results[t.next]
			h, j.out = j.out, nil
		}
	}
	if h == nil {
		return
	}
	if old := n.table.values[e.ID]; old != nil {
		t.drop = append(t.drop, old)
	}
	n.table.values[e.ID] = h
	if h.actor {
		n.actors[h] = e.ID
	}
}

// clean ends a turn: what nobody keeps is dropped.
func (n *Node) clean() {
	t := &n.turn
	for _, j := range t.results {
		if j.out != nil {
			t.drop = append(t.drop, j.out)
			j.out = nil
		}
		n.reuse(j)
	}
	for id, h := range t.got {
		t.drop = append(t.drop, h)
		delete(t.got, id)
	}
	for _, h := range t.drop {
		n.discard(h)
		if id, ok := n.actors[h]; ok {
			delete(n.actors, h)
			n.conf.Ended(id)
		}
	}
	if len(t.drop) > 0 || len(t.results) > 0 {
		n.pool.freed()
	}
	for _, p := range t.puts {
		close(p.done)
	}
	clear(t.inbox)
	clear(t.in)
	clear(t.results)
	clear(t.arrivals)
	clear(t.puts)
	clear(t.checks)
	clear(t.jobs)
	clear(t.drop)
	t.jobs, t.drop = t.jobs[:0], t.drop[:0]
	n.relieve()
}

// job makes the pool's record of a task, with its inputs; the caller holds the table's lock.
func (n *Node) job(task *wire.Task) *job {
	var j *job
	if k := len(n.spare); k > 0 {
		j = n.spare[k-1]
		n.spare = n.spare[:k-1]
	} else {
		j = &job{}
	}
	j.task = *task
	for _, id := range task.Inputs {
		h := n.table.values[id]
		if h == nil && id.Part != 0 {
			h = n.table.values[id.Whole()]
		}
		j.inputs = append(j.inputs, h)
	}
	j.layerErr = n.failure[task.ID.Layer]
	n.running[j.attempt()] = j
	return j
}

// spareMax bounds the records that are kept for reuse.
const spareMax = 1024

// reuse keeps the record of a job that has ended, unless a timer may still know it.
func (n *Node) reuse(j *job) {
	if j.watched || len(n.spare) >= spareMax {
		return
	}
	clear(j.inputs)
	*j = job{inputs: j.inputs[:0]}
	n.spare = append(n.spare, j)
}

// interrupt tells an attempt to end.
func (n *Node) interrupt(e *worker.Interrupt) {
	j := n.running[e.Task]
	if j == nil {
		return
	}
	cause := &interrupted{e.Reason}
	j.cause = cause
	if j.state.CompareAndSwap(queued, dropped) {
		return // it is among the results once the pool meets it
	}
	j.watched = true
	j.cancel(cause)
	n.checkLater(j, n.conf.Grace, false)
}

// checkLater looks at a job after a while.
func (n *Node) checkLater(j *job, after time.Duration, timeout bool) {
	c := check{task: j.attempt(), job: j, timeout: timeout}
	time.AfterFunc(after, func() {
		if n.closed.Load() {
			return
		}
		n.mu.Lock()
		n.checks = append(n.checks, c)
		n.mu.Unlock()
		n.stepper.Wake()
	})
}

// interrupted is the cause of the cancellation of a task's context.
type interrupted struct{ reason string }

func (e *interrupted) Error() string { return "cancelled: " + e.reason }

func (e *interrupted) Is(target error) bool { return target == context.Canceled }

// stuck describes a task that goes on although it should have ended.
func (n *Node) stuck(j *job, timeout bool) *wire.Failure {
	id := j.task.ID
	if k := int(j.link.Load()); k > 0 {
		id = j.task.Links[k-1].ID
	}
	f := &wire.Failure{Sort: wire.SortCancelled, Task: id, Worker: n.conf.Hello.Name, Attempt: j.task.Attempt}
	what := "it"
	if l, index, err := n.conf.Program.Bind(id); err == nil {
		f.Key = l.Key(index).String()
		if src := sourceOf(l, index); src.Name != "" {
			f.Func, f.File, f.Line = src.Name, src.File, src.Line
			what = fmt.Sprintf("%s (%s:%d)", src.Short(), src.File, src.Line)
		}
	}
	f.Message = fmt.Sprintf("%s does not look at its context and goes on; its slot stays busy", what)
	if timeout {
		f.Sort = wire.SortTimeout
		f.Message = fmt.Sprintf("timeout after %v: %s", time.Duration(j.task.Options.TimeoutMS)*time.Millisecond, f.Message)
	}
	return f
}

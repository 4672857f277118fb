package node

import (
	"context"
	"errors"
	"fmt"
	"runtime/pprof"
	"slices"
	"time"

	"sheaf/fn"
	"sheaf/graph"
	"sheaf/internal/exec"
	"sheaf/internal/slots"
	"sheaf/internal/store"
	"sheaf/internal/task"
	"sheaf/internal/wire"
	"sheaf/internal/worker"
)

// executor is one goroutine that runs tasks, with its scratch memory. The pool's lock guards job.
type executor struct {
	node   *Node
	number int32
	job    *job
	place  *place
	coming bool // it was given a slot
	gone   bool

	task  graph.Task
	in    []any
	pins  []*holding
	ends  []int32
	held  int64 // bytes reserved
	slot  slots.Slot
	label string
}

// work runs tasks until the pool has no use for the goroutine.
func (x *executor) work() {
	p := &x.node.pool
	defer p.all.Done()
	deepen(0)
	x.coming = true
	goroutine := task.Goroutine()
	executors.Store(goroutine, x)
	defer executors.Delete(goroutine)
	defer func() {
		if x.gone {
			return
		}
		x.abandon() // a function has ended this goroutine (runtime.Goexit): its task has failed, and another one goes on
		p.mu.Lock()
		p.finish(x)
		delete(p.members, x)
		p.numbers = append(p.numbers, x.number)
		p.staff()
		p.mu.Unlock()
		x.node.stepper.Wake()
	}()
	for {
		j := p.next(x)
		if j == nil {
			return
		}
		x.run(j)
		if p.done(x) {
			x.node.stepper.Hasten()
		}
	}
}

// deepen grows the stack of a new goroutine while there is nothing on it yet.
//
//go:noinline
func deepen(i int) byte {
	var room [12 << 10]byte
	return room[i]
}

// run runs a job.
func (x *executor) run(j *job) {
	n := x.node
	start := time.Now()
	j.executed = worker.Executed{ID: j.task.ID, Attempt: j.task.Attempt, Thread: x.number, Start: start.UnixNano()}
	ctx, cancel := context.WithCancelCause(n.base)
	defer cancel(nil)
	if ms := j.task.Options.TimeoutMS; ms > 0 {
		after := time.Duration(ms) * time.Millisecond
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, after, fmt.Errorf("%w: it was given %v", exec.ErrTimeout, after))
		defer stop()
		j.watched = true
		n.checkLater(j, after+n.conf.Grace, true)
	}
	j.cancel = cancel
	if !j.state.CompareAndSwap(queued, begun) {
		x.fail(j, nil, j.cause)
		return
	}
	if n.closed.Load() {
		cancel(ErrClosed)
	}
	v, size, err := x.chain(ctx, j)
	x.unpin()
	j.executed.Nanos = int64(time.Since(start))
	if err != nil {
		n.store.Add(-x.held)
		x.held = 0
		if !x.back(j, err) {
			x.fail(j, context.Cause(ctx), err)
		}
		return
	}
	n.store.Add(size - x.held)
	x.held = 0
	j.executed.Bytes = size
	j.out = n.hold(v, size, !j.task.Options.Actor)
	op := x.task.Layer.OpOf(x.task.Index)
	if r, ok := op.(graph.Recycler); ok {
		j.out.made = r
	}
	if j.task.Options.Actor {
		j.out.kept.Store(true)
		j.out.actor = true
	}
}

// chain runs a task and its links. The size of the value is not counted yet.
func (x *executor) chain(ctx context.Context, j *job) (v any, size int64, err error) {
	n := x.node
	l, index, err := x.bind(j, j.task.ID)
	if err != nil {
		return nil, 0, err
	}
	if err := x.gather(ctx, j, l.OpOf(index)); err != nil {
		return nil, 0, err
	}
	ends := x.endsOf(l, j.task.Ends, len(x.in))
	ctx = x.enter(ctx, j, l, index)
	if x.held, err = n.reserveFor(ctx, j, l, index); err != nil {
		return nil, 0, err
	}
	if n.conf.Slots != nil {
		x.slot = n.conf.Slots.Begin(j.task.ID, j.task.Attempt)
		defer func() { n.conf.Slots.End(x.slot) }()
	}
	v, err = x.one(ctx, j, l, index, ends)
	for k := 0; err == nil && k < len(j.task.Links) && ctx.Err() == nil; k++ {
		link := &j.task.Links[k]
		j.link.Store(int32(k + 1))
		made := l.OpOf(index)
		if l, index, err = x.bind(j, link.ID); err != nil {
			return nil, 0, err
		}
		x.in = append(x.in[:0], v)
		before := v
		if v, err = x.one(ctx, j, l, index, x.linkEnds(l, link.Edge)); err == nil {
			recycle(made, l.OpOf(index), before)
		}
	}
	if err == nil && ctx.Err() != nil && j.link.Load() < int32(len(j.task.Links)) {
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, 0, err
	}
	size = n.conf.SizeOf(v)
	n.learn(j, size)
	return v, size, nil
}

// recycle hands an intermediate value back to the operation that made it, if the one that read it keeps nothing of it.
func recycle(made, read graph.Op, v any) {
	r, ok := made.(graph.Recycler)
	if _, reads := read.(graph.Reader); ok && reads && v != nil {
		r.Recycle(v)
	}
}

func (x *executor) bind(j *job, id wire.ID) (*graph.Layer, int, error) {
	l, index, err := x.node.conf.Program.Bind(id)
	if err != nil && j.layerErr != nil {
		err = j.layerErr
	}
	return l, index, err
}

// one runs one task on what is in x.in.
func (x *executor) one(ctx context.Context, j *job, l *graph.Layer, index int, ends []int32) (any, error) {
	x.task.Attempt = int(j.task.Attempt)
	x.task.Bind(l, index, x.in, ends)
	v, err := exec.Run(ctx, l.Op(), &x.task)
	clear(x.in)
	return v, err
}

// endsOf returns the ends of the edges within n inputs.
func (x *executor) endsOf(l *graph.Layer, ends []int32, n int) []int32 {
	if ends != nil {
		return ends
	}
	x.ends = x.ends[:0]
	for range max(1, len(l.Edges())) {
		x.ends = append(x.ends, int32(n))
	}
	return x.ends
}

// linkEnds returns the ends for a single input that comes by one edge; in a list all inputs stand in the first.
func (x *executor) linkEnds(l *graph.Layer, edge int32) []int32 {
	x.ends = x.ends[:0]
	for e := range max(1, len(l.Edges())) {
		n := int32(0)
		if l.Keyed() || int32(e) >= edge {
			n = 1
		}
		x.ends = append(x.ends, n)
	}
	return x.ends
}

// lost is the error about an input that cannot be read.
type lost struct {
	id  wire.ID
	h   *holding
	err error
}

func (e *lost) Error() string { return fmt.Sprintf("input %v: %v", e.id, e.err) }

// gather collects the inputs, from disk where they were spilled. An operation that may keep them takes away the right to use
// their memory again.
func (x *executor) gather(ctx context.Context, j *job, op graph.Op) error {
	n := x.node
	_, reads := op.(graph.Reader)
	x.in = x.in[:0]
	for k, h := range j.inputs {
		if h == nil {
			return &lost{id: j.task.Inputs[k], err: store.ErrDropped}
		}
		if !reads && h.made != nil {
			h.kept.Store(true)
		}
		if h.entry != nil && !h.entry.InMemory() {
			if err := n.reserve(ctx, h.bytes); err != nil {
				return err
			}
			n.store.Add(-h.bytes) // pin counts it
		}
		v, err := h.pin(&n.table.clock)
		if err != nil {
			return &lost{j.task.Inputs[k], h, err}
		}
		x.pins = append(x.pins, h)
		if no, ok := v.(*instead); ok {
			n.damaged(j.task.Inputs[k], h, no) // so that it is not taken as a replica
			return no
		}
		x.in = append(x.in, v)
	}
	return nil
}

func (x *executor) unpin() {
	for i, h := range x.pins {
		h.unpin()
		x.pins[i] = nil
	}
	x.pins = x.pins[:0]
}

// enter makes the task's context, with its place, and labels the goroutine for profiles.
func (x *executor) enter(ctx context.Context, j *job, l *graph.Layer, index int) context.Context {
	pl := &place{node: x.node, attempt: j.attempt(), thread: int(x.number), layer: l, index: index}
	x.place = pl
	if name := l.TaskName(index); name != x.label {
		x.label = name
		pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("task", name)))
	}
	return task.With(ctx, pl)
}

// back reports whether a job goes back unstarted: there was no memory or disk for it, or an input was damaged.
func (x *executor) back(j *job, err error) bool {
	if gone, ok := errors.AsType[*lost](err); ok {
		j.unstarted = &worker.Unstarted{Tasks: []wire.Attempt{j.attempt()}}
		switch {
		case gone.h == nil:
			j.unstarted.Damaged = []wire.ID{gone.id} // so that it is fetched
		case !errors.Is(err, store.ErrDropped):
			id := gone.id
			if id.Part != 0 && slices.Index(j.inputs, gone.h) >= 0 && x.node.isWhole(id, gone.h) {
				id = id.Whole()
			}
			j.unstarted.Damaged = []wire.ID{id}
			j.damaged = []*holding{gone.h}
			x.node.event(fmt.Sprintf("value %v is damaged: %v", id, gone.err))
		}
		return true
	}
	if errors.Is(err, errNoRoom) {
		x.node.spillFailed(err)
		j.unstarted = &worker.Unstarted{Tasks: []wire.Attempt{j.attempt()}}
		return true
	}
	return false
}

// fail records an error.
func (x *executor) fail(j *job, cause, err error) {
	n := x.node
	j.executed.Again = errors.Is(err, exec.ErrReschedule)
	if errors.Is(cause, exec.ErrTimeout) && !errors.Is(err, exec.ErrTimeout) {
		if te, ok := errors.AsType[*exec.TaskError](err); ok {
			te.Err = fmt.Errorf("%w: %w", cause, te.Err)
		} else {
			err = fmt.Errorf("%w: %w", cause, err)
		}
	}
	if te, ok := err.(*exec.TaskError); ok { //nolint:errorlint // not that of a computation inside
		te.Worker = n.conf.Hello.Name
	}
	id := j.task.ID
	if k := j.link.Load(); k > 0 {
		id = j.task.Links[k-1].ID
	}
	if no, ok := errors.AsType[*instead](err); ok { // the failure of the task that made the input
		j.executed.Err = no.failure
		return
	}
	j.executed.Err = n.conf.Failure(err, id, n.conf.Hello.Name, j.task.Attempt)
}

// abandon is the end of a job whose function has ended the goroutine.
func (x *executor) abandon() {
	j := x.job
	if j == nil {
		return
	}
	x.unpin()
	x.node.store.Add(-x.held)
	x.held = 0
	j.executed.Nanos = time.Now().UnixNano() - j.executed.Start
	x.fail(j, nil, exec.NewError(&x.task, exec.ErrGoexit))
}

// report is what the machine is told of a job that the pool is done with.
func (n *Node) report(j *job) worker.In {
	if j.unstarted == nil {
		return &j.executed
	}
	for k, h := range j.damaged {
		if !n.remove(j.unstarted.Damaged[k], h) {
			j.unstarted.Damaged = nil // another task has found it out before
		}
	}
	return j.unstarted
}

// sourceOf returns the user's function of a task.
func sourceOf(l *graph.Layer, index int) fn.Source {
	if s, ok := l.OpOf(index).(graph.Sourcer); ok {
		return s.Source(index)
	}
	return fn.Source{}
}

// functionOf names what a job runs, for errors.
func (n *Node) functionOf(j *job) string {
	id := j.task.ID
	if k := int(j.link.Load()); k > 0 {
		id = j.task.Links[k-1].ID
	}
	l, index, err := n.conf.Program.Bind(id)
	if err != nil {
		return id.String()
	}
	if src := sourceOf(l, index); src.Name != "" {
		return fmt.Sprintf("%s (%s:%d)", src.Short(), src.File, src.Line)
	}
	return l.Key(index).String()
}

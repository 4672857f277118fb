package local

import (
	"context"
	"errors"
	"runtime/trace"
	"slices"
	"sync/atomic"
	"time"

	"sheaf/graph"
	"sheaf/internal/event"
	"sheaf/internal/exec"
	"sheaf/internal/store"
)

// slice is about how long a worker runs tasks before it reports back: long enough that the lock costs nothing beside tiny
// tasks, short enough that others do not wait for what it finished.
const (
	slice    = 50 * time.Microsecond
	batchMax = 256
)

// worker is the scratch memory of one goroutine that runs tasks.
type worker struct {
	engine   *Engine
	number   int
	run      *Run
	current  atomic.Int32 // the task that runs now; -1 for none
	label    string       // of the goroutine, with the context that carries it
	labelRun *Run
	labelCtx context.Context
	seceded  func() // takes the slot back that the running task has given up; nil if it has not

	batch []int32
	done  []result
	held  int64 // bytes reserved for the result of the task that runs now
	in    []any
	pins  []*store.Entry
	ends  []int32
	task  graph.Task
	freed []int32
	drop  []any
	told  []func()
}

// result is one finished task.
type result struct {
	task       int32
	value      any
	err        error
	size       int64 // counted in the store
	bytes      int64 // of the value, also when it is gone already
	start, end time.Duration
}

// serve runs ready tasks of r until there are none.
func (r *Run) serve(w *worker) {
	w.run = r
	w.current.Store(-1)
	r.mu.Lock()
	r.workers[w] = struct{}{}
	for !r.stopped && !r.ended && !r.engine.crowded() {
		w.batch = r.queue.Take(w.batch[:0], r.batchSize())
		if len(w.batch) == 0 {
			r.publish() // what was ready has failed with others
			break
		}
		r.running++
		r.publish()
		others := r.queue.Len()
		r.mu.Unlock()
		r.engine.kick(others)

		begin := time.Now()
		r.execute(w)
		spent := time.Since(begin)

		r.mu.Lock()
		r.complete(w, spent)
	}
	delete(r.workers, w)
	r.settle()
	r.mu.Unlock()
	w.run = nil
}

// batchSize returns how many tasks to take at once: many tiny ones, or one large one; the caller holds mu.
func (r *Run) batchSize() int {
	if r.pace <= 0 {
		return 1
	}
	fair := r.queue.Len()/(2*r.engine.conf.Workers) + 1
	return max(1, min(int(slice/r.pace), fair, batchMax))
}

// execute runs the worker's batch, and after each task the chain that hangs on it.
func (r *Run) execute(w *worker) {
	if r.engine.limited() {
		r.engine.executing.Add(1)
		defer r.engine.executing.Add(-1)
	}
	w.done = w.done[:0]
	deadline := time.Since(r.begin) + 4*slice
	now := deadline - 4*slice
	for k, i := range w.batch {
		var before any
		prev := int32(-1)
		for i >= 0 {
			w.done = append(w.done, result{task: i, start: now})
			d := &w.done[len(w.done)-1]
			w.current.Store(i)
			d.value, d.size, d.err = r.one(w, i, prev, before)
			now = time.Since(r.begin)
			d.end, d.bytes = now, d.size
			if d.err != nil || r.ctx.Err() != nil {
				break
			}
			if prev >= 0 { // the link before has no other use
				r.engine.store.Add(-w.done[len(w.done)-2].size)
				w.done[len(w.done)-2].value, w.done[len(w.done)-2].size = nil, 0
			}
			prev, before = i, d.value
			i = r.plan.Next[i]
		}
		w.current.Store(-1)
		if now > deadline || r.ctx.Err() != nil {
			w.batch = w.batch[k+1:]
			return
		}
	}
	w.batch = w.batch[:0]
}

// one runs task i. If prev is not -1 the task's only input is before, the value of task prev.
func (r *Run) one(w *worker, i, prev int32, before any) (v any, size int64, err error) {
	p := r.plan
	l := p.Layers[p.Layer[i]]
	index := int(p.Index[i])
	w.task.Attempt = 1
	if held := l.Pending(index); held != nil { // counted by whoever keeps it
		w.task.Bind(l, index, nil, nil)
		return r.held(w, held)
	}
	if err := r.gather(w, i, prev, before); err != nil {
		w.unpin()
		w.task.Bind(l, index, nil, nil)
		return nil, 0, exec.NewError(&w.task, err)
	}
	if w.held, err = r.reserve(l, p.Layer[i], index); err != nil {
		w.unpin()
		w.task.Bind(l, index, nil, nil)
		return nil, 0, exec.NewError(&w.task, err)
	}
	w.ends = slices.Grow(w.ends[:0], max(1, len(l.Edges())))
	ends := p.Ends(i, w.ends) // which may belong to the plan
	ctx := r.labels.enter(w, l, index)
	for attempt := 1; ; attempt++ {
		w.task.Attempt = attempt
		w.task.Bind(l, index, w.in, ends)
		switch {
		case r.opt.Timeout > 0:
			v, err = r.timed(ctx, func(ctx context.Context) (any, error) { return exec.Run(ctx, l.Op(), &w.task) })
		case trace.IsEnabled():
			v, err = traced(ctx, l, index, &w.task)
		default:
			v, err = exec.Run(ctx, l.Op(), &w.task)
		}
		if w.seceded != nil {
			w.rejoin()
		}
		if err != nil && r.rescheduled(ctx, err) {
			attempt--
			continue
		}
		if err == nil || attempt > r.opt.Retries || r.ctx.Err() != nil {
			break
		}
	}
	w.unpin()
	clear(w.in)
	if err == nil {
		size = r.engine.conf.SizeOf(v)
		r.learn(p.Layer[i], size)
	}
	r.engine.store.Add(size - w.held)
	w.held = 0
	return v, size, err
}

// held returns a value that somebody else keeps. Values of this engine stay where they are, also when that is on disk, until
// the task that needs them reads them.
func (r *Run) held(w *worker, p graph.Pending) (any, int64, error) {
	if h, ok := p.(*Handle); ok && h.run.engine == r.engine {
		v, err := h.run.raw(h.task)
		return v, 0, err
	}
	v, err := p.Value(r.ctx)
	if err != nil {
		if _, ok := errors.AsType[*exec.TaskError](err); !ok {
			err = exec.NewError(&w.task, err)
		}
	}
	return v, 0, err
}

func traced(ctx context.Context, l *graph.Layer, index int, t *graph.Task) (any, error) {
	defer trace.StartRegion(ctx, l.TaskName(index)).End()
	return exec.Run(ctx, l.Op(), t)
}

// gather collects the inputs of task i, reading spilled ones from disk.
func (r *Run) gather(w *worker, i, prev int32, before any) error {
	w.in = w.in[:0]
	if prev >= 0 {
		w.in = append(w.in, before)
		return nil
	}
	if r.fickle.Load() {
		return r.gatherAnew(w, i)
	}
	for _, d := range r.plan.Deps(i) {
		v := r.values[d]
		if err := r.add(w, v); err != nil {
			return err
		}
	}
	return nil
}

// gatherAnew is gather when tasks may have been cancelled since this one was handed out.
func (r *Run) gatherAnew(w *worker, i int32) error {
	r.mu.Lock()
	if err := r.errs[i]; err != nil {
		r.mu.Unlock()
		return err
	}
	for _, d := range r.plan.Deps(i) {
		w.in = append(w.in, r.values[d])
	}
	r.mu.Unlock()
	in := w.in
	w.in = nil
	for _, v := range in {
		if err := r.add(w, v); err != nil {
			return err
		}
	}
	return nil
}

// add appends one input, from disk if it was spilled.
func (r *Run) add(w *worker, v any) error {
	if e, ok := v.(*store.Entry); ok {
		if !e.InMemory() {
			if err := r.engine.reserve(r.ctx, e.Size()); err != nil {
				return err
			}
			r.engine.store.Add(-e.Size()) // Pin counts it
		}
		var err error
		if v, err = e.Pin(); err != nil {
			return err
		}
		w.pins = append(w.pins, e)
	}
	w.in = append(w.in, v)
	return nil
}

func (w *worker) unpin() {
	for _, e := range w.pins {
		e.Unpin()
	}
	w.pins = w.pins[:0]
}

// reserve makes room for the result of a task, as large as the operation says or as its sisters were.
func (r *Run) reserve(l *graph.Layer, layer int32, index int) (int64, error) {
	if !r.engine.limited() {
		return 0, nil
	}
	n := int64(-1)
	if s, ok := l.Op().(graph.Sized); ok {
		n = s.OutBytes(index)
	}
	if n < 0 {
		n = r.estimate[layer].Load()
	}
	if !r.engine.worth(n) {
		return 0, nil
	}
	return n, r.engine.reserve(r.ctx, n)
}

// learn keeps a running mean of the sizes of a layer's results.
func (r *Run) learn(layer int32, size int64) {
	if size < store.LeastBytes {
		return
	}
	e := &r.estimate[layer]
	if old := e.Load(); old > 0 {
		size = (3*old + size) / 4
	}
	e.Store(size)
}

// complete records what the worker finished; the caller holds mu, which is let go for a moment to drop values.
func (r *Run) complete(w *worker, spent time.Duration) {
	if n := len(w.done); n > 0 {
		r.pace = (r.pace + spent/time.Duration(n)) / 2
		r.pace = max(r.pace, 1)
	}
	for _, i := range w.batch { // not started
		r.queue.Return(i)
	}
	w.batch = w.batch[:0]
	w.freed, w.drop, w.told = w.freed[:0], w.drop[:0], w.told[:0]
	for k := range w.done {
		r.record(w, &w.done[k])
	}
	if r.count {
		r.report(w)
	}
	clear(w.done)
	r.publish()
	if len(w.drop)+len(w.told) > 0 || r.engine.limited() {
		r.mu.Unlock()
		for _, v := range w.drop {
			r.discard(v)
		}
		for _, f := range w.told {
			f()
		}
		clear(w.drop)
		clear(w.told)
		r.engine.ended()
		r.mu.Lock()
	}
	r.running-- // last: when the run has ended, what it does not need is gone
}

// record takes the result of one task into the run; the caller holds mu.
func (r *Run) record(w *worker, d *result) {
	i := d.task
	if d.err != nil {
		drop, told := r.fail(i, d.err)
		w.drop, w.told = append(w.drop, drop...), append(w.told, told...)
		return
	}
	w.freed = r.queue.Done(i, w.freed[:0])
	if d.value != nil {
		switch {
		case !r.wants(i):
			r.engine.store.Add(-d.size) // failed or cancelled meanwhile, or nobody needs it
		case r.engine.worth(d.size):
			r.values[i] = r.engine.store.Put(d.value, d.size, func() int64 { return r.nextUse(i) })
		default:
			r.values[i] = d.value
		}
	}
	r.recycled(w)
	w.drop = r.take(w.drop, w.freed)
	if fs := r.watchers[i]; fs != nil {
		w.told = append(w.told, fs...)
		delete(r.watchers, i)
	}
}

// report sends what the worker finished as one event; the caller holds mu.
func (r *Run) report(w *worker) {
	e := event.Event{Kind: event.TasksDone}
	for k := range w.done {
		d := &w.done[k]
		if d.err != nil {
			continue
		}
		layer := int(r.plan.Layer[d.task])
		if n := len(e.Counts); n == 0 || e.Counts[n-1].Layer != layer {
			e.Counts = append(e.Counts, event.Count{Layer: layer})
		}
		e.Counts[len(e.Counts)-1].Tasks++
		e.Counts[len(e.Counts)-1].Bytes += d.bytes
		e.Counts[len(e.Counts)-1].Busy += d.end - d.start
		if r.detail {
			i := d.task
			e.Tasks = append(e.Tasks, event.Task{
				Layer: layer, Worker: w.number, Start: d.start, End: d.end, Bytes: d.bytes,
				Key: func() graph.Key { return r.plan.Key(i) },
			})
		}
	}
	if len(e.Counts) > 0 {
		r.send(e)
	}
	if r.engine.limited() {
		r.send(r.engine.memory())
	}
}

// rest forgets what would keep the memory of ended runs alive.
func (w *worker) rest() {
	w.run, w.labelRun, w.labelCtx, w.label = nil, nil, nil, ""
	w.task = graph.Task{}
	clear(w.in[:cap(w.in)])
	clear(w.pins[:cap(w.pins)])
}

// abandon fails the task whose function ended the worker's goroutine.
func (w *worker) abandon() {
	r := w.run
	if r == nil {
		return
	}
	w.unpin()
	clear(w.in)
	r.engine.store.Add(-w.held)
	w.held = 0
	r.mu.Lock()
	if n := len(w.done); n > 0 && w.done[n-1].err == nil && w.current.Load() == w.done[n-1].task {
		w.done[n-1].err = exec.NewError(&w.task, exec.ErrGoexit)
		w.done[n-1].value = nil
		rest := w.batch
		for k, i := range w.batch {
			if i == w.done[n-1].task {
				rest = w.batch[k+1:]
			}
		}
		w.batch = rest
	}
	r.complete(w, 0)
	delete(r.workers, w)
	r.settle()
	r.mu.Unlock()
}

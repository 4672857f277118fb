package local

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sheaf/graph"
	"sheaf/internal/event"
	"sheaf/internal/exec"
	"sheaf/internal/lower"
	"sheaf/internal/ready"
	"sheaf/internal/store"
	"sheaf/internal/task"
)

// ErrStopped is matched by the error of a task that did not run because its run was stopped.
var ErrStopped = errors.New("the run was stopped")

// A Run is one plan being run.
type Run struct {
	engine *Engine
	id     uint64
	depth  int // how many runs have a task that waits for this one
	plan   *lower.Plan
	opt    exec.Options
	ctx    context.Context
	cancel context.CancelCauseFunc
	unhook func() bool
	begin  time.Time
	labels labels
	detail bool
	count  bool

	ready    atomic.Int32   // tasks that could be taken: what Engine.pick looks at
	estimate []atomic.Int64 // per layer: bytes of a result, as seen so far
	recycle  []graph.Recycler
	fickle   atomic.Bool   // tasks were cancelled one by one: one that was handed out may have lost its inputs
	done     chan struct{} // closed when nothing of the run is running and nothing will

	mu       sync.Mutex // guards what follows
	queue    *ready.Queue
	values   []any // per task: its value, or the *store.Entry that has it
	errs     map[int32]error
	err      error // the first failure
	stopped  bool
	released bool           // the run's own hold on its outputs was given up
	borrowed map[int32]bool // tasks whose values belong to others
	ended    bool
	running  int   // workers that hold tasks of this run
	expected int32 // tasks that gave up their place to wait for this run
	pace     time.Duration
	watchers map[int32][]func()
	workers  map[*worker]struct{}
	guests   map[int32]*hold // per held task: the hold on the run of this engine that has the value
}

// Start begins to run a plan, which is its own from then on, and returns at once. The run stops when ctx is cancelled.
func (e *Engine) Start(ctx context.Context, p *lower.Plan, opt exec.Options) *Run {
	r := &Run{
		engine: e, id: e.serial.Add(1), plan: p, opt: opt, begin: time.Now(), done: make(chan struct{}),
		estimate: make([]atomic.Int64, len(p.Layers)), queue: ready.New(p), values: make([]any, p.N),
		workers: map[*worker]struct{}{}, recycle: recyclers(p), count: len(opt.Listeners) > 0,
	}
	for _, l := range opt.Listeners {
		if _, ok := l.(event.Detailed); ok {
			r.detail = true
		}
	}
	if outer, ok := ctx.Value(slotKey{}).(slot); ok && outer.engine == e { // a task of that run waits for this one
		r.depth = outer.run.depth + 1
		r.opt.Priority = max(opt.Priority, outer.run.opt.Priority)
	}
	r.ctx, r.cancel = context.WithCancelCause(task.With(context.WithValue(ctx, slotKey{}, slot{e, r}), place{e, r}))
	r.labels = newLabels(r.ctx, r.id)
	r.announce()
	if len(p.Held) > 0 {
		r.borrowed = make(map[int32]bool, len(p.Held))
	}
	for _, i := range p.Held {
		r.borrowed[i] = true
	}
	for _, i := range p.Held {
		held := p.Layers[p.Layer[i]].Pending(int(p.Index[i]))
		if h, ok := held.(*Handle); ok && h.run.engine == e {
			if r.guests == nil {
				r.guests = map[int32]*hold{}
			}
			r.guests[i] = h.again()
		}
		held.Notify(func() { r.arrived(i) })
	}
	e.admit(r)
	r.mu.Lock()
	if ctx.Done() != nil {
		r.unhook = context.AfterFunc(ctx, func() { r.Stop(context.Cause(ctx)) })
	}
	n := r.queue.Len()
	r.ready.Store(int32(n))
	r.settle()
	r.mu.Unlock()
	if e.conf.Synchronous {
		r.runHere(ctx)
	} else {
		e.kick(n)
	}
	return r
}

// runHere runs everything in this goroutine, waiting where others have to provide values.
func (r *Run) runHere(ctx context.Context) {
	w, left := &worker{engine: r.engine}, false
	defer func() {
		if !left { // a function ends this goroutine
			w.abandon()
			r.Stop(exec.ErrGoexit)
		}
		pprof.SetGoroutineLabels(ctx)
	}()
	for !left {
		r.serve(w)
		pause := time.Duration(0)
		if r.ready.Load() == 0 {
			pause = time.Millisecond
		}
		select {
		case <-r.done:
			left = true
		case <-time.After(pause):
		}
	}
}

// announce sends the start of the run.
func (r *Run) announce() {
	if !r.count {
		return
	}
	layers := make([]event.Layer, len(r.plan.Layers))
	for k, l := range r.plan.Layers {
		layers[k].Name = l.Name()
	}
	for _, l := range r.plan.Layer {
		layers[l].Tasks++
	}
	r.send(event.Event{Kind: event.RunStarted, Layers: layers, Total: r.plan.N})
}

func (r *Run) send(e event.Event) {
	e.Version, e.Time, e.Run = event.Version, time.Now(), r.id
	for _, l := range r.opt.Listeners {
		l.Handle(e)
	}
}

// arrived says that a held value can be read.
func (r *Run) arrived(i int32) {
	r.mu.Lock()
	if r.ended {
		r.mu.Unlock()
		return
	}
	r.queue.Arrived(i)
	n := r.queue.Len()
	r.publish()
	r.mu.Unlock()
	r.engine.kick(n)
}

// publish tells the engine how many tasks could be taken; the caller holds mu.
func (r *Run) publish() {
	n := r.queue.Len()
	if r.stopped {
		n = 0
	}
	r.ready.Store(int32(n))
}

// Stop ends the run: no task starts any more, and the context of running ones is cancelled.
func (r *Run) Stop(cause error) {
	if cause == nil {
		cause = ErrStopped
	}
	r.mu.Lock()
	if !r.ended {
		r.stop(cause)
	}
	r.mu.Unlock()
	r.cancel(cause)
}

// stop marks the run as stopped; the caller holds mu.
func (r *Run) stop(cause error) {
	r.stopped = true
	if r.err == nil {
		r.err = cause
	}
	r.publish()
	r.settle()
}

// settle ends the run when nothing is left to run; the caller holds mu.
func (r *Run) settle() {
	if r.ended || r.running > 0 || r.queue.Left() > 0 && !r.stopped {
		return
	}
	r.ended = true
	r.engine.returning.Add(r.expected)
	r.ready.Store(0)
	watchers := r.watchers
	r.watchers = nil
	go r.finish(watchers)
}

// finish tells everybody that the run has ended.
func (r *Run) finish(watchers map[int32][]func()) {
	if r.unhook != nil {
		r.unhook()
	}
	r.engine.retire(r)
	r.dropUnwanted()
	if r.count {
		r.send(r.engine.memory())
		r.send(event.Event{Kind: event.RunDone, Err: r.err})
	}
	close(r.done)
	for _, fs := range watchers {
		for _, f := range fs {
			f()
		}
	}
	r.cancel(ErrStopped) // frees the context's resources
}

// dropUnwanted drops what a stopped run leaves in memory besides its outputs.
func (r *Run) dropUnwanted() {
	r.mu.Lock()
	var drop []any
	if r.stopped {
		wanted := map[int32]bool{}
		for _, out := range r.plan.Outputs {
			for _, i := range out {
				wanted[i] = true
			}
		}
		var unwanted []int32
		for i := range int32(r.plan.N) {
			if !wanted[i] {
				unwanted = append(unwanted, i)
			}
		}
		drop = r.take(nil, unwanted)
	}
	for i, g := range r.guests {
		if r.queue.Status(i) != ready.Memory {
			drop = append(drop, g)
			delete(r.guests, i)
		}
	}
	r.plan.Trim()
	r.forget()
	r.mu.Unlock()
	for _, v := range drop {
		r.discard(v)
	}
}

// Done is closed when the run has ended.
func (r *Run) Done() <-chan struct{} { return r.done }

// Wait waits until the run has ended and returns its first failure. When the run is cancelled it waits for running tasks
// for the engine's grace; if they do not end by then the error names their functions.
func (r *Run) Wait(ctx context.Context) error {
	defer r.expect(ctx)()
	select {
	case <-r.done:
		return r.err
	case <-r.ctx.Done():
	case <-ctx.Done():
		r.Stop(context.Cause(ctx))
	}
	grace := time.NewTimer(r.engine.conf.Grace)
	defer grace.Stop()
	select {
	case <-r.done:
		return r.err
	case <-grace.C:
		return r.hanging()
	}
}

// expect is [Block] for a task that waits for this run: when the run ends its place is kept free until it has come back, so
// that workers do not begin more and more tasks that wait in their turn.
func (r *Run) expect(ctx context.Context) (resume func()) {
	s, _ := ctx.Value(slotKey{}).(slot)
	if s.engine != r.engine || r.engine.conf.Synchronous {
		return Block(ctx)
	}
	r.mu.Lock()
	if r.ended {
		r.mu.Unlock()
		return func() {}
	}
	r.expected++
	r.mu.Unlock()
	back := Block(ctx)
	return func() {
		back()
		r.mu.Lock()
		if r.ended {
			r.engine.returning.Add(-1)
		} else {
			r.expected--
		}
		r.mu.Unlock()
	}
}

// hanging describes the tasks that go on after the run was stopped.
func (r *Run) hanging() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []string
	for w := range r.workers {
		if i := w.current.Load(); i >= 0 {
			name := r.plan.Key(i).String()
			if s, ok := r.plan.Layers[r.plan.Layer[i]].OpOf(int(r.plan.Index[i])).(graph.Sourcer); ok {
				name += ": " + s.Source(int(r.plan.Index[i])).String()
			}
			names = append(names, name)
		}
	}
	return fmt.Errorf("%w; %d functions did not stop within %v and go on in the background, because they do not look at their "+
		"context: %s", r.err, len(names), r.engine.conf.Grace, strings.Join(names, "; "))
}

// Err returns why the run stopped, once it has ended.
func (r *Run) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Output returns the value of output task k of output out. It may read from disk. It must not be called before the task or
// the run is done.
func (r *Run) Output(out, k int) (any, error) { return read(r.raw(r.plan.Outputs[out][k])) }

// raw returns the value of task i, or the entry that has it, or why there is none.
func (r *Run) raw(i int32) (any, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.errs[i]; err != nil {
		return nil, err
	}
	switch s := r.queue.Status(i); {
	case s == ready.Memory:
		return r.values[i], nil
	case r.err != nil:
		return nil, r.err
	case s == ready.Released:
		return nil, errors.New("the value was released")
	}
	return nil, errors.New("the task is not done yet")
}

// read takes what raw returned out of its entry.
func read(v any, err error) (any, error) {
	e, ok := v.(*store.Entry)
	if err != nil || !ok {
		return v, err
	}
	if v, err = e.Pin(); err != nil {
		return nil, err
	}
	e.Unpin()
	return v, nil
}

// settled reports whether task i has a value or has failed for good; the caller holds mu.
func (r *Run) settled(i int32) bool {
	s := r.queue.Status(i)
	return r.ended || s == ready.Memory || s == ready.Released || s == ready.Erred
}

// watch calls f when task i has a value or has failed, now if it already has.
func (r *Run) watch(i int32, f func()) {
	r.mu.Lock()
	if r.settled(i) {
		r.mu.Unlock()
		f()
		return
	}
	if r.watchers == nil {
		r.watchers = map[int32][]func(){}
	}
	r.watchers[i] = append(r.watchers[i], f)
	r.mu.Unlock()
}

// Release gives up all outputs: their values are dropped when nobody else holds them.
func (r *Run) Release() {
	var freed []int32
	r.mu.Lock()
	for _, out := range r.plan.Outputs {
		for _, i := range out {
			freed = r.queue.Release(i, freed)
		}
	}
	drop := r.take(nil, freed)
	r.released = true
	r.forget()
	r.mu.Unlock()
	for _, v := range drop {
		r.discard(v)
	}
	r.engine.ended()
}

// forget lets go of the layers once nobody can ask for them any more, and with them of the inputs that others hold: a chain of
// futures must not keep every value that it ever had. The caller holds mu.
func (r *Run) forget() {
	if r.ended && r.released && !r.detail {
		r.plan.Forget()
	}
}

// take removes values from the run and appends them to drop; the caller holds mu and discards them afterwards.
func (r *Run) take(drop []any, freed []int32) []any {
	drop = slices.Grow(drop, len(freed))
	for _, i := range freed {
		v := r.values[i]
		r.values[i] = nil
		if g := r.guests[i]; g != nil {
			drop = append(drop, g)
			delete(r.guests, i)
		} else if v != nil && !r.borrowed[i] {
			drop = append(drop, v)
		}
	}
	return drop
}

// discard forgets a value and stops counting its bytes.
func (r *Run) discard(v any) {
	switch v := v.(type) {
	case *store.Entry:
		v.Drop()
	case *hold:
		v.release()
	default:
		r.engine.store.Add(-r.engine.conf.SizeOf(v))
	}
}

// nextUse returns when the value of task i is needed next; values that nobody waits for go to disk first.
func (r *Run) nextUse(i int32) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return math.MaxInt64
	}
	if next := r.queue.NextUse(i); int(next) < r.plan.N {
		return int64(next)
	}
	return math.MaxInt64
}

// fail records the failure of task i; the caller holds mu and gets the values that nobody needs any more.
func (r *Run) fail(i int32, err error) (drop []any, told []func()) {
	if r.count {
		key := r.plan.Key(i)
		defer r.send(event.Event{Kind: event.TaskFailed, Err: err, Tasks: []event.Task{
			{Layer: int(r.plan.Layer[i]), Key: func() graph.Key { return key }},
		}})
	}
	if cause := context.Cause(r.ctx); cause != nil && !r.stopped {
		err = cause // the task's error is only the echo of a cancellation that has not been recorded yet
	}
	if !r.opt.KeepGoing {
		if !r.stopped {
			r.err = err
			r.stopped = true
			r.publish()
			r.cancel(err)
		}
		return nil, nil
	}
	if r.err == nil {
		r.err = err
	}
	failed, freed := r.queue.Fail(i, nil, nil)
	if r.errs == nil {
		r.errs = map[int32]error{}
	}
	for _, f := range failed {
		r.errs[f] = err
		told = append(told, r.watchers[f]...)
		delete(r.watchers, f)
	}
	return r.take(nil, freed), told
}

// CancelTask fails a task that is not done with the given cause, and everything that needs it. It reports whether there was
// anything to cancel.
func (r *Run) CancelTask(i int32, cause error) bool {
	r.mu.Lock()
	if r.settled(i) {
		r.mu.Unlock()
		return false
	}
	r.fickle.Store(true)
	drop, told := r.fail(i, cause)
	r.publish()
	r.settle()
	r.mu.Unlock()
	if len(r.plan.Outputs) == 1 && len(r.plan.Outputs[0]) == 1 {
		r.cancel(cause) // nothing else is wanted, so running functions can stop too
	}
	for _, v := range drop {
		r.discard(v)
	}
	for _, f := range told {
		f()
	}
	return true
}

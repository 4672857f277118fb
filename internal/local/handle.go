package local

import (
	"context"
	"runtime"
	"sync/atomic"

	"sheaf/graph"
)

// A Handle is one output of a run, to be read or used by other runs while the run goes on and after it has ended. The
// value is kept until [Handle.Release], or until nobody has the handle any more.
type Handle struct {
	run  *Run
	task int32
	key  graph.Key
	hold *hold
}

// hold is what a handle gives up, once.
type hold struct {
	run  *Run
	task int32
	gone atomic.Bool
}

var _ graph.Pending = (*Handle)(nil)

// Handle returns output task k of output out. The run's own hold on its outputs is separate: see [Run.Release].
func (r *Run) Handle(out, k int) *Handle {
	i := r.plan.Outputs[out][k]
	h := &Handle{run: r, task: i, key: r.plan.Key(i), hold: r.hold(i)}
	runtime.AddCleanup(h, func(x *hold) { x.release() }, h.hold)
	return h
}

// hold keeps the value of task i until it is released.
func (r *Run) hold(i int32) *hold {
	r.mu.Lock()
	r.queue.Hold(i)
	r.mu.Unlock()
	return &hold{run: r, task: i}
}

// again makes another hold on the same value.
func (h *Handle) again() *hold {
	defer runtime.KeepAlive(h)
	return h.run.hold(h.task)
}

// Share returns another handle of the same value, which keeps it when this one is released or gone.
func (h *Handle) Share() graph.Pending {
	s := &Handle{run: h.run, task: h.task, key: h.key, hold: h.again()}
	runtime.AddCleanup(s, func(x *hold) { x.release() }, s.hold)
	return s
}

// Key names the value.
func (h *Handle) Key() graph.Key { return h.key }

// Notify calls f when the value is there or has failed.
func (h *Handle) Notify(f func()) { h.run.watch(h.task, f) }

// Done reports whether the value is there or has failed.
func (h *Handle) Done() bool {
	h.run.mu.Lock()
	defer h.run.mu.Unlock()
	return h.run.settled(h.task)
}

// Value returns the value, reading it from disk if it was spilled. It does not wait: see [Handle.Wait].
func (h *Handle) Value(context.Context) (any, error) {
	defer runtime.KeepAlive(h)
	return read(h.run.raw(h.task))
}

// Wait waits until the value is there and returns it.
func (h *Handle) Wait(ctx context.Context) (any, error) {
	if !h.Done() {
		done := make(chan struct{})
		h.run.watch(h.task, func() { close(done) })
		if soon(ctx, done) {
			return h.Value(ctx)
		}
		resume := Block(ctx)
		select {
		case <-done:
			resume()
		case <-ctx.Done():
			resume()
			return nil, context.Cause(ctx)
		}
	}
	return h.Value(ctx)
}

// Cancel fails the task with the given cause unless it is done, and reports whether it did.
func (h *Handle) Cancel(cause error) bool { return h.run.CancelTask(h.task, cause) }

// Release gives up the value.
func (h *Handle) Release() { h.hold.release() }

func (x *hold) release() {
	if x.gone.Swap(true) {
		return
	}
	r := x.run
	r.mu.Lock()
	drop := r.take(nil, r.queue.Release(x.task, nil))
	r.mu.Unlock()
	for _, v := range drop {
		r.discard(v)
	}
}

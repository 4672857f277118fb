package remote

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"sheaf/graph"
	"sheaf/internal/exec"
	"sheaf/internal/wire"
)

var errReleased = errors.New("client: the value was released")

// A Handle is a value of a cluster, which is kept there until [Handle.Release], or until nobody has the handle any more.
type Handle struct {
	x    *Executor
	e    *entry
	key  graph.Key
	hold *hold
}

// hold is what a handle gives up, once.
type hold struct {
	x    *Executor
	e    *entry
	gone atomic.Bool
}

var _ graph.Pending = (*Handle)(nil)

func (h *hold) release() {
	if h.gone.Swap(true) {
		return
	}
	h.x.mu.Lock()
	h.x.drop(h.e)
	h.x.unlock()
}

// handle makes a handle of an entry that the caller holds.
func (x *Executor) handle(e *entry, key graph.Key) *Handle {
	x.mu.Lock()
	e.hold()
	x.mu.Unlock()
	h := &Handle{x: x, e: e, key: key, hold: &hold{x: x, e: e}}
	runtime.AddCleanup(h, (*hold).release, h.hold)
	return h
}

// Share returns another handle of the same value, which keeps it when this one is released or gone.
func (h *Handle) Share() graph.Pending {
	defer runtime.KeepAlive(h)
	return h.x.handle(h.e, h.key)
}

// Key names the value.
func (h *Handle) Key() graph.Key { return h.key }

// ID returns the value's name in the cluster.
func (h *Handle) ID() wire.ID { return h.e.id }

// SizeBytes is what a handle takes that is part of a value: what it stands for is elsewhere.
func (h *Handle) SizeBytes() int64 { return handleBytes }

const handleBytes = 96

// Same reports whether another value belongs to the same executor.
func (h *Handle) Same(o *Handle) bool { return h.x == o.x }

// Submitted waits until the scheduler has been told of the value, so that it can be named to others.
func (h *Handle) Submitted(ctx context.Context) error {
	h.x.mu.Lock()
	g := h.e.gate
	h.x.mu.Unlock()
	if g == nil {
		return nil
	}
	select {
	case <-g.done:
		return g.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Notify calls f when the value is there or has failed.
func (h *Handle) Notify(f func()) { h.x.watch(h.e, f) }

// Done reports whether the value is there or has failed.
func (h *Handle) Done() bool {
	h.x.mu.Lock()
	defer h.x.mu.Unlock()
	return h.e.state != pending
}

// Err returns why there is no value; it is nil as long as there may be one.
func (h *Handle) Err() error {
	h.x.mu.Lock()
	defer h.x.mu.Unlock()
	return h.e.err
}

// Value fetches the value.
func (h *Handle) Value(ctx context.Context) (any, error) { return h.Wait(ctx) }

// Wait waits until the value is there and fetches it.
func (h *Handle) Wait(ctx context.Context) (any, error) {
	defer runtime.KeepAlive(h)
	g, err := h.x.read(ctx, []*entry{h.e}, true)
	if err != nil {
		return nil, err
	}
	return g.values[0], g.err(0)
}

// Where returns which workers hold the value and its size, as far as this client has been told.
func (h *Handle) Where() (workers []string, bytes int64) {
	h.x.mu.Lock()
	defer h.x.mu.Unlock()
	for _, w := range h.e.place.Workers {
		if s := h.x.sources[w]; s != nil {
			workers = append(workers, s.peer.Name)
		}
	}
	return workers, h.e.place.Bytes
}

// Cancel gives the value up with the given cause, for everybody if force is set, unless it is done, and reports whether it did. The
// text of the cause is told to others who wait for it.
func (h *Handle) Cancel(cause error) bool { return h.cancel(cause, false) }

// CancelForce is Cancel for all clients.
func (h *Handle) CancelForce(cause error) bool { return h.cancel(cause, true) }

func (h *Handle) cancel(cause error, force bool) bool {
	x := h.x
	x.mu.Lock()
	defer x.unlock()
	if h.e.state == ready && !force || h.e.state == gone || h.e.state == failed {
		return false
	}
	x.abandon([]*entry{h.e}, cause, force)
	return true
}

// abandon fails entries here and cancels them at the scheduler; the caller holds mu.
func (x *Executor) abandon(entries []*entry, cause error, force bool) {
	ids := make([]wire.ID, 0, len(entries))
	for _, e := range entries {
		if e.gate == nil && e.claims > 0 {
			ids = append(ids, e.id)
		}
		e.claims, e.has, e.value = 0, false, nil
		if e.state == ready {
			e.state = pending
		}
		x.fail(e, cause)
	}
	if len(ids) > 0 {
		_ = x.conf.Send(&wire.Cancel{IDs: ids, Force: force, Reason: cause.Error()}) // without a session nothing runs
	}
}

// Retry runs a failed task again, with what failed before it. What was cancelled here cannot be retried: submit it again. It reports
// whether the task will run.
func (h *Handle) Retry() (bool, error) {
	x := h.x
	x.mu.Lock()
	defer x.unlock()
	if h.e.state != failed || h.e.claims == 0 || h.e.gate != nil {
		return false, nil
	}
	if err := x.conf.Send(&wire.Retry{IDs: []wire.ID{h.e.id}}); err != nil {
		return false, fmt.Errorf("client: retry of %s: %w", h.key, err)
	}
	h.e.state, h.e.err = pending, nil
	return true, nil
}

// Release gives up the value.
func (h *Handle) Release() { h.hold.release() }

// Gather returns the values of handles of one executor, fetched together, in order. With hasty the first error ends it, and is
// returned; otherwise errs has an error for each value that has one, and is nil if there is none.
func Gather(ctx context.Context, hs []*Handle, hasty bool) (values []any, errs []error, err error) {
	if len(hs) == 0 {
		return nil, nil, nil
	}
	x := hs[0].x
	entries := make([]*entry, len(hs))
	for i, h := range hs {
		if h.x != x {
			return nil, nil, fmt.Errorf("client: Gather: values of different clients: %w", exec.ErrLost)
		}
		entries[i] = h.e
	}
	g, err := x.read(ctx, entries, hasty)
	runtime.KeepAlive(hs)
	if err != nil {
		return nil, nil, err
	}
	if hasty && g.first != nil {
		return nil, nil, g.first
	}
	return g.values, g.errs, nil
}

// Adopt claims a value that somebody else has named: one that came in a queue or variable. That it exists is known when it is there or has
// failed.
func (x *Executor) Adopt(id wire.ID) *Handle {
	x.mu.Lock()
	e := x.find(id)
	if e == nil {
		e = &entry{id: id}
		x.adopted[id] = e
	}
	if err := x.conf.Send(&wire.Claim{IDs: []wire.ID{id}}); err == nil {
		e.claims++
	} else {
		x.fail(e, fmt.Errorf("client: %v cannot be claimed: %w", id, err))
	}
	e.hold()
	x.unlock()
	defer func() {
		x.mu.Lock()
		x.drop(e)
		x.unlock()
	}()
	return x.handle(e, graph.Key{Name: id.String()})
}

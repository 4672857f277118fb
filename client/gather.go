package client

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"sync"

	"sheaf"
	"sheaf/delayed"
	"sheaf/graph"
	"sheaf/internal/remote"
)

// Gather waits for futures and returns their results in order. The first error ends it; [SkipErrors] leaves failed ones out
// instead.
//
// Same as Client.gather.
func (c *Client) Gather[R any](ctx context.Context, futures []*Future[R], opts ...Option) ([]R, error) {
	var s settings
	for _, o := range opts {
		o.apply(&s)
	}
	results := make([]R, 0, len(futures))
	if hs := remoteOf(futures); len(hs) > 1 {
		return gatherRemote(ctx, results, futures, hs, s.skip)
	}
	for _, f := range futures {
		r, err := f.Result(ctx)
		switch {
		case err == nil:
			results = append(results, r)
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case !s.skip:
			return nil, err
		}
	}
	return results, nil
}

// remoteOf returns the handles of futures of one cluster, or nil if they are not all such.
func remoteOf[R any](futures []*Future[R]) []*remote.Handle {
	var hs []*remote.Handle
	for i, f := range futures {
		t, err := f.own().get()
		h, ok := handleOf(t)
		if err != nil || !ok || i > 0 && !h.Same(hs[0]) {
			return nil
		}
		if hs == nil {
			hs = make([]*remote.Handle, 0, len(futures))
		}
		hs = append(hs, h)
	}
	return hs
}

// gatherRemote reads many values of a cluster together.
func gatherRemote[R any](ctx context.Context, results []R, futures []*Future[R], hs []*remote.Handle, skip bool) ([]R, error) {
	values, errs, err := remote.Gather(ctx, hs, !skip)
	if err != nil {
		return nil, err
	}
	for i, v := range values {
		if errs != nil && errs[i] != nil {
			continue
		}
		r, ok := v.(R)
		if !ok && v != nil {
			return nil, fmt.Errorf("client: the task %s returned %T, want %T", hs[i].Key(), v, r)
		}
		futures[i].own().cell.settle()
		results = append(results, r)
	}
	return results, nil
}

// Scatter gives a value to the client to keep, and returns a future that can be passed to many calls. On a cluster it is put on a worker, in
// turn by their threads, or where [OnWorkers] says, or on all with [Broadcast]; it is not computed again when all of those are lost.
// In one process the value is not copied and must not be changed afterwards.
//
// Same as Client.scatter.
func (c *Client) Scatter[T any](value T, opts ...Option) *Future[T] {
	return c.ScatterAll([]T{value}, opts...)[0]
}

// ScatterAll is [Client.Scatter] for each element of a slice.
func (c *Client) ScatterAll[T any](values []T, opts ...Option) []*Future[T] {
	s := optionsOf(opts)
	futures := make([]*Future[T], len(values))
	var fresh []any
	var cells []*cell
	for i, v := range values {
		var token graph.Token
		if s.scatter.Hash {
			h := graph.NewHasher("scatter")
			h.Any(v)
			token = h.Sum()
		}
		x, found, err := c.find(token, spec{content: token})
		if err != nil {
			futures[i] = failed[T](c, err)
			continue
		}
		if !found {
			fresh, cells = append(fresh, v), append(cells, x)
		}
		futures[i] = newFuture[T](x)
	}
	ts, err := c.scatter(fresh, s)
	for k, x := range cells {
		if x.err = err; err == nil {
			x.task = ts[k]
		}
		x.mu.Unlock()
	}
	return futures
}

// scatter keeps values: here, or on workers.
func (c *Client) scatter(values []any, s settings) ([]task, error) {
	switch {
	case len(values) == 0:
		return nil, nil
	case c.closed.Load():
		return nil, fmt.Errorf("client: the client is %w", sheaf.ErrClosed)
	case c.link == nil:
		l := graph.Const("scatter", graph.Unique(), values...)
		return c.submitGraph(graph.Of(l), s)
	}
	hs, err := c.link.x.Scatter(c.ctx, values, s.scatter)
	if err != nil {
		return nil, err
	}
	ts := make([]task, len(hs))
	for i, h := range hs {
		ts[i] = h
	}
	return ts, nil
}

// Wait waits until all futures are done, or with [FirstCompleted] until one is, and returns those that are done and those that
// are not. Failed futures are done. The error is the context's.
//
// Same as distributed.wait.
func (c *Client) Wait[R any](ctx context.Context, futures []*Future[R], opts ...Option) (done, pending []*Future[R], err error) {
	var s settings
	for _, o := range opts {
		o.apply(&s)
	}
	left := len(futures)
	if s.first {
		left = min(1, left)
	}
	next, stop := iter.Pull(c.AsCompleted(ctx, futures))
	defer stop()
	for range left {
		if _, ok := next(); !ok {
			break
		}
	}
	for _, f := range futures {
		if f.Done() {
			done = append(done, f)
		} else {
			pending = append(pending, f)
		}
	}
	if len(done) < left && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return done, pending, err
}

// AsCompleted returns the futures in the order in which they finish, failed ones included. It ends early when ctx is cancelled. See
// [Completed] for adding more meanwhile, and for batches.
//
// Same as distributed.as_completed.
func (c *Client) AsCompleted[R any](ctx context.Context, futures []*Future[R]) iter.Seq[*Future[R]] {
	return func(yield func(*Future[R]) bool) {
		NewCompleted(futures...).All(ctx)(yield)
	}
}

// queue hands the numbers of finished futures to one reader.
type queue struct {
	ready chan struct{}
	mu    sync.Mutex // guards items
	items []int
}

func (q *queue) put(i int) {
	q.mu.Lock()
	q.items = append(q.items, i)
	q.mu.Unlock()
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// takeAll returns what is there.
func (q *queue) takeAll() []int {
	q.mu.Lock()
	defer q.mu.Unlock()
	items := q.items
	q.items = nil
	return items
}

func (q *queue) take(ctx context.Context) (int, bool) {
	for {
		q.mu.Lock()
		if len(q.items) > 0 {
			i := q.items[0]
			q.items = q.items[1:]
			q.mu.Unlock()
			return i, true
		}
		q.mu.Unlock()
		resume := block(ctx)
		select {
		case <-q.ready:
			resume()
		case <-ctx.Done():
			resume()
			return 0, false
		}
	}
}

// Cancel cancels futures; see [Future.Cancel].
func (c *Client) Cancel[R any](futures []*Future[R], reason ...string) {
	for _, f := range futures {
		f.Cancel(reason...)
	}
}

// Retry runs those of the futures again that failed; see [Future.Retry].
func (c *Client) Retry[R any](ctx context.Context, futures []*Future[R]) error {
	for _, f := range futures {
		if err := f.Retry(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Release gives up the results of futures; see [Future.Release].
func (c *Client) Release[R any](futures []*Future[R]) {
	for _, f := range futures {
		f.Release()
	}
}

// FireAndForget keeps a future alive until it is done, so that its effect happens although nobody holds it.
//
// Same as distributed.fire_and_forget.
func FireAndForget[R any](f *Future[R]) {
	p := f.Pending()
	p.Notify(func() { runtime.KeepAlive(f) })
}

// Compute submits delayed values as one graph and returns a future for each. Same as Client.compute.
func Compute[T any](c *Client, values ...*delayed.Value[T]) ([]*Future[T], error) {
	if len(values) == 0 {
		return nil, nil
	}
	cs := make([]sheaf.Collection, len(values))
	for i, v := range values {
		if err := v.Err(); err != nil {
			return nil, err
		}
		cs[i] = v
	}
	ts, err := c.submitAll(cs, settings{})
	if err != nil {
		return nil, err
	}
	futures := make([]*Future[T], len(ts))
	for i, t := range ts {
		x := &cell{c: c, task: t, resubmit: func() (task, error) { return c.submit(values[i], settings{}) }}
		x.refs.Store(1)
		futures[i] = newFuture[T](x)
	}
	return futures, nil
}

// FuturesOf returns the parts of a persisted collection as futures, in order. Parts that are not persisted have none.
//
// Same as distributed.futures_of.
func FuturesOf(collection sheaf.Collection) ([]*Future[any], error) {
	g, err := collection.Graph()
	if err != nil {
		return nil, err
	}
	var futures []*Future[any]
	c := &Client{cells: map[graph.Token]*cell{}, ctx: context.Background()}
	for _, p := range sheaf.PendingOf(g) {
		t, ok := p.(task)
		if !ok {
			return nil, fmt.Errorf("client: a part of the collection is held by %T, which is no future", p)
		}
		x := &cell{c: c, task: kept{t}}
		x.refs.Store(1)
		futures = append(futures, newFuture[any](x))
	}
	if len(futures) == 0 {
		return nil, fmt.Errorf("client: FuturesOf: nothing of the collection is persisted; call sheaf.Persist first")
	}
	return futures, nil
}

// kept is a task that belongs to a collection: giving up a future of it leaves it there.
type kept struct{ task }

func (kept) Release() {}

// Share returns the value as something that graphs stand on.
func (k kept) Share() graph.Pending {
	if own, ok := k.task.(interface{ Share() graph.Pending }); ok {
		return own.Share()
	}
	return k.task
}

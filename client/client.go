package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"sheaf"
	"sheaf/delayed"
	"sheaf/graph"
)

var (
	// ErrClosed is matched by errors of a client that was closed.
	ErrClosed = errors.New("the client is closed")
	// ErrCancelled is matched by the error of a future that was cancelled.
	ErrCancelled = errors.New("cancelled")
	// ErrReleased is matched by the error of a future that was released.
	ErrReleased = errors.New("released")
)

// A Client submits work and keeps its results. It is safe for concurrent use.
type Client struct {
	executor sheaf.Executor
	owned    func() error // closes the executor
	ctx      context.Context
	cancel   context.CancelCauseFunc

	mu     sync.Mutex            // guards what follows
	cells  map[graph.Token]*cell // live tasks of pure calls
	runs   map[sheaf.Run]struct{}
	idle   *sync.Cond
	closed bool
}

// Local returns a client whose functions run on goroutines of this process. The context bounds the client's life: when it
// is cancelled everything that runs is cancelled too. Close it when it is no longer needed.
//
// Same as distributed.Client(processes=False).
func Local(ctx context.Context, opts ...Option) (*Client, error) {
	s := settings{}
	for _, o := range opts {
		o.apply(&s)
	}
	if s.err != nil {
		return nil, s.err
	}
	l, err := sheaf.NewLocal(s.local)
	if err != nil {
		return nil, err
	}
	return newClient(ctx, l, l.Close), nil
}

func newClient(ctx context.Context, e sheaf.Executor, owned func() error) *Client {
	c := &Client{executor: e, owned: owned, cells: map[graph.Token]*cell{}, runs: map[sheaf.Run]struct{}{}}
	c.idle = sync.NewCond(&c.mu)
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	return c
}

// Context returns a context in which Compute, Persist and everything else that runs uses this client.
func (c *Client) Context(ctx context.Context) context.Context { return sheaf.With(ctx, sheaf.On(c)) }

// Of returns the client of a context made by [Client.Context], also inside of a task that the client runs.
//
// Same as distributed.get_client.
func Of(ctx context.Context) (*Client, bool) {
	c, ok := sheaf.ExecutorOf(ctx).(*Client)
	return c, ok
}

// Start runs a graph; it makes the client a sheaf.Executor. The run ends when ctx or the client does.
func (c *Client) Start(ctx context.Context, g graph.Graph, o sheaf.RunOptions) (sheaf.Run, error) {
	c.mu.Lock()
	closed := c.closed
	c.mu.Unlock()
	if closed {
		return nil, fmt.Errorf("client: %w", ErrClosed)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(c.ctx, func() { cancel(context.Cause(c.ctx)) })
	run, err := c.executor.Start(c.Context(ctx), g, o)
	if err != nil {
		stop()
		cancel(err)
		return nil, err
	}
	return c.track(run, func() { stop(); cancel(nil) }), nil
}

// track keeps the client open until the run has ended.
func (c *Client) track(run sheaf.Run, ended func()) sheaf.Run {
	c.mu.Lock()
	c.runs[run] = struct{}{}
	c.mu.Unlock()
	go func() {
		_ = run.Wait(context.WithoutCancel(c.ctx))
		ended()
		c.mu.Lock()
		delete(c.runs, run)
		c.idle.Broadcast()
		c.mu.Unlock()
	}()
	return run
}

// closeGrace is how long Close waits for functions that do not look at their context.
const closeGrace = 10 * time.Second

// Close cancels what still runs, waits for it to end, and releases all results. Closing twice is no error.
func (c *Client) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	c.mu.Unlock()
	c.cancel(fmt.Errorf("client: %w", ErrClosed))
	late := false
	timer := time.AfterFunc(closeGrace, func() {
		c.mu.Lock()
		late = true
		c.idle.Broadcast()
		c.mu.Unlock()
	})
	defer timer.Stop()
	c.mu.Lock()
	for len(c.runs) > 0 && !late {
		c.idle.Wait()
	}
	left := len(c.runs)
	c.mu.Unlock()
	if left > 0 {
		return fmt.Errorf("client: %d runs did not end within %v after being cancelled; their functions do not look at their context",
			left, closeGrace)
	}
	return c.owned()
}

var _ delayed.Future[int] = (*Future[int])(nil)

package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sheaf"
	"sheaf/delayed"
	"sheaf/graph"
	"sheaf/internal/wire"
)

var (
	// ErrCancelled is matched by the error of a future that was cancelled.
	ErrCancelled = sheaf.ErrCancelled
	// ErrReleased is matched by the error of a future that was released.
	ErrReleased = errors.New("released")
)

// A Client submits work and keeps its results. It is safe for concurrent use.
type Client struct {
	executor sheaf.Executor
	owned    func() error    // closes the executor
	ctx      context.Context // of submitted tasks: from it they find the client
	unhook   func() bool
	link     *link // to a cluster; nil in this process
	threads  int   // of this process
	began    time.Time
	plugins  plugins
	files    *Files // of this process; nil on a cluster
	uploads  atomic.Uint64
	recorder atomic.Pointer[recorder]
	spans    spans // of this process
	forwards forwards
	closed   atomic.Bool

	mu    sync.Mutex // guards cells
	cells map[graph.Token]*cell

	coordination coordination // locks, queues and the like
}

// Local returns a client whose functions run on goroutines of this process, or with [Processes] in others. The context bounds the client's life: when it
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
	if s.processes > 0 {
		return localProcesses(ctx, &s)
	}
	l, err := sheaf.NewLocal(s.local)
	if err != nil {
		return nil, err
	}
	c := newClient(ctx, l, l.Close)
	c.threads = l.Workers()
	c.files = NewFiles(s.local.TemporaryDir)
	return c, nil
}

func newClient(ctx context.Context, e sheaf.Executor, owned func() error) *Client {
	c := &Client{executor: e, owned: owned, began: time.Now(), cells: map[graph.Token]*cell{}}
	c.ctx = c.Context(context.WithoutCancel(ctx))
	c.unhook = context.AfterFunc(ctx, func() { _ = c.Close() })
	return c
}

// Context returns a context in which Compute, Persist and everything else that runs uses this client.
func (c *Client) Context(ctx context.Context) context.Context { return sheaf.With(ctx, sheaf.On(c)) }

// Of returns the client of a context made by [Client.Context], also inside of a task that the client runs.
//
// Same as distributed.get_client.
func Of(ctx context.Context) (*Client, bool) {
	switch e := sheaf.ExecutorOf(ctx).(type) {
	case *Client:
		return e, true
	case *deferred:
		c, err := e.client(ctx)
		return c, err == nil
	}
	return nil, false
}

// SizeBytes is 0: a client is no part of the values that know it, such as a [Lock].
func (c *Client) SizeBytes() int64 { return 0 }

// Distributed reports whether the client's tasks run in other processes.
func (c *Client) Distributed() bool { return c.link != nil }

// MemoryBytes returns how many bytes of values the worker with the least memory can have: collections are planned for that. It is 0 for a client
// in this process, and while there is no worker and nobody knows what those that come will have. It makes the client a sheaf.Sized.
func (c *Client) MemoryBytes() int64 {
	if c.link == nil || c.link.x == nil {
		return 0
	}
	least := int64(0)
	for _, p := range c.link.x.Peers() {
		if n := wire.ValueBytes(p.MemoryBytes); n > 0 && (least == 0 || n < least) {
			least = n
		}
	}
	if least == 0 {
		return wire.ValueBytes(c.link.conf.Memory)
	}
	return least
}

// Connected returns nil while the cluster can be reached, and otherwise why not. Work can be submitted meanwhile.
func (c *Client) Connected() error {
	switch {
	case c.closed.Load():
		return fmt.Errorf("client: the client is %w", sheaf.ErrClosed)
	case c.link == nil:
		return nil
	}
	return c.link.reach()
}

// Start runs a graph; it makes the client a sheaf.Executor. The run ends when ctx or the client does.
func (c *Client) Start(ctx context.Context, g graph.Graph, o sheaf.RunOptions) (sheaf.Run, error) {
	return c.start(c.Context(ctx), g, o)
}

func (c *Client) start(ctx context.Context, g graph.Graph, o sheaf.RunOptions) (sheaf.Run, error) {
	if c.closed.Load() {
		return nil, fmt.Errorf("client: the client is %w", sheaf.ErrClosed)
	}
	if r := c.recorder.Load(); r != nil {
		o.Listeners = append(slices.Clip(o.Listeners), r)
	}
	if err := o.CheckResources(); err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	if len(o.Span) > 0 {
		if err := o.CheckSpan(); err != nil {
			return nil, fmt.Errorf("client: %w", err)
		}
		ctx = sheaf.With(ctx, sheaf.Span()) // what tasks compute is for them to name
	}
	if l := c.spans.listen(c, g, o.Span); l != nil {
		o.Listeners = append(slices.Clip(o.Listeners), l)
	}
	return c.executor.Start(ctx, g, o)
}

// Close cancels what still runs, waits for it to end, and releases all results. Closing twice is no error.
func (c *Client) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	c.unhook()
	c.forwards.close()
	c.coordination.close()
	err := errors.Join(c.owned(), c.plugins.close(context.WithoutCancel(c.ctx)))
	if c.files != nil {
		err = errors.Join(err, c.files.Close())
	}
	return err
}

var _ delayed.Future[int] = (*Future[int])(nil)

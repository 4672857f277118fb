package client

import (
	"context"
	"sync"

	"sheaf"
	"sheaf/graph"
)

// InWorker returns the context of the tasks of a worker process: in it everything runs on the client that dial returns, which is called
// when the first task needs it, and uploaded files are found in files. Package cluster calls it.
func InWorker(ctx context.Context, files *Files, dial func(context.Context) (*Client, error)) context.Context {
	return sheaf.With(ctx, sheaf.On(&deferred{dial: dial, files: files}))
}

// deferred is a client that is dialled when it is needed.
type deferred struct {
	dial  func(context.Context) (*Client, error)
	files *Files

	mu sync.Mutex // guards what follows
	c  *Client
}

// client returns the client. A failure is tried again the next time.
func (d *deferred) client(ctx context.Context) (*Client, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.c != nil {
		return d.c, nil
	}
	c, err := d.dial(ctx)
	if err == nil {
		d.c = c
	}
	return c, err
}

// Start runs a graph on the client.
func (d *deferred) Start(ctx context.Context, g graph.Graph, o sheaf.RunOptions) (sheaf.Run, error) {
	c, err := d.client(ctx)
	if err != nil {
		return nil, err
	}
	return c.Start(ctx, g, o)
}

// MemoryBytes is that of the client, 0 before a task has needed it.
func (d *deferred) MemoryBytes() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.c == nil {
		return 0
	}
	return d.c.MemoryBytes()
}

// Distributed reports true.
func (d *deferred) Distributed() bool { return true }

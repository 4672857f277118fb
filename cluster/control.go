package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"sheaf/internal/session"
	"sheaf/internal/wire"
)

// control is a client without a program: it asks the scheduler for its state, and for what has nothing to do with tasks. Lost sessions
// are opened again; what was asked in them is an error.
type control struct {
	conn *session.Conn

	mu      sync.Mutex // guards what follows
	next    uint64
	waiting map[uint64]chan *wire.Reply // closed without an answer when the session is lost
}

// dialControl connects to the scheduler at a URL. Name says to people who asks.
func dialControl(ctx context.Context, url, cluster, name string, s Security) (*control, error) {
	at, err := find(ctx, &url, &cluster, &s)
	if err != nil {
		return nil, err
	}
	net, err := networkOf(ctx, url, cluster, s)
	if err != nil {
		return nil, err
	}
	c := &control{waiting: map[uint64]chan *wire.Reply{}}
	c.conn, err = session.Dial(ctx, session.Config{
		Network: net, Name: uniqueName(name), To: schedulerName, Deliver: c.deliver, Status: c.status,
		Hello: func() wire.Message {
			return &wire.ClientHello{Version: wire.Version, Name: name, Process: fmt.Sprintf("%s:%s", hostname(), name)}
		},
	})
	if err != nil {
		return nil, at.Explain(fmt.Errorf("cluster: %w", s.refused(err)))
	}
	return c, nil
}

func (c *control) deliver(ms []wire.Message) {
	for _, m := range ms {
		r, ok := m.(*wire.Reply)
		if !ok {
			continue
		}
		c.mu.Lock()
		if to := c.waiting[r.Request]; to != nil {
			to <- r // has room for one, and gets one
			delete(c.waiting, r.Request)
		}
		c.mu.Unlock()
	}
}

func (c *control) status(s session.Status) {
	if s.State != session.Lost && s.State != session.Ended {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for n, to := range c.waiting {
		close(to)
		delete(c.waiting, n)
	}
}

// call asks the scheduler. The answer may come with an error.
func (c *control) call(ctx context.Context, body wire.Body) (wire.Body, error) {
	got := make(chan *wire.Reply, 1)
	c.mu.Lock()
	c.next++
	n := c.next
	c.waiting[n] = got
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.waiting, n)
		c.mu.Unlock()
	}()
	if err := c.conn.Send(&wire.Call{Request: n, Body: body}); err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	select {
	case r, ok := <-got:
		switch {
		case !ok:
			return nil, errors.New("cluster: the connection to the scheduler was lost")
		case r.Err != "":
			return r.Body, errors.New("cluster: the scheduler answered: " + r.Err)
		}
		return r.Body, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("cluster: the scheduler does not answer: %w", context.Cause(ctx))
	}
}

// info returns the state of the cluster.
func (c *control) info(ctx context.Context) (*Info, error) {
	body, err := c.call(ctx, &wire.Info{})
	if err != nil {
		return nil, err
	}
	info, ok := body.(*wire.Cluster)
	if !ok {
		return nil, fmt.Errorf("cluster: the scheduler answered with a %T", body)
	}
	return info, nil
}

// retire ends workers when others have what only they hold, and returns which have ended. The error is about the others.
func (c *control) retire(ctx context.Context, workers []string) ([]string, error) {
	body, err := c.call(ctx, &wire.Retire{Workers: workers})
	if names, ok := body.(*wire.Names); ok {
		return names.Names, err
	}
	return nil, err
}

func (c *control) close(ctx context.Context) { _ = c.conn.Close(ctx, "done") }

package remote

import (
	"context"
	"fmt"

	"sheaf/internal/exec"
	"sheaf/internal/task"
	"sheaf/internal/wire"
)

// call is a request that waits for its answer.
type call struct{ answer func(*wire.Reply, error) }

// Begin asks the scheduler something. answer is called once, unless the call is given up: with the reply, or with an error if the session or
// the executor ends before. It must not block.
func (x *Executor) Begin(body wire.Body, answer func(*wire.Reply, error)) (id uint64, err error) {
	x.mu.Lock()
	defer x.unlock()
	switch {
	case x.closed != nil:
		return 0, x.closed
	case x.number == 0:
		return 0, fmt.Errorf("client: there is no session with the scheduler at the moment: %w", exec.ErrLost)
	}
	x.request++
	if err := x.conf.Send(&wire.Call{Request: x.request, Body: body}); err != nil {
		return 0, fmt.Errorf("client: %w", err)
	}
	x.calls[x.request] = &call{answer}
	return x.request, nil
}

// GiveUp forgets a call: its answer will not be called, if it was not yet.
func (x *Executor) GiveUp(id uint64) {
	x.mu.Lock()
	delete(x.calls, id)
	x.mu.Unlock()
}

// answer ends a call; the caller holds mu.
func (x *Executor) answer(id uint64, c *call, r *wire.Reply, err error) {
	delete(x.calls, id)
	x.after.call = append(x.after.call, func() { c.answer(r, err) })
}

// Call asks the scheduler something and waits for the answer. A task that does gives its place to others.
func (x *Executor) Call(ctx context.Context, body wire.Body) (wire.Body, error) {
	type answer struct {
		reply *wire.Reply
		err   error
	}
	ch := make(chan answer, 1)
	id, err := x.Begin(body, func(r *wire.Reply, err error) { ch <- answer{r, err} })
	if err != nil {
		return nil, err
	}
	defer task.Block(ctx)()
	select {
	case a := <-ch:
		switch {
		case a.err != nil:
			return nil, a.err
		case a.reply.Err != "" || a.reply.Sort != wire.SortNone:
			return nil, refusal(a.reply.Err, a.reply.Sort)
		}
		return a.reply.Body, nil
	case <-ctx.Done():
		x.GiveUp(id)
		return nil, context.Cause(ctx)
	}
}

// Answer returns what Begin's answer was called with, of a known kind.
func Answer[B wire.Body](r *wire.Reply, err error) (B, error) {
	var zero B
	switch {
	case err != nil:
		return zero, err
	case r.Err != "" || r.Sort != wire.SortNone:
		return zero, refusal(r.Err, r.Sort)
	}
	got, ok := r.Body.(B)
	if !ok {
		return zero, fmt.Errorf("client: the scheduler answered with %T, want %T", r.Body, zero)
	}
	return got, nil
}

// Ask is [Executor.Call] for an answer of a known kind.
func Ask[B wire.Body](ctx context.Context, x *Executor, body wire.Body) (B, error) {
	var zero B
	b, err := x.Call(ctx, body)
	if err != nil {
		return zero, err
	}
	got, ok := b.(B)
	if !ok {
		return zero, fmt.Errorf("client: the scheduler answered %T with %T, not %T", body, b, zero)
	}
	return got, nil
}

// WaitPeers waits until n workers are there.
func (x *Executor) WaitPeers(ctx context.Context, n int) error {
	for {
		x.mu.Lock()
		have, came, closed := 0, x.came, x.closed
		for _, s := range x.sources {
			if !s.peer.Gone {
				have++
			}
		}
		x.mu.Unlock()
		switch {
		case closed != nil:
			return closed
		case have >= n:
			return nil
		}
		resume := task.Block(ctx)
		select {
		case <-came:
			resume()
		case <-x.ctx.Done():
			resume()
		case <-ctx.Done():
			resume()
			return fmt.Errorf("client: %d of %d workers are there: %w", have, n, context.Cause(ctx))
		}
	}
}

// Names returns the names of workers.
func (x *Executor) Names(numbers []uint32) []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	names := make([]string, 0, len(numbers))
	for _, n := range numbers {
		if s := x.sources[n]; s != nil {
			names = append(names, s.peer.Name)
		}
	}
	return names
}

// Peers returns the workers that are there.
func (x *Executor) Peers() []wire.Peer {
	x.mu.Lock()
	defer x.mu.Unlock()
	ps := make([]wire.Peer, 0, len(x.sources))
	for _, s := range x.sources {
		if !s.peer.Gone {
			ps = append(ps, s.peer)
		}
	}
	return ps
}

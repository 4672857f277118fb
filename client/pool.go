package client

import (
	"context"
	"fmt"
	"iter"
	"sync"
)

// A Pool runs calls for their effects and waits for all of them, as golang.org/x/sync/errgroup does for goroutines. The first error cancels
// the others.
//
// Same as Client.get_executor.
type Pool struct {
	c   *Client
	ctx context.Context

	mu      sync.Mutex // guards futures
	futures []*Future[any]
}

// Pool returns an empty pool. When ctx ends its calls are cancelled.
func (c *Client) Pool(ctx context.Context) *Pool { return &Pool{c: c, ctx: ctx} }

// Go submits a call, which is never shared with an equal one. Arguments and options are as for [Client.Submit].
func (p *Pool) Go(f any, args ...any) {
	future := p.c.Submit[any](f, append([]any{Pure(false)}, args...)...)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.futures = append(p.futures, future)
}

// Wait waits for all calls and returns the first error, or that of the context. Afterwards the pool is empty.
func (p *Pool) Wait() error {
	p.mu.Lock()
	futures := p.futures
	p.futures = nil
	p.mu.Unlock()
	var failed error
	for f := range p.c.AsCompleted(p.ctx, futures) {
		if err := f.Err(); err != nil {
			failed = err
			break
		}
	}
	if failed == nil {
		failed = context.Cause(p.ctx)
	}
	if failed != nil {
		p.c.Cancel(futures, fmt.Sprintf("another call of its pool has failed: %v", failed))
	}
	p.c.Release(futures)
	return failed
}

// Results returns the results of futures in order, each when it is there. Those of a failed one are an error and the zero value. When the loop is left
// early, or ctx ends, the remaining futures are cancelled.
//
// Same as ClientExecutor.map.
func (c *Client) Results[R any](ctx context.Context, futures []*Future[R]) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		for i, f := range futures {
			v, err := f.Result(ctx)
			if !yield(v, err) || ctx.Err() != nil {
				c.Cancel(futures[i+1:], "its result is not wanted any more")
				return
			}
		}
	}
}

package http

import (
	"context"
	"sync"
)

// A budget bounds the bytes of values that are on their way. A value larger than all of it waits until it is alone.
type budget struct {
	mu    sync.Mutex // guards the rest
	limit int64
	used  int64
	queue []waiter // first come, first served
}

type waiter struct {
	n     int64
	ready chan struct{} // closed when n was granted
}

func newBudget(limit int64) *budget { return &budget{limit: limit} }

// acquire waits for room for n bytes. The caller must not hold any of the budget.
func (b *budget) acquire(ctx context.Context, n int64) (release func(), err error) {
	n = min(max(n, 0), b.limit)
	b.mu.Lock()
	if len(b.queue) == 0 && b.used+n <= b.limit {
		b.used += n
		b.mu.Unlock()
		return func() { b.release(n) }, nil
	}
	w := waiter{n, make(chan struct{})}
	b.queue = append(b.queue, w)
	b.mu.Unlock()
	select {
	case <-w.ready:
		return func() { b.release(n) }, nil
	case <-ctx.Done():
	}
	b.mu.Lock()
	for i := range b.queue {
		if b.queue[i].ready == w.ready {
			b.queue = append(b.queue[:i], b.queue[i+1:]...)
			b.grant()
			b.mu.Unlock()
			return nil, context.Cause(ctx)
		}
	}
	b.mu.Unlock()
	b.release(n) // it was granted at the last moment
	return nil, context.Cause(ctx)
}

func (b *budget) release(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
	b.grant()
}

// grant serves those at the head of the queue for whom there is room.
func (b *budget) grant() {
	for len(b.queue) > 0 && b.used+b.queue[0].n <= b.limit {
		b.used += b.queue[0].n
		close(b.queue[0].ready)
		b.queue[0] = waiter{}
		b.queue = b.queue[1:]
	}
}

func (b *budget) inUse() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}

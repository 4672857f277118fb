package client

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"sheaf/internal/coord"
)

// A Lease is what somebody holds of a semaphore, or through a lock. It is renewed in the background until it is released,
// or until nobody has it any more.
type Lease struct {
	h       *hold
	cleanup runtime.Cleanup
}

// hold is a lease without its user, so that it can be given up when the user is gone.
type hold struct {
	client *Client
	token  uint64
	names  []string
	lease  time.Duration
	ctx    context.Context // ends with the lease
	end    context.CancelCauseFunc

	sure time.Time // until when the lease is known to last; guarded by the mu of leases
}

// leases renews what a client holds.
type leases struct {
	to coordinator

	mu     sync.Mutex // guards what follows
	held   map[uint64]*hold
	timer  *time.Timer
	busy   bool // a renewal is under way
	failed bool // the last one did not come back
	closed bool
}

// defaultLease is how long a lease lasts when it is not renewed, unless it says otherwise.
const defaultLease = 30 * time.Second

// errReleased is why the context of a lease ends when it is released.
var errReleased = errors.New("client: the lease was released")

// lease makes a lease of what a request was granted, and begins to renew it.
func (c *Client) lease(res coord.Result, d time.Duration, renew bool) *Lease {
	_, all, err := c.coordinator()
	h := &hold{client: c, token: res.Token, names: res.Names, lease: d}
	h.ctx, h.end = context.WithCancelCause(context.Background())
	l := &Lease{h: h}
	switch {
	case err != nil:
		h.end(err)
	case renew:
		all.add(h)
		l.cleanup = runtime.AddCleanup(l, func(h *hold) { go func() { _ = h.release(context.Background()) }() }, h)
	default:
		time.AfterFunc(d, func() { h.end(h.lost()) })
	}
	return l
}

// Token returns the lease's fencing token. Tokens only ever rise: a resource that remembers the highest one it has seen, and
// refuses lower ones, is safe from a holder that was paused for longer than its lease.
func (l *Lease) Token() uint64 { return l.h.token }

// Context returns a context that ends with ctx or with the lease, whichever is first; when the lease was lost its cause
// matches [ErrNotHeld].
func (l *Lease) Context(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	h := l.h
	stop := context.AfterFunc(h.ctx, func() { cancel(context.Cause(h.ctx)) })
	context.AfterFunc(ctx, func() { stop() })
	return ctx
}

// Err returns nil while the lease lasts, as far as is known here, and why it ended afterwards.
func (l *Lease) Err() error { return context.Cause(l.h.ctx) }

// Release gives the lease back, also when ctx has ended. A lease that was lost meanwhile is [ErrNotHeld].
func (l *Lease) Release(ctx context.Context) error {
	l.cleanup.Stop()
	return l.h.release(ctx)
}

func (h *hold) release(ctx context.Context) error {
	if h.ctx.Err() == nil {
		h.end(errReleased)
	} else if err := context.Cause(h.ctx); !errors.Is(err, errReleased) {
		return err
	} else {
		return h.lost()
	}
	_, all, err := h.client.coordinator()
	if err != nil {
		return err
	}
	all.remove(h.token)
	_, err = h.client.askLast(ctx, coord.Release{Token: h.token})
	return err
}

func (h *hold) lost() error {
	return fmt.Errorf("client: the lease with token %d is %w: it was released, or not renewed within %v; whoever has a higher token holds it now",
		h.token, ErrNotHeld, h.lease)
}

// add begins to renew a lease.
func (l *leases) add(h *hold) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h.sure = time.Now().Add(h.lease)
	l.held[h.token] = h
	l.arm()
}

func (l *leases) remove(token uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.held, token)
	l.arm()
}

// interval is how often leases are renewed: three times in the shortest. The caller holds mu.
func (l *leases) interval() time.Duration {
	shortest := time.Duration(0)
	for _, h := range l.held {
		if shortest == 0 || h.lease < shortest {
			shortest = h.lease
		}
	}
	return max(shortest/3, time.Millisecond)
}

// arm starts the timer if there is something to renew, and stops it otherwise. The caller holds mu.
func (l *leases) arm() {
	switch {
	case l.busy:
	case l.closed || len(l.held) == 0:
		if l.timer != nil {
			l.timer.Stop()
			l.timer = nil
		}
	case l.timer == nil:
		l.timer = time.AfterFunc(l.pause(), l.renew)
	default:
		l.timer.Reset(l.pause())
	}
}

// pause is how long until the next renewal: one that failed is tried again soon. The caller holds mu.
func (l *leases) pause() time.Duration {
	if l.failed {
		return l.interval() / 10
	}
	return l.interval()
}

// renew renews all leases in one request. Those that are lost, or may be because the request did not come back in time, end.
func (l *leases) renew() {
	l.mu.Lock()
	if l.closed || l.busy {
		l.mu.Unlock()
		return
	}
	l.busy = true
	tokens, sent, timeout := slices.Sorted(maps.Keys(l.held)), time.Now(), l.interval()/2
	l.mu.Unlock()

	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	res, err := l.to.call(ctx, coord.Renew{Tokens: tokens})
	cancel()

	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy, l.failed = false, err != nil
	for _, token := range tokens {
		h := l.held[token]
		if h == nil {
			continue
		}
		gone := slices.Contains(res.Tokens, token)
		if err == nil && !gone {
			h.sure = sent.Add(h.lease)
		} else if gone || time.Now().After(h.sure) {
			delete(l.held, token)
			h.end(h.lost())
		}
	}
	l.arm()
}

// close ends all leases here; the coordinator is told by its own close.
func (l *leases) close(cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for _, h := range l.held {
		h.end(cause)
	}
	clear(l.held)
	l.arm()
}

package client

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"sheaf/internal/coord"
)

// A Lock is a mutex by name among all who use the cluster. Whoever waits is served in the order of arrival. It is leased: the
// lease is renewed in the background while the lock is held, and runs out if the holder's process dies. It is not re-entrant:
// locking twice waits for the first to unlock.
//
// A lock can be passed to tasks as an argument, or made there by its name.
//
// Same as distributed.Lock.
type Lock struct {
	handle
	s leaseSettings
	keeper
}

// A MultiLock is several locks that are taken at once: nobody holds some of them while waiting for the others, so there is no
// deadlock. They are the locks that [Client.Lock] makes of the same names.
//
// Same as distributed.MultiLock.
type MultiLock struct {
	handle
	names []string
	n     int // that are needed
	s     leaseSettings
	keeper
}

// leaseSettings are the options of what is leased.
type leaseSettings struct {
	lease   time.Duration
	noRenew bool
}

func leaseOptions(s settings) leaseSettings {
	l := leaseSettings{lease: s.coord.lease, noRenew: s.coord.noRenew}
	if l.lease == 0 {
		l.lease = defaultLease
	}
	return l
}

// keeper has the lease that a lock is held by.
type keeper struct {
	mu    sync.Mutex // guards lease
	lease *Lease
}

func (k *keeper) get() *Lease {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.lease
}

func (k *keeper) set(l *Lease) *Lease {
	k.mu.Lock()
	defer k.mu.Unlock()
	before := k.lease
	k.lease = l
	return before
}

// Lock returns the lock of a name. Options are [LeaseTime] and [NoRenew].
func (c *Client) Lock(name string, opts ...Option) *Lock {
	return &Lock{handle: handle{c, "lock", name}, s: leaseOptions(coordOptions(opts))}
}

// MultiLock returns several locks that are taken together; with the option [Any] only some of them. Other options are
// [LeaseTime] and [NoRenew].
func (c *Client) MultiLock(names []string, opts ...Option) *MultiLock {
	s := coordOptions(opts)
	return &MultiLock{handle: handle{c, "locks", strings.Join(names, ", ")}, names: names, n: s.coord.any, s: leaseOptions(s)}
}

// Lock takes the lock; it waits until it is free or ctx ends.
func (l *Lock) Lock(ctx context.Context) error {
	return l.take(ctx, &l.handle, l.s, coord.LockAcquire{Name: l.name, Lease: l.s.lease, Wait: coord.Forever})
}

// TryLock takes the lock if nobody holds it, and reports whether it did.
func (l *Lock) TryLock(ctx context.Context) (bool, error) {
	return taken(l.take(ctx, &l.handle, l.s, coord.LockAcquire{Name: l.name, Lease: l.s.lease}))
}

// Unlock gives the lock back, also when ctx has ended. It is [ErrNotHeld] if it is not held, or no longer.
func (l *Lock) Unlock(ctx context.Context) error { return l.give(ctx, &l.handle) }

// Do calls f while it holds the lock. The context of f ends when the lock is lost.
func (l *Lock) Do(ctx context.Context, f func(ctx context.Context) error) error {
	if err := l.Lock(ctx); err != nil {
		return err
	}
	return l.do(ctx, &l.handle, f)
}

// Locked reports whether anybody holds the lock.
func (l *Lock) Locked(ctx context.Context) (bool, error) {
	res, err := l.peek(ctx, coord.Locks)
	return res.OK, err
}

// Token returns the fencing token by which the lock is held, or 0: see [Lease.Token].
func (l *Lock) Token() uint64 { return l.keeper.token() }

// Context returns a context that ends with ctx, or when the lock is given back or lost. If it is not held it has ended.
func (l *Lock) Context(ctx context.Context) context.Context { return l.keeper.context(ctx, &l.handle) }

// Lock takes the locks; it waits until as many as are needed are free at once, or ctx ends.
func (l *MultiLock) Lock(ctx context.Context) error {
	return l.take(ctx, &l.handle, l.s, l.request(coord.Forever))
}

// TryLock takes the locks if as many as are needed are free, and reports whether it did.
func (l *MultiLock) TryLock(ctx context.Context) (bool, error) {
	return taken(l.take(ctx, &l.handle, l.s, l.request(0)))
}

func (l *MultiLock) request(wait time.Duration) coord.Request {
	return coord.MultiAcquire{Names: l.names, N: l.n, Lease: l.s.lease, Wait: wait}
}

// Unlock gives back what is held, also when ctx has ended. It is [ErrNotHeld] if nothing is, or no longer.
func (l *MultiLock) Unlock(ctx context.Context) error { return l.give(ctx, &l.handle) }

// Do calls f while it holds the locks. The context of f ends when they are lost.
func (l *MultiLock) Do(ctx context.Context, f func(ctx context.Context) error) error {
	if err := l.Lock(ctx); err != nil {
		return err
	}
	return l.do(ctx, &l.handle, f)
}

// Held returns the names of the locks that are held through l.
func (l *MultiLock) Held() []string {
	if x := l.get(); x != nil && x.Err() == nil {
		return x.h.names
	}
	return nil
}

// Locked reports whether l holds locks. Same as MultiLock.locked, which unlike Lock.locked does not speak of others.
func (l *MultiLock) Locked() bool { return l.Held() != nil }

// Token returns the fencing token by which the locks are held, or 0: see [Lease.Token].
func (l *MultiLock) Token() uint64 { return l.keeper.token() }

// Context returns a context that ends with ctx, or when the locks are given back or lost. If none are held it has ended.
func (l *MultiLock) Context(ctx context.Context) context.Context {
	return l.keeper.context(ctx, &l.handle)
}

// take sends a request for locks and keeps the lease.
func (k *keeper) take(ctx context.Context, h *handle, s leaseSettings, r coord.Request) error {
	c, err := h.client(ctx)
	if err != nil {
		return err
	}
	res, err := c.ask(ctx, r)
	if err != nil {
		return err
	}
	k.set(c.lease(res, s.lease, !s.noRenew))
	return nil
}

// taken turns the error of a request that does not wait into an answer.
func taken(err error) (bool, error) {
	if isTimeout(err) {
		return false, nil
	}
	return err == nil, err
}

func (k *keeper) give(ctx context.Context, h *handle) error {
	l := k.set(nil)
	if l == nil {
		return fmt.Errorf("client: the %s is %w", h, ErrNotHeld)
	}
	return l.Release(ctx)
}

// do calls f with what was just taken.
func (k *keeper) do(ctx context.Context, h *handle, f func(ctx context.Context) error) error {
	back := false
	defer func() { // also when f panics
		if !back {
			_ = k.give(ctx, h)
		}
	}()
	err := f(k.context(ctx, h))
	back = true
	if give := k.give(ctx, h); err == nil {
		err = give
	}
	return err
}

func (k *keeper) token() uint64 {
	if l := k.get(); l != nil {
		return l.Token()
	}
	return 0
}

func (k *keeper) context(ctx context.Context, h *handle) context.Context {
	if l := k.get(); l != nil {
		return l.Context(ctx)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	cancel(fmt.Errorf("client: the %s is %w", h, ErrNotHeld))
	return ctx
}

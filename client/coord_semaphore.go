package client

import (
	"context"

	"sheaf/internal/coord"
)

// A Semaphore is a number of units by name, of which those who use the cluster take some each. Whoever waits is served in the
// order of arrival. What is taken is leased, like a [Lock].
//
// Same as distributed.Semaphore.
type Semaphore struct {
	handle
	limit int
	s     leaseSettings
}

// Semaphore returns the semaphore of a name. All who use it at a time must say the same limit. Options are [LeaseTime] and
// [NoRenew].
func (c *Client) Semaphore(name string, limit int, opts ...Option) *Semaphore {
	return &Semaphore{handle: handle{c, "semaphore", name}, limit: limit, s: leaseOptions(coordOptions(opts))}
}

// Acquire takes a unit, or n of them; it waits until they are free or ctx ends. Release the lease when done:
//
//	lease, err := s.Acquire(ctx)
//	if err != nil { … }
//	defer lease.Release(ctx)
func (s *Semaphore) Acquire(ctx context.Context, n ...int) (*Lease, error) {
	return s.take(ctx, coord.SemAcquire{Name: s.name, N: units(n), Limit: s.limit, Lease: s.s.lease, Wait: coord.Forever})
}

// TryAcquire takes a unit, or n of them, if they are free, and reports whether it did.
func (s *Semaphore) TryAcquire(ctx context.Context, n ...int) (*Lease, bool, error) {
	l, err := s.take(ctx, coord.SemAcquire{Name: s.name, N: units(n), Limit: s.limit, Lease: s.s.lease})
	ok, err := taken(err)
	return l, ok, err
}

func units(n []int) (sum int) {
	if len(n) == 0 {
		return 1
	}
	for _, n := range n {
		sum += n
	}
	return sum
}

func (s *Semaphore) take(ctx context.Context, r coord.SemAcquire) (*Lease, error) {
	c, err := s.client(ctx)
	if err != nil {
		return nil, err
	}
	if r.N == 0 {
		r.N = -1 // for the machine 0 is 1
	}
	res, err := c.ask(ctx, r)
	if err != nil {
		return nil, err
	}
	return c.lease(res, s.s.lease, !s.s.noRenew), nil
}

// Do calls f while it holds a unit. The context of f ends when the lease is lost.
func (s *Semaphore) Do(ctx context.Context, f func(ctx context.Context) error) error {
	l, err := s.Acquire(ctx)
	if err != nil {
		return err
	}
	k := keeper{lease: l}
	return k.do(ctx, &s.handle, f)
}

// Value returns how many units are taken. Same as Semaphore.get_value.
func (s *Semaphore) Value(ctx context.Context) (int, error) {
	res, err := s.peek(ctx, coord.Semaphores)
	return res.Count, err
}

// Close forgets the semaphore: leases end, and whoever waits fails with [ErrDeleted].
func (s *Semaphore) Close(ctx context.Context) error {
	_, err := s.ask(ctx, coord.SemClose{Name: s.name})
	return err
}

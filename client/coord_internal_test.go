package client

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sheaf/internal/coord"
)

// faulty is a coordinator whose renewals fail while cut is set. Others are answered by a machine in this process.
type faulty struct {
	*localCoordinator
	cut atomic.Bool
}

func (f *faulty) call(ctx context.Context, r coord.Request) (coord.Result, error) {
	if _, ok := r.(coord.Renew); ok && f.cut.Load() {
		<-ctx.Done()
		return coord.Result{}, context.Cause(ctx)
	}
	return f.localCoordinator.call(ctx, r)
}

// TestLostLeases cuts the connection under a held lock: its context ends when the lease can have run out, and not before.
func TestLostLeases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := Local(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		f := &faulty{localCoordinator: newLocalCoordinator(c)}
		c.setCoordinator(f)
		l := c.Lock("x", LeaseTime(30*time.Second))
		if err := l.Lock(t.Context()); err != nil {
			t.Fatal(err)
		}
		held := l.Context(t.Context())
		time.Sleep(10 * time.Minute)
		if held.Err() != nil {
			t.Fatalf("a lease that is renewed ended: %v", context.Cause(held))
		}
		f.cut.Store(true)
		time.Sleep(15 * time.Second)
		f.cut.Store(false) // in time
		time.Sleep(time.Minute)
		if held.Err() != nil {
			t.Fatalf("a short break ended the lease: %v", context.Cause(held))
		}
		f.cut.Store(true)
		start := time.Now()
		<-held.Done()
		if d := time.Since(start); d < 20*time.Second || d > 45*time.Second {
			t.Errorf("the lease ended after %v without renewal, want about 30 s", d)
		}
		if err := context.Cause(held); !errors.Is(err, ErrNotHeld) {
			t.Errorf("cause %v", err)
		}
		if err := l.Unlock(t.Context()); !errors.Is(err, ErrNotHeld) {
			t.Errorf("Unlock: %v", err)
		}
		other := c.Lock("x")
		if err := other.Lock(t.Context()); err != nil { // the machine has freed it by then
			t.Fatal(err)
		}
		if err := other.Unlock(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// TestStoppedProcess lets the process stand still for longer than a lease: nobody else is there to take it, so it is kept.
func TestStoppedProcess(t *testing.T) {
	c, err := Local(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	l := c.Lock("x", LeaseTime(20*time.Second))
	if err := l.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	to := c.coordination.to.(*localCoordinator)
	to.mu.Lock()
	to.origin = to.origin.Add(-time.Hour) // as after SIGSTOP: the timer fires an hour late
	to.mu.Unlock()
	to.tick()
	if res, err := c.ask(t.Context(), coord.Renew{Tokens: []uint64{l.Token()}}); err != nil || !res.OK {
		t.Errorf("the lease was lost: %v, %v", res, err)
	}
	if err := l.Unlock(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestNothingIsLeft uses everything and gives it back: nothing stays in the coordinator.
func TestNothingIsLeft(t *testing.T) {
	ctx := t.Context()
	c, err := Local(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range 20 {
		check(c.Lock("l").Do(ctx, func(context.Context) error { return nil }))
		q, v := c.Queue[int]("q"), c.Variable[int]("v")
		f := c.Scatter(i)
		check(q.PutFuture(ctx, f))
		check(q.PutFuture(ctx, f))
		check(v.SetFuture(ctx, f))
		_, err := v.Get(ctx)
		check(err)
		g, err := v.GetFuture(ctx)
		check(err)
		check(v.Delete(ctx))
		_, err = q.Get(ctx)
		check(err)
		check(q.Close(ctx))
		check(c.PublishDataset(ctx, "d", []*Future[int]{f, g}))
		fs, err := c.GetDataset[[]*Future[int]](ctx, "d")
		check(err)
		check(c.UnpublishDataset(ctx, "d"))
		c.Release(append(fs, f, g))
		if f.share.cell.refs.Load() != 0 || g.share.cell.refs.Load() != 0 {
			t.Fatalf("round %d: %d futures of the cell are left", i, f.share.cell.refs.Load())
		}
		if i == 0 {
			check(c.LogEvent(ctx, "t", 1))
		}
		for range c.Subscribe(ctx, "t", From(1)) {
			break
		}
	}
	to := c.coordination.to.(*localCoordinator)
	to.mu.Lock()
	defer to.mu.Unlock()
	check(to.machine.Check())
	s := to.machine.Snapshot(0)
	if len(to.kept)+len(to.calls)+len(to.subs)+len(to.machine.Held()) > 0 || len(s.Pools)+len(s.Queues)+len(s.Variables)+len(s.Datasets)+len(s.Lent) > 0 {
		t.Errorf("left: %d values, %d calls, %d subscriptions, %+v", len(to.kept), len(to.calls), len(to.subs), s)
	}
	if l := c.coordination.leases; len(l.held) > 0 || l.timer != nil {
		t.Errorf("%d leases are left", len(l.held))
	}
}

// BenchmarkLock is taking and giving back a free lock.
func BenchmarkLock(b *testing.B) {
	ctx := b.Context()
	c, err := Local(ctx)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	l := c.Lock("x")
	for b.Loop() {
		if err := errors.Join(l.Lock(ctx), l.Unlock(ctx)); err != nil {
			b.Fatal(err)
		}
	}
}

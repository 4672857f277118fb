//go:build linux

package faulttest

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"syscall"
	"testing"
	"time"

	"sheaf"
	"sheaf/client"
)

// Clients die without a word: when their leases are over, nothing of theirs is left.
func TestCase37ClientsCrash(t *testing.T) {
	t.Parallel()
	conf := quick(2)
	conf.Scheduler.Lease = time.Second
	r := newRig(t, conf)
	times := 4
	if long() {
		times = 100
	}
	for range times {
		p, _ := r.start("careless")
		if err := p.Process.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	r.settled()
	if info := r.info(); len(info.Clients) != 1 {
		t.Errorf("clients: %+v", info.Clients)
	}
	l := r.c.Lock("careless")
	if err := l.Lock(within(t, 40*time.Second)); err != nil {
		t.Errorf("the lock of the dead: %v", err)
	}
	_ = l.Unlock(context.Background())
	r.healthy()
}

// The holder of a lock is paused beyond its lease: the next one gets a higher token, and the first learns of it.
func TestCase41PausedHolder(t *testing.T) {
	t.Parallel()
	r := newRig(t, quick(1))
	p, text := r.start("holder")
	first, err := strconv.ParseUint(text, 10, 64)
	if err != nil || first == 0 {
		t.Fatalf("token %q", text)
	}
	if err := p.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	l := r.c.Lock("paused", client.LeaseTime(time.Second))
	if err := l.Lock(within(t, 20*time.Second)); err != nil {
		t.Fatal(err)
	}
	if second := l.Token(); second <= first {
		t.Errorf("the second token is %d, want more than %d", second, first)
	}
	if err := p.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if why := p.expect(t, "lost"); why == "" {
		t.Error("the first holder is not told why")
	}
	if held, err := l.Locked(within(t, 10*time.Second)); err != nil || !held {
		t.Errorf("the second holder has lost it: %v, %v", held, err)
	}
	if err := l.Unlock(within(t, 10*time.Second)); err != nil {
		t.Error(err)
	}
}

// Futures of the same keys are submitted, cancelled and released in random order: the last wish counts, and no slot stays taken.
func TestCase38CancelStorm(t *testing.T) {
	t.Parallel()
	conf := quick(2)
	conf.Resources = map[string]float64{"licence": 1}
	r := newRig(t, conf)
	ctx := within(t, 60*time.Second)
	const seed = 38
	rnd := rand.New(rand.NewPCG(seed, 0))
	const keys = 24
	var now [keys]*client.Future[int]
	rounds := 300
	if long() {
		rounds = 20_000
	}
	for range rounds {
		k := rnd.IntN(keys)
		switch f := now[k]; {
		case f == nil:
			now[k] = r.c.Submit[int](naps, k, time.Duration(k%3)*time.Millisecond, client.Resource("licence", 1), client.Key("storm-"+strconv.Itoa(k)))
		case rnd.IntN(3) == 0:
			f.Cancel("a whim")
			if _, err := f.Result(ctx); err != nil && !errors.Is(err, sheaf.ErrCancelled) {
				t.Fatalf("a cancelled future: %v", err)
			}
			now[k] = nil
		case rnd.IntN(2) == 0:
			f.Release()
			now[k] = nil
		default:
			if v, err := f.Result(ctx); err != nil || v != k*k {
				t.Fatalf("key %d: %d, %v", k, v, err)
			}
		}
	}
	for k, f := range now {
		if f == nil {
			continue
		}
		if v, err := f.Result(ctx); err != nil || v != k*k {
			t.Errorf("key %d: %d, %v", k, v, err)
		}
		f.Release()
	}
	r.settled()
	r.healthy()
}

func naps(ctx context.Context, i int, d time.Duration) (int, error) {
	select {
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	case <-time.After(d):
		return i * i, nil
	}
}

// A worker is retired while it computes and holds what nobody else has: nothing is lost, nothing runs again.
func TestCase39Retire(t *testing.T) {
	t.Parallel()
	r := newRig(t, quick(2))
	ctx := within(t, 40*time.Second)
	blocks := make([]*client.Future[[]byte], 10)
	for i := range blocks {
		blocks[i] = r.c.Submit[[]byte](marked, r.marks, uint64(i), 1<<20)
	}
	if _, _, err := r.c.Wait(ctx, blocks); err != nil {
		t.Fatal(err)
	}
	fs := make([]*client.Future[int], 10)
	for i := range fs {
		fs[i] = r.c.Submit[int](slow, r.marks, i, 150*time.Millisecond)
	}
	until(t, 10*time.Second, "both run", func() bool { return executions(t, r.marks) >= 12 })
	gone, err := r.c.RetireWorkers(ctx, "local-0")
	if err != nil || len(gone) != 1 || gone[0] != "local-0" {
		t.Fatalf("retired %v, %v", gone, err)
	}
	vs, err := r.c.Gather(ctx, fs)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range vs {
		if v != i*i {
			t.Errorf("task %d gave %d", i, v)
		}
	}
	bs, err := r.c.Gather(ctx, blocks)
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range bs {
		if digest(b) != digest(block(uint64(i), 1<<20)) {
			t.Errorf("block %d is wrong", i)
		}
	}
	for name, runs := range marksIn(t, r.marks) {
		if len(runs) != 1 {
			t.Errorf("%s ran %d times", name, len(runs))
		}
	}
	for i := range r.info().Workers {
		if w := r.info().Workers[i]; w.Name == "local-0" && w.Status != "retired" {
			t.Errorf("the worker is still there: %+v", w)
		}
	}
}

// A result that does not fit is an error with its size and the limit; one that is many times the size of a message passes.
func TestCase26HugeResults(t *testing.T) {
	t.Parallel()
	conf := quick(1)
	conf.MemoryBytes = 300 << 20
	conf.Scheduler.AllowedFailures = 1
	r := newRig(t, conf)
	ctx := within(t, 60*time.Second)
	b, err := r.c.Submit[[]byte](block, uint64(1), 96<<20).Result(ctx)
	if err != nil || digest(b) != digest(block(1, 96<<20)) {
		t.Fatalf("96 MiB: %v", err)
	}
	_, err = r.c.Submit[[]byte](block, uint64(2), 1<<30).Result(ctx)
	wantError(t, err, sheaf.ErrMemory, "block", "300 MiB")
	r.healthy()
}

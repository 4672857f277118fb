//go:build linux

package faulttest

import (
	"sync/atomic"
	"testing"
	"time"

	"sheaf/client"
)

var never atomic.Bool

// endless does not look at any context.
func endless() int {
	for !never.Load() {
		time.Sleep(time.Millisecond)
	}
	return 0
}

// Functions that go on after they were cancelled have all threads of all workers: the workers are replaced one after the other, what they
// hold moves, and the cluster works again.
func TestEndlessFunctionsAreReplaced(t *testing.T) {
	t.Parallel()
	conf := quick(2)
	conf.Scheduler.Stuck = 2 * time.Second
	r := newRig(t, conf)
	ctx := within(t, 60*time.Second)
	kept := r.c.Submit[[]byte](block, uint64(1), 1<<20)
	put := r.c.Scatter(block(2, 1<<20))
	if _, err := kept.Result(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := put.Result(ctx); err != nil {
		t.Fatal(err)
	}
	var running []*client.Future[int]
	for range 2 {
		running = append(running, r.c.Submit[int](endless, client.Pure(false)))
	}
	pids := []int{r.pid("local-0"), r.pid("local-1")}
	until(t, 10*time.Second, "both run", func() bool {
		info := r.info()
		return info.Workers[0].Beat.Executing == 1 && info.Workers[1].Beat.Executing == 1
	})
	for _, f := range running {
		f.CancelForce("a test")
	}
	got, err := r.c.Submit[uint64](digestBoth, kept, put).Result(ctx)
	if want := digest(block(1, 1<<20), block(2, 1<<20)); err != nil || got != want {
		t.Errorf("got %x, %v, want %x", got, err, want)
	}
	for k, name := range []string{"local-0", "local-1"} {
		r.back(name, pids[k])
	}
	if n := r.info().Failed; n != 0 {
		t.Errorf("%d tasks failed", n)
	}
}

func digestBoth(a, b []byte) uint64 { return digest(a, b) }

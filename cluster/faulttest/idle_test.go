//go:build linux

package faulttest

import (
	"testing"
	"time"

	"sheaf/client"
)

// Clients and agents that have nothing to say are not taken for dead, however short the times are.
func TestIdleIsNotDead(t *testing.T) {
	t.Parallel()
	conf := quick(1)
	conf.Scheduler.Lost, conf.Scheduler.Lease = 500*time.Millisecond, 500*time.Millisecond
	r := newRig(t, conf)
	ctx := within(t, 20*time.Second)
	f := r.c.Submit[[]byte](marked, r.marks, uint64(1), 1<<20)
	if _, _, err := r.c.Wait(ctx, []*client.Future[[]byte]{f}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * time.Second)
	b, err := f.Result(ctx)
	if err != nil || digest(b) != digest(block(1, 1<<20)) {
		t.Errorf("after a silence: %v", err)
	}
	if n := executions(t, r.marks); n != 1 {
		t.Errorf("%d executions, want 1", n)
	}
	if info := r.info(); len(info.Clients) != 1 || info.Clients[0].Number != 1 || info.Clients[0].Claims != 1 {
		t.Errorf("clients: %+v", info.Clients)
	}
}

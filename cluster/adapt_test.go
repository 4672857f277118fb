package cluster_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"sheaf/client"
	"sheaf/cluster"
)

func nap(ms int) int {
	time.Sleep(time.Duration(ms) * time.Millisecond)
	return ms
}

// TestAdapt: work brings workers, and the lack of it ends them; values stay.
func TestAdapt(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	l, err := cluster.StartLocal(ctx, cluster.Config{Workers: 1, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close(context.WithoutCancel(ctx)) }()
	c, err := l.Client(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	stop, err := l.Adapt(ctx, cluster.Adaptive{Minimum: 1, Maximum: 3, Interval: 50 * time.Millisecond, TargetDuration: 500 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	fs := c.Map[int](nap, []int{200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200}, client.Pure(false))
	most := 0
	for all := false; !all; time.Sleep(20 * time.Millisecond) {
		if err := ctx.Err(); err != nil {
			t.Fatal(err)
		}
		most = max(most, len(l.Agent().Workers()))
		all = true
		for _, f := range fs {
			all = all && f.Done()
		}
	}
	if most < 2 {
		t.Errorf("there were at most %d workers", most)
	}
	for len(l.Agent().Workers()) > 1 {
		if time.Sleep(20 * time.Millisecond); ctx.Err() != nil {
			t.Fatalf("%d workers are left", len(l.Agent().Workers()))
		}
	}
	for _, f := range fs { // also of those that have ended
		if v, err := f.Result(ctx); v != 200 || err != nil {
			t.Fatal(v, err)
		}
	}
	if info, err := l.Scheduler().Info(ctx); err != nil || info.Lost != 0 {
		t.Errorf("values were computed again: %+v, %v", info, err)
	}
}

func ExampleAdaptive() {
	ctx := context.Background()
	l, err := cluster.StartLocal(ctx, cluster.Config{Workers: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close(ctx)
	stop, err := l.Adapt(ctx, cluster.Adaptive{Minimum: 1, Maximum: 4})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stop()
	_, err = l.Adapt(ctx, cluster.Adaptive{Minimum: 4, Maximum: 2})
	fmt.Println(err)
	// Output: cluster: adapt: between 4 and 2 workers: want 0 <= Minimum <= Maximum and a Maximum of at least 1
}

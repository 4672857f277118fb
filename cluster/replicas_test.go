package cluster_test

import (
	"testing"
	"time"

	"sheaf/client"
	"sheaf/cluster"
	"sheaf/cluster/clustertest"
)

// holders returns how many workers have a value.
func holders[T any](t *testing.T, c *client.Client, f *client.Future[T]) int {
	t.Helper()
	who, err := c.WhoHas(t.Context(), []*client.Future[T]{f})
	if err != nil {
		t.Fatal(err)
	}
	return len(who[0])
}

// TestReduceReplicas: copies that nobody needs go, and those that were asked for stay.
func TestReduceReplicas(t *testing.T) {
	p, err := cluster.StartInProcess(t.Context(), cluster.Config{
		Workers: 3, Scheduler: cluster.SchedulerConfig{ReduceReplicas: 50 * time.Millisecond, Heartbeat: 50 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close(t.Context()) })
	c := clustertest.ClientOf(t, p)
	if err := c.WaitForWorkers(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	a := c.Submit[int](inc, 1)
	broadcast := c.Scatter(7, client.Broadcast())
	for name := range must(c.NThreads(t.Context())) {
		if v, err := c.Submit[int](add, a, 1, client.OnWorkers(name), client.Pure(false)).Result(t.Context()); err != nil || v != 3 {
			t.Fatal(v, err)
		}
	}
	within(t, "one copy is left of what tasks have fetched", func() bool { return holders(t, c, a) == 1 })
	if err := c.Replicate(t.Context(), []*client.Future[int]{a}, 3); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	if n := holders(t, c, a); n != 3 {
		t.Errorf("%d workers have what was replicated to 3", n)
	}
	if err := c.Replicate(t.Context(), []*client.Future[int]{a}, 2); err != nil {
		t.Fatal(err)
	}
	within(t, "two copies are left when two are wanted", func() bool { return holders(t, c, a) == 2 })
	if v, err := a.Result(t.Context()); err != nil || v != 2 {
		t.Errorf("got %v, %v", v, err)
	}
	if n := holders(t, c, broadcast); n != 3 {
		t.Errorf("%d workers have what was broadcast", n)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// within waits until something is so.
func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after 20 s it is not so that %s", what)
		}
	}
}

package cluster_test

import (
	"context"
	"testing"
	"time"

	"sheaf/client"
	"sheaf/cluster"
	"sheaf/cluster/clustertest"
)

func TestMain(m *testing.M) { clustertest.Main(m) }

func inc(x int) int { return x + 1 }

func add(x, y int) int { return x + y }

func trip(t *testing.T, c *client.Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	a := c.Submit[int](inc, 1)
	b := c.Submit[int](inc, 2)
	v, err := c.Submit[int](add, a, b).Result(ctx)
	if err != nil || v != 5 {
		t.Fatalf("got %v, %v, want 5", v, err)
	}
	xs := make([]int, 10_000)
	for i := range xs {
		xs[i] = i
	}
	vs, err := c.Gather(ctx, c.Map[int](inc, xs))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range vs {
		if v != i+1 {
			t.Fatalf("result %d is %d, want %d", i, v, i+1)
		}
	}
}

func TestInProcess(t *testing.T) { trip(t, clustertest.InProcess(t, 2)) }

func TestProcesses(t *testing.T) { trip(t, clustertest.Processes(t, 2)) }

var _ = cluster.Config{}

package cluster_test

import (
	"testing"

	"sheaf"
	"sheaf/cluster"
	"sheaf/cluster/clustertest"
)

// TestMemoryOfWorkers: a client knows for how much memory to plan.
func TestMemoryOfWorkers(t *testing.T) {
	p, err := cluster.StartInProcess(t.Context(), cluster.Config{Workers: 2, MemoryBytes: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close(t.Context()) })
	c := clustertest.ClientOf(t, p)
	var sized sheaf.Sized = c
	for range 2 { // before and after the workers are there
		if n, want := sized.MemoryBytes(), int64(1<<30)*6/10; n != want {
			t.Errorf("the smallest worker has %d bytes for values, want %d", n, want)
		}
		if err := c.WaitForWorkers(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
	}
}

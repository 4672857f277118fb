package cluster_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"sheaf"
	"sheaf/client"
	"sheaf/cluster"
	"sheaf/cluster/clustertest"
)

// TestNoWorkersTimeout: a task that no worker may run fails after a while if the configuration says so, and says why.
func TestNoWorkersTimeout(t *testing.T) {
	p, err := cluster.StartInProcess(t.Context(), cluster.Config{Workers: 1, Scheduler: cluster.SchedulerConfig{NoWorkers: 200 * time.Millisecond, Heartbeat: 50 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close(t.Context()) })
	c := clustertest.ClientOf(t, p)
	began := time.Now()
	_, err = c.Submit[int](inc, 1, client.OnWorkers("nobody")).Result(t.Context())
	if !errors.Is(err, sheaf.ErrNoWorkers) || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("got %v", err)
	}
	if d := time.Since(began); d < 200*time.Millisecond {
		t.Errorf("it failed after %v", d)
	}
	if v, err := c.Submit[int](inc, 2).Result(t.Context()); v != 3 || err != nil {
		t.Errorf("another task: %v, %v", v, err)
	}
}

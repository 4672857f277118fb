package cluster_test

import (
	"testing"
	"time"

	"sheaf/cluster"
)

// TestShutdown: one client ends the cluster, and everything in it ends.
func TestShutdown(t *testing.T) {
	l, err := cluster.StartLocal(t.Context(), cluster.Config{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	c, err := l.Client(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n, err := c.Submit[int](inc, 1).Result(t.Context()); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	if err := c.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	late := time.After(20 * time.Second)
	for what, done := range map[string]<-chan struct{}{"scheduler": l.Scheduler().Done(), "agent": l.Agent().Done()} {
		select {
		case <-done:
		case <-late:
			t.Errorf("the %s goes on", what)
		}
	}
	if pids := l.Agent().Workers(); len(pids) > 0 {
		t.Errorf("workers go on: %v", pids)
	}
	if err := l.Close(t.Context()); err != nil {
		t.Error(err)
	}

	p, err := cluster.StartInProcess(t.Context(), cluster.Config{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	if c, err = p.Client(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

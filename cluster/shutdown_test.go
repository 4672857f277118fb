package cluster_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"sheaf/client"
	"sheaf/cluster"
)

func untilCancelled(ctx context.Context) (int, error) {
	<-ctx.Done()
	return 0, context.Cause(ctx)
}

// bystander is another client whose work is lost by a shutdown: told checks that its error says whose doing that was.
func bystander(t *testing.T, l interface {
	Client(context.Context) (*client.Client, error)
},
) (told func()) {
	c, err := l.Client(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f := c.Submit[int](untilCancelled)
	return func() {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		_, err := f.Result(ctx)
		host, _ := os.Hostname()
		if want := fmt.Sprintf("the client of process %s:%d has shut the cluster down", host, os.Getpid()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %q", err, want)
		}
		_ = c.Close()
	}
}

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
	told := bystander(t, l)
	if err := c.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	told()
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
	told = bystander(t, p)
	if err := c.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	told()
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

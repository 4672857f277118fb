package cluster_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"sheaf"
	"sheaf/client"
	"sheaf/cluster"
	"sheaf/cluster/clustertest"
)

func workersHere(ctx context.Context) (int, error) {
	i, err := client.SchedulerInfo(ctx)
	if err != nil {
		return 0, err
	}
	return len(i.Workers), nil
}

func sum(xs ...int) (n int) {
	for _, x := range xs {
		n += x
	}
	return n
}

var errOwn = errors.New("own")

// stubborn ignores its context.
func stubborn() { time.Sleep(500 * time.Millisecond) }

// TestRunOnScheduler: functions run in the process of the scheduler.
func TestRunOnScheduler(t *testing.T) {
	local, err := client.Local(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = local.Close() }()
	for name, c := range map[string]*client.Client{
		"this process": local, "goroutines": clustertest.InProcess(t, 1), "processes": clustertest.Processes(t, 1),
	} {
		t.Run(name, func(t *testing.T) { runOnScheduler(t, c) })
	}
}

func runOnScheduler(t *testing.T, c *client.Client) {
	ctx := t.Context()
	if err := c.WaitForWorkers(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if n, err := c.RunOnScheduler[int](ctx, workersHere); n != 1 || err != nil {
		t.Errorf("got %v, %v", n, err)
	}
	if pid, err := c.RunOnScheduler[int](ctx, os.Getpid); pid != os.Getpid() || err != nil {
		t.Errorf("it ran in process %d, %v; this is %d", pid, err, os.Getpid())
	}
	if n, err := c.RunOnScheduler[int](ctx, sum, 1, 2, 3); n != 6 || err != nil {
		t.Errorf("got %v, %v", n, err)
	}
	if _, err := c.RunOnScheduler[int](ctx, func() error { return errOwn }); !errors.Is(err, errOwn) {
		t.Errorf("an error of its own: %v", err)
	}
	_, err := c.RunOnScheduler[int](ctx, func() int { panic("oh no") })
	if te, ok := errors.AsType[*sheaf.TaskError](err); !ok || !strings.Contains(err.Error(), "oh no") || !strings.Contains(te.Func.File, "functions_test.go") || te.Stack == "" {
		t.Errorf("a panic: %v", err)
	}
	if _, err := c.RunOnScheduler[string](ctx, sum, 1); err == nil || !strings.Contains(err.Error(), "want string") {
		t.Errorf("another type: %v", err)
	}
	if _, err := c.RunOnScheduler[int](ctx, 7); err == nil {
		t.Error("7 was called")
	}
	short, cancel := context.WithTimeout(ctx, 30*time.Millisecond)
	defer cancel()
	_, err = c.RunOnScheduler[any](short, stubborn)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "stubborn") || !strings.Contains(err.Error(), "functions_test.go:") {
		t.Errorf("a function that does not return: %v", err)
	}
	if _, err := client.SchedulerInfo(ctx); err == nil {
		t.Error("this is a scheduler's context")
	}
}

// TestRunOnSchedulerRefused: a scheduler that does not allow it, or runs something else, says so.
func TestRunOnSchedulerRefused(t *testing.T) {
	ctx := t.Context()
	for _, tc := range []struct {
		allow bool
		want  string
	}{{false, "AllowFunctions"}, {true, ""}} {
		s, err := cluster.StartScheduler(ctx, cluster.SchedulerConfig{AllowFunctions: tc.allow, NoLog: true})
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.Client(ctx)
		if err != nil {
			t.Fatal(err)
		}
		n, err := c.RunOnScheduler[int](ctx, workersHere)
		if tc.want == "" && (n != 0 || err != nil) || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "workersHere")) {
			t.Errorf("allowed %v: got %v, %v", tc.allow, n, err)
		}
		_ = c.Close()
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	}
}

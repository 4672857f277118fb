//go:build linux

// Package faulttest breaks clusters of real processes and checks that results stay those of a run in one process, and that the
// errors of what cannot succeed say why. Its tests are numbered like the cases of the cluster's list of faults.
package faulttest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sheaf/client"
	"sheaf/cluster"
	"sheaf/cluster/clustertest"
	"sheaf/internal/netns"
	"sheaf/internal/task"
)

// roleVariable names what a copy of this binary is to be if it is no worker: the clients that the tests kill.
const roleVariable = "FAULTTEST_ROLE"

func TestMain(m *testing.M) {
	cluster.Init()
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(play(role))
	}
	code := m.Run()
	_ = os.Remove(static())
	os.Exit(code)
}

// long reports whether the tests that take their time are wanted.
func long() bool { return os.Getenv("SHEAF_TEST_LONG") != "" }

// A rig is a cluster of processes on this machine with quick clocks, a client of it, and a directory for the marks of its tasks.
type rig struct {
	*cluster.Local
	t     testing.TB
	c     *client.Client
	marks string
}

// quick is a configuration in which silence is noticed soon.
func quick(workers int) cluster.Config {
	return cluster.Config{
		Workers: workers, Threads: 1, MemoryBytes: 1 << 30,
		Scheduler: cluster.SchedulerConfig{Heartbeat: 100 * time.Millisecond, Lost: time.Second},
	}
}

func newRig(t testing.TB, conf cluster.Config) *rig {
	t.Helper()
	if conf.Dir == "" {
		conf.Dir = t.TempDir()
	}
	l := clustertest.Local(t, conf)
	r := &rig{Local: l, t: t, c: clustertest.ClientOf(t, l), marks: t.TempDir()}
	t.Cleanup(r.report)
	if err := r.c.WaitForWorkers(within(t, 30*time.Second), conf.Workers); err != nil {
		t.Fatal(err)
	}
	return r
}

// report tells in what state a test that failed has left the cluster.
func (r *rig) report() {
	if !r.t.Failed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if info, err := r.Scheduler().Info(ctx); err == nil {
		r.t.Log(cluster.Describe(info))
	}
	text, err := r.c.Dump(ctx)
	if len(text) > 4000 {
		text = text[:4000] + "\n…"
	}
	r.t.Log(text, err)
}

// within returns a context for a step of a test, which hangs no longer than that.
func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeoutCause(context.Background(), d, fmt.Errorf("the test waits for no longer than %v", d))
	t.Cleanup(cancel)
	return ctx
}

// until waits until a condition holds.
func until(t testing.TB, d time.Duration, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(d); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after %v not yet: %s", d, what)
		}
	}
}

// pid returns the process of a worker.
func (r *rig) pid(worker string) int {
	r.t.Helper()
	pid := r.Agent().Workers()[worker]
	if pid == 0 {
		r.t.Fatalf("no worker %s among %v", worker, r.Agent().Workers())
	}
	return pid
}

// signal sends a signal to a worker's process.
func (r *rig) signal(worker string, s syscall.Signal) {
	r.t.Helper()
	if err := syscall.Kill(r.pid(worker), s); err != nil {
		r.t.Fatal(err)
	}
}

// kill ends a worker's process as kill -9 does.
func (r *rig) kill(worker string) { r.t.Helper(); r.signal(worker, syscall.SIGKILL) }

// back waits until a worker that was killed has joined again as another process.
func (r *rig) back(worker string, was int) {
	r.t.Helper()
	until(r.t, 20*time.Second, worker+" is back", func() bool {
		for _, w := range r.info().Workers {
			if w.Name == worker && w.PID != was {
				return true
			}
		}
		return false
	})
}

func (r *rig) info() *cluster.Info {
	r.t.Helper()
	info, err := r.Scheduler().Info(within(r.t, 10*time.Second))
	if err != nil {
		r.t.Fatal(err)
	}
	return info
}

// healthy runs something on each worker.
func (r *rig) healthy() {
	r.t.Helper()
	ctx := within(r.t, 20*time.Second)
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range r.Agent().Workers() {
			if !yield(name) {
				return
			}
		}
	})
	for _, name := range names {
		v, err := r.c.Submit[int](square, 11, client.OnWorkers(name), client.Pure(false)).Result(ctx)
		if err != nil || v != 121 {
			r.t.Fatalf("%s: 11 squared is %v, %v", name, v, err)
		}
	}
}

// settled waits until the cluster has nothing left of what was asked of it.
func (r *rig) settled() {
	r.t.Helper()
	var info *cluster.Info
	until(r.t, 15*time.Second, "nothing is left on the cluster", func() bool {
		runtime.GC() // futures that nobody has any more are released when that is noticed
		info = r.info()
		left := info.Graphs
		for _, s := range info.Tasks {
			left += s.Tasks
		}
		for i := range info.Workers {
			left += info.Workers[i].Processing + info.Workers[i].Beat.Stored + info.Workers[i].Beat.Executing
		}
		return left == 0
	})
}

// A mark is one execution of a task: each is a file, so that whoever dies leaves it behind.
type mark struct{ task, attempt, worker string }

// leave leaves the mark of the running attempt.
func leave(ctx context.Context, dir, name string) error {
	place, ok := task.Of(ctx)
	if !ok {
		return errors.New("not in a task")
	}
	i := place.Info()
	attempt := strings.NewReplacer("[", "_", "]", "_", "#", "_").Replace(i.ID)
	f, err := os.OpenFile(filepath.Join(dir, name+"@"+attempt+"@"+i.Worker), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("one attempt ran twice: %w", err)
	}
	return f.Close()
}

// marksIn returns the executions so far, by task.
func marksIn(t testing.TB, dir string) map[string][]mark {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]mark{}
	for _, f := range files {
		if p := strings.Split(f.Name(), "@"); len(p) == 3 {
			all[p[0]] = append(all[p[0]], mark{p[0], p[1], p[2]})
		}
	}
	return all
}

// executions counts the marks.
func executions(t testing.TB, dir string) int {
	n := 0
	for _, ms := range marksIn(t, dir) {
		n += len(ms)
	}
	return n
}

// A relay stands before the data server of a worker.
type relay struct {
	*netns.Proxy
	target string // where the worker listens
}

// relays makes a relay for each worker that starts, in its configuration.
type relays struct {
	t    testing.TB
	wrap func(worker string, c conn) conn // of connections to the worker; nil leaves them

	mu sync.Mutex // guards what follows
	of map[string]*relay
}

func logger() *slog.Logger {
	if os.Getenv("SHEAF_TEST_LOG") == "" {
		return nil
	}
	return slog.New(slog.NewTextHandler(os.Stderr, nil))
}

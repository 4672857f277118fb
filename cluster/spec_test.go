package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sheaf/client"
	"sheaf/cluster"
)

// fake is a member without workers, and starts those.
type fake struct {
	name string
	done chan struct{}
	once sync.Once
	err  error
}

func (f *fake) Done() <-chan struct{} { return f.done }

func (f *fake) Err() error { return f.err }

func (f *fake) Close(context.Context) error {
	f.once.Do(func() { close(f.done) })
	return nil
}

func (f *fake) die(err error) {
	f.once.Do(func() {
		f.err = err
		close(f.done)
	})
}

type fakes struct {
	mu     sync.Mutex // guards what follows
	starts map[string]int
	alive  map[string]*fake
	err    error         // of every start
	hang   chan struct{} // starts wait for it, or their context
}

func newFakes() *fakes { return &fakes{starts: map[string]int{}, alive: map[string]*fake{}} }

func (f *fakes) Start(ctx context.Context, j cluster.Join) (cluster.Process, error) {
	f.mu.Lock()
	f.starts[j.Name]++
	err, hang := f.err, f.hang
	f.mu.Unlock()
	if hang != nil {
		select {
		case <-hang:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	if err != nil {
		return nil, err
	}
	p := &fake{name: j.Name, done: make(chan struct{})}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.alive[j.Name] = p
	return p, nil
}

func (f *fakes) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func startSpec(t *testing.T, ctx context.Context, spec cluster.Spec) *cluster.SpecCluster {
	t.Helper()
	c, err := cluster.StartSpec(ctx, spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return c
}

// until waits for a status.
func until(t *testing.T, ctx context.Context, c *cluster.SpecCluster, what string, ok func(cluster.SpecStatus) bool) {
	t.Helper()
	for {
		changed := c.Changed()
		s := c.Status()
		if ok(s) {
			return
		}
		select {
		case <-changed:
		case <-c.Done():
			if s = c.Status(); !ok(s) {
				t.Fatalf("%s: the cluster has ended: %v; the status is\n%s", what, c.Err(), s)
			}
		case <-ctx.Done():
			t.Fatalf("%s: the status is\n%s", what, s)
		}
	}
}

func minute(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// TestSpecScale: members come and go as they are asked for, by number, threads, memory and name, each name once.
func TestSpecScale(t *testing.T) {
	ctx, f := minute(t), newFakes()
	c := startSpec(t, ctx, cluster.Spec{
		Workers:  []cluster.Member{{Name: "big", Starter: f}},
		Template: cluster.Member{Name: "small", Starter: f, Workers: 2, Threads: 2, MemoryBytes: 1 << 30}, Initial: 1,
	})
	wait := func(want ...string) {
		t.Helper()
		if err := c.Wait(ctx); err != nil {
			t.Fatal(err)
		}
		if got := c.Status().Names(cluster.Running); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("got %v, want %v\n%s", got, want, c.Status())
		}
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	wait("big", "small-0")
	check(c.Scale(4))
	wait("big", "small-0", "small-1", "small-2")
	check(c.Remove("small-1"))
	wait("big", "small-0", "small-2")
	check(c.ScaleThreads(15)) // 4 each
	wait("big", "small-0", "small-2", "small-1")
	check(c.ScaleMemory(1 << 31)) // one is enough; which one stays among the idle is the first
	wait("big")
	check(c.Scale(0))
	wait()
	check(c.Scale(2))
	wait("big", "small-0")
	for _, err := range []error{c.Scale(-1), c.Remove("nobody")} {
		if err == nil {
			t.Error("a mistake is not found")
		}
	}
	if f.starts["small-0"] != 2 || f.starts["small-2"] != 1 {
		t.Errorf("the starts were %v", f.starts)
	}
}

// TestSpecRestarts: who dies is started again, who cannot start is tried again later and later, and the errors are kept.
func TestSpecRestarts(t *testing.T) {
	ctx, f := minute(t), newFakes()
	c := startSpec(t, ctx, cluster.Spec{Template: cluster.Member{Starter: f}, Initial: 2, Backoff: 10 * time.Millisecond, BackoffMax: 100 * time.Millisecond})
	if err := c.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	f.fail(errors.New("no room"))
	f.mu.Lock()
	victim := f.alive["worker-1"]
	f.mu.Unlock()
	victim.die(errors.New("struck by lightning"))
	until(t, ctx, c, "the death is noticed", func(s cluster.SpecStatus) bool {
		return s.Members[1].Phase != cluster.Running && s.Members[1].Err != nil
	})
	until(t, ctx, c, "three failures", func(s cluster.SpecStatus) bool { return s.Members[1].Failures >= 3 })
	short, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	if err := c.Wait(short); err == nil || !strings.Contains(err.Error(), "no room") || !strings.Contains(err.Error(), "1 of 2 members run") {
		t.Errorf("got %v", err)
	}
	f.fail(nil)
	if err := c.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	if f.starts["worker-0"] != 1 {
		t.Errorf("the healthy one was started %d times", f.starts["worker-0"])
	}
}

// TestSpecStartTimeout: who does not join in time is given up and tried again; who is not wanted any more is not waited for.
func TestSpecStartTimeout(t *testing.T) {
	ctx, f := minute(t), newFakes()
	f.hang = make(chan struct{})
	c := startSpec(t, ctx, cluster.Spec{
		Template: cluster.Member{Starter: f}, Initial: 1, StartTimeout: 300 * time.Millisecond, Backoff: time.Millisecond, BackoffMax: time.Millisecond,
	})
	until(t, ctx, c, "it is given up", func(s cluster.SpecStatus) bool { return s.Members[0].Failures > 1 })
	if err := c.Status().Members[0].Err; err == nil || !strings.Contains(err.Error(), "did not join within 300ms") {
		t.Errorf("got %v", err)
	}
	if err := c.Scale(0); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(ctx); err != nil {
		t.Fatal(err)
	}
}

// TestSpecClose: closing does not wait for what is being started, and leaves nothing.
func TestSpecClose(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ctx, f := minute(t), newFakes()
	f.hang = make(chan struct{})
	c, err := cluster.StartSpec(ctx, cluster.Spec{Template: cluster.Member{Starter: f}, Initial: 3})
	if err != nil {
		t.Fatal(err)
	}
	until(t, ctx, c, "all start", func(s cluster.SpecStatus) bool { return len(s.Names(cluster.Starting)) == 3 })
	stop, err := c.Adapt(ctx, cluster.Adaptive{Maximum: 5, Interval: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := c.Close(ctx); err != nil || time.Since(began) > 10*time.Second {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
	stop()
	select {
	case <-c.Done():
	default:
		t.Error("Done is not closed")
	}
	if err := errors.Join(c.Err(), c.Close(ctx)); err != nil {
		t.Error(err)
	}
	if err := c.Wait(ctx); err == nil {
		t.Error("Wait succeeds on a closed cluster")
	}
	within, cancel := context.WithCancel(ctx)
	c, err = cluster.StartSpec(within, cluster.Spec{})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	select {
	case <-c.Done():
	case <-ctx.Done():
		t.Error("the cluster outlives its context")
	}
}

// TestSpecMistakes: what cannot be is refused before anything is started.
func TestSpecMistakes(t *testing.T) {
	f := newFakes()
	for want, spec := range map[string]cluster.Spec{
		"has no Starter":        {Workers: []cluster.Member{{Name: "a"}}},
		"two members":           {Workers: []cluster.Member{{Name: "a", Starter: f}, {Name: "a", Starter: f}}},
		"is no name":            {Workers: []cluster.Member{{Name: "a b", Starter: f}}},
		"needs a Spec.Template": {Initial: 1},
		"at least 0":            {Initial: -1},
		"there are only 1":      {Initial: 2, Names: []string{"a"}, Template: cluster.Member{Starter: f}},
	} {
		if _, err := cluster.StartSpec(t.Context(), spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	plugins := cluster.SchedulerConfig{Plugins: map[string]cluster.SchedulerPlugin{"mine": {}}}
	elsewhere := cluster.RemoteScheduler(cluster.Subprocesses(), plugins, cluster.RemoteConfig{})
	if _, err := cluster.StartSpec(t.Context(), cluster.Spec{Scheduler: elsewhere}); err == nil || !strings.Contains(err.Error(), "plugins live in") {
		t.Errorf("got %v", err)
	}
	c := startSpec(t, minute(t), cluster.Spec{Names: []string{"a", "b"}, Template: cluster.Member{Starter: f}})
	if err := c.Scale(3); err == nil || !strings.Contains(err.Error(), "2 members at most") {
		t.Errorf("got %v", err)
	}
	if err := c.ScaleThreads(3); err == nil || !strings.Contains(err.Error(), "Member.Threads") {
		t.Errorf("got %v", err)
	}
	if err := c.ScaleMemory(3); err == nil || !strings.Contains(err.Error(), "Member.MemoryBytes") {
		t.Errorf("got %v", err)
	}
	for want, conf := range map[string]cluster.Adaptive{
		"2 at most":      {Maximum: 3},
		"bounds in thre": {MaximumThreads: 3},
		"want 0 <=":      {Minimum: 3, Maximum: 2},
	} {
		if _, err := c.Adapt(t.Context(), conf); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestSpecProcesses: the scheduler and the agents are processes of their own; an agent that is killed comes back, scaling down loses no
// value, and the end of the scheduler ends the cluster.
func TestSpecProcesses(t *testing.T) {
	ctx := minute(t)
	remote := cluster.RemoteConfig{Own: true}
	conf := cluster.AgentConfig{Processes: 1, Threads: 1, MemoryBytes: 1 << 30, Host: "127.0.0.1"}
	c := startSpec(t, ctx, cluster.Spec{
		Scheduler: cluster.RemoteScheduler(cluster.Subprocesses(), cluster.SchedulerConfig{}, remote),
		Template:  cluster.RemoteWorkers(cluster.Subprocesses(), conf, remote), Initial: 3, Backoff: 50 * time.Millisecond,
		LeaveEvery: 100 * time.Millisecond,
	})
	if err := c.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	k, err := c.Client(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = k.Close() }()
	if err := k.WaitForWorkers(ctx, 3); err != nil {
		t.Fatal(err)
	}
	var fs []*client.Future[int]
	for i := range 9 {
		fs = append(fs, k.Submit[int](inc, i, client.OnWorkers(fmt.Sprintf("worker-%d-0", i%3))))
	}
	if _, err := k.Gather(ctx, fs); err != nil {
		t.Fatal(err)
	}
	if err := c.Scale(1); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(ctx); err != nil {
		t.Fatalf("%v\n%s", err, c.Status())
	}
	vs, err := k.Gather(ctx, fs)
	if err != nil || len(vs) != 9 || vs[8] != 9 {
		t.Errorf("got %v, %v", vs, err)
	}
	info, err := c.Info(ctx)
	if err != nil || info.Lost != 0 {
		t.Errorf("values were lost: %+v, %v", info, err)
	}
	if err := c.Scale(0); err != nil { // the last one has values that a client wants: it stays
		t.Fatal(err)
	}
	until(t, ctx, c, "it cannot leave", func(s cluster.SpecStatus) bool {
		return s.Wanted == 0 && len(s.Members) == 1 && s.Members[0].Err != nil && strings.Contains(s.Members[0].Err.Error(), "cannot leave")
	})
	for _, f := range fs {
		f.Release()
	}
	if err := c.Wait(ctx); err != nil {
		t.Fatal(err)
	}
}

// TestSpecAdapt: work brings members of a template, and the lack of it ends them; Scale ends that.
func TestSpecAdapt(t *testing.T) {
	ctx := minute(t)
	c := startSpec(t, ctx, cluster.Spec{
		Template: cluster.LocalWorkers(cluster.AgentConfig{Processes: 1, Threads: 1, MemoryBytes: 1 << 30, Host: "127.0.0.1"}), Initial: 1,
		LeaveEvery: 100 * time.Millisecond,
	})
	k, err := c.Client(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = k.Close() }()
	stop, err := c.Adapt(ctx, cluster.Adaptive{
		MinimumThreads: 1, MaximumThreads: 7, MaximumMemoryBytes: 3<<30 + 1, Interval: 50 * time.Millisecond, TargetDuration: 500 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	fs := k.Map[int](nap, []int{200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200}, client.Pure(false))
	most := 0
	until(t, ctx, c, "it grows", func(s cluster.SpecStatus) bool {
		most = max(most, s.Wanted)
		return s.Running() >= 2
	})
	if _, err := k.Gather(ctx, fs); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, c, "it shrinks", func(s cluster.SpecStatus) bool {
		most = max(most, s.Wanted)
		return s.Wanted == 1 && len(s.Members) == 1
	})
	if most > 3 {
		t.Errorf("there were to be %d members", most)
	}
	if vs, err := k.Gather(ctx, fs); err != nil || len(vs) != 12 {
		t.Errorf("got %v, %v", vs, err)
	}
	if info, err := c.Info(ctx); err != nil || info.Lost != 0 {
		t.Errorf("values were computed again: %+v, %v", info, err)
	}
	if err := c.Scale(2); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond) // several looks at the load, if anybody looked
	if n := c.Status().Wanted; n != 2 {
		t.Errorf("it adapts to %d after Scale", n)
	}
}

// TestSpecShutdown: a client ends the cluster, and its members are not started again.
func TestSpecShutdown(t *testing.T) {
	ctx := minute(t)
	c := startSpec(t, ctx, cluster.Spec{Template: cluster.LocalWorkers(cluster.AgentConfig{Processes: 1, Threads: 1}), Initial: 2, Backoff: time.Millisecond})
	if err := c.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	k, err := c.Client(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	_ = k.Close()
	select {
	case <-c.Done():
	case <-ctx.Done():
		t.Fatal("the cluster goes on")
	}
	if err := c.Err(); err == nil || !strings.Contains(err.Error(), "the scheduler has ended") {
		t.Errorf("got %v", err)
	}
}

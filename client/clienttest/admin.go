package clienttest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"sheaf"
	"sheaf/client"
)

// counter is an actor's state.
type counter struct{ n int }

func newCounter(n int) *counter { return &counter{n} }

// Add adds k and returns the sum.
func (c *counter) Add(k int) int { c.n += k; return c.n }

// Half halves an even count.
func (c *counter) Half(_ context.Context) (int, error) {
	if c.n%2 != 0 {
		return 0, fmt.Errorf("%d is %w", c.n, errOdd)
	}
	c.n /= 2
	return c.n, nil
}

// addThrice calls an actor from a task.
func addThrice(ctx context.Context, a *client.Actor[*counter], k int) (n int, err error) {
	for range 3 {
		if n, err = a.Call[int](ctx, (*counter).Add, k); err != nil {
			return n, err
		}
	}
	return n, nil
}

func testActors(t *testing.T, c *client.Client) {
	ctx := t.Context()
	a := c.Actor[*counter](newCounter, 10)
	if n, err := a.Call[int](ctx, (*counter).Add, 5); err != nil || n != 15 {
		t.Fatalf("Add = %v, %v, want 15", n, err)
	}
	var fs []*client.ActorFuture[int]
	for range 50 {
		fs = append(fs, a.Go[int](ctx, (*counter).Add, 1))
	}
	for i, f := range fs {
		if n, err := f.Result(ctx); err != nil || n != 16+i {
			t.Fatalf("call %d = %v, %v, want %d: calls of one caller are done in their order", i, n, err, 16+i)
		}
	}
	if _, err := a.Call[int](ctx, (*counter).Half); !errors.Is(err, errOdd) {
		t.Errorf("half of 65: %v", err)
	}
	result(t, c.Submit[int](addThrice, a, 1), 68)
	if n, err := a.Call[int](ctx, (*counter).Half); err != nil || n != 34 {
		t.Errorf("half of 68 = %v, %v", n, err)
	}
	if _, err := a.Call[int](ctx, inc, 1); err == nil {
		t.Error("a function that is no method was called")
	}
	if _, err := c.Actor[*counter](half, 3).Call[int](ctx, (*counter).Add, 1); err == nil {
		t.Error("an actor that could not be made was called")
	}
	a.Release()
}

func testScatterOptions(t *testing.T, c *client.Client, has Features) {
	ctx := t.Context()
	threads, err := c.NThreads(ctx)
	if err != nil {
		t.Fatal(err)
	}
	all := c.Scatter([]int{1, 2, 3}, client.Broadcast())
	result(t, c.Submit[int](func(xs []int) int { return len(xs) }, all), 3)
	if who, err := c.WhoHas(ctx, []*client.Future[[]int]{all}); err != nil || len(who[0]) != len(threads) {
		t.Errorf("a broadcast is on %v, %v, want %d workers", who, err, len(threads))
	}
	for name := range threads {
		f := c.Scatter(name, client.OnWorkers(name))
		result(t, f, name)
		if who, err := c.WhoHas(ctx, []*client.Future[string]{f}); err != nil || !slices.Equal(who[0], []string{name}) {
			t.Errorf("a value for %s is on %v, %v", name, who, err)
		}
	}
	a, b := c.Scatter("same", client.Hash()), c.Scatter("same", client.Hash())
	other := c.Scatter("same")
	if a.Key() != b.Key() || a.Key() == other.Key() {
		t.Errorf("keys %s, %s and %s", a.Key(), b.Key(), other.Key())
	}
	a.Release()
	result(t, b, "same")
	xs := make([]int, 2000)
	for i := range xs {
		xs[i] = i
	}
	got, err := c.Gather(ctx, c.ScatterAll(xs))
	if err != nil || !slices.Equal(got, xs) {
		t.Errorf("2000 values: %d came back, %v", len(got), err)
	}
	if has.Cluster {
		if err := c.Scatter(make(chan int)).Exception(ctx); err == nil {
			t.Error("a channel was scattered")
		}
	}
}

func testAdministration(t *testing.T, c *client.Client, has Features) {
	ctx := t.Context()
	workers := 1
	if has.Cluster {
		workers = 2
	}
	if err := c.WaitForWorkers(ctx, workers); err != nil {
		t.Fatal(err)
	}
	soon, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if c.WaitForWorkers(soon, 99) == nil || c.WaitForWorkers(ctx, 0) == nil {
		t.Error("99 workers, or none, are there")
	}
	if err := c.Connected(); err != nil {
		t.Errorf("Connected: %v", err)
	}
	info, err := c.Info(ctx)
	if err != nil || len(info.Workers) != workers || info.Threads() != 2 || !strings.Contains(info.String(), info.Workers[0].Name) {
		t.Errorf("Info = %v, %v", info, err)
	}
	fs := c.Map[[]byte](fill, []int{1000, 2000}, []byte{1, 2})
	if err := c.Replicate(ctx, fs, 2); err != nil {
		t.Errorf("Replicate: %v", err)
	}
	if who, err := c.WhoHas(ctx, fs); err != nil || len(who[0]) != workers {
		t.Errorf("after Replicate: %v, %v", who, err)
	}
	if err := c.Rebalance(ctx, fs); err != nil {
		t.Errorf("Rebalance: %v", err)
	}
	stacks, err := c.CallStack(ctx)
	if err != nil || len(stacks) != workers || !strings.Contains(stacks[info.Workers[0].Name], "clienttest") && !has.Processes {
		t.Errorf("CallStack of %d workers: %v", len(stacks), err)
	}
	profiles, err := c.Profile(ctx, 20*time.Millisecond, client.OnWorkers(info.Workers[0].Name))
	if err != nil || len(profiles) != 1 || len(profiles[info.Workers[0].Name]) == 0 {
		t.Errorf("Profile of %d workers: %v", len(profiles), err)
	}
	testClusterOnly(t, c, fs, has)
}

// testClusterOnly checks what has no meaning in one process, and says so there.
func testClusterOnly(t *testing.T, c *client.Client, fs []*client.Future[[]byte], has Features) {
	ctx := t.Context()
	what, e1 := c.HasWhat(ctx)
	doing, e2 := c.Processing(ctx)
	story, e3 := c.Story(ctx, fs)
	dump, e4 := c.Dump(ctx)
	_, e5 := c.Logs(ctx)
	err := errors.Join(e1, e2, e3, e4, e5)
	if !has.Cluster {
		for _, e := range []error{e1, e2, e3, e4, e5} {
			if e == nil || !strings.Contains(e.Error(), "client.Dial") {
				t.Errorf("in one process: %v, want an error that says what it is for", e)
			}
		}
		if _, err := c.RetireWorkers(ctx, client.LocalWorker); err == nil {
			t.Error("the only worker was retired")
		}
		return
	}
	if err != nil || len(what) != 2 || len(doing) != 2 || story == "" || dump == "" {
		t.Errorf("HasWhat %v, Processing %v, story %q, dump of %d bytes: %v", what, doing, story, len(dump), err)
	}
	who, err := c.WhoHas(ctx, fs)
	if err != nil {
		t.Fatal(err)
	}
	ended, err := c.RetireWorkers(ctx, who[0][0])
	if err != nil || !slices.Equal(ended, who[0][:1]) {
		t.Errorf("RetireWorkers(%s) = %v, %v", who[0][0], ended, err)
	}
	got, err := c.Gather(ctx, fs)
	if err != nil || count(got[1], 2) != 2000 {
		t.Errorf("after a worker was retired: %v", err)
	}
}

func testRun(t *testing.T, c *client.Client, has Features) {
	ctx := t.Context()
	threads, err := c.NThreads(ctx)
	if err != nil {
		t.Fatal(err)
	}
	pids, err := c.Run[int](ctx, os.Getpid)
	if err != nil || len(pids) != len(threads) {
		t.Fatalf("Run = %v, %v, want %d results", pids, err, len(threads))
	}
	for name, pid := range pids {
		if own := pid == os.Getpid(); own == has.Processes {
			t.Errorf("worker %s has the process id %d, the test %d", name, pid, os.Getpid())
		}
		one, err := c.Run[int](ctx, add, 1, 2, client.OnWorkers(name))
		if err != nil || len(one) != 1 || one[name] != 3 {
			t.Errorf("Run on %s = %v, %v", name, one, err)
		}
	}
	if _, err := c.Run[int](ctx, half, 3); !errors.Is(err, errOdd) {
		t.Errorf("Run of a function that fails: %v", err)
	}
	if _, err := c.Run[int](ctx, explode, 3); err == nil || !strings.Contains(err.Error(), "boom 3") {
		t.Errorf("Run of a function that panics: %v", err)
	}
	if _, err := c.Run[string](ctx, inc, 3); err == nil {
		t.Error("Run with a wrong type succeeded")
	}
	if _, err := c.Run[int](ctx, 3); err == nil {
		t.Error("Run of a number succeeded")
	}
}

// plugin notes what becomes of it.
type plugin struct {
	Path string
	Fail bool
}

// Setup notes that it was called.
func (p plugin) Setup(context.Context) error {
	if p.Fail {
		return errOdd
	}
	_, err := note(p.Path, "setup")
	return err
}

// Teardown notes that it was called.
func (p plugin) Teardown(context.Context) error {
	_, err := note(p.Path, "teardown")
	return err
}

func testPlugins(t *testing.T, c *client.Client) {
	ctx := t.Context()
	threads, err := c.NThreads(ctx)
	if err != nil {
		t.Fatal(err)
	}
	n, path := len(threads), file(t, "notes")
	want := func(setups, teardowns int) {
		t.Helper()
		eventually(t, fmt.Sprintf("there are %d setups and %d teardowns", setups, teardowns), func() bool {
			all := notes(path)
			s := len(slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s != "setup" }))
			return s == setups && len(all)-s == teardowns
		})
	}
	if err := c.RegisterPlugin(ctx, "notes", plugin{Path: path}); err != nil {
		t.Fatal(err)
	}
	want(n, 0)
	if err := c.RegisterPlugin(ctx, "notes", plugin{Path: path}); err != nil {
		t.Fatal(err)
	}
	want(2*n, n)
	if err := c.UnregisterPlugin(ctx, "notes"); err != nil {
		t.Fatal(err)
	}
	want(2*n, 2*n)
	if err := c.RegisterPlugin(ctx, "bad", plugin{Path: path, Fail: true}); err == nil || !strings.Contains(err.Error(), "odd") {
		t.Errorf("a plugin that cannot be set up: %v", err)
	}
}

func testStream(t *testing.T, c *client.Client) {
	ctx := t.Context()
	begin := time.Now().Add(-time.Second)
	if _, err := c.TaskStream(ctx, begin); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Gather(ctx, c.Map[int](add, []int{1, 2, 3, 4, 5}, []int{1, 2, 3, 4, 5})); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the tasks are in the stream", func() bool {
		tasks, err := c.TaskStream(ctx, begin)
		n := 0
		for _, r := range tasks {
			if strings.Contains(r.Key, "add") && r.Worker != "" && !r.End.Before(r.Start) && time.Since(r.Start) < time.Minute {
				n++
			}
		}
		return err == nil && n == 5
	})
	page := file(t, "report.html")
	err := c.PerformanceReport(ctx, page, func(ctx context.Context) error {
		own, err := client.Current(ctx)
		if err != nil {
			return err
		}
		_, err = own.Gather(ctx, own.Map[int](neg, []int{1, 2, 3}))
		time.Sleep(20 * time.Millisecond)
		return err
	})
	b, e := os.ReadFile(page)
	if err != nil || e != nil || !strings.Contains(string(b), "neg") {
		t.Errorf("report: %v, %v", err, e)
	}
	if err := c.PerformanceReport(ctx, page, func(context.Context) error { return errOdd }); !errors.Is(err, errOdd) {
		t.Errorf("report of a failure: %v", err)
	}
}

func testPools(t *testing.T, c *client.Client) {
	path := file(t, "notes")
	p := c.Pool(t.Context())
	for range 5 {
		p.Go(note, path, "called")
	}
	if err := p.Wait(); err != nil || len(notes(path)) != 5 {
		t.Errorf("Wait: %v; %d calls were made, want 5", err, len(notes(path)))
	}
	started := file(t, "started")
	p.Go(hang, started)
	if err := await(t.Context(), started); err != nil {
		t.Fatal(err)
	}
	p.Go(half, 3)
	if err := p.Wait(); !errors.Is(err, errOdd) {
		t.Errorf("Wait for a pool with a failure: %v", err)
	}
	var got []int
	for v, err := range c.Results(t.Context(), c.Map[int](inc, []int{1, 2, 3})) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, v)
	}
	if !slices.Equal(got, []int{2, 3, 4}) {
		t.Errorf("results %v", got)
	}
	long := []*client.Future[time.Duration]{
		c.Submit[time.Duration](sleep, time.Millisecond), c.Submit[time.Duration](sleep, time.Minute, client.Pure(false)),
	}
	for range c.Results(t.Context(), long) {
		break
	}
	if _, err := long[1].Result(t.Context()); !errors.Is(err, client.ErrCancelled) {
		t.Errorf("what was not read is %v", err)
	}
}

func testRestart(t *testing.T, c *client.Client, has Features) {
	ctx := t.Context()
	if !has.Cluster {
		if err := c.Restart(ctx); err == nil {
			t.Error("the only process was restarted")
		}
		return
	}
	if !has.Processes {
		return // there is no agent that would start them again
	}
	before, err := c.Run[int](ctx, os.Getpid)
	if err != nil {
		t.Fatal(err)
	}
	f := c.Submit[int](inc, 1)
	result(t, f, 2)
	if err := c.Restart(ctx); err != nil {
		t.Fatalf("Restart: %v", err)
	}
	after, err := c.Run[int](ctx, os.Getpid)
	if err != nil || len(after) != len(before) {
		t.Fatalf("after Restart: %v, %v", after, err)
	}
	for name, pid := range after {
		if before[name] == pid {
			t.Errorf("worker %s is the same process as before", name)
		}
	}
	result(t, c.Submit[int](inc, 2), 3)
}

// kill ends its process.
func kill(path string) (int, error) {
	if _, err := note(path, "killed"); err != nil {
		return 0, err
	}
	os.Exit(3)
	return 0, nil
}

func testKilled(t *testing.T, c *client.Client, has Features) {
	if !has.Processes {
		return
	}
	path := file(t, "kills")
	bad := c.Submit[int](kill, path)
	good := c.Map[int](inc, []int{1, 2, 3})
	_, err := bad.Result(t.Context())
	te, ok := errors.AsType[*sheaf.TaskError](err)
	if !ok || !errors.Is(err, sheaf.ErrKilled) || !strings.Contains(te.Func.Name, "kill") || !strings.Contains(err.Error(), "3") {
		t.Errorf("a task that kills its worker: %v", err)
	}
	if got, err := c.Gather(t.Context(), good); err != nil || !slices.Equal(got, []int{2, 3, 4}) {
		t.Errorf("its neighbours: %v, %v", got, err)
	}
	if n := len(notes(path)); n != 4 {
		t.Errorf("it was started %d times, want 4: the default is three deaths and one more", n)
	}
}

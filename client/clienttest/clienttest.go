// Package clienttest is the suite that every client passes: one in this process, and one of a cluster.
package clienttest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"sheaf"
	"sheaf/client"
	"sheaf/delayed"
)

// A Maker returns a new client with the given number of workers of one thread each; the suite closes it.
type Maker func(t *testing.T, workers int) *client.Client

// Features say what kind of client the maker makes.
type Features struct {
	Cluster   bool // functions travel: those that capture variables are refused
	Processes bool // workers are processes of their own, and share no variables with the test
}

// Run runs the suite.
func Run(t *testing.T, make Maker, features ...Features) {
	var has Features
	for _, f := range features {
		has = f
	}
	for _, c := range []struct {
		name string
		test func(t *testing.T, c *client.Client)
		n    int // workers
	}{
		{"submit", testSubmit, 2},
		{"futures as arguments", testArguments, 2},
		{"wrong calls", testWrongCalls, 2},
		{"errors", testErrors, 2},
		{"map and gather", testMap, 2},
		{"pure calls are shared", testPure, 2},
		{"scatter", testScatter, 2},
		{"as completed", testAsCompleted, 2},
		{"wait", testWait, 2},
		{"cancel", testCancel, 1},
		{"retry", testRetry, 2},
		{"retries", testRetries, 2},
		{"callbacks", testCallbacks, 2},
		{"fire and forget", testFireAndForget, 2},
		{"priorities", testPriorities, 1},
		{"delayed to futures and back", testDelayed, 2},
		{"persist", testPersist, 2},
		{"release", testRelease, 2},
		{"submit inside of tasks", testNested, 1},
		{"context", testContext, 2},
		{"results that wait", testResultContext, 1},
		{"functions that capture", func(t *testing.T, c *client.Client) { testCaptures(t, c, has) }, 1},
		{"exceptions", testExceptions, 2},
		{"placement", func(t *testing.T, c *client.Client) { testPlacement(t, c, has) }, 2},
		{"timeouts", testTimeouts, 1},
		{"what tasks know", testTaskInfo, 1},
		{"seceding", testSecede, 1},
		{"rescheduling", testReschedule, 2},
		{"actors", testActors, 2},
		{"scatter options", func(t *testing.T, c *client.Client) { testScatterOptions(t, c, has) }, 2},
		{"administration", func(t *testing.T, c *client.Client) { testAdministration(t, c, has) }, 2},
		{"functions on all workers", func(t *testing.T, c *client.Client) { testRun(t, c, has) }, 2},
		{"plugins", testPlugins, 2},
		{"uploaded files", testUpload, 2},
		{"task stream and report", testStream, 2},
		{"annotations of collections", testAnnotations, 2},
		{"completion with additions", testCompleted, 2},
		{"watching", testWatching, 2},
		{"events of runs", testEvents, 2},
		{"logs of tasks", func(t *testing.T, c *client.Client) { testForwardLogging(t, c, has) }, 2},
		{"links", func(t *testing.T, c *client.Client) { testLinks(t, c, has) }, 1},
		{"spans", func(t *testing.T, c *client.Client) { testSpans(t, c, has) }, 2},
		{"pools", testPools, 2},
		{"restart", func(t *testing.T, c *client.Client) { testRestart(t, c, has) }, 2},
		{"tasks that kill", func(t *testing.T, c *client.Client) { testKilled(t, c, has) }, 2},
		{"many tiny results", func(t *testing.T, c *client.Client) { testMany(t, c, has) }, 2},
		{"large results and arguments", testLarge, 2},
		{"values of other executors", testForeign, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			cl := make(t, c.n)
			done := time.AfterFunc(60*time.Second, func() { panic("clienttest: " + c.name + " hangs") })
			defer done.Stop()
			c.test(t, cl)
			if err := cl.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
	t.Run("closed", func(t *testing.T) { testClosed(t, make(t, 1)) })
}

func inc(x int) int    { return x + 1 }
func add(x, y int) int { return x + y }
func neg(x int) int    { return -x }

var errOdd = errors.New("odd")

func half(x int) (int, error) {
	if x%2 != 0 {
		return 0, fmt.Errorf("%d is %w", x, errOdd)
	}
	return x / 2, nil
}

func explode(x int) int { panic(fmt.Sprintf("boom %d", x)) }

func result[R any](t *testing.T, f *client.Future[R], want R) {
	t.Helper()
	got, err := f.Result(t.Context())
	if err != nil {
		t.Fatalf("Result: %v", err)
	}
	if any(got) != any(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func testSubmit(t *testing.T, c *client.Client) {
	f := c.Submit[int](inc, 1)
	result(t, f, 2)
	if f.Status() != client.Finished || !f.Done() || f.Err() != nil || f.Cancelled() {
		t.Errorf("status %v, done %v, err %v after the result", f.Status(), f.Done(), f.Err())
	}
	if s := f.String(); !strings.Contains(s, "inc") || !strings.Contains(s, "finished") {
		t.Errorf("String() = %q", s)
	}
	result(t, c.Submit[string](func() string { return "captures nothing" }), "captures nothing")
}

func testArguments(t *testing.T, c *client.Client) {
	a := c.Submit[int](inc, 1)
	b := c.Submit[int](inc, 2)
	result(t, c.Submit[int](add, a, b), 5)
	sum := func(xs []int) (s int) {
		for _, x := range xs {
			s += x
		}
		return s
	}
	result(t, c.Submit[int](sum, []*client.Future[int]{a, b, a}), 7)
	result(t, c.Submit[int](func(m map[string]int) int { return m["a"] * m["b"] }, map[string]any{"a": a, "b": 5}), 10)
	x := c.Submit[int](inc, 0)
	for range 1000 {
		x = c.Submit[int](inc, x)
	}
	result(t, x, 1001)
}

func testWrongCalls(t *testing.T, c *client.Client) {
	for _, f := range []*client.Future[int]{
		c.Submit[int](inc), c.Submit[int](inc, "one"), c.Submit[int](inc, 1, 2), c.Submit[int](42), c.Submit[int](nil),
		c.Submit[int](strings.ToUpper, "a"), c.Submit[int](inc, c.Submit[string](strings.ToUpper, "a")),
	} {
		_, err := f.Result(t.Context())
		if err == nil || !strings.Contains(err.Error(), "clienttest.go:") {
			t.Errorf("a wrong call gave %v, want an error with its line", err)
		}
		if f.Status() != client.Error {
			t.Errorf("status %v", f.Status())
		}
		if _, err := c.Submit[int](inc, f).Result(t.Context()); err == nil {
			t.Error("a call with a failed argument succeeded")
		}
	}
	if _, err := c.Gather(t.Context(), c.Map[int](inc, 3)); err == nil {
		t.Error("Map over a number succeeded")
	}
	if _, err := c.Gather(t.Context(), c.Map[int](add, []int{1, 2}, []int{1})); err == nil {
		t.Error("Map over slices of different lengths succeeded")
	}
	for _, none := range []*client.Future[int]{nil, {}} {
		testNoFuture(t, c, none)
	}
}

// testNoFuture checks that a future which comes from nowhere has failed, and nothing else.
func testNoFuture(t *testing.T, c *client.Client, none *client.Future[int]) {
	ctx := t.Context()
	_, direct := none.Result(ctx)
	_, gathered := c.Gather(ctx, []*client.Future[int]{c.Submit[int](inc, 1), none})
	_, passed := c.Submit[int](inc, none).Result(ctx)
	_, mapped := c.Gather(ctx, c.Map[int](inc, []*client.Future[int]{none}))
	for i, err := range []error{direct, gathered, passed, mapped, none.Err(), none.Exception(ctx), none.Retry(ctx)} {
		if err == nil {
			t.Errorf("%d: a future from nowhere has a value", i)
		}
	}
	if !none.Done() || none.Cancel() || none.Key() == "" && none.String() == "" {
		t.Errorf("a future from nowhere: %v", none)
	}
	none.Release()
	for f := range c.AsCompleted(ctx, []*client.Future[int]{none}) {
		if f != none {
			t.Errorf("got %v", f)
		}
	}
	if done, _, err := c.Wait(ctx, []*client.Future[int]{none}); err != nil || len(done) != 1 {
		t.Errorf("waiting for a future from nowhere: %v, %v", done, err)
	}
}

func testErrors(t *testing.T, c *client.Client) {
	f := c.Submit[int](half, 3)
	_, err := f.Result(t.Context())
	te, ok := errors.AsType[*sheaf.TaskError](err)
	if !ok || !errors.Is(err, errOdd) || !strings.Contains(te.Func.Name, "half") || te.Func.Line == 0 {
		t.Errorf("got %v (%T), want a TaskError that names half", err, err)
	}
	dependent := c.Submit[int](inc, c.Submit[int](inc, f))
	_, err = dependent.Result(t.Context())
	if te, ok := errors.AsType[*sheaf.TaskError](err); !ok || !strings.Contains(te.Func.Name, "half") {
		t.Errorf("a dependent's error is %v, want the cause's", err)
	}
	_, err = c.Submit[int](explode, 7).Result(t.Context())
	te, ok = errors.AsType[*sheaf.TaskError](err)
	if !ok || te.Stack == "" || !strings.Contains(err.Error(), "boom 7") || !strings.Contains(err.Error(), "explode") {
		t.Errorf("a panic gave %v", err)
	}
	result(t, c.Submit[int](inc, 1), 2)
}

func testMap(t *testing.T, c *client.Client) {
	const n = 10_000
	xs := make([]int, n)
	for i := range xs {
		xs[i] = i
	}
	got, err := c.Gather(t.Context(), c.Map[int](add, xs, xs))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range got {
		if v != 2*i {
			t.Fatalf("result %d is %d", i, v)
		}
	}
	fs := c.Map[int](half, []int{0, 1, 2, 3})
	if _, err := c.Gather(t.Context(), fs); !errors.Is(err, errOdd) {
		t.Errorf("Gather: %v", err)
	}
	if got, err := c.Gather(t.Context(), fs, client.SkipErrors()); err != nil || !slices.Equal(got, []int{0, 1}) {
		t.Errorf("Gather(SkipErrors) = %v, %v", got, err)
	}
	if got, err := c.Gather(t.Context(), c.Map[int](inc, []int{})); err != nil || len(got) != 0 {
		t.Errorf("Map over nothing = %v, %v", got, err)
	}
	if got, err := c.Gather(t.Context(), c.Map[int](neg, c.Map[int](inc, []int{1, 2, 1}))); err != nil || !slices.Equal(got, []int{-2, -3, -2}) {
		t.Errorf("Map over futures = %v, %v", got, err)
	}
}

func counted(path string, x int) (int, error) {
	_, err := note(path, "called")
	return x, err
}

func testPure(t *testing.T, c *client.Client) {
	path := file(t, "calls")
	a, b := c.Submit[int](counted, path, 1), c.Submit[int](counted, path, 1)
	other := c.Submit[int](counted, path, 1, client.Pure(false))
	result(t, a, 1)
	result(t, b, 1)
	result(t, other, 1)
	if n := len(notes(path)); n != 2 {
		t.Errorf("two equal pure calls and an impure one ran %d times, want 2", n)
	}
	if a.Key() != b.Key() || a.Key() == other.Key() {
		t.Errorf("keys %s, %s, %s", a.Key(), b.Key(), other.Key())
	}
	k := c.Submit[int](inc, 5, client.Key("mine"))
	result(t, c.Submit[int](inc, 5, client.Key("mine")), 6)
	result(t, k, 6)
	for _, f := range []*client.Future[int]{
		c.Submit[int](inc, 7, client.Key("mine")), c.Submit[int](half, 5, client.Key("mine")), c.Map[int](half, []int{5}, client.Key("mine"))[0],
	} {
		if err := f.Err(); !errors.Is(err, sheaf.ErrClash) || !strings.Contains(err.Error(), "clienttest.inc (") || !strings.Contains(err.Error(), `"mine"`) {
			t.Errorf("another call of the same key: %v", err)
		}
	}
	a.Release()
	b.Release()
	time.Sleep(50 * time.Millisecond) // releases are sent a little later
	result(t, c.Submit[int](counted, path, 1), 1)
	if n := len(notes(path)); n != 3 {
		t.Errorf("a call after its twins were released ran %d times in all, want 3", n)
	}
}

func testScatter(t *testing.T, c *client.Client) {
	f := c.Scatter([]int{1, 2, 3})
	result(t, c.Submit[int](func(xs []int) int { return len(xs) }, f), 3)
	got, err := c.Gather(t.Context(), c.ScatterAll([]string{"a", "b"}))
	if err != nil || !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("Gather(ScatterAll) = %v, %v", got, err)
	}
}

func sleep(ctx context.Context, d time.Duration) (time.Duration, error) {
	select {
	case <-time.After(d):
		return d, nil
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

func testAsCompleted(t *testing.T, c *client.Client) {
	threads, err := c.NThreads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	names := slices.Sorted(maps.Keys(threads))
	fs := []*client.Future[time.Duration]{
		c.Submit[time.Duration](sleep, 150*time.Millisecond, client.OnWorkers(names[0])),
		c.Submit[time.Duration](sleep, time.Millisecond, client.OnWorkers(names[len(names)-1])),
	}
	var order []time.Duration
	for f := range c.AsCompleted(t.Context(), fs) {
		d, err := f.Result(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		order = append(order, d)
	}
	if !slices.IsSorted(order) || len(order) != 2 {
		t.Errorf("finished in the order %v", order)
	}
	for range c.AsCompleted(t.Context(), fs) {
		break
	}
}

func testWait(t *testing.T, c *client.Client) {
	fs := c.Map[time.Duration](sleep, []time.Duration{time.Millisecond, 20 * time.Second})
	done, pending, err := c.Wait(t.Context(), fs, client.FirstCompleted())
	if err != nil || len(done) != 1 || len(pending) != 1 || done[0] != fs[0] {
		t.Fatalf("Wait(FirstCompleted) = %v, %v, %v", done, pending, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, _, err := c.Wait(ctx, fs); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Wait with a deadline: %v", err)
	}
	fs[1].Cancel()
	if done, pending, err := c.Wait(t.Context(), fs); err != nil || len(done) != 2 || len(pending) != 0 {
		t.Errorf("Wait = %v, %v, %v", done, pending, err)
	}
}

func hang(ctx context.Context, started string) (int, error) {
	if err := mark(started); err != nil {
		return 0, err
	}
	<-ctx.Done()
	return 0, ctx.Err()
}

func testCancel(t *testing.T, c *client.Client) {
	started := file(t, "started")
	f := c.Submit[int](hang, started)
	dependent := c.Submit[int](inc, f)
	behind := c.Submit[int](func(x int) int { return x * 7 }, 6) // the only worker is busy
	if err := await(t.Context(), started); err != nil {
		t.Fatal(err)
	}
	if !f.Cancel("changed my mind") {
		t.Error("Cancel reports that there was nothing to cancel")
	}
	if _, err := f.Result(t.Context()); !errors.Is(err, client.ErrCancelled) || !strings.Contains(err.Error(), "changed my mind") {
		t.Errorf("a cancelled future: %v", err)
	}
	if _, err := dependent.Result(t.Context()); !errors.Is(err, client.ErrCancelled) {
		t.Errorf("a dependent of a cancelled future: %v", err)
	}
	if f.Status() != client.Cancelled {
		t.Errorf("status %v", f.Status())
	}
	result(t, behind, 42)
	if f.Cancel() || behind.Cancel() {
		t.Error("Cancel of what is done reports true")
	}
}

// onceMarked fails as long as a file is not there.
func onceMarked(path string) (int, error) {
	if len(notes(path)) == 0 {
		return 0, errOdd
	}
	return 20, nil
}

func testRetry(t *testing.T, c *client.Client) {
	path := file(t, "ok")
	f := c.Submit[int](onceMarked, path)
	g := c.Submit[int](inc, f)
	if _, err := g.Result(t.Context()); !errors.Is(err, errOdd) {
		t.Fatalf("got %v", err)
	}
	if _, err := note(path, "ok"); err != nil {
		t.Fatal(err)
	}
	if err := g.Retry(t.Context()); err != nil {
		t.Fatal(err)
	}
	result(t, g, 21)
	result(t, f, 20)
}

// thirdTime fails the first two times that it is called with a file.
func thirdTime(path string) (int, error) {
	n, err := note(path, "called")
	if err == nil && n < 3 {
		err = errOdd
	}
	return n, err
}

func testRetries(t *testing.T, c *client.Client) {
	result(t, c.Submit[int](thirdTime, file(t, "calls"), client.Retries(2)), 3)
	_, err := c.Submit[int](thirdTime, file(t, "calls"), client.Retries(1)).Result(t.Context())
	if te, ok := errors.AsType[*sheaf.TaskError](err); !ok || te.Attempt != 2 {
		t.Errorf("after one retry: %v", err)
	}
}

func testCallbacks(t *testing.T, c *client.Client) {
	got := make(chan int, 2)
	report := func(f *client.Future[int]) {
		v, _ := f.Result(context.Background())
		got <- v
	}
	f := c.Submit[int](inc, 1)
	f.AddDoneCallback(report)
	result(t, f, 2)
	f.AddDoneCallback(report)
	if a, b := <-got, <-got; a != 2 || b != 2 {
		t.Errorf("callbacks got %d and %d", a, b)
	}
}

func testFireAndForget(t *testing.T, c *client.Client) {
	done := file(t, "done")
	client.FireAndForget(c.Submit[any](mark, done))
	runtime.GC()
	if err := await(t.Context(), done); err != nil {
		t.Fatal(err)
	}
}

func testPriorities(t *testing.T, c *client.Client) {
	gate, order := file(t, "gate"), file(t, "order")
	block := c.Submit[any](await, gate)
	low := c.Submit[int](note, order, "low", client.Priority(-1))
	high := c.Submit[int](note, order, "high", client.Priority(1))
	time.Sleep(50 * time.Millisecond) // until both are known where they will run
	if err := mark(gate); err != nil {
		t.Fatal(err)
	}
	if _, err := block.Result(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Gather(t.Context(), []*client.Future[int]{low, high}); err != nil {
		t.Fatal(err)
	}
	if got := notes(order); got[0] != "high" {
		t.Errorf("%s ran first", got[0])
	}
}

func testDelayed(t *testing.T, c *client.Client) {
	a := delayed.Call[int](inc, 1)
	b := delayed.Call[int](add, a, a)
	fs, err := client.Compute(c, a, b)
	if err != nil {
		t.Fatal(err)
	}
	result(t, fs[0], 2)
	result(t, fs[1], 4)
	v, err := delayed.Call[int](add, delayed.FromFuture(fs[1]), fs[0]).Compute(c.Context(t.Context()))
	if err != nil || v != 6 {
		t.Errorf("a delayed call on futures = %v, %v", v, err)
	}
	v, err = delayed.Call[int](inc, fs[1]).Compute(t.Context()) // on another executor
	if err != nil || v != 5 {
		t.Errorf("the same elsewhere = %v, %v", v, err)
	}
}

// threeWhen returns 3 when somebody has made a file.
func threeWhen(ctx context.Context, path string) (int, error) { return 3, await(ctx, path) }

func show(x any) string { return fmt.Sprintf("%T %v", x, x) }

func testPersist(t *testing.T, c *client.Client) {
	gate := file(t, "gate")
	v := delayed.Call[int](threeWhen, gate)
	p, err := sheaf.Persist(c.Context(t.Context()), v)
	if err != nil {
		t.Fatal(err)
	}
	fs, err := client.FuturesOf(p)
	if err != nil || len(fs) != 1 {
		t.Fatalf("FuturesOf = %v, %v", fs, err)
	}
	if fs[0].Done() {
		t.Error("done before it could be")
	}
	if err := mark(gate); err != nil {
		t.Fatal(err)
	}
	result(t, fs[0], any(3))
	result(t, c.Submit[string](show, fs[0]), "int 3")
	got, err := delayed.Call[int](inc, p).Compute(t.Context())
	if err != nil || got != 4 {
		t.Errorf("on the persisted value: %v, %v", got, err)
	}
	if _, err := client.FuturesOf(v); err == nil {
		t.Error("FuturesOf something that is not persisted succeeded")
	}
}

func testRelease(t *testing.T, c *client.Client) {
	a := c.Submit[int](inc, 1)
	b := c.Submit[int](inc, a)
	result(t, a, 2)
	a.Release()
	a.Release()
	result(t, b, 3)
	if _, err := a.Result(t.Context()); !errors.Is(err, client.ErrReleased) || a.Status() != client.Released {
		t.Errorf("a released future: %v, %v", err, a.Status())
	}
}

func testNested(t *testing.T, c *client.Client) {
	result(t, c.Submit[int](fibonacci, 10), 55)
	result(t, c.Submit[int](lazily), 2)
	if !c.Distributed() { // also when the task waits without its context
		result(t, c.Submit[int](func() (int, error) {
			return c.Submit[int](inc, c.Submit[int](inc, 1)).Result(context.Background())
		}), 3)
	}
}

func lazily(ctx context.Context) (int, error) {
	if _, ok := client.Of(ctx); !ok {
		return 0, errors.New("the task does not find its client")
	}
	return delayed.Call[int](inc, 1).Compute(ctx)
}

func fibonacci(ctx context.Context, n int) (int, error) {
	if n < 2 {
		return n, nil
	}
	c, err := client.Current(ctx)
	if err != nil {
		return 0, err
	}
	a, b := c.Submit[int](fibonacci, n-1), c.Submit[int](fibonacci, n-2)
	return c.Submit[int](add, a, b).Result(ctx)
}

func testContext(t *testing.T, c *client.Client) {
	ctx := c.Context(t.Context())
	if got, ok := client.Of(ctx); !ok || got != c {
		t.Error("Of does not find the client of Context")
	}
	v, err := delayed.Call[int](inc, 1).Compute(t.Context(), sheaf.On(c))
	if err != nil || v != 2 {
		t.Errorf("On(c): %v, %v", v, err)
	}
}

func testResultContext(t *testing.T, c *client.Client) {
	gate := file(t, "gate")
	f := c.Submit[int](threeWhen, gate)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	if _, err := f.Result(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Result with a deadline: %v", err)
	}
	if err := mark(gate); err != nil {
		t.Fatal(err)
	}
	result(t, f, 3)
}

func testClosed(t *testing.T, c *client.Client) {
	running := c.Submit[int](func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, context.Cause(ctx) })
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := running.Result(context.Background()); !errors.Is(err, sheaf.ErrClosed) {
			t.Errorf("a future of a closed client: %v", err)
		}
		if _, err := c.Submit[int](inc, 1).Result(context.Background()); !errors.Is(err, sheaf.ErrClosed) {
			t.Errorf("Submit on a closed client: %v", err)
		}
		if err := c.Close(); err != nil {
			t.Errorf("closing twice: %v", err)
		}
	}
}

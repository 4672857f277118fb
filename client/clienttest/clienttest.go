// Package clienttest is the suite that every client passes: one in this process, and one of a cluster.
package clienttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sheaf"
	"sheaf/client"
	"sheaf/delayed"
)

// A Maker returns a new client with the given number of workers; the suite closes it.
type Maker func(t *testing.T, workers int) *client.Client

// Run runs the suite.
func Run(t *testing.T, make Maker) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, c *client.Client)
		n    int
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
	n := 41
	result(t, c.Submit[int](func() int { return n + 1 }), 42)
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

var calls atomic.Int64

func counted(x int) int { calls.Add(1); return x }

func testPure(t *testing.T, c *client.Client) {
	calls.Store(0)
	a, b := c.Submit[int](counted, 1), c.Submit[int](counted, 1)
	other := c.Submit[int](counted, 1, client.Pure(false))
	result(t, a, 1)
	result(t, b, 1)
	result(t, other, 1)
	if n := calls.Load(); n != 2 {
		t.Errorf("two equal pure calls and an impure one ran %d times, want 2", n)
	}
	if a.Key() != b.Key() || a.Key() == other.Key() {
		t.Errorf("keys %s, %s, %s", a.Key(), b.Key(), other.Key())
	}
	k := c.Submit[int](inc, 5, client.Key("mine"))
	result(t, c.Submit[int](inc, 7, client.Key("mine")), 6)
	result(t, k, 6)
	a.Release()
	b.Release()
	result(t, c.Submit[int](counted, 1), 1)
	if n := calls.Load(); n != 3 {
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
	fs := c.Map[time.Duration](sleep, []time.Duration{150 * time.Millisecond, time.Millisecond})
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

func testCancel(t *testing.T, c *client.Client) {
	started := make(chan struct{})
	f := c.Submit[int](func(ctx context.Context) (int, error) {
		close(started)
		<-ctx.Done()
		return 0, ctx.Err()
	})
	dependent := c.Submit[int](inc, f)
	behind := c.Submit[int](func(x int) int { return x * 7 }, 6) // the only worker is busy
	<-started
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

func testRetry(t *testing.T, c *client.Client) {
	var ok atomic.Bool
	f := c.Submit[int](func() (int, error) {
		if !ok.Load() {
			return 0, errOdd
		}
		return 20, nil
	})
	g := c.Submit[int](inc, f)
	if _, err := g.Result(t.Context()); !errors.Is(err, errOdd) {
		t.Fatalf("got %v", err)
	}
	ok.Store(true)
	if err := g.Retry(t.Context()); err != nil {
		t.Fatal(err)
	}
	result(t, g, 21)
	result(t, f, 20)
}

func testRetries(t *testing.T, c *client.Client) {
	var n atomic.Int64
	flaky := func() (int64, error) {
		if k := n.Add(1); k < 3 {
			return 0, errOdd
		}
		return n.Load(), nil
	}
	result(t, c.Submit[int64](flaky, client.Retries(2)), 3)
	n.Store(0)
	_, err := c.Submit[int64](flaky, client.Retries(1)).Result(t.Context())
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
	done := make(chan struct{})
	client.FireAndForget(c.Submit[any](func() { close(done) }))
	<-done
}

func testPriorities(t *testing.T, c *client.Client) {
	gate := make(chan struct{})
	block := c.Submit[any](func() { <-gate })
	order := make(chan string, 2)
	low := c.Submit[any](func() { order <- "low" }, client.Priority(-1))
	high := c.Submit[any](func() { order <- "high" }, client.Priority(1))
	close(gate)
	for _, f := range []*client.Future[any]{block, low, high} {
		if _, err := f.Result(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if first := <-order; first != "high" {
		t.Errorf("%s ran first", first)
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

func testPersist(t *testing.T, c *client.Client) {
	gate := make(chan struct{})
	v := delayed.Call[int](func() int { <-gate; return 3 })
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
	close(gate)
	result(t, fs[0], any(3))
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
	fib := func(ctx context.Context, n int) (int, error) { return fibonacci(ctx, c, n) }
	result(t, c.Submit[int](fib, 10), 55)
	// Also when the task waits without its context.
	result(t, c.Submit[int](func() (int, error) {
		return c.Submit[int](inc, c.Submit[int](inc, 1)).Result(context.Background())
	}), 3)
	result(t, c.Submit[int](func(ctx context.Context) (int, error) {
		own, ok := client.Of(ctx)
		if !ok || own != c {
			return 0, errors.New("the task does not find its client")
		}
		return delayed.Call[int](inc, 1).Compute(ctx)
	}), 2)
}

func fibonacci(ctx context.Context, c *client.Client, n int) (int, error) {
	if n < 2 {
		return n, nil
	}
	f := func(ctx context.Context, n int) (int, error) { return fibonacci(ctx, c, n) }
	a, b := c.Submit[int](f, n-1), c.Submit[int](f, n-2)
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
	gate := make(chan struct{})
	f := c.Submit[int](func() int { <-gate; return 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	if _, err := f.Result(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Result with a deadline: %v", err)
	}
	close(gate)
	result(t, f, 1)
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

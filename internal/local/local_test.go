package local

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sheaf/graph"
	"sheaf/internal/exec"
)

func TestFanAndChain(t *testing.T) {
	for _, conf := range []Config{{Workers: 1}, {Workers: 4}, {Synchronous: true}} {
		e := New(conf)
		if got, want := run(t, e, exec.Options{}, sum(numbers(10_000)))[0], 10_000*9_999/2; got != want {
			t.Errorf("%+v: got %v, want %v", conf, got, want)
		}
		l := numbers(1)
		for range 10_000 {
			l = layer("inc", 1, func(_ context.Context, t *graph.Task) (any, error) { return t.In(0)[0].(int) + 1, nil },
				graph.Edge{From: l, Map: graph.Each{}})
		}
		if got := run(t, e, exec.Options{}, l)[0]; got != 10_000 {
			t.Errorf("%+v: got %v, want 10000", conf, got)
		}
	}
}

func TestFailureStopsTheRun(t *testing.T) {
	e := New(Config{Workers: 2})
	var ran atomic.Int32
	bad := layer("bad", 1000, func(_ context.Context, t *graph.Task) (any, error) {
		if ran.Add(1); t.Index == 3 {
			return nil, errBoom
		}
		time.Sleep(time.Millisecond)
		return nil, nil
	})
	err := failure(t, e, exec.Options{}, bad)
	te := taskError(t, err)
	if !errors.Is(err, errBoom) || te.Key.Index != 3 || te.Attempt != 1 {
		t.Errorf("got %+v", te)
	}
	if filepath.Base(te.Func.File) != "local_test.go" || te.Func.Line == 0 || !strings.Contains(err.Error(), "local_test.go:") {
		t.Errorf("the function is not named: %v", err)
	}
	if n := ran.Load(); n > 50 {
		t.Errorf("%d tasks ran although the fourth failed", n)
	}
}

func TestPanic(t *testing.T) {
	for _, sync := range []bool{false, true} {
		e := New(Config{Workers: 1, Synchronous: sync})
		err := failure(t, e, exec.Options{}, layer("p", 1, func(context.Context, *graph.Task) (any, error) {
			var p *int
			return *p, nil
		}))
		te := taskError(t, err)
		var re runtime.Error
		if !errors.As(err, &re) || !strings.Contains(te.Stack, "TestPanic") {
			t.Errorf("got %v with stack %q", err, te.Stack)
		}
		if got := run(t, e, exec.Options{}, sum(numbers(10)))[0]; got != 45 {
			t.Errorf("after a panic: got %v, want 45", got)
		}
	}
}

func TestGoexit(t *testing.T) {
	e := limited(t, 1, 1<<20)
	for range 3 {
		l := layer("g", 20, func(_ context.Context, t *graph.Task) (any, error) {
			if t.Index == 7 {
				runtime.Goexit()
			}
			return t.Index, nil
		})
		if err := failure(t, e, exec.Options{}, l); !errors.Is(err, exec.ErrGoexit) {
			t.Fatalf("got %v, want ErrGoexit", err)
		}
	}
	if got := run(t, e, exec.Options{}, sum(numbers(10)))[0]; got != 45 {
		t.Errorf("after Goexit: got %v, want 45", got)
	}
	if n := e.executing.Load(); n != 0 {
		t.Errorf("%d workers count as executing, want 0", n)
	}
}

func TestGoexitSynchronous(t *testing.T) {
	e := New(Config{Synchronous: true})
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.Start(t.Context(), expand(t, layer("g", 2, func(context.Context, *graph.Task) (any, error) {
			runtime.Goexit()
			return nil, nil
		})), exec.Options{})
		t.Error("the goroutine went on")
	}()
	within(t, "Goexit", done)
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		e.mu.Lock()
		n := len(e.runs)
		e.mu.Unlock()
		if n == 0 {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("%d runs are left", n)
		}
	}
}

func TestRetries(t *testing.T) {
	var tries atomic.Int32
	l := layer("flaky", 1, func(_ context.Context, t *graph.Task) (any, error) {
		if tries.Add(1); t.Attempt < 3 {
			panic(errBoom)
		}
		return t.Attempt, nil
	})
	e := New(Config{Workers: 1})
	if got := run(t, e, exec.Options{Retries: 5}, l)[0]; got != 3 || tries.Load() != 3 {
		t.Errorf("got %v after %d tries, want 3", got, tries.Load())
	}
	err := failure(t, e, exec.Options{Retries: 1}, l)
	if te := taskError(t, err); te.Attempt != 2 || !errors.Is(err, errBoom) || !strings.Contains(err.Error(), "attempt 2") {
		t.Errorf("got %v", err)
	}
}

func TestCancelReachesRunningTasks(t *testing.T) {
	for _, sync := range []bool{false, true} {
		e := New(Config{Workers: 2, Synchronous: sync})
		cause := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		begun := make(chan struct{}, 100)
		var ran atomic.Int32
		p := expand(t, layer("slow", 100, func(ctx context.Context, _ *graph.Task) (any, error) {
			ran.Add(1)
			begun <- struct{}{}
			<-ctx.Done()
			return nil, ctx.Err()
		}))
		go func() { <-begun; cancel(cause) }()
		start := time.Now()
		r := e.Start(ctx, p, exec.Options{})
		if err := r.Wait(ctx); !errors.Is(err, cause) {
			t.Errorf("got %v, want %v", err, cause)
		}
		r.Release()
		if d := time.Since(start); d > time.Second || ran.Load() > 2 {
			t.Errorf("stopping took %v and %d tasks", d, ran.Load())
		}
		if got := run(t, e, exec.Options{}, sum(numbers(10)))[0]; got != 45 {
			t.Errorf("after cancelling: got %v, want 45", got)
		}
	}
}

func TestDeafFunctionIsNamed(t *testing.T) {
	e := New(Config{Workers: 1, Grace: 20 * time.Millisecond})
	ctx, cancel := context.WithCancel(t.Context())
	begun, free := make(chan struct{}), make(chan struct{})
	r := e.Start(ctx, expand(t, layer("deaf", 1, func(context.Context, *graph.Task) (any, error) {
		close(begun)
		<-free
		return nil, nil
	})), exec.Options{})
	<-begun
	cancel()
	err := r.Wait(t.Context())
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "deaf-") || !strings.Contains(err.Error(), "local_test.go") {
		t.Errorf("got %v", err)
	}
	close(free)
	within(t, "the end of the run", r.Done())
}

func TestKeepGoing(t *testing.T) {
	e := New(Config{Workers: 2})
	bad := layer("bad", 10, func(_ context.Context, t *graph.Task) (any, error) {
		if t.Index%3 == 0 {
			return nil, errBoom
		}
		return t.Index, nil
	})
	inc := layer("inc", 10, func(_ context.Context, t *graph.Task) (any, error) { return t.In(0)[0].(int) + 1, nil },
		graph.Edge{From: bad, Map: graph.Each{}})
	r := e.Start(t.Context(), expand(t, inc), exec.Options{KeepGoing: true})
	defer r.Release()
	if err := r.Wait(t.Context()); !errors.Is(err, errBoom) {
		t.Errorf("got %v, want boom", err)
	}
	for k := range 10 {
		v, err := r.Output(0, k)
		if k%3 == 0 {
			if te := taskError(t, err); te.Key.Name != "bad" || te.Key.Index != k {
				t.Errorf("task %d: got %v, want the failure of its input", k, err)
			}
		} else if v != k+1 || err != nil {
			t.Errorf("task %d: got %v, %v", k, v, err)
		}
	}
}

// TestKeepGoingDoesNotSpin holds the queue's count of ready tasks to what can be taken after failures.
func TestKeepGoingDoesNotSpin(t *testing.T) {
	e := New(Config{Workers: 4})
	first, second := numbers(1), layer("wait", 1, func(_ context.Context, _ *graph.Task) (any, error) {
		time.Sleep(50 * time.Millisecond)
		return 1, nil
	})
	p := expand(t, numbers(8), first, second)
	r := e.Start(t.Context(), p, exec.Options{KeepGoing: true})
	defer r.Release()
	for k := range 8 {
		r.CancelTask(p.Outputs[0][k], errBoom)
	}
	if err := r.Wait(t.Context()); err != nil && !errors.Is(err, errBoom) {
		t.Error(err)
	}
}

func TestPriority(t *testing.T) {
	e := New(Config{Workers: 1})
	block := make(chan struct{})
	var mu sync.Mutex
	var order []string
	note := func(name string) op {
		return func(context.Context, *graph.Task) (any, error) {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, name)
			return nil, nil
		}
	}
	first := e.Start(t.Context(), expand(t, layer("block", 1, func(context.Context, *graph.Task) (any, error) { <-block; return nil, nil })), exec.Options{})
	low := e.Start(t.Context(), expand(t, layer("low", 2, note("low"))), exec.Options{Priority: -1})
	mid := e.Start(t.Context(), expand(t, layer("mid", 2, note("mid"))), exec.Options{})
	high := e.Start(t.Context(), expand(t, layer("high", 2, note("high"))), exec.Options{Priority: 7})
	close(block)
	for _, r := range []*Run{first, low, mid, high} {
		if err := r.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.Release()
	}
	if got := strings.Join(order, " "); got != "high high mid mid low low" {
		t.Errorf("got %s", got)
	}
}

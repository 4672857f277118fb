package local

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sheaf/graph"
	"sheaf/internal/codec"
	"sheaf/internal/exec"
	"sheaf/internal/store"
)

const mib = 1 << 20

// blocks is a layer of n values of a MiB; block i is full of i.
func blocks(n int) *graph.Layer {
	return layer("block", n, func(_ context.Context, t *graph.Task) (any, error) {
		b := make([]byte, mib)
		for k := range b {
			b[k] = byte(t.Index)
		}
		return b, nil
	})
}

// check reads one block per task and fails if it is not what blocks made.
func check(in *graph.Layer) *graph.Layer {
	return layer("check", in.Len(), func(_ context.Context, t *graph.Task) (any, error) {
		b := t.In(0)[0].([]byte)
		for _, v := range b {
			if v != byte(t.Index) {
				return nil, errors.New("the value is another")
			}
		}
		return len(b) / mib, nil
	}, graph.Edge{From: in, Map: graph.Each{}})
}

// barrier is a layer of one task that needs all of in; check(in) then runs after everything has been made.
func barrier(in *graph.Layer) *graph.Layer {
	return layer("barrier", 1, func(context.Context, *graph.Task) (any, error) { return 0, nil },
		graph.Edge{From: layer("touch", in.Len(), func(context.Context, *graph.Task) (any, error) { return 0, nil },
			graph.Edge{From: in, Map: graph.Each{}}), Map: graph.All{N: in.Len()}})
}

func TestMemoryLimit(t *testing.T) {
	for _, workers := range []int{1, 4} {
		e := limited(t, workers, 16*mib)
		in := blocks(64)
		after := barrier(in)
		use := layer("use", 64, func(_ context.Context, t *graph.Task) (any, error) {
			if b := t.In(1)[0].([]byte); len(b) != mib || b[0] != byte(t.Index) || b[mib-1] != byte(t.Index) {
				return nil, errors.New("the value is another")
			}
			return 1, nil
		}, graph.Edge{From: after, Map: graph.Table{Start: ramp(64), Index: make([]int32, 64)}}, graph.Edge{From: in, Map: graph.Each{}})
		if got := run(t, e, exec.Options{}, sum(use))[0]; got != 64 {
			t.Errorf("got %v, want 64", got)
		}
		s := e.Store()
		if s.Spilled() < 40*mib {
			t.Errorf("%d workers: only %d MiB were spilled", workers, s.Spilled()/mib)
		}
		// The first result of a layer has no size to reserve, and reading back while alone may exceed.
		if most := int64(16+2*workers) * mib; s.Peak() > most {
			t.Errorf("%d workers: %d MiB were in memory at once, want at most %d", workers, s.Peak()/mib, most/mib)
		}
		if s.Used() != 0 || s.OnDisk() != 0 {
			t.Errorf("%d workers: %d bytes in memory and %d on disk are left", workers, s.Used(), s.OnDisk())
		}
	}
}

func ramp(n int) []int32 {
	r := make([]int32, n+1)
	for i := range r {
		r[i] = int32(i)
	}
	return r
}

// TestManySmallValues: values that are not worth a file each are spilled too when there are too many of them.
func TestManySmallValues(t *testing.T) {
	const n, size = 20_000, 8 << 10
	e := limited(t, 2, 16*mib)
	in := layer("small", n, func(_ context.Context, t *graph.Task) (any, error) {
		b := make([]byte, size)
		b[size-1] = byte(t.Index)
		return b, nil
	})
	use := layer("use", n, func(_ context.Context, t *graph.Task) (any, error) {
		if b := t.In(0)[0].([]byte); b[size-1] != byte(t.Index) {
			return nil, errors.New("the value is another")
		}
		return 1, nil
	}, graph.Edge{From: in, Map: graph.Each{}}, graph.Edge{From: barrier(in), Map: graph.Table{Start: ramp(n), Index: make([]int32, n)}})
	if got := run(t, e, exec.Options{}, sum(use))[0]; got != n {
		t.Errorf("got %v, want %d", got, n)
	}
	if s := e.Store(); s.Peak() > 20*mib || s.Spilled() < 100*mib {
		t.Errorf("%d MiB were in memory at once and %d MiB spilled", s.Peak()/mib, s.Spilled()/mib)
	}
}

// TestLargerThanTheLimit: a task that cannot fit runs alone instead of never.
func TestLargerThanTheLimit(t *testing.T) {
	e := limited(t, 4, mib/2)
	if got := run(t, e, exec.Options{}, sum(check(blocks(40))))[0]; got != 40 {
		t.Errorf("got %v, want 40", got)
	}
}

func TestNestedUnderALimit(t *testing.T) {
	e := limited(t, 2, 4*mib)
	outer := layer("outer", 12, func(ctx context.Context, _ *graph.Task) (any, error) {
		return nested(ctx, e, sum(check(blocks(6))))
	})
	if got := run(t, e, exec.Options{}, sum(outer))[0]; got != 72 {
		t.Errorf("got %v, want 72", got)
	}
	if s := e.Store(); s.Used() != 0 {
		t.Errorf("%d bytes are left", s.Used())
	}
}

func TestNestedWithOneWorker(t *testing.T) {
	e := New(Config{Workers: 1})
	var deep func(n int) *graph.Layer
	deep = func(n int) *graph.Layer {
		return layer("deep", 1, func(ctx context.Context, _ *graph.Task) (any, error) {
			if n == 0 {
				return 0, nil
			}
			v, err := nested(ctx, e, deep(n-1))
			if err != nil {
				return nil, err
			}
			return v.(int) + 1, nil
		})
	}
	if got := run(t, e, exec.Options{}, deep(100))[0]; got != 100 {
		t.Errorf("got %v, want 100", got)
	}
}

// TestNestedFinishesWhatHasBegun: the tasks of inner runs go before new tasks of the outer one, so that one worker has no
// crowd of outer tasks waiting.
func TestNestedFinishesWhatHasBegun(t *testing.T) {
	e := New(Config{Workers: 1})
	var inside, most atomic.Int32
	outer := layer("outer", 50, func(ctx context.Context, _ *graph.Task) (any, error) {
		n := inside.Add(1)
		defer inside.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		return nested(ctx, e, sum(numbers(20)))
	})
	if got := run(t, e, exec.Options{}, sum(outer))[0]; got != 50*190 {
		t.Errorf("got %v", got)
	}
	if m := most.Load(); m > 10 { // between the end of an inner run and the return of its waiter another may begin
		t.Errorf("%d outer tasks were begun at once with one worker", m)
	}
}

// TestWorkersAtMost: a task that comes back from waiting does not leave one worker too many behind.
func TestWorkersAtMost(t *testing.T) {
	e := New(Config{Workers: 2})
	var now, most atomic.Int32
	busy := func() {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(50 * time.Microsecond)
		now.Add(-1)
	}
	outer := layer("outer", 100, func(ctx context.Context, _ *graph.Task) (any, error) {
		busy()
		v, err := nested(ctx, e, layer("inner", 1, func(context.Context, *graph.Task) (any, error) { busy(); return 1, nil }))
		return v, err
	})
	last := layer("last", 300, func(context.Context, *graph.Task) (any, error) { busy(); return 1, nil },
		graph.Edge{From: sum(outer), Map: graph.Table{Start: ramp(300), Index: make([]int32, 300)}})
	run(t, e, exec.Options{}, sum(last))
	if m := most.Load(); m > 4 { // those that have just come back finish their task
		t.Errorf("%d tasks ran at once with 2 workers", m)
	}
}

func TestDiskFull(t *testing.T) {
	e := New(Config{Workers: 2, SizeOf: codec.SizeOf, Store: store.New(store.Config{
		LimitBytes: 4 * mib, Dir: filepath.Join(t.TempDir(), "gone"), Codec: frames{},
	})})
	in := blocks(20)
	err := failure(t, e, exec.Options{}, sum(layer("both", 20, func(context.Context, *graph.Task) (any, error) { return 1, nil },
		graph.Edge{From: in, Map: graph.Each{}}, graph.Edge{From: barrier(in), Map: graph.Table{Start: ramp(20), Index: make([]int32, 20)}})))
	if !errors.Is(err, store.ErrSpill) || !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "SHEAF_TEMPORARY_DIRECTORY") {
		t.Errorf("got %v, want one that says what to do", err)
	}
}

func TestHandles(t *testing.T) {
	e := limited(t, 2, 8*mib)
	first := e.Start(t.Context(), expand(t, blocks(32)), exec.Options{})
	pending := make([]graph.Pending, 32)
	for k := range pending {
		pending[k] = first.Handle(0, k)
	}
	first.Release()
	held := graph.Held("held", graph.Token{}, pending)
	for range 3 { // at once and again, partly from disk
		if got := run(t, e, exec.Options{}, sum(check(held)))[0]; got != 32 {
			t.Errorf("got %v, want 32", got)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := e.Start(ctx, expand(t, check(held)), exec.Options{})
	if err := r.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	r.Release()
	if got := run(t, e, exec.Options{}, sum(check(held)))[0]; got != 32 {
		t.Errorf("after a cancelled run: got %v, want 32", got)
	}
	for _, p := range pending {
		p.(*Handle).Release()
	}
	if s := e.Store(); s.Used() != 0 || s.OnDisk() != 0 {
		t.Errorf("%d bytes in memory and %d on disk are left", s.Used(), s.OnDisk())
	}
	if _, err := pending[0].Value(t.Context()); err == nil {
		t.Error("a released value can be read")
	}
}

// TestReleaseWhileInUse: who computes with a value keeps it.
func TestReleaseWhileInUse(t *testing.T) {
	e := limited(t, 2, 64*mib)
	free := make(chan struct{})
	first := e.Start(t.Context(), expand(t, blocks(2)), exec.Options{})
	h := []*Handle{first.Handle(0, 0), first.Handle(0, 1)}
	first.Release()
	if err := first.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	gate := layer("gate", 1, func(context.Context, *graph.Task) (any, error) { <-free; return 0, nil })
	both := layer("both", 2, func(_ context.Context, t *graph.Task) (any, error) { return t.In(1)[0].([]byte)[0], nil },
		graph.Edge{From: gate, Map: graph.Table{Start: ramp(2), Index: make([]int32, 2)}},
		graph.Edge{From: graph.Held("held", graph.Token{}, []graph.Pending{h[0], h[1]}), Map: graph.Each{}})
	r := e.Start(t.Context(), expand(t, both), exec.Options{})
	h[0].Release()
	h[1].Release()
	close(free)
	if err := r.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := outputs(t, r, 2); got[0] != byte(0) || got[1] != byte(1) {
		t.Errorf("got %v", got)
	}
	r.Release()
	if s := e.Store(); s.Used() != 0 {
		t.Errorf("%d bytes are left", s.Used())
	}
}

func TestHandleIsCollected(t *testing.T) {
	e := New(Config{SizeOf: codec.SizeOf})
	r := e.Start(t.Context(), expand(t, blocks(4)), exec.Options{})
	for k := range 4 {
		r.Handle(0, k)
	}
	r.Release()
	if err := r.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); e.Store().Used() > 0; time.Sleep(time.Millisecond) {
		if runtime.GC(); time.Now().After(deadline) {
			t.Fatalf("%d bytes are still held", e.Store().Used())
		}
	}
	runtime.KeepAlive(r)
}

// TestCancelTasks cancels tasks at random while they run; the race detector watches.
func TestCancelTasks(t *testing.T) {
	for seed := range uint64(20) {
		e := limited(t, 3, 8*mib)
		in := layer("in", 200, func(_ context.Context, t *graph.Task) (any, error) { return make([]byte, 40<<10), nil })
		out := layer("out", 200, func(_ context.Context, t *graph.Task) (any, error) { return len(t.In(0)[0].([]byte)), nil },
			graph.Edge{From: in, Map: graph.Each{}})
		p := expand(t, out, in)
		r := e.Start(t.Context(), p, exec.Options{KeepGoing: true})
		var wg sync.WaitGroup
		for g := range uint64(2) {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(seed, g))
				for range 100 {
					r.CancelTask(int32(rng.IntN(p.N)), errBoom)
				}
			})
		}
		wg.Wait()
		if err := r.Wait(t.Context()); err != nil && !errors.Is(err, errBoom) {
			t.Fatal(err)
		}
		for k := range 200 {
			if v, err := r.Output(0, k); err == nil && v != 40<<10 || err != nil && !errors.Is(err, errBoom) {
				t.Fatalf("task %d: got %v, %v", k, v, err)
			}
		}
		r.Release()
		if n := e.Store().Used(); n != 0 {
			t.Fatalf("seed %d: %d bytes are left", seed, n)
		}
	}
}

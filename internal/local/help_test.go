package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sheaf/fn"
	"sheaf/graph"
	"sheaf/internal/codec"
	"sheaf/internal/exec"
	"sheaf/internal/lower"
	"sheaf/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// op is an operation made of a function.
type op func(ctx context.Context, t *graph.Task) (any, error)

func (f op) Run(ctx context.Context, t *graph.Task) (any, error) { return f(ctx, t) }

func (f op) Source(int) fn.Source {
	return fn.SourceOf((func(context.Context, *graph.Task) (any, error))(f))
}

// layer makes a layer of n tasks.
func layer(name string, n int, f op, edges ...graph.Edge) *graph.Layer {
	return graph.Must(graph.Spec{Name: name, Op: f, Space: []int{n}, Edges: edges})
}

// numbers is a layer whose task i has the value i.
func numbers(n int) *graph.Layer {
	return layer("numbers", n, func(_ context.Context, t *graph.Task) (any, error) { return t.Index, nil })
}

// sum adds all of in.
func sum(in *graph.Layer) *graph.Layer {
	return layer("sum", 1, func(_ context.Context, t *graph.Task) (any, error) {
		s := 0
		for _, v := range t.Inputs() {
			s += v.(int)
		}
		return s, nil
	}, graph.Edge{From: in, Map: graph.All{N: in.Len()}})
}

func expand(t testing.TB, layers ...*graph.Layer) *lower.Plan {
	t.Helper()
	p, err := lower.Expand(graph.Of(layers...))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// frames is the codec that programs use.
type frames struct{}

func (frames) Encode(w io.Writer, v any) error { return codec.EncodeFrame(w, v) }

func (frames) Decode(r io.Reader) (any, error) { return codec.DecodeFrame(r) }

// limited returns an engine with a memory limit.
func limited(t testing.TB, workers int, bytes int64) *Engine {
	s := store.New(store.Config{LimitBytes: bytes, Dir: t.TempDir(), Codec: frames{}})
	e := New(Config{Workers: workers, Store: s, SizeOf: codec.SizeOf, Grace: 10 * time.Second})
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// run computes all tasks of the layers and returns the values of the first.
func run(t testing.TB, e *Engine, opt exec.Options, layers ...*graph.Layer) []any {
	t.Helper()
	r := e.Start(t.Context(), expand(t, layers...), opt)
	defer r.Release()
	if err := r.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	return outputs(t, r, layers[0].Len())
}

func outputs(t testing.TB, r *Run, n int) []any {
	t.Helper()
	values := make([]any, n)
	for k := range values {
		v, err := r.Output(0, k)
		if err != nil {
			t.Fatal(err)
		}
		values[k] = v
	}
	return values
}

// failure runs a layer that must fail.
func failure(t testing.TB, e *Engine, opt exec.Options, l *graph.Layer) error {
	t.Helper()
	r := e.Start(t.Context(), expand(t, l), opt)
	defer r.Release()
	err := r.Wait(t.Context())
	if err == nil {
		t.Fatal("got no error")
	}
	return err
}

// nested computes a layer inside of a task and returns its only value.
func nested(ctx context.Context, e *Engine, l *graph.Layer) (any, error) {
	p, err := lower.Expand(graph.Of(l))
	if err != nil {
		return nil, err
	}
	r := e.Start(ctx, p, exec.Options{})
	defer r.Release()
	if err := r.Wait(ctx); err != nil {
		return nil, err
	}
	return r.Output(0, 0)
}

var errBoom = errors.New("boom")

// taskError returns the *exec.TaskError in err.
func taskError(t testing.TB, err error) *exec.TaskError {
	t.Helper()
	te, ok := errors.AsType[*exec.TaskError](err)
	if !ok {
		t.Fatalf("got %T (%v), want a *exec.TaskError", err, err)
	}
	return te
}

func within(t testing.TB, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal(fmt.Sprint("timed out: ", what))
	}
}

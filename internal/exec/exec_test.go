package exec

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"sheaf/fn"
	"sheaf/graph"
)

// user is an operation that runs a function of a user's.
type user struct {
	f func(ctx context.Context) (any, error)
}

func (u user) Run(ctx context.Context, _ *graph.Task) (any, error) { return u.f(ctx) }

func (u user) Source(int) fn.Source { return fn.SourceOf(u.f) }

// bare has no function of a user's.
type bare struct{}

func (bare) Run(context.Context, *graph.Task) (any, error) { return nil, io.ErrUnexpectedEOF }

func task(op graph.Op) *graph.Task {
	l := graph.Must(graph.Spec{Name: "work", Op: op, Space: []int{3, 2}, Token: graph.Unique()})
	t := &graph.Task{Attempt: 1}
	t.Bind(l, 3, nil, nil)
	return t
}

func TestRun(t *testing.T) {
	op := user{func(context.Context) (any, error) { return 42, nil }}
	if v, err := Run(t.Context(), op, task(op)); v != 42 || err != nil {
		t.Errorf("got %v, %v", v, err)
	}
}

func TestErrors(t *testing.T) {
	boom := errors.New("boom")
	for name, tc := range map[string]struct {
		op   graph.Op
		is   error
		text []string
	}{
		"error":       {user{func(context.Context) (any, error) { return 1, boom }}, boom, []string{"task work-", "(1, 1): exec.TestErrors.func", "exec_test.go:", ": boom"}},
		"panic":       {user{func(context.Context) (any, error) { panic("at the disco") }}, nil, []string{"panic: at the disco", "exec_test.go:"}},
		"panic error": {user{func(context.Context) (any, error) { panic(boom) }}, boom, []string{"panic: boom"}},
		"nil panic":   {user{func(context.Context) (any, error) { panic(nil) }}, nil, []string{"panic called with nil argument"}},
		"own":         {bare{}, io.ErrUnexpectedEOF, []string{"(1, 1): unexpected EOF"}},
	} {
		v, err := Run(t.Context(), tc.op, task(tc.op))
		te, ok := errors.AsType[*TaskError](err)
		if !ok || v != nil || te.Key.Index != 3 || te.Attempt != 1 {
			t.Errorf("%s: got %v, %#v", name, v, err)
			continue
		}
		if tc.is != nil && !errors.Is(err, tc.is) {
			t.Errorf("%s: %v is not %v", name, err, tc.is)
		}
		for _, want := range tc.text {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", name, err, want)
			}
		}
		if _, panicked := errors.AsType[*PanicError](err); panicked != strings.Contains(name, "panic") || panicked != strings.Contains(te.Stack, "TestErrors") {
			t.Errorf("%s: panic %t, stack %q", name, panicked, te.Stack)
		}
	}
}

func TestGoexit(t *testing.T) {
	op := user{func(context.Context) (any, error) { runtime.Goexit(); return nil, nil }}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = Run(t.Context(), op, task(op))
		t.Error("Run returned")
	}()
	<-done
}

// TestInnerErrorsStay: the error of a computation inside of a task is inside of the task's error.
func TestInnerErrorsStay(t *testing.T) {
	inner := NewError(task(bare{}), io.EOF)
	op := user{func(context.Context) (any, error) { return nil, inner }}
	_, err := Run(t.Context(), op, task(op))
	te, _ := errors.AsType[*TaskError](err)
	if !errors.Is(te.Err, error(inner)) || te.Stack != "" || !errors.Is(err, io.EOF) {
		t.Errorf("got %v", err)
	}
	te.Attempt, te.Worker = 3, "w1"
	if got := te.Error(); !strings.Contains(got, ", attempt 3, on w1: task work-") {
		t.Errorf("got %s", got)
	}
}

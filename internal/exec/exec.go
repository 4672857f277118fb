// Package exec runs one task: it hands the inputs to the operation, and turns errors and panics of the user's functions into
// a [TaskError] that says where to look.
package exec

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"sheaf/fn"
	"sheaf/graph"
	"sheaf/internal/event"
)

// Options say how a run behaves.
type Options struct {
	Priority  int              // higher runs first
	Retries   int              // how many times a task that fails is run again
	KeepGoing bool             // a failed task fails only what needs it; otherwise it stops the run
	Listeners []event.Listener // read the run's events

	// What follows concerns clusters.
	Workers    []string           // names, addresses or hosts of the workers that may run it; empty means all
	AllowOther bool               // Workers is a wish
	Resources  map[string]float64 // that each task occupies while it runs
	Timeout    time.Duration      // of an attempt; 0 means none
	Impure     bool               // results that are lost are not computed again
	Actor      bool               // results stay where they are made, and are called there
	Replicas   int                // how many copies of the outputs are kept; 0 means 1
	OtherHost  bool               // a retry goes to another host if there is one
	Span       []string           // names, from the root, under which what becomes of the tasks is counted
}

// Bounds of a span.
const (
	spanDepth = 16
	spanBytes = 256
)

// CheckSpan refuses a span that schedulers do not keep.
func (o *Options) CheckSpan() error {
	if len(o.Span) > spanDepth {
		return fmt.Errorf("a span within %d others, want at most %d: %w", len(o.Span)-1, spanDepth-1, ErrLimit)
	}
	for _, name := range o.Span {
		if name == "" || len(name) > spanBytes {
			return fmt.Errorf("the name %.40q of a span has %d bytes, want 1 to %d: %w", name, len(name), spanBytes, ErrLimit)
		}
	}
	return nil
}

// CheckResources refuses amounts of resources that nobody can have.
func (o *Options) CheckResources() error {
	for _, name := range slices.Sorted(maps.Keys(o.Resources)) {
		if n := o.Resources[name]; !(n >= 0) || math.IsInf(n, 0) {
			return fmt.Errorf("the tasks need %v of the resource %q, want 0 or more: %w", n, name, graph.ErrGraph)
		}
	}
	return nil
}

// A TaskError says which task failed and where the function that failed was written. It wraps the function's error.
type TaskError struct {
	Key     graph.Key
	Func    fn.Source // the user's function, or the zero Source for one of sheaf's own operations
	Attempt int
	Worker  string // where it ran; empty in this process
	Stack   string // of a panic; empty otherwise
	Err     error
}

// Error describes the failure in one line, for the person whose function or data it was.
func (e *TaskError) Error() string {
	var b strings.Builder
	b.WriteString("task ")
	b.WriteString(e.Key.String())
	if e.Func.Name != "" {
		fmt.Fprintf(&b, ": %s (%s:%d)", e.Func.Short(), e.Func.File, e.Func.Line)
	}
	if e.Attempt > 1 {
		fmt.Fprintf(&b, ", attempt %d", e.Attempt)
	}
	if e.Worker != "" {
		fmt.Fprintf(&b, ", on %s", e.Worker)
	}
	b.WriteString(": ")
	b.WriteString(e.Err.Error())
	return b.String()
}

// Unwrap returns the function's error.
func (e *TaskError) Unwrap() error { return e.Err }

// A PanicError is what a panic in a user's function becomes.
type PanicError struct{ Value any }

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the value of the panic if it was an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// ErrGoexit is the error of a function that ended its goroutine.
var ErrGoexit = errors.New("the function called runtime.Goexit (as testing.T.FailNow does) instead of returning")

// Failed is an error of an operation that runs several functions and knows which of them failed, with the stack of a panic.
type Failed interface {
	error
	Failed() (source fn.Source, stack string)
}

// Run runs a task. The error is a *TaskError.
func Run(ctx context.Context, op graph.Op, t *graph.Task) (v any, err error) {
	finished := false
	defer func() {
		if finished {
			return
		}
		v = nil
		te := NewError(t, ErrGoexit)
		if p := recover(); p != nil {
			te.Err = &PanicError{p}
			te.Stack = string(debug.Stack())
		}
		err = te
	}()
	v, err = op.Run(ctx, t)
	finished = true
	if err != nil {
		return nil, NewError(t, err)
	}
	return v, nil
}

// NewError wraps the error of a task. An error that is a TaskError already, of a computation inside the task, stays inside.
func NewError(t *graph.Task, err error) *TaskError {
	te := &TaskError{Key: t.Layer.Key(t.Index), Attempt: max(1, t.Attempt), Err: err}
	if s, ok := t.Layer.OpOf(t.Index).(graph.Sourcer); ok {
		te.Func = s.Source(t.Index)
	}
	if f, ok := err.(Failed); ok { //nolint:errorlint // what is wrapped may be another task's
		te.Func, te.Stack = f.Failed()
	}
	return te
}

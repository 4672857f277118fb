package bag

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"

	"sheaf"
	"sheaf/fn"
	"sheaf/graph"
	"sheaf/internal/blockio"
)

// A stage produces the elements of one partition, pushing them one by one. Stages are data: they are hashed to name tasks, and
// can travel with them.
type stage[T any] interface {
	// each calls yield with the elements of partition p.index in order, until yield returns false. It returns the first error
	// of its source, or of a function of the user's.
	each(p *part, yield func(T) bool) error
	// functions calls visit with the user's functions, to find the one that panicked.
	functions(visit func(f any))
}

// A part is one partition that is being produced.
type part struct {
	ctx   context.Context
	task  *graph.Task
	index int // the partition, as the stage that gets this part counts them
	base  int // the first of the task's edges that belongs to the stage
	run   *run
}

// A run is what the stages of one task share.
type run struct {
	block  *blockio.Block // the text that is being read, and
	offset int64          // where in the decompressed file its current record begins
	read   int64          // bytes of text so far
	tap    any            // a *tap[T], when a node's elements come from a pass that is shared
}

func newPart(ctx context.Context, t *graph.Task) *part {
	return &part{ctx: ctx, task: t, index: t.Index, run: &run{}}
}

// inputs returns the values that edge k of the stage delivers.
func (p *part) inputs(k int) []any { return p.task.In(p.base + k) }

// at returns the part for a stage that counts partitions and edges from elsewhere.
func (p *part) at(index, base int) *part {
	q := *p
	q.index, q.base = index, p.base+base
	return &q
}

// A functionError is an error that one of the user's functions returned, or its panic.
type functionError struct {
	source fn.Source
	where  string // "accounts-3.json:8841: ", or empty
	err    error
	stack  string
}

func (e *functionError) Error() string { return e.where + e.err.Error() }
func (e *functionError) Unwrap() error { return e.err }

// Failed tells the executor which function it was, and the stack of a panic.
func (e *functionError) Failed() (fn.Source, string) { return e.source, e.stack }

// returned is the error err of the user's function f.
func returned(f any, err error) error { return &functionError{source: fn.SourceOf(f), err: err} }

// guard runs body, the work of a task on stage s, and completes its errors and panics with what is known about them.
func guard[T, R any](ctx context.Context, t *graph.Task, s stage[T], body func(p *part) (R, error)) (R, error) {
	return guarded(newPart(ctx, t), s.functions, body)
}

func guarded[R any](p *part, functions func(visit func(any)), body func(p *part) (R, error)) (r R, err error) {
	defer func() {
		if v := recover(); v != nil {
			e := &functionError{where: p.run.where(p.ctx), err: &sheaf.PanicError{Value: v}, stack: string(debug.Stack())}
			e.source = panicked(functions)
			err = e
		}
	}()
	r, err = body(p)
	if err == nil {
		return r, nil
	}
	var fe *functionError
	if !errors.As(err, &fe) {
		return r, err
	}
	if fe.where == "" {
		fe.where = p.run.where(p.ctx)
	}
	return r, fe
}

// where is the line of text that was being worked on.
func (r *run) where(ctx context.Context) string {
	if r.block == nil {
		return ""
	}
	b := r.block
	f := blockio.File{Path: b.Path, Size: b.Size, ModTime: b.ModTime, Compression: b.Compression}
	line, _, err := blockio.Position(context.WithoutCancel(ctx), f, r.offset)
	if err != nil {
		return fmt.Sprintf("%s at byte %d: ", b.Path, r.offset)
	}
	return fmt.Sprintf("%s:%d: ", b.Path, line)
}

// panicked finds which of the user's functions is the innermost on the stack of a panic. It is called by the function that
// recovers, while the stack still stands.
func panicked(functions func(visit func(f any))) fn.Source {
	entries := map[uintptr]any{}
	functions(func(f any) {
		if v := reflect.ValueOf(f); v.Kind() == reflect.Func && !v.IsNil() {
			if rf := runtime.FuncForPC(v.Pointer()); rf != nil {
				entries[rf.Entry()] = f
			}
		}
	})
	pcs := make([]uintptr, 256)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	for {
		f, more := frames.Next()
		if f.Func != nil {
			if user, ok := entries[f.Func.Entry()]; ok {
				return fn.SourceOf(user)
			}
		}
		if !more {
			return fn.Source{}
		}
	}
}

// collectOp makes the slice of a partition.
type collectOp[T any] struct{ Stage stage[T] }

func (o collectOp[T]) Run(ctx context.Context, t *graph.Task) (any, error) {
	return guard(ctx, t, o.Stage, func(p *part) (any, error) { return o.pass(p) })
}

func (o collectOp[T]) pass(p *part) (any, error) {
	out := []T{}
	if err := o.Stage.each(p, func(v T) bool { out = append(out, v); return true }); err != nil {
		return nil, err
	}
	return detach(out, p.run.read), nil
}

func (o collectOp[T]) functions(visit func(any)) { o.Stage.functions(visit) }

// inputStage is the elements of slices that other tasks made.
type inputStage[T any] struct{}

// checkEvery is after how many elements a loop without reading looks whether the run was cancelled.
const checkEvery = 1 << 12

func (inputStage[T]) each(p *part, yield func(T) bool) error {
	for _, in := range p.inputs(0) {
		s, err := sliceOf[T](in)
		if err != nil {
			return err
		}
		for i, v := range s {
			if i%checkEvery == 0 && p.ctx.Err() != nil {
				return context.Cause(p.ctx)
			}
			if !yield(v) {
				return nil
			}
		}
	}
	return nil
}

func (inputStage[T]) functions(func(any)) {}

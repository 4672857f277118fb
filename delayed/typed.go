package delayed

import (
	"context"

	"sheaf/fn"
	"sheaf/graph"
)

// Call0 makes a call of f lazy; every type is inferred.
func Call0[R any](f func() R) *Value[R] { return typed[R](f, op0[R]{f}) }

// Call1 makes a call of f lazy. Plain arguments are made lazy by [Of].
func Call1[A, R any](f func(A) R, a *Value[A]) *Value[R] { return typed[R](f, op1[A, R]{f}, a) }

// Call2 is [Call1] for functions of two arguments.
func Call2[A, B, R any](f func(A, B) R, a *Value[A], b *Value[B]) *Value[R] {
	return typed[R](f, op2[A, B, R]{f}, a, b)
}

// Call3 is [Call1] for functions of three arguments.
func Call3[A, B, C, R any](f func(A, B, C) R, a *Value[A], b *Value[B], c *Value[C]) *Value[R] {
	return typed[R](f, op3[A, B, C, R]{f}, a, b, c)
}

// Call4 is [Call1] for functions of four arguments.
func Call4[A, B, C, D, R any](f func(A, B, C, D) R, a *Value[A], b *Value[B], c *Value[C], d *Value[D]) *Value[R] {
	return typed[R](f, op4[A, B, C, D, R]{f}, a, b, c, d)
}

// Try0 is [Call0] for functions that take a context and can fail.
func Try0[R any](f func(context.Context) (R, error)) *Value[R] { return typed[R](f, try0[R]{f}) }

// Try1 is [Call1] for functions that take a context and can fail.
func Try1[A, R any](f func(context.Context, A) (R, error), a *Value[A]) *Value[R] {
	return typed[R](f, try1[A, R]{f}, a)
}

// Try2 is [Call2] for functions that take a context and can fail.
func Try2[A, B, R any](f func(context.Context, A, B) (R, error), a *Value[A], b *Value[B]) *Value[R] {
	return typed[R](f, try2[A, B, R]{f}, a, b)
}

// Try3 is [Call3] for functions that take a context and can fail.
func Try3[A, B, C, R any](f func(context.Context, A, B, C) (R, error), a *Value[A], b *Value[B], c *Value[C]) *Value[R] {
	return typed[R](f, try3[A, B, C, R]{f}, a, b, c)
}

// Try4 is [Call4] for functions that take a context and can fail.
func Try4[A, B, C, D, R any](f func(context.Context, A, B, C, D) (R, error),
	a *Value[A], b *Value[B], c *Value[C], d *Value[D],
) *Value[R] {
	return typed[R](f, try4[A, B, C, D, R]{f}, a, b, c, d)
}

// typed makes the node of a call whose types the compiler has checked.
func typed[R any](f any, op graph.Op, args ...lazy) *Value[R] {
	n := &node{key: graph.Unique(), op: op, deps: make([]*node, len(args))}
	if isNilFunc(f) {
		n.err = errNilFunc()
	}
	for i, a := range args {
		n.deps[i] = a.node()
		if n.err == nil {
			n.err = n.deps[i].err
		}
	}
	return &Value[R]{n}
}

type (
	op0[R any]             struct{ f func() R }
	op1[A, R any]          struct{ f func(A) R }
	op2[A, B, R any]       struct{ f func(A, B) R }
	op3[A, B, C, R any]    struct{ f func(A, B, C) R }
	op4[A, B, C, D, R any] struct{ f func(A, B, C, D) R }
	try0[R any]            struct {
		f func(context.Context) (R, error)
	}
	try1[A, R any] struct {
		f func(context.Context, A) (R, error)
	}
	try2[A, B, R any] struct {
		f func(context.Context, A, B) (R, error)
	}
	try3[A, B, C, R any] struct {
		f func(context.Context, A, B, C) (R, error)
	}
	try4[A, B, C, D, R any] struct {
		f func(context.Context, A, B, C, D) (R, error)
	}
)

// arg returns input i as A; a nil interface is a nil any.
func arg[A any](t *graph.Task, i int) A {
	a, _ := t.Inputs()[i].(A)
	return a
}

func (o op0[R]) Run(context.Context, *graph.Task) (any, error) { return o.f(), nil }

func (o op1[A, R]) Run(_ context.Context, t *graph.Task) (any, error) { return o.f(arg[A](t, 0)), nil }

func (o op2[A, B, R]) Run(_ context.Context, t *graph.Task) (any, error) {
	return o.f(arg[A](t, 0), arg[B](t, 1)), nil
}

func (o op3[A, B, C, R]) Run(_ context.Context, t *graph.Task) (any, error) {
	return o.f(arg[A](t, 0), arg[B](t, 1), arg[C](t, 2)), nil
}

func (o op4[A, B, C, D, R]) Run(_ context.Context, t *graph.Task) (any, error) {
	return o.f(arg[A](t, 0), arg[B](t, 1), arg[C](t, 2), arg[D](t, 3)), nil
}

func (o try0[R]) Run(ctx context.Context, _ *graph.Task) (any, error) { return o.f(ctx) }

func (o try1[A, R]) Run(ctx context.Context, t *graph.Task) (any, error) {
	return o.f(ctx, arg[A](t, 0))
}

func (o try2[A, B, R]) Run(ctx context.Context, t *graph.Task) (any, error) {
	return o.f(ctx, arg[A](t, 0), arg[B](t, 1))
}

func (o try3[A, B, C, R]) Run(ctx context.Context, t *graph.Task) (any, error) {
	return o.f(ctx, arg[A](t, 0), arg[B](t, 1), arg[C](t, 2))
}

func (o try4[A, B, C, D, R]) Run(ctx context.Context, t *graph.Task) (any, error) {
	return o.f(ctx, arg[A](t, 0), arg[B](t, 1), arg[C](t, 2), arg[D](t, 3))
}

func (o op0[R]) Source(int) fn.Source              { return fn.SourceOf(o.f) }
func (o op1[A, R]) Source(int) fn.Source           { return fn.SourceOf(o.f) }
func (o op2[A, B, R]) Source(int) fn.Source        { return fn.SourceOf(o.f) }
func (o op3[A, B, C, R]) Source(int) fn.Source     { return fn.SourceOf(o.f) }
func (o op4[A, B, C, D, R]) Source(int) fn.Source  { return fn.SourceOf(o.f) }
func (o try0[R]) Source(int) fn.Source             { return fn.SourceOf(o.f) }
func (o try1[A, R]) Source(int) fn.Source          { return fn.SourceOf(o.f) }
func (o try2[A, B, R]) Source(int) fn.Source       { return fn.SourceOf(o.f) }
func (o try3[A, B, C, R]) Source(int) fn.Source    { return fn.SourceOf(o.f) }
func (o try4[A, B, C, D, R]) Source(int) fn.Source { return fn.SourceOf(o.f) }

func (o op0[R]) TaskName() string              { return funcName(o.f) }
func (o op1[A, R]) TaskName() string           { return funcName(o.f) }
func (o op2[A, B, R]) TaskName() string        { return funcName(o.f) }
func (o op3[A, B, C, R]) TaskName() string     { return funcName(o.f) }
func (o op4[A, B, C, D, R]) TaskName() string  { return funcName(o.f) }
func (o try0[R]) TaskName() string             { return funcName(o.f) }
func (o try1[A, R]) TaskName() string          { return funcName(o.f) }
func (o try2[A, B, R]) TaskName() string       { return funcName(o.f) }
func (o try3[A, B, C, R]) TaskName() string    { return funcName(o.f) }
func (o try4[A, B, C, D, R]) TaskName() string { return funcName(o.f) }

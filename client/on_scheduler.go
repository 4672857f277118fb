package client

import (
	"context"
	"fmt"
	"reflect"

	"sheaf"
	"sheaf/fn"
	"sheaf/internal/remote"
	inside "sheaf/internal/task"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

// SchedulerName is the worker's name in errors of functions that ran in the scheduler's process.
const SchedulerName = "scheduler"

// RunOnScheduler calls f with args in the process of the scheduler, beside its loop, and returns the result. f takes a context first if it
// wants one: [SchedulerInfo] tells with it how the cluster is, and it ends when ctx does, when the client is gone or the scheduler is closed. A
// function that does not return then is not waited for.
//
// It can be done where the scheduler's process runs the client's executable and allows it: with [Local], with cluster.StartLocal and
// cluster.StartInProcess, and with cluster.StartScheduler in a program of your own whose configuration has AllowFunctions. The command
// sheaf scheduler is another executable, and runs no code of users; the error says which of these is the reason.
//
// Same as Client.run_on_scheduler; instead of dask_scheduler there is the context.
func (c *Client) RunOnScheduler[T any](ctx context.Context, f any, args ...any) (T, error) {
	var zero T
	args, _ = split(args)
	if t := reflect.TypeOf(f); t == nil || t.Kind() != reflect.Func {
		return zero, fmt.Errorf("client: RunOnScheduler: %T is not a function", f)
	}
	if c.closed.Load() {
		return zero, fmt.Errorf("client: the client is %w", sheaf.ErrClosed)
	}
	var v any
	var err error
	if c.link == nil {
		info := func(context.Context) (*Info, error) { return c.localInfo(), nil }
		v, err = DoOnScheduler(inside.With(context.WithValue(c.Context(ctx), schedulerKey{}, info), outsider{}), &travel.Call{Func: f, Args: args})
	} else {
		v, err = c.askScheduler(ctx, f, args)
	}
	if err != nil {
		return zero, fmt.Errorf("client: RunOnScheduler(%s): %w", fn.SourceOf(f), err)
	}
	return as[T](f, v)
}

func (c *Client) askScheduler(ctx context.Context, f any, args []any) (any, error) {
	b, err := travel.EncodeCall(f, args...)
	if err != nil {
		return nil, err
	}
	ran, err := remote.Ask[*wire.Ran](ctx, c.link.x, &wire.RunOnScheduler{Func: b, WithinMS: within(ctx)})
	switch {
	case err != nil:
		return nil, err
	case len(ran.Results) != 1:
		return nil, fmt.Errorf("%d results came back, want 1", len(ran.Results))
	}
	return valueOf[any](f, &ran.Results[0])
}

// DoOnScheduler makes a call, and waits for it until ctx ends. Package cluster calls it.
func DoOnScheduler(ctx context.Context, call *travel.Call) (any, error) {
	type result struct {
		v   any
		err error
	}
	done := make(chan result, 1)
	go func() {
		v, err := call.Do(ctx)
		done <- result{v, err}
	}()
	select {
	case r := <-done:
		return r.v, r.err
	case <-ctx.Done():
	}
	select {
	case r := <-done: // both at once: it has ended in time
		return r.v, r.err
	default:
		return nil, fmt.Errorf("%s has not returned yet, and is not waited for: %w", fn.SourceOf(call.Func), context.Cause(ctx))
	}
}

type schedulerKey struct{}

// InScheduler returns the context of functions that run in a scheduler's process. Package cluster calls it.
func InScheduler(ctx context.Context, info func(context.Context) (*wire.Cluster, error)) context.Context {
	return context.WithValue(ctx, schedulerKey{}, func(ctx context.Context) (*Info, error) {
		m, err := info(ctx)
		if err != nil {
			return nil, err
		}
		return infoOf(m), nil
	})
}

// SchedulerInfo returns the state of the cluster in whose scheduler's process a function runs: one that was given to
// [Client.RunOnScheduler], or that a cluster.SchedulerPlugin has. It is a copy, as of now.
func SchedulerInfo(ctx context.Context) (*Info, error) {
	info, ok := ctx.Value(schedulerKey{}).(func(context.Context) (*Info, error))
	if !ok {
		return nil, fmt.Errorf("client: SchedulerInfo: this context is not that of a function in a scheduler's process")
	}
	return info(ctx)
}

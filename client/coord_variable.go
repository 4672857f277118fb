package client

import (
	"context"
	"errors"
	"time"

	"sheaf/internal/coord"
)

// A Variable is one value by name; the last write wins. It is plain data of at most 64 KiB, or a future, which is kept alive by
// the variable.
//
// Same as distributed.Variable.
type Variable[T any] struct{ handle }

// Variable returns the variable of a name.
func (c *Client) Variable[T any](name string) *Variable[T] {
	return &Variable[T]{handle{c, "variable", name}}
}

// Set sets the variable, and wakes those who wait for it.
func (v *Variable[T]) Set(ctx context.Context, value T) error {
	x, err := encoded(v.String(), value)
	if err != nil {
		return err
	}
	_, err = v.ask(ctx, coord.VarSet{Name: v.name, Value: x})
	return err
}

// SetFuture sets the variable to a future; it does not wait for it.
func (v *Variable[T]) SetFuture(ctx context.Context, f *Future[T]) error {
	c, err := v.client(ctx)
	if err != nil {
		return err
	}
	return c.put(ctx, f, func(x coord.Value) coord.Request { return coord.VarSet{Name: v.name, Value: x} })
}

// Get returns the value; it waits until the variable is set. Of a future it is the result, which is waited for too.
func (v *Variable[T]) Get(ctx context.Context) (T, error) {
	value, f, _, err := v.read(ctx, coord.Forever)
	if err != nil || f == nil {
		return value, err
	}
	defer f.Release()
	return f.Result(ctx)
}

// TryGet is [Variable.Get] without waiting for the variable to be set: it reports whether it is.
func (v *Variable[T]) TryGet(ctx context.Context) (value T, ok bool, err error) {
	value, f, _, err := v.read(ctx, 0)
	if isTimeout(err) {
		return value, false, nil
	}
	if err != nil || f == nil {
		return value, err == nil, err
	}
	defer f.Release()
	value, err = f.Result(ctx)
	return value, err == nil, err
}

// GetFuture returns the value as a future; it waits until the variable is set. A plain value is scattered.
func (v *Variable[T]) GetFuture(ctx context.Context) (*Future[T], error) {
	value, f, c, err := v.read(ctx, coord.Forever)
	if err != nil || f != nil {
		return f, err
	}
	return c.Scatter(value), nil
}

// read returns what the variable is set to: a plain value or a future.
func (v *Variable[T]) read(ctx context.Context, wait time.Duration) (value T, f *Future[T], c *Client, err error) {
	if c, err = v.client(ctx); err != nil {
		return value, nil, nil, err
	}
	to, _, err := c.coordinator()
	if err != nil {
		return value, nil, nil, err
	}
	res, err := to.call(ctx, coord.VarGet{Name: v.name, Wait: wait})
	if err != nil {
		return value, nil, nil, err
	}
	if len(res.Value.IDs) == 0 {
		value, err = decoded[T](v.String(), res.Value.Bytes)
		return value, nil, c, err
	}
	x, err := c.claimed(ctx, to, res)
	if err != nil {
		return value, nil, nil, err
	}
	if f, err = asFuture[T](v.String(), x); err != nil {
		releaseAll(x)
	}
	return value, f, c, err
}

// claimed claims the futures in an answer and confirms it.
func (c *Client) claimed(ctx context.Context, to coordinator, res coord.Result) (any, error) {
	x, err := to.claim(res.Value)
	_, confirm := c.askLast(ctx, coord.Claimed{Request: res.Seq})
	if err = errors.Join(err, confirm); err != nil && x != nil {
		releaseAll(x)
	}
	return x, err
}

// IsSet reports whether the variable is set.
func (v *Variable[T]) IsSet(ctx context.Context) (bool, error) {
	res, err := v.peek(ctx, coord.Variables)
	return res.OK, err
}

// Delete forgets the variable, for everybody; a future in it is not kept alive any more.
func (v *Variable[T]) Delete(ctx context.Context) error {
	_, err := v.ask(ctx, coord.VarDelete{Name: v.name})
	return err
}

package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sheaf/internal/coord"
)

// A Queue is a line of values by name: each goes to exactly one getter, first in, first out. A value is plain data of at most
// 64 KiB, or a future, which is kept alive in the queue; what is larger is scattered and put as a future. What a client has
// taken and not acknowledged when it dies goes back to the front.
//
// Same as distributed.Queue.
type Queue[T any] struct {
	handle
	max int
}

// Queue returns the queue of a name; with the option [MaxLen] it is bounded.
func (c *Client) Queue[T any](name string, opts ...Option) *Queue[T] {
	return &Queue[T]{handle{c, "queue", name}, coordOptions(opts).coord.max}
}

// Put appends a value; it waits while the queue is full.
func (q *Queue[T]) Put(ctx context.Context, v T) error {
	value, err := encoded(q.String(), v)
	if err != nil {
		return err
	}
	_, err = q.ask(ctx, q.request(value))
	return err
}

// PutFuture appends a future; it waits while the queue is full, but not for the future.
func (q *Queue[T]) PutFuture(ctx context.Context, f *Future[T]) error {
	c, err := q.client(ctx)
	if err != nil {
		return err
	}
	return c.put(ctx, f, func(v coord.Value) coord.Request { return q.request(v) })
}

func (q *Queue[T]) request(v coord.Value) coord.QueuePut {
	return coord.QueuePut{Name: q.name, Max: q.max, Value: v, Wait: coord.Forever}
}

// Get takes the first value; it waits until there is one. Of a future it is the result, which is waited for too.
func (q *Queue[T]) Get(ctx context.Context) (T, error) {
	var zero T
	i, err := q.Take(ctx)
	if err != nil {
		return zero, err
	}
	all, err := values(ctx, []*Item[T]{i})
	if err != nil {
		return zero, err
	}
	return all[0], nil
}

// GetFuture takes the first value as a future; it waits until there is one. A plain value is scattered.
func (q *Queue[T]) GetFuture(ctx context.Context) (*Future[T], error) {
	i, err := q.Take(ctx)
	if err != nil {
		return nil, err
	}
	return i.Future(), i.Ack(ctx)
}

// GetN takes n values; it waits until there are as many, before anybody who came later gets one. Of futures they are the
// results. When ctx ends before that, none are taken.
func (q *Queue[T]) GetN(ctx context.Context, n int) ([]T, error) {
	var items []*Item[T]
	for len(items) < n {
		more, err := q.take(ctx, n-len(items), n-len(items), coord.Forever)
		if err != nil {
			return nil, errors.Join(err, giveBack(ctx, items))
		}
		items = append(items, more...)
	}
	return values(ctx, items)
}

// GetAll takes the values that are in the queue now, none if it is empty. Same as Queue.get(batch=True).
func (q *Queue[T]) GetAll(ctx context.Context) ([]T, error) {
	n, err := q.Len(ctx)
	var items []*Item[T]
	for err == nil && len(items) < n {
		var more []*Item[T]
		if more, err = q.take(ctx, 0, n-len(items), 0); len(more) == 0 {
			break
		}
		items = append(items, more...)
	}
	if err != nil {
		return nil, errors.Join(err, giveBack(ctx, items))
	}
	return values(ctx, items)
}

// values returns the values of items and acknowledges them; if ctx ends before that they are put back.
func values[T any](ctx context.Context, items []*Item[T]) ([]T, error) {
	out := make([]T, 0, len(items))
	var failed error
	for _, i := range items {
		v, err := i.Value(ctx)
		if err != nil && ctx.Err() != nil {
			return nil, errors.Join(err, giveBack(ctx, items))
		}
		if err != nil && failed == nil {
			failed = err
		}
		out = append(out, v)
	}
	err := settle(ctx, items, false)
	for _, i := range items {
		i.drop()
	}
	if err != nil || failed != nil {
		return nil, errors.Join(failed, err)
	}
	return out, nil
}

// Take takes the first value; it waits until there is one. The item is to be acknowledged once it is dealt with, or returned.
func (q *Queue[T]) Take(ctx context.Context) (*Item[T], error) {
	items, err := q.take(ctx, 1, 1, coord.Forever)
	if err != nil {
		return nil, err
	}
	return items[0], nil
}

func (q *Queue[T]) take(ctx context.Context, least, most int, wait time.Duration) ([]*Item[T], error) {
	c, err := q.client(ctx)
	if err != nil {
		return nil, err
	}
	to, _, err := c.coordinator()
	if err != nil {
		return nil, err
	}
	res, err := to.call(ctx, coord.QueueGet{Name: q.name, Min: least, Max: max(most, 1), Wait: wait})
	if err != nil {
		return nil, err
	}
	items := make([]*Item[T], len(res.Items))
	for k, i := range res.Items {
		if items[k], err = newItem[T](c, to, q.String(), i); err != nil {
			_, back := c.askLast(ctx, coord.QueueAck{Items: numbers(res.Items), Return: true})
			return nil, errors.Join(err, back)
		}
	}
	return items, nil
}

func numbers(items []coord.Item) []uint64 {
	out := make([]uint64, len(items))
	for k, i := range items {
		out[k] = i.Seq
	}
	return out
}

// Len returns how many values are in the queue. Same as Queue.qsize.
func (q *Queue[T]) Len(ctx context.Context) (int, error) {
	res, err := q.peek(ctx, coord.Queues)
	return res.Count, err
}

// Close forgets the queue and what is in it. Whoever waits fails with [ErrDeleted].
func (q *Queue[T]) Close(ctx context.Context) error {
	_, err := q.ask(ctx, coord.QueueClose{Name: q.name})
	return err
}

// An Item is a value that was taken from a [Queue] and is not acknowledged yet. If the client dies before, it goes back to the
// queue.
type Item[T any] struct {
	c      *Client
	what   string
	seq    uint64
	value  T
	future *Future[T] // instead of value
}

// newItem reads an item that was taken.
func newItem[T any](c *Client, to coordinator, what string, i coord.Item) (*Item[T], error) {
	x := &Item[T]{c: c, what: what, seq: i.Seq}
	if len(i.Value.IDs) == 0 {
		v, err := decoded[T](what, i.Value.Bytes)
		x.value = v
		return x, err
	}
	v, err := to.claim(i.Value)
	if err != nil {
		return nil, err
	}
	if x.future, err = asFuture[T](what, v); err != nil {
		releaseAll(v)
	}
	return x, err
}

// Value returns the value; of a future it is the result, which is waited for.
func (i *Item[T]) Value(ctx context.Context) (T, error) {
	if i.future != nil {
		return i.future.Result(ctx)
	}
	return i.value, nil
}

// Future returns the value as a future. A plain value is scattered.
func (i *Item[T]) Future() *Future[T] {
	if i.future == nil {
		i.future = i.c.Scatter(i.value)
	}
	return i.future
}

// Ack says that the item has been dealt with: nobody else will get it. It is [ErrNotHeld] if the item went back to the queue
// meanwhile, because the client was not heard of for too long.
func (i *Item[T]) Ack(ctx context.Context) error { return settle(ctx, []*Item[T]{i}, false) }

// Return puts the item back to where it was in the queue, and releases its future.
func (i *Item[T]) Return(ctx context.Context) error { return giveBack(ctx, []*Item[T]{i}) }

func giveBack[T any](ctx context.Context, items []*Item[T]) error {
	for _, i := range items {
		i.drop()
	}
	return settle(ctx, items, true)
}

// drop gives up the item's future.
func (i *Item[T]) drop() {
	if i.future != nil {
		i.future.Release()
	}
}

// settle acknowledges items or puts them back.
func settle[T any](ctx context.Context, items []*Item[T], back bool) error {
	if len(items) == 0 {
		return nil
	}
	seqs := make([]uint64, len(items))
	for k, i := range items {
		seqs[k] = i.seq
	}
	res, err := items[0].c.askLast(ctx, coord.QueueAck{Items: seqs, Return: back})
	if err == nil && len(res.Tokens) > 0 {
		err = fmt.Errorf("client: %d items of the %s are %w: they were settled before, or went back to the queue",
			len(res.Tokens), items[0].what, ErrNotHeld)
	}
	return err
}

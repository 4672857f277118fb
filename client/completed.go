package client

import (
	"context"
	"iter"
)

// Completed returns futures in the order in which they finish, failed ones included. More can be added while it is read. One goroutine reads it
// at a time.
//
// Same as distributed.as_completed.
type Completed[R any] struct {
	queue queue
	all   []*Future[R]
	left  int
}

// NewCompleted returns the futures' order of completion.
func NewCompleted[R any](futures ...*Future[R]) *Completed[R] {
	x := &Completed[R]{queue: queue{ready: make(chan struct{}, 1)}}
	x.Add(futures...)
	return x
}

// Add adds futures. One that is added twice is returned twice.
//
// Same as as_completed.add and as_completed.update.
func (x *Completed[R]) Add(futures ...*Future[R]) {
	for _, f := range futures {
		i := len(x.all)
		x.all = append(x.all, f)
		x.left++
		f.Pending().Notify(func() { x.queue.put(i) })
	}
}

// Len returns how many futures have not been returned yet.
func (x *Completed[R]) Len() int { return x.left }

// Next waits for the next future that is done. It returns false when there is none any more, or ctx ends.
func (x *Completed[R]) Next(ctx context.Context) (*Future[R], bool) {
	if x.left == 0 {
		return nil, false
	}
	i, ok := x.queue.take(ctx)
	if !ok {
		return nil, false
	}
	return x.took(i), true
}

// took forgets a future that is returned.
func (x *Completed[R]) took(i int) *Future[R] {
	f := x.all[i]
	x.all[i] = nil
	x.left--
	return f
}

// Batch waits until at least one future is done and returns all that are, in the order in which they came; none when there is none any
// more, or ctx ends.
//
// Same as as_completed.batches.
func (x *Completed[R]) Batch(ctx context.Context) []*Future[R] {
	first, ok := x.Next(ctx)
	if !ok {
		return nil
	}
	batch := []*Future[R]{first}
	for _, i := range x.queue.takeAll() {
		batch = append(batch, x.took(i))
	}
	return batch
}

// All returns the futures one by one until there are none any more, those that are added meanwhile included, or ctx ends.
func (x *Completed[R]) All(ctx context.Context) iter.Seq[*Future[R]] {
	return func(yield func(*Future[R]) bool) {
		for {
			f, ok := x.Next(ctx)
			if !ok || !yield(f) {
				return
			}
		}
	}
}

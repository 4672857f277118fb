package client

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"sheaf/fn"
	"sheaf/graph"
)

// cell is one submitted task with the futures that share it.
type cell struct {
	c     *Client
	token graph.Token  // of a pure call, under which the client finds it; zero otherwise
	spec  spec         // of such a call
	refs  atomic.Int32 // futures; the client's mu is held when a cell that it finds is shared or given up
	over  atomic.Bool  // cancelled: an equal call is another one

	mu       sync.Mutex // guards what follows
	task     task
	err      error // nothing was submitted: why
	resubmit func() (task, error)
	here     func(ctx context.Context) (any, error) // makes the call in this process
	inputs   func() error                           // retries the futures among the arguments
	actor    *actorState                            // if it is one of this process
}

// spec is what a call is: two that have one key must be the same.
type spec struct {
	content graph.Token
	key     string // that the user has named
	f       any    // its function, for errors
}

// clash is the error about a key that was given to two calls.
func (a spec) clash(b spec) error {
	return fmt.Errorf("client: %w: %s and %s both have the key %q, but they are not the same call; give one of them another key, or release the futures of the first",
		graph.ErrClash, fn.SourceOf(a.f), fn.SourceOf(b.f), b.key)
}

// get returns the task, or why there is none.
func (x *cell) get() (task, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.task, x.err
}

// end takes note of whether the task was cancelled. Calls that are equal to one that was share nothing with it: whoever submits one wants it
// to run.
func (x *cell) end(cancelled bool) bool {
	if cancelled {
		x.over.Store(true)
	}
	return cancelled
}

// settle forgets how to submit the task again, and with it the arguments, once it has succeeded.
func (x *cell) settle() {
	x.mu.Lock()
	x.resubmit, x.inputs, x.here = nil, nil, nil
	x.mu.Unlock()
}

// again submits a failed task once more.
func (x *cell) again() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case x.err != nil:
		return x.err
	}
	if r, ok := x.task.(interface{ Retry() (bool, error) }); ok {
		if x.inputs != nil {
			if err := x.inputs(); err != nil {
				return err
			}
		}
		if again, err := r.Retry(); again || err != nil {
			return err
		}
	}
	if x.resubmit == nil {
		return fmt.Errorf("client: %s cannot be run again: it is not the result of a call", x.task.Key())
	}
	t, err := x.resubmit()
	if err != nil {
		return err
	}
	x.task.Release()
	x.task = t
	x.over.Store(false)
	return nil
}

// release gives up one future's share. The task's value goes with the last.
func (x *cell) release() {
	if x.c == nil {
		return // of no future
	}
	x.c.mu.Lock()
	last := x.refs.Add(-1) == 0
	if last && x.c.cells[x.token] == x {
		delete(x.c.cells, x.token)
	}
	x.c.mu.Unlock()
	if !last {
		return
	}
	if t, _ := x.get(); t != nil {
		t.Release()
	}
}

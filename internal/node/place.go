package node

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"sheaf/graph"
	"sheaf/internal/task"
	"sheaf/internal/wire"
	"sheaf/internal/worker"
)

// place is where one attempt runs: what its code can ask of the worker. The pool's lock guards what changes.
type place struct {
	node    *Node
	attempt wire.Attempt
	thread  int
	layer   *graph.Layer
	index   int

	over    bool // the attempt has ended
	blocked int  // calls of Block whose resume was not called yet
	seceded bool
}

var _ task.Place = (*place)(nil)

// executors finds the executor of a goroutine, for code of tasks that has no context.
var executors sync.Map // goroutine number → *executor

func init() {
	task.RegisterFinder(func(goroutine uint64) (task.Place, bool) {
		if x, ok := executors.Load(goroutine); ok {
			if pl := x.(*executor).place; pl != nil {
				return pl, true
			}
		}
		return nil, false
	})
}

// Runs reports whether the place is of a task of this node.
func (n *Node) Runs(p task.Place) bool {
	pl, ok := p.(*place)
	return ok && pl.node == n
}

// away reports whether the attempt has given its slot back; the caller holds the pool's lock.
func (pl *place) away() bool { return pl.blocked > 0 || pl.seceded }

// Info says which attempt it is.
func (pl *place) Info() task.Info {
	return task.Info{
		Key: pl.layer.Key(pl.index).String(), ID: fmt.Sprintf("%v#%d", pl.attempt.ID, pl.attempt.Attempt), Attempt: int(pl.attempt.Attempt),
		Worker: pl.node.conf.Hello.Name, Thread: pl.thread,
	}
}

// Block gives the slot to others until resume is called.
func (pl *place) Block() (resume func()) {
	p := &pl.node.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	if pl.over {
		return func() {}
	}
	was := pl.away()
	pl.blocked++
	pl.leave(was)
	called := false
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if called || pl.over {
			return
		}
		called = true
		pl.blocked--
		pl.enter()
	}
}

// leave gives the slot back unless it was given before; the caller holds the pool's lock.
func (pl *place) leave(was bool) {
	if was {
		return
	}
	p := &pl.node.pool
	p.running--
	p.inside--
	pl.node.post(&worker.Blocked{Task: pl.attempt})
	p.changed()
	p.staff()
}

// enter takes a slot unless there is still a reason to have none; the caller holds the pool's lock.
func (pl *place) enter() {
	if pl.away() {
		return
	}
	p := &pl.node.pool
	p.running++
	p.inside++
	pl.node.post(&worker.Resumed{Task: pl.attempt})
}

var errSeceded = errors.New("the task has seceded before")

// Secede gives the slot back although the task goes on.
func (pl *place) Secede() error {
	p := &pl.node.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case pl.over:
		return task.ErrOutside
	case pl.seceded:
		return errSeceded
	}
	was := pl.away()
	pl.seceded = true
	pl.leave(was)
	return nil
}

// Rejoin waits for a slot.
func (pl *place) Rejoin(ctx context.Context) error {
	p := &pl.node.pool
	stop := context.AfterFunc(ctx, p.freed)
	defer stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rejoining++
	p.waits++
	for pl.seceded && !pl.over && ctx.Err() == nil && p.running >= p.threads {
		p.change.Wait()
	}
	p.waits--
	p.rejoining--
	switch {
	case pl.over:
		return task.ErrOutside
	case ctx.Err() != nil:
		p.staff()
		return context.Cause(ctx)
	case pl.seceded:
		pl.seceded = false
		pl.enter()
	}
	return nil
}

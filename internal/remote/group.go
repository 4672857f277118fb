package remote

import (
	"context"

	"sheaf/internal/task"
)

// group is values that somebody waits for together. The executor's mu guards it until done is closed.
type group struct {
	values []any
	errs   []error // by place; nil while there is none
	first  error   // the first in time
	left   int
	hasty  bool // the first error ends the waiting
	over   bool
	done   chan struct{}
}

// waiter is a place in a group.
type waiter struct {
	group *group
	i     int
}

func newGroup(n int, hasty bool) *group {
	g := &group{values: make([]any, n), left: n, hasty: hasty, done: make(chan struct{})}
	if n == 0 {
		g.end()
	}
	return g
}

func (g *group) end() {
	if !g.over {
		g.over = true
		close(g.done)
	}
}

func (g *group) put(i int, v any, err error) {
	if g.over {
		return
	}
	g.values[i] = v
	if err != nil {
		if g.errs == nil {
			g.errs = make([]error, len(g.values))
		}
		g.errs[i] = err
		if g.first == nil {
			g.first = err
		}
		if g.hasty {
			g.end()
			return
		}
	}
	if g.left--; g.left == 0 {
		g.end()
	}
}

// err returns the error of a place.
func (g *group) err(i int) error {
	if g.errs == nil {
		return nil
	}
	return g.errs[i]
}

// join makes a group wait for an entry's value, which is fetched if it is not here; the caller holds mu.
func (x *Executor) join(e *entry, g *group, i int) {
	switch {
	case g.over:
	case e.has:
		g.put(i, e.value, nil)
	case e.state == failed:
		g.put(i, nil, e.err)
	case e.state == gone:
		g.put(i, nil, errReleased)
	default:
		e.waiters = append(e.waiters, waiter{g, i})
		if e.state == ready {
			x.want(e)
		}
	}
}

// wait waits for a group; a task that does gives its place to others.
func (g *group) wait(ctx context.Context) error {
	select {
	case <-g.done:
		return nil
	default:
	}
	defer task.Block(ctx)()
	select {
	case <-g.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// read returns the values of entries, in order, and their errors (nil if there is none). With hasty the first error ends it.
func (x *Executor) read(ctx context.Context, entries []*entry, hasty bool) (*group, error) {
	g := newGroup(len(entries), hasty)
	x.mu.Lock()
	for i, e := range entries {
		x.join(e, g, i)
	}
	x.unlock()
	if err := g.wait(ctx); err != nil {
		x.mu.Lock()
		g.end() // nobody reads it: what arrives for it is ignored
		x.mu.Unlock()
		return nil, x.explain(err)
	}
	return g, nil
}

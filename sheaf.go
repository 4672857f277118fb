package sheaf

import (
	"context"
	"errors"
	"fmt"

	"sheaf/graph"
	"sheaf/internal/local"
)

// A Collection is anything lazy: an array, a dataframe, a bag, a delayed value, or a type of your own.
type Collection interface {
	// Graph returns the layers that compute the collection and which of their tasks are its parts. The error is the first
	// mistake made while the collection was built, with the file and line of the call.
	Graph() (graph.Graph, error)
}

// A Lazy is a [Collection] whose parts can be joined to one value in memory.
type Lazy[T any] interface {
	Collection
	// Finish joins the values of the parts, in the order of the graph's outputs, to the result.
	Finish(ctx context.Context, parts []any) (T, error)
}

// A Persistable is a [Collection] that can stand on values that exist already.
type Persistable[C any] interface {
	Collection
	// Rebuild returns the same collection with the outputs of its graph replaced by leaves, one layer per output of the graph
	// with a task for each of its wanted tasks.
	Rebuild(leaves []*graph.Layer) C
}

// A Planner makes better graphs of several collections than each of them alone would, because it sees what they share.
// Collections of one kind return the same planner, a comparable value.
type Planner interface {
	Plan(cs []Collection) ([]graph.Graph, error)
}

// A PlaceAware planner plans otherwise for executors whose tasks run in other processes than this one, where a task with all
// threads of this machine, or a file that several tasks have open, is of no use.
type PlaceAware interface {
	Planner
	PlanDistributed(cs []Collection, where Place) ([]graph.Graph, error)
}

// A Place is what is known, when a plan is made, of where it will run.
type Place struct {
	Distributed bool  // in other processes
	MemoryBytes int64 // that the process with the least memory has for values; 0 if that is not known
}

// Distributed is implemented by executors that may run tasks in other processes.
type Distributed interface {
	Executor
	Distributed() bool
}

// Sized is implemented by executors that know how much memory their processes have: MemoryBytes is what the one with the least has for values, 0
// if there is none yet. Plans are made for that.
type Sized interface {
	Executor
	MemoryBytes() int64
}

// Planned is implemented by collections that have a [Planner].
type Planned interface {
	Collection
	Planner() Planner
}

// An Executor runs graphs: the goroutines of this process, or a client of a cluster.
type Executor interface {
	// Start begins to run a graph and returns at once.
	Start(ctx context.Context, g graph.Graph, o RunOptions) (Run, error)
}

// A Run is a graph that is being run.
type Run interface {
	// Wait waits until everything is done, and returns the first failure, a *[TaskError] if it was a task's.
	Wait(ctx context.Context) error
	// Output returns the value of the k-th wanted task of output out of the graph, after Wait.
	Output(out, k int) (any, error)
	// Pending returns the same value as something that other graphs can use at once. It holds the value until it is
	// garbage collected.
	Pending(out, k int) graph.Pending
	// Release gives up the run's own hold on its outputs.
	Release()
}

// Compute runs what c stands for and returns the result in memory.
//
// It uses the executor of the options or of the context, and the goroutines of this process if there is none. The first
// failure stops the run. Collections have a method of this name, which reads better.
func Compute[T any](ctx context.Context, c Lazy[T], opts ...Option) (T, error) {
	var out T
	parts, err := compute(ctx, opts, c)
	if err != nil {
		return out, err
	}
	return c.Finish(ctx, parts[0])
}

// Compute2 computes two collections in one run, in which common parts are computed once. Options for the run travel in the
// context: see [With].
func Compute2[A, B any](ctx context.Context, a Lazy[A], b Lazy[B]) (A, B, error) {
	var x A
	var y B
	parts, err := compute(ctx, nil, a, b)
	if err != nil {
		return x, y, err
	}
	x, e1 := a.Finish(ctx, parts[0])
	y, e2 := b.Finish(ctx, parts[1])
	return x, y, errors.Join(e1, e2)
}

// Compute3 is [Compute2] for three collections.
func Compute3[A, B, C any](ctx context.Context, a Lazy[A], b Lazy[B], c Lazy[C]) (A, B, C, error) {
	var x A
	var y B
	var z C
	parts, err := compute(ctx, nil, a, b, c)
	if err != nil {
		return x, y, z, err
	}
	x, e1 := a.Finish(ctx, parts[0])
	y, e2 := b.Finish(ctx, parts[1])
	z, e3 := c.Finish(ctx, parts[2])
	return x, y, z, errors.Join(e1, e2, e3)
}

// Compute4 is [Compute2] for four collections.
func Compute4[A, B, C, D any](ctx context.Context, a Lazy[A], b Lazy[B], c Lazy[C], d Lazy[D]) (A, B, C, D, error) {
	var w A
	var x B
	var y C
	var z D
	parts, err := compute(ctx, nil, a, b, c, d)
	if err != nil {
		return w, x, y, z, err
	}
	w, e1 := a.Finish(ctx, parts[0])
	x, e2 := b.Finish(ctx, parts[1])
	y, e3 := c.Finish(ctx, parts[2])
	z, e4 := d.Finish(ctx, parts[3])
	return w, x, y, z, errors.Join(e1, e2, e3, e4)
}

// ComputeAll computes any number of collections of one type in one run and returns their results in order.
func ComputeAll[L Lazy[T], T any](ctx context.Context, cs ...L) ([]T, error) {
	all := make([]Collection, len(cs))
	for i, c := range cs {
		all[i] = c
	}
	parts, err := compute(ctx, nil, all...)
	if err != nil {
		return nil, err
	}
	out := make([]T, len(cs))
	for i, c := range cs {
		if out[i], err = c.Finish(ctx, parts[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Persist starts to compute c in the background and returns the same collection, whose parts are now the values that are
// being computed. They stay where they are computed, in memory or spilled, as long as somebody holds the collection. The
// context belongs to the run: cancelling it stops the run. Failures show when the result is used; [Wait] waits for them.
func Persist[C Persistable[C]](ctx context.Context, c C, opts ...Option) (C, error) {
	s := settingsOf(ctx, opts)
	gs, err := plan(s.place(), c)
	if err != nil {
		return c, err
	}
	run, err := s.start(ctx, gs[0])
	if err != nil {
		return c, err
	}
	defer run.Release()
	leaves := make([]*graph.Layer, len(gs[0].Outputs))
	for o, out := range gs[0].Outputs {
		held := make([]graph.Pending, out.Len())
		for k := range held {
			held[k] = run.Pending(o, k)
		}
		token := out.Layer.Token()
		if out.Index != nil || out.Layer.Keyed() {
			token = graph.Token{}
		}
		leaves[o] = graph.Held(out.Layer.Name(), token, held)
	}
	return c.Rebuild(leaves), nil
}

// Wait waits until all parts of persisted collections are there and returns the first failure.
func Wait(ctx context.Context, cs ...Collection) error {
	for _, c := range cs {
		g, err := c.Graph()
		if err != nil {
			return err
		}
		for _, p := range PendingOf(g) {
			if err := waitFor(ctx, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// PendingOf returns the values that others compute or keep for g: the parts of persisted collections and futures.
func PendingOf(g graph.Graph) []graph.Pending {
	layers, err := g.Layers()
	if err != nil {
		return nil
	}
	var all []graph.Pending
	for _, l := range layers {
		for i := range l.Len() {
			p := l.Pending(i)
			if p == nil {
				break
			}
			all = append(all, p)
		}
	}
	return all
}

func waitFor(ctx context.Context, p graph.Pending) error {
	done := make(chan struct{})
	p.Notify(func() { close(done) })
	defer local.Block(ctx)() // a task that waits gives its place to those that it waits for
	select {
	case <-done:
		_, err := p.Value(ctx)
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// compute runs collections together and returns the values of the parts of each.
func compute(ctx context.Context, opts []Option, cs ...Collection) ([][]any, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	s := settingsOf(ctx, opts)
	gs, err := plan(s.place(), cs...)
	if err != nil {
		return nil, err
	}
	var all graph.Graph
	for _, g := range gs {
		all.Outputs = append(all.Outputs, g.Outputs...)
	}
	run, err := s.start(ctx, all)
	if err != nil {
		return nil, err
	}
	defer run.Release()
	if err := run.Wait(ctx); err != nil {
		return nil, err
	}
	parts := make([][]any, len(cs))
	at := 0
	for i, g := range gs {
		values := make([]any, 0, g.Len())
		for _, o := range g.Outputs {
			for k := range o.Len() {
				v, err := run.Output(at, k)
				if err != nil {
					return nil, err
				}
				values = append(values, v)
			}
			at++
		}
		parts[i] = values
	}
	return parts, nil
}

// plan makes the graphs of collections; those with a common planner are planned together.
func plan(where Place, cs ...Collection) ([]graph.Graph, error) {
	gs := make([]graph.Graph, len(cs))
	groups := map[Planner][]int{}
	var order []Planner
	for i, c := range cs {
		if p, ok := c.(Planned); ok {
			key := p.Planner()
			if groups[key] == nil {
				order = append(order, key)
			}
			groups[key] = append(groups[key], i)
			continue
		}
		g, err := c.Graph()
		if err != nil {
			return nil, err
		}
		gs[i] = g
	}
	for _, p := range order {
		group := make([]Collection, len(groups[p]))
		for k, i := range groups[p] {
			group[k] = cs[i]
		}
		planned, err := planGroup(p, where, group)
		if err != nil {
			return nil, err
		}
		if len(planned) != len(group) {
			return nil, fmt.Errorf("sheaf: a %T planned %d of %d collections: %w", p, len(planned), len(group), ErrInternal)
		}
		for k, i := range groups[p] {
			gs[i] = planned[k]
		}
	}
	return gs, nil
}

func planGroup(p Planner, where Place, group []Collection) ([]graph.Graph, error) {
	if p, ok := p.(PlaceAware); ok && where.Distributed {
		return p.PlanDistributed(group, where)
	}
	return p.Plan(group)
}

package sheaf

import (
	"context"

	"sheaf/graph"
)

// An Action is lazy work that is done for its effect, such as writing files. Building it does nothing; [Action.Run] does it.
type Action struct {
	graph  graph.Graph
	err    error
	before func(ctx context.Context) error
	after  func(ctx context.Context, parts []any, err error) error

	elsewhere func(where Place) ActionSpec
}

// ActionSpec is what [NewAction] makes an action of.
type ActionSpec struct {
	Graph graph.Graph
	Err   error // the first mistake of the chain that led here

	// Before runs first, for example to make a directory. It may be nil.
	Before func(ctx context.Context) error
	// After runs last with the values of the graph's parts, also when the run has failed: then it gets the error, cleans
	// up, and returns the error that Run returns. It may be nil.
	After func(ctx context.Context, parts []any, err error) error

	// Elsewhere returns what [Action.Run] does instead on executors whose tasks run in other processes, for which a
	// [PlaceAware] planner plans otherwise. It may be nil.
	Elsewhere func(where Place) ActionSpec
}

// NewAction is for collections that write.
func NewAction(s ActionSpec) *Action {
	return &Action{graph: s.Graph, err: s.Err, before: s.Before, after: s.After, elsewhere: s.Elsewhere}
}

// Graph returns the tasks of the action.
func (a *Action) Graph() (graph.Graph, error) { return a.graph, a.err }

// Err returns the first mistake made while the action was built.
func (a *Action) Err() error { return a.err }

// Run does the work and waits for it.
func (a *Action) Run(ctx context.Context, opts ...Option) error {
	if a.err != nil {
		return a.err
	}
	if where := settingsOf(ctx, opts).place(); a.elsewhere != nil && where.Distributed {
		other := NewAction(a.elsewhere(where))
		other.elsewhere = nil
		return other.Run(ctx, opts...)
	}
	if a.before != nil {
		if err := a.before(ctx); err != nil {
			return err
		}
	}
	var parts []any
	all, err := compute(ctx, opts, a)
	if err == nil {
		parts = all[0]
	}
	if a.after != nil {
		return a.after(ctx, parts, err)
	}
	return err
}

package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"sheaf/graph"
	"sheaf/internal/exec"
	"sheaf/internal/wire"
)

// gate is closed when the scheduler has been told of something, or it failed.
type gate struct {
	done chan struct{}
	err  error // set before done is closed
}

// names returns how the parts of the run's graph are named while it is packed.
func (r *Run) names(ctx context.Context) Names {
	return Names{
		Layer:    r.x.layerID,
		External: func(p graph.Pending) (wire.ID, error) { return r.external(ctx, p) },
		Large: func(v any) (wire.ID, error) {
			return r.scatter(ctx, func(context.Context) (any, error) { return v, nil }), nil
		},
	}
}

// external names a value that somebody else provides.
func (r *Run) external(ctx context.Context, p graph.Pending) (wire.ID, error) {
	if h, ok := p.(*Handle); ok && h.x == r.x {
		e := h.e
		r.x.mu.Lock()
		defer r.x.mu.Unlock()
		switch {
		case e.state == gone:
			return wire.ID{}, fmt.Errorf("client: the graph stands on %s: %w", h.key, errReleased)
		case e.claims == 0 && e.gate == nil:
			return wire.ID{}, cmp.Or(e.err, fmt.Errorf("client: the graph stands on %s: %w", h.key, exec.ErrLost))
		}
		if e.gate != nil {
			r.gates = append(r.gates, e.gate)
		}
		e.hold()
		r.inputs = append(r.inputs, e)
		return e.id, nil
	}
	// A value of another executor comes here first.
	return r.scatter(ctx, func(ctx context.Context) (any, error) {
		there := make(chan struct{})
		p.Notify(func() { close(there) })
		select {
		case <-there:
			return p.Value(ctx)
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}), nil
}

// scatter names a value that will be put on a worker before the run is submitted.
func (r *Run) scatter(ctx context.Context, get func(context.Context) (any, error)) wire.ID {
	es, g := r.x.scatter(ctx, 1, func(ctx context.Context, _ int) (any, error) { return get(ctx) }, ScatterOptions{})
	r.x.mu.Lock()
	r.inputs = append(r.inputs, es[0])
	r.gates = append(r.gates, g)
	r.x.mu.Unlock()
	return es[0].id
}

// ScatterOptions say where scattered values go.
type ScatterOptions struct {
	Workers   []string // names, addresses or hosts; all if empty
	Broadcast bool     // every value to all of them, not only to one in turn
	Hash      bool     // equal values of this client share an id
}

// Scatter puts values on workers and returns handles at once. The values are kept until that is done.
func (x *Executor) Scatter(ctx context.Context, values []any, o ScatterOptions) ([]*Handle, error) {
	if err := x.usable(); err != nil {
		return nil, err
	}
	es, _ := x.scatter(ctx, len(values), func(_ context.Context, i int) (any, error) { return values[i], nil }, o)
	hs := make([]*Handle, len(es))
	for i, e := range es {
		hs[i] = x.handle(e, graph.Key{Name: "scatter", Token: graph.Unique()})
	}
	x.mu.Lock()
	for _, e := range es {
		x.drop(e)
	}
	x.unlock()
	return hs, nil
}

// scatter begins to put n values on workers. The gate opens when the scheduler knows of all of them. The caller holds the entries.
func (x *Executor) scatter(ctx context.Context, n int, get func(context.Context, int) (any, error), o ScatterOptions) ([]*entry, *gate) {
	l := newLayer(x.layerID(), nil, n)
	g := &gate{done: make(chan struct{})}
	es := make([]*entry, n)
	x.mu.Lock()
	x.layers[l.id] = l
	for i := range es {
		es[i] = l.at(i)
		es[i].gate, es[i].holds = g, 1
	}
	closed := x.closed
	if closed != nil {
		for _, e := range es {
			e.gate = nil
			x.fail(e, closed)
		}
	}
	x.spawn(func() {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		stop := context.AfterFunc(x.ctx, func() { cancel(context.Cause(x.ctx)) })
		defer stop()
		x.put(ctx, es, g, get, o)
	})
	x.unlock()
	if closed != nil {
		g.err = closed
		close(g.done)
	}
	return es, g
}

// put puts values on workers, one after the other, and tells the scheduler.
func (x *Executor) put(ctx context.Context, es []*entry, g *gate, get func(context.Context, int) (any, error), o ScatterOptions) {
	told := &wire.Scattered{Hash: o.Hash}
	for i, e := range es {
		v, err := get(ctx, i)
		var s wire.Scatter
		if err == nil {
			s, err = x.place(ctx, e.id, v, o)
		}
		if err != nil {
			g.err = err
			break
		}
		told.Values = append(told.Values, s)
	}
	x.mu.Lock()
	if g.err == nil && x.closed != nil {
		g.err = x.closed
	}
	if g.err == nil {
		g.err = x.conf.Send(told)
	}
	for i, e := range es {
		e.gate = nil
		switch {
		case g.err != nil:
			x.fail(e, g.err)
		case e.state == pending:
			e.claims++
			x.finished(e, wire.Ready{ID: e.id, Value: e.id, Bytes: told.Values[i].Bytes, Workers: told.Values[i].Workers, Attempt: 0})
		default: // cancelled meanwhile
			x.release = append(x.release, e.id)
			x.flushSoon()
		}
		if e.holds == 0 {
			x.forget(e)
		}
	}
	x.unlock()
	close(g.done)
}

// place puts one value on one worker, or on all for a broadcast.
func (x *Executor) place(ctx context.Context, id wire.ID, v any, o ScatterOptions) (wire.Scatter, error) {
	s := wire.Scatter{ID: id}
	var tried []uint32
	for {
		targets, came, err := x.targets(o, tried)
		if err != nil {
			return s, err
		}
		var last error
		for _, p := range targets {
			n, err := x.conf.Fetcher.Put(ctx, p.Address, id, v)
			switch {
			case err == nil:
				s.Bytes = n
				s.Workers = append(s.Workers, p.Number)
				if !o.Broadcast {
					return s, nil
				}
			case ctx.Err() != nil:
				return s, context.Cause(ctx)
			case errors.Is(err, exec.ErrSerialize) || errors.Is(err, exec.ErrLimit):
				return s, err
			default:
				tried, last = append(tried, p.Number), err
			}
		}
		if len(s.Workers) > 0 {
			return s, nil
		}
		if len(tried) > 8 {
			return s, fmt.Errorf("client: a value could not be put on any worker: %w", last)
		}
		select { // until a worker comes
		case <-came:
		case <-ctx.Done():
			return s, fmt.Errorf("client: a value waits for a worker to be put on: %w: %w", exec.ErrNoWorkers, context.Cause(ctx))
		}
	}
}

// targets returns the workers that may take a value, the one whose turn it is first, and what is closed when others come.
func (x *Executor) targets(o ScatterOptions, tried []uint32) ([]wire.Peer, <-chan struct{}, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed != nil {
		return nil, nil, x.closed
	}
	var ps []wire.Peer
	threads := 0
	for _, s := range x.sources {
		if !s.peer.Gone && !slices.Contains(tried, s.peer.Number) && Named(s.peer, o.Workers) {
			ps = append(ps, s.peer)
			threads += max(1, s.peer.Threads)
		}
	}
	slices.SortFunc(ps, func(a, b wire.Peer) int { return cmp.Compare(a.Number, b.Number) })
	if len(ps) > 1 && !o.Broadcast { // in turn, by threads
		turn := x.turn % threads
		x.turn++
		for k, p := range ps {
			if turn -= max(1, p.Threads); turn < 0 {
				ps = append(slices.Clone(ps[k:]), ps[:k]...)
				break
			}
		}
	}
	return ps, x.came, nil
}

// Named reports whether a worker is one of those that are named, by name, address or host; no names mean all.
func Named(p wire.Peer, names []string) bool {
	return len(names) == 0 || slices.Contains(names, p.Name) || slices.Contains(names, p.Address) || slices.Contains(names, p.Host)
}

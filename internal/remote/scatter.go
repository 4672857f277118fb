package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

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
	es, g := r.x.scatter(ctx, 1, func(ctx context.Context, _ int) (any, error) { return get(ctx) }, ScatterOptions{kept: true})
	r.x.mu.Lock()
	r.x.kept[es[0].id.Layer] = &kept{get: get}
	r.keeps = append(r.keeps, es[0].id.Layer)
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

	kept bool // the values can be had again
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

// put puts values on workers and tells the scheduler.
func (x *Executor) put(ctx context.Context, es []*entry, g *gate, get func(context.Context, int) (any, error), o ScatterOptions) {
	told := &wire.Scattered{Hash: o.Hash, Kept: o.kept, Values: make([]wire.Scatter, len(es))}
	for lo := 0; lo < len(es) && g.err == nil; lo += putMax {
		items := make([]Item, min(putMax, len(es)-lo))
		for i := range items {
			v, err := get(ctx, lo+i)
			if err != nil {
				g.err = err
				break
			}
			items[i] = Item{ID: es[lo+i].id, Value: v, Bytes: x.conf.SizeOf(v)}
			told.Values[lo+i] = wire.Scatter{ID: items[i].ID, Bytes: items[i].Bytes}
		}
		if g.err == nil {
			g.err = x.place(ctx, items, told.Values[lo:], o)
		}
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
			x.finished(e, wire.Ready{ID: e.id, Value: e.id, Bytes: told.Values[i].Bytes, Workers: told.Values[i].Workers})
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

const (
	putMax   = 1024 // values at a time
	putTries = 8    // workers that may fail before the value is given up
)

// place puts values on workers, in turn, or each on all for a broadcast, and notes where they are.
func (x *Executor) place(ctx context.Context, items []Item, told []wire.Scatter, o ScatterOptions) error {
	open := make([]int, len(items))
	for i := range open {
		open[i] = i
	}
	var tried []uint32
	var last error
	for len(open) > 0 {
		targets, came, err := x.targets(o, tried)
		switch {
		case err != nil:
			return err
		case len(tried) > putTries:
			return fmt.Errorf("client: a value could not be put on any worker: %w", last)
		case len(targets) == 0: // until a worker comes
			select {
			case <-came:
				continue
			case <-ctx.Done():
				return fmt.Errorf("client: a value waits for a worker to be put on: %w: %w", exec.ErrNoWorkers, context.Cause(ctx))
			}
		}
		bad, err := x.spread(ctx, items, told, x.plan(targets, open, o.Broadcast))
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if errors.Is(err, exec.ErrSerialize) || errors.Is(err, exec.ErrLimit) {
			return err
		}
		if err != nil {
			tried, last = append(tried, bad...), err
		}
		open = slices.DeleteFunc(open, func(i int) bool { return len(told[i].Workers) > 0 })
	}
	return nil
}

// share is what one worker gets.
type share struct {
	peer  wire.Peer
	items []int
}

// plan gives the open items to workers: to all of them, or in turn by their threads.
func (x *Executor) plan(targets []wire.Peer, open []int, broadcast bool) []share {
	shares := make([]share, len(targets))
	var wheel []int // a place per thread
	for k, p := range targets {
		shares[k].peer = p
		for range max(1, p.Threads) {
			wheel = append(wheel, k)
		}
	}
	x.mu.Lock()
	turn := x.turn
	x.turn += len(open)
	x.mu.Unlock()
	for n, i := range open {
		if !broadcast {
			k := wheel[(turn+n)%len(wheel)]
			shares[k].items = append(shares[k].items, i)
			continue
		}
		for k := range shares {
			shares[k].items = append(shares[k].items, i)
		}
	}
	return slices.DeleteFunc(shares, func(s share) bool { return len(s.items) == 0 })
}

// spread puts each worker's share on it, side by side, and notes what succeeded. It returns the workers that failed and one of their errors.
func (x *Executor) spread(ctx context.Context, items []Item, told []wire.Scatter, shares []share) (bad []uint32, err error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, s := range shares {
		wg.Go(func() {
			mine := make([]Item, len(s.items))
			for k, i := range s.items {
				mine[k] = items[i]
			}
			fault := x.conf.Fetcher.Put(ctx, s.peer.Address, mine, func(k int, e error) {
				mu.Lock()
				defer mu.Unlock()
				if e != nil {
					err, bad = e, append(bad, s.peer.Number)
					return
				}
				t := &told[s.items[k]]
				t.Workers = append(t.Workers, s.peer.Number)
			})
			mu.Lock()
			defer mu.Unlock()
			if fault != nil {
				err, bad = fault, append(bad, s.peer.Number)
			}
		})
	}
	wg.Wait()
	return slices.Compact(bad), err
}

// targets returns the workers that may take values, and what is closed when others come.
func (x *Executor) targets(o ScatterOptions, tried []uint32) ([]wire.Peer, <-chan struct{}, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed != nil {
		return nil, nil, x.closed
	}
	var ps []wire.Peer
	for _, s := range x.sources {
		if !s.peer.Gone && !slices.Contains(tried, s.peer.Number) && Named(s.peer, o.Workers) {
			ps = append(ps, s.peer)
		}
	}
	slices.SortFunc(ps, func(a, b wire.Peer) int { return cmp.Compare(a.Number, b.Number) })
	return ps, x.came, nil
}

// Named reports whether a worker is one of those that are named, by name, address or host; no names mean all.
func Named(p wire.Peer, names []string) bool {
	return len(names) == 0 || slices.Contains(names, p.Name) || slices.Contains(names, p.Address) || slices.Contains(names, p.Host)
}

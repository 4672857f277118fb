package client

import (
	"context"
	"fmt"
	"reflect"

	"sheaf"
	"sheaf/delayed"
	"sheaf/graph"
	"sheaf/internal/caller"
)

// Submit calls f with the arguments at once, in the background, and returns its result as a future. f and args are as for
// delayed.Call; futures among the arguments, also inside of slices, maps and structs, are waited for and replaced by their
// results. Options may stand among the arguments.
//
// Equal calls of a function that captures nothing are one task, as long as one of their futures lives; [Pure](false) makes a
// new one. A mistake in the call is the error of the future.
//
// Same as Client.submit.
func (c *Client) Submit[R any](f any, args ...any) *Future[R] {
	args, s := split(args)
	fun := s.function(f)
	v := fun.Call[R](args...)
	if err := v.Err(); err != nil {
		return failed[R](c, err)
	}
	token, content := v.Identity()
	x, found, err := c.find(token, spec{content, s.key, f})
	if err != nil {
		return failed[R](c, err)
	}
	if !found {
		x.inputs = func() error { return retryAll(c.ctx, args) }
		x.here = func(ctx context.Context) (any, error) { return fun.Call[R](args...).Compute(ctx) }
		x.resubmit = func() (task, error) {
			if err := x.inputs(); err != nil {
				return nil, err
			}
			return c.submit(fun.Call[R](args...), s)
		}
		x.task, x.err = c.submit(v, s)
		x.mu.Unlock()
	}
	return newFuture[R](x)
}

// function returns f with the options that concern its calls.
func (s *settings) function(f any) *delayed.Function {
	opts := []delayed.Option{delayed.Pure()}
	if s.impure {
		opts[0] = delayed.Impure()
	}
	if s.name != "" {
		opts = append(opts, delayed.Name(s.name))
	}
	if s.key != "" {
		opts = append(opts, delayed.Key(s.key))
	}
	return delayed.Func(f, opts...)
}

// submit starts the graph of one collection with one part.
func (c *Client) submit(v sheaf.Collection, s settings) (task, error) {
	ts, err := c.submitAll([]sheaf.Collection{v}, s)
	if err != nil {
		return nil, err
	}
	return ts[0], nil
}

// plan makes the graphs of collections of one kind, for the workers of a cluster or for this process.
func (c *Client) plan(vs []sheaf.Collection) ([]graph.Graph, error) {
	if v, ok := vs[0].(sheaf.Planned); ok {
		p := v.Planner()
		if aware, ok := p.(sheaf.PlaceAware); ok && c.Distributed() {
			return aware.PlanDistributed(vs, sheaf.Place{Distributed: true, MemoryBytes: c.MemoryBytes()})
		}
		return p.Plan(vs)
	}
	gs := make([]graph.Graph, len(vs))
	for i, v := range vs {
		var err error
		if gs[i], err = v.Graph(); err != nil {
			return nil, err
		}
	}
	return gs, nil
}

// submitGraph starts a graph and returns its parts.
func (c *Client) submitGraph(g graph.Graph, s settings) ([]task, error) {
	o := s.run
	o.KeepGoing = true
	run, err := c.start(c.ctx, g, o)
	if err != nil {
		return nil, err
	}
	defer run.Release()
	ts := make([]task, 0, g.Len())
	for out := range g.Outputs {
		for k := range g.Outputs[out].Len() {
			t, ok := run.Pending(out, k).(task)
			if !ok {
				return nil, fmt.Errorf("client: %T cannot be waited for: %w", run.Pending(out, k), sheaf.ErrInternal)
			}
			ts = append(ts, t)
		}
	}
	return ts, nil
}

// retryAll retries the futures among the arguments that failed.
func retryAll(ctx context.Context, args []any) error {
	for _, a := range args {
		if f, ok := a.(retrier); ok {
			if err := f.Retry(ctx); err != nil {
				return err
			}
			continue
		}
		if v := reflect.ValueOf(a); v.Kind() == reflect.Slice {
			for i := range v.Len() {
				if f, ok := v.Index(i).Interface().(retrier); ok {
					if err := f.Retry(ctx); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

// Map calls f once per element of the given slices, which must be of one length, and returns the futures in order. Elements
// may be plain values or futures. It costs about a microsecond per call: the calls are one graph.
//
// Same as Client.map.
func (c *Client) Map[R any](f any, slices ...any) []*Future[R] {
	slices, s := split(slices)
	columns, n, err := columnsOf(slices)
	if err != nil {
		return []*Future[R]{failed[R](c, err)}
	}
	if s.key != "" && n > 1 {
		return []*Future[R]{failed[R](c, fmt.Errorf("client: Map at %s: one Key for %d calls", caller.Site(), n))}
	}
	fun := s.function(f)
	call := func(i int) *delayed.Value[R] {
		args := make([]any, len(columns))
		for k := range columns {
			args[k] = columns[k].Index(i).Interface()
		}
		return fun.Call[R](args...)
	}
	return c.mapped(n, f, s, call)
}

// mapped submits n calls as one graph. Calls whose twins live already share these.
func (c *Client) mapped[R any](n int, f any, s settings, call func(i int) *delayed.Value[R]) []*Future[R] {
	futures := make([]*Future[R], n)
	var fresh []sheaf.Collection
	var cells []*cell
	for i := range n {
		v := call(i)
		if err := v.Err(); err != nil {
			futures[i] = failed[R](c, err)
			continue
		}
		token, content := v.Identity()
		x, found, err := c.find(token, spec{content, s.key, f})
		if err != nil {
			futures[i] = failed[R](c, err)
			continue
		}
		if !found {
			x.here = func(ctx context.Context) (any, error) { return call(i).Compute(ctx) }
			x.resubmit = func() (task, error) { return c.submit(call(i), s) }
			fresh, cells = append(fresh, v), append(cells, x)
		}
		futures[i] = newFuture[R](x)
	}
	if len(fresh) == 0 {
		return futures
	}
	ts, err := c.submitAll(fresh, s)
	for k, x := range cells {
		if x.err = err; err == nil {
			x.task = ts[k]
		}
		x.mu.Unlock()
	}
	return futures
}

// find returns the live cell of an identity, or a new one, locked until its task is submitted. It fails if the live one is another call.
func (c *Client) find(token graph.Token, sp spec) (x *cell, found bool, err error) {
	if !token.IsZero() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if x := c.cells[token]; x != nil && !x.over.Load() {
			if x.spec.content != sp.content {
				return nil, false, x.spec.clash(sp)
			}
			x.refs.Add(1)
			return x, true, nil
		}
	}
	x = &cell{c: c, token: token, spec: sp}
	x.refs.Store(1)
	x.mu.Lock()
	if !token.IsZero() {
		c.cells[token] = x
	}
	return x, false, nil
}

// submitAll starts collections with one part each as one graph.
func (c *Client) submitAll(vs []sheaf.Collection, s settings) ([]task, error) {
	gs, err := c.plan(vs)
	if err != nil {
		return nil, err
	}
	var all graph.Graph
	for _, g := range gs {
		all.Outputs = append(all.Outputs, g.Outputs...)
	}
	return c.submitGraph(all, s)
}

// columnsOf checks the slices of a Map.
func columnsOf(slices []any) (columns []reflect.Value, n int, err error) {
	if len(slices) == 0 {
		return nil, 0, fmt.Errorf("client: Map at %s: no slices of arguments given", caller.Site())
	}
	for k, s := range slices {
		v := reflect.ValueOf(s)
		if !v.IsValid() || v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
			return nil, 0, fmt.Errorf("client: Map at %s: argument %d is %T, want a slice with one element per call", caller.Site(), k+1, s)
		}
		if k > 0 && v.Len() != n {
			return nil, 0, fmt.Errorf("client: Map at %s: slices of %d and %d elements", caller.Site(), n, v.Len())
		}
		n = v.Len()
		columns = append(columns, v)
	}
	return columns, n, nil
}

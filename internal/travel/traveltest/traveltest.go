// Package traveltest runs graphs in this process as a cluster would: each is packed, sent as bytes, unpacked by a scheduler's rules and
// run by a worker's, and each value and error goes between tasks as bytes. Importing it registers the executor "travel" with
// package testexec, so that a collection's whole test-suite runs that way. With [Main] there is also "process", which runs the
// tasks in other processes that have never built the graph.
package traveltest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"sheaf"
	"sheaf/graph"
	"sheaf/internal/exec"
	"sheaf/internal/testexec"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

func init() {
	testexec.Register("travel", func() (any, error) { return New() })
}

// An Executor sends everything through bytes.
type Executor struct {
	local  *sheaf.Local
	serial atomic.Uint64

	mu     sync.Mutex
	values map[wire.ID]graph.Pending // external values

	processes *pool // where tasks are run; nil is this process
}

var _ sheaf.Executor = (*Executor)(nil)

// New returns an executor.
func New() (*Executor, error) {
	l, err := sheaf.NewLocal(sheaf.LocalConfig{})
	return &Executor{local: l, values: map[wire.ID]graph.Pending{}}, err
}

// Close stops all runs.
func (e *Executor) Close() error { return e.local.Close() }

func (e *Executor) layerID() wire.LayerID { return wire.NewLayerID(1, e.serial.Add(1)) }

func (e *Executor) keep(p graph.Pending) (wire.ID, error) {
	id := wire.ID{Layer: e.layerID(), Index: 7}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.values[id] = p
	return id, nil
}

// scatter keeps a value as bytes.
func (e *Executor) scatter(v any) (wire.ID, error) {
	b, err := travel.AppendValue(nil, v)
	if err != nil {
		return wire.ID{}, err
	}
	return e.keep(scattered{b})
}

// Start sends a graph and runs it.
func (e *Executor) Start(ctx context.Context, g graph.Graph, o sheaf.RunOptions) (sheaf.Run, error) {
	w, err := travel.Pack(g, travel.Names{Layer: e.layerID, External: e.keep, Large: e.scatter})
	if err != nil {
		return nil, err
	}
	sent, err := wire.Append(nil, &wire.Submit{Request: 1, Graph: *w})
	if err != nil {
		return nil, err
	}
	m, err := wire.Parse(sent)
	if err != nil {
		return nil, err
	}
	got := &m.(*wire.Submit).Graph
	g, err = e.restore(got)
	if err != nil {
		return nil, err
	}
	r, err := e.local.Start(ctx, g, o)
	if err != nil {
		return nil, err
	}
	return run{r}, nil
}

// restore makes a graph whose tasks are run by a loader.
func (e *Executor) restore(w *wire.Graph) (graph.Graph, error) {
	g, err := travel.Unpack(w)
	if err != nil {
		return g, err
	}
	loader, run := travel.NewLoader(), map[wire.LayerID]*wire.Layer{}
	for k := range w.Layers {
		if l := w.Layers[k]; l.Kind == wire.LayerOps || l.Kind == wire.LayerList {
			run[l.ID] = bare(l)
			if err := loader.Add(run[l.ID]); err != nil {
				return g, err
			}
		}
	}
	layers, err := g.Layers()
	if err != nil {
		return g, err
	}
	made := map[graph.Token]*graph.Layer{}
	for _, l := range layers {
		p := graph.Parts{
			Kind: l.Kind(), Name: l.Name(), Token: l.Token(), Content: l.Content(), Space: l.Space(), Op: worker{e, loader, l, run[travel.LayerID(l)]}, Mark: l.Mark(),
			Names: l.TaskName,
		}
		for _, edge := range l.Edges() {
			if edge.From != nil {
				edge.From = made[edge.From.Token()]
			}
			p.Edges = append(p.Edges, edge)
		}
		p.List, _ = l.Listing()
		p.List.Ops = nil
		if l.Kind() == graph.KindHeld {
			for i := range l.Len() {
				id, _ := travel.ExternalID(l.Pending(i))
				e.mu.Lock()
				p.Pending = append(p.Pending, e.values[id])
				e.mu.Unlock()
			}
		}
		if made[l.Token()], err = graph.Restore(p); err != nil {
			return g, err
		}
	}
	out := graph.Graph{}
	for _, o := range g.Outputs {
		out.Outputs = append(out.Outputs, graph.Output{Layer: made[o.Layer.Token()], Index: o.Index})
	}
	return out, nil
}

// bare is what a scheduler sends to a worker of a layer.
func bare(l wire.Layer) *wire.Layer {
	edges := l.Edges
	l.Edges = make([]wire.Edge, len(edges))
	for i := range edges {
		l.Edges[i].Parts = edges[i].Parts
	}
	l.External, l.Content = nil, graph.Token{}
	segments := l.Segments
	l.Segments = make([]wire.Segment, len(segments))
	for i, s := range segments {
		s.Start, s.Inputs, s.Source = nil, nil, nil
		l.Segments[i] = s
	}
	return &l
}

// worker is the operation that runs tasks as a worker does.
type worker struct {
	e      *Executor
	loader *travel.Loader
	layer  *graph.Layer // as the scheduler sees it
	sent   *wire.Layer  // as workers get it
}

func (w worker) Run(ctx context.Context, t *graph.Task) (any, error) {
	id := wire.ID{Layer: travel.LayerID(w.layer), Index: int32(t.Index)}
	takes, _ := w.layer.Op().(graph.PartTaker)
	var in []any
	ends := make([]int32, len(w.layer.Edges()))
	for e := range ends {
		for _, v := range t.In(e) {
			if p, ok := v.(graph.Parted); ok && takes != nil && takes.TakesParts(e) {
				v = p.Only(t.Index)
			}
			in = append(in, v)
		}
		ends[e] = int32(len(in))
	}
	if w.e.processes != nil {
		return w.e.processes.run(ctx, w.sent, request{ID: id, Attempt: t.Attempt, Ends: ends}, in)
	}
	l, i, err := w.loader.Bind(id)
	if err != nil {
		return nil, err
	}
	for k, v := range in {
		if in[k], err = copyOf(v); err != nil {
			return nil, fmt.Errorf("traveltest: input of %s: %w", l.Key(i), err)
		}
	}
	task := graph.Task{Attempt: t.Attempt}
	task.Bind(l, i, in, ends)
	v, err := exec.Run(ctx, l.Op(), &task)
	if err == nil {
		if v, err = copyOf(v); err != nil {
			err = exec.NewError(&task, err)
		}
	}
	if err != nil {
		return nil, sentError(err, id, task.Attempt)
	}
	return v, nil
}

// sentError sends an error through bytes.
func sentError(err error, id wire.ID, attempt int) error {
	b, werr := wire.Append(nil, &wire.Failed{ID: id, Cause: *travel.EncodeError(err, id, "", uint32(attempt))})
	if werr != nil {
		return werr
	}
	m, werr := wire.Parse(b)
	if werr != nil {
		return werr
	}
	return &failed{travel.DecodeError(&m.(*wire.Failed).Cause)}
}

// failed marks a worker's error, which is delivered as it is.
type failed struct{ err error }

func (f *failed) Error() string { return f.err.Error() }
func (f *failed) Unwrap() error { return f.err }

func delivered(err error) error {
	if f, ok := errors.AsType[*failed](err); ok {
		return f.err
	}
	return err
}

func copyOf(v any) (any, error) {
	b, err := travel.AppendValue(nil, v)
	if err != nil {
		return nil, err
	}
	return travel.ParseValue(b)
}

// scattered is a value that was put on a worker.
type scattered struct{ frame []byte }

func (scattered) Key() graph.Key { return graph.KeyText("scattered") }

func (scattered) Notify(f func()) { f() }

func (s scattered) Value(context.Context) (any, error) { return travel.ParseValue(s.frame) }

type run struct{ sheaf.Run }

func (r run) Wait(ctx context.Context) error { return delivered(r.Run.Wait(ctx)) }

func (r run) Output(out, k int) (any, error) {
	v, err := r.Run.Output(out, k)
	return v, delivered(err)
}

func (r run) Pending(out, k int) graph.Pending { return pending{r.Run.Pending(out, k)} }

type pending struct{ graph.Pending }

func (p pending) Value(ctx context.Context) (any, error) {
	v, err := p.Pending.Value(ctx)
	return v, delivered(err)
}

// Distributed reports true: collections plan as for a cluster.
func (e *Executor) Distributed() bool { return true }

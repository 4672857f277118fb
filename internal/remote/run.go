package remote

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"sheaf/graph"
	"sheaf/internal/exec"
	"sheaf/internal/wire"
)

// A Run is a graph that was submitted.
type Run struct {
	x       *Executor
	request uint64
	opt     exec.Options
	begin   time.Time
	unhook  func() bool

	outs    []*graph.Layer // of the graph's outputs
	entries []*entry       // the wanted values, output after output
	start   []int32        // where each output's begin
	group   *group         // of Wait
	holds   []*entry       // distinct

	// Guarded by the executor's mu.
	submit   *wire.Submit // until it was admitted
	gates    []*gate
	own      *gate          // until it was submitted; nil if it was at once
	inputs   []*entry       // held until it was submitted: what the graph stands on
	keeps    []wire.LayerID // scattered for this run
	err      error          // of the submission
	ended    bool
	released bool
	known    chan struct{} // closed when the submission was answered, or is of no use any more; made when it is asked for
	watch    *watch        // of its progress; nil if nobody listens
}

// Start packs a graph and submits it; it does not wait for anything. The run is cancelled when ctx is.
func (x *Executor) Start(ctx context.Context, g graph.Graph, o exec.Options) (*Run, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	r := &Run{x: x, opt: o, begin: time.Now()}
	if err := x.usable(); err != nil {
		return nil, err
	}
	merged, places := merge(g)
	w, err := x.conf.Pack(merged, r.names(ctx))
	if err != nil {
		r.letGo()
		return nil, err
	}
	if len(w.Outputs) != len(merged.Outputs) {
		r.letGo()
		return nil, fmt.Errorf("client: a graph of %d outputs was packed to %d: a bug in sheaf", len(merged.Outputs), len(w.Outputs))
	}
	r.arrange(g, merged, places, w)
	r.watch = newWatch(r)
	r.submit = &wire.Submit{Graph: *w, Options: optionsOf(o, r.watch)}
	if err := x.launch(r); err != nil {
		r.letGo()
		return nil, err
	}
	if ctx.Done() != nil {
		r.unhook = context.AfterFunc(ctx, func() { r.stop(context.Cause(ctx)) })
	}
	return r, nil
}

// usable returns why nothing can be submitted now.
func (x *Executor) usable() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case x.closed != nil:
		return x.closed
	case x.number == 0:
		return fmt.Errorf("client: there is no session with the scheduler at the moment: %w", exec.ErrLost)
	}
	return nil
}

// merge joins the outputs of one layer, so that each wanted task is named once and in ascending order. places says for each output
// which of the merged ones it became.
func merge(g graph.Graph) (merged graph.Graph, places []int) {
	at := make(map[*graph.Layer]int, 1)
	places = make([]int, len(g.Outputs))
	for i, o := range g.Outputs {
		k, ok := at[o.Layer]
		if !ok {
			k = len(merged.Outputs)
			at[o.Layer] = k
			merged.Outputs = append(merged.Outputs, graph.Output{Layer: o.Layer, Index: slices.Clip(o.Index)})
			places[i] = k
			continue
		}
		places[i] = k
		m := &merged.Outputs[k]
		switch {
		case m.Index == nil:
		case o.Index == nil:
			m.Index = nil
		default:
			m.Index = append(m.Index, o.Index...)
		}
	}
	for k := range merged.Outputs {
		if m := &merged.Outputs[k]; m.Index != nil && !ascending(m.Index) {
			m.Index = slices.Clone(m.Index)
			slices.Sort(m.Index)
			m.Index = slices.Compact(m.Index)
		}
	}
	return merged, places
}

func ascending(v []int32) bool {
	for i := 1; i < len(v); i++ {
		if v[i] <= v[i-1] {
			return false
		}
	}
	return true
}

// arrange makes the entries of a packed graph's outputs.
func (r *Run) arrange(g, merged graph.Graph, places []int, w *wire.Graph) {
	layers := make([]*layer, len(merged.Outputs))
	for k, m := range merged.Outputs {
		layers[k] = newLayer(w.Outputs[k].Layer, m.Index, m.Len())
		for i := range layers[k].len() {
			r.holds = append(r.holds, layers[k].at(i))
		}
	}
	n := g.Len()
	r.entries, r.start = make([]*entry, 0, n), make([]int32, 0, len(g.Outputs)+1)
	r.outs = make([]*graph.Layer, len(g.Outputs))
	for i, o := range g.Outputs {
		r.outs[i] = o.Layer
		r.start = append(r.start, int32(len(r.entries)))
		l := layers[places[i]]
		for k := range o.Len() {
			r.entries = append(r.entries, l.find(int32(o.At(k))))
		}
	}
	r.start = append(r.start, int32(len(r.entries)))
}

// launch registers the run and submits it, or has it submitted when what it stands on is there.
func (x *Executor) launch(r *Run) error {
	x.mu.Lock()
	defer x.unlock()
	switch {
	case x.closed != nil:
		return x.closed
	case x.number == 0:
		return fmt.Errorf("client: the session with the scheduler has just ended: %w", exec.ErrLost)
	}
	x.request++
	r.request, r.submit.Request = x.request, x.request
	for _, e := range r.holds {
		e.hold()
		x.layers[e.layer.id] = e.layer
		x.keep(e.layer, r.keeps)
	}
	if len(r.gates) == 0 {
		if err := x.send(r); err != nil {
			for _, e := range r.holds {
				delete(x.layers, e.layer.id)
				x.unkeep(e.layer)
			}
			return err
		}
		return nil
	}
	r.own = &gate{done: make(chan struct{})}
	for _, e := range r.holds {
		e.gate = r.own
	}
	x.runs[r.request] = r
	x.spawn(func() { x.later(r) })
	return nil
}

// send submits a run; the caller holds mu.
func (x *Executor) send(r *Run) error {
	if err := x.conf.Send(r.submit); err != nil {
		return fmt.Errorf("client: the graph cannot be submitted: %w", err)
	}
	x.runs[r.request] = r
	for _, e := range r.holds {
		e.claims++
		e.gate = nil
		if e.holds == 0 {
			x.forget(e)
		}
	}
	for _, e := range r.inputs {
		x.drop(e)
	}
	r.inputs, r.gates = nil, nil
	return nil
}

// later submits a run when its gates are open.
func (x *Executor) later(r *Run) {
	defer close(r.own.done)
	err := r.await()
	x.mu.Lock()
	defer x.unlock()
	if err == nil {
		err = r.err // cancelled or lost before it was submitted
	}
	if err == nil {
		err = x.send(r)
	}
	if err == nil {
		return
	}
	r.own.err = err
	delete(x.runs, r.request)
	for _, e := range r.holds {
		e.gate = nil
		x.fail(e, err)
		if e.holds == 0 {
			x.forget(e)
		}
	}
	for _, e := range r.inputs {
		x.drop(e)
	}
	r.inputs = nil
	r.finish(err)
}

// await waits for the gates.
func (r *Run) await() error {
	for _, g := range r.gates {
		select {
		case <-g.done:
			if g.err != nil {
				return g.err
			}
		case <-r.x.ctx.Done():
			return context.Cause(r.x.ctx)
		}
	}
	return nil
}

// letGo gives up what the run's graph stands on, when it was not submitted.
func (r *Run) letGo() {
	r.x.mu.Lock()
	for _, e := range r.inputs {
		r.x.drop(e)
	}
	r.inputs = nil
	r.x.unkept(r.keeps)
	r.x.unlock()
}

// stop cancels what is not done.
func (r *Run) stop(cause error) {
	x := r.x
	x.mu.Lock()
	defer x.unlock()
	if r.ended {
		return
	}
	r.err = cause
	if r.own != nil && r.submit != nil && len(r.gates) > 0 { // not submitted yet
		for _, e := range r.holds {
			x.fail(e, cause)
		}
		return
	}
	var open []*entry
	for _, e := range r.holds {
		if e.state == pending {
			open = append(open, e)
		}
	}
	x.abandon(open, cause, false)
	r.finish(cause)
}

// finish notes that nothing of the run is under way any more; the caller holds mu.
func (r *Run) finish(err error) {
	if r.ended {
		return
	}
	r.ended = true
	r.answered()
	if r.err == nil {
		r.err = err
	}
	if r.watch != nil {
		r.watch.end(err)
	}
}

// Wait waits until everything is there and has been fetched, and returns the first failure.
func (r *Run) Wait(ctx context.Context) error {
	g, err := r.x.read(ctx, r.entries, !r.opt.KeepGoing)
	runtime.KeepAlive(r)
	if err != nil {
		return err
	}
	r.group = g
	if r.watch != nil && g.first == nil {
		r.watch.last(ctx)
	}
	r.x.mu.Lock()
	defer r.x.unlock()
	r.finish(g.first)
	delete(r.x.runs, r.request)
	return g.first
}

var errNotWaited = errors.New("client: Output before Wait")

// Output returns the value of the k-th wanted task of output out, after Wait.
func (r *Run) Output(out, k int) (any, error) {
	if r.group == nil {
		return nil, errNotWaited
	}
	i := int(r.start[out]) + k
	return r.group.values[i], r.group.err(i)
}

// Admitted waits until the scheduler has the graph, on its disk if it keeps a log, and returns why it refuses it if it does.
func (r *Run) Admitted(ctx context.Context) error {
	x := r.x
	x.mu.Lock()
	if r.submit != nil && !r.ended && r.known == nil {
		r.known = make(chan struct{})
	}
	known, waits := r.known, r.submit != nil && !r.ended
	x.unlock()
	if waits {
		select {
		case <-known:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	x.mu.Lock()
	defer x.unlock()
	return r.err
}

// answered tells who waits for the admission; the caller holds mu.
func (r *Run) answered() {
	r.submit = nil
	if r.known != nil {
		close(r.known)
		r.known = nil
	}
}

// Handle returns the same value as something that other graphs can use at once.
func (r *Run) Handle(out, k int) *Handle {
	return r.x.handle(r.entries[int(r.start[out])+k], r.key(out, k))
}

// key returns the key of a wanted task.
func (r *Run) key(out, k int) graph.Key {
	e := r.entries[int(r.start[out])+k]
	return r.outs[out].Key(int(e.id.Index))
}

// Release gives up the run's own hold on its outputs.
func (r *Run) Release() {
	x := r.x
	x.mu.Lock()
	defer x.unlock()
	if r.released {
		return
	}
	r.released = true
	for _, e := range r.holds {
		x.drop(e)
	}
}

// optionsOf translates a run's options.
func optionsOf(o exec.Options, w *watch) wire.Options {
	t := wire.Options{
		Priority: int32(o.Priority), Retries: int32(o.Retries), KeepGoing: o.KeepGoing, Workers: o.Workers, AllowOther: o.AllowOther,
		Actor: o.Actor, TimeoutMS: o.Timeout.Milliseconds(), Impure: o.Impure, Replicas: int32(o.Replicas), ExcludeHost: o.OtherHost, Span: o.Span,
	}
	if o.Timeout > 0 && t.TimeoutMS == 0 {
		t.TimeoutMS = 1
	}
	for _, name := range slices.Sorted(keys(o.Resources)) {
		t.Resources = append(t.Resources, wire.Resource{Name: name, Amount: o.Resources[name]})
	}
	if w != nil {
		t.Progress, t.Details = true, w.details
	}
	return t
}

func keys(m map[string]float64) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

package local

import (
	"sheaf/graph"
	"sheaf/internal/lower"
	"sheaf/internal/ready"
	"sheaf/internal/store"
)

// recyclers returns per layer the operation that may reuse the memory of its results, and nil for layers of which some
// user may keep a reference to its inputs.
func recyclers(p *lower.Plan) []graph.Recycler {
	var found []graph.Recycler
	for k, l := range p.Layers {
		if r, ok := l.Op().(graph.Recycler); ok {
			if found == nil {
				found = make([]graph.Recycler, len(p.Layers))
			}
			found[k] = r
		}
	}
	if found == nil {
		return nil
	}
	seen := make([]bool, len(p.Layers))
	for i := range int32(p.N) {
		k := p.Layer[i]
		if seen[k] {
			continue
		}
		if _, ok := p.Layers[k].Op().(graph.Reader); ok {
			seen[k] = true
			continue
		}
		seen[k] = len(p.Layers[k].Edges()) == 0
		for _, d := range p.Deps(i) { // an operation that may keep its inputs
			found[p.Layer[d]] = nil
		}
	}
	return found
}

// recycled hands values at their last use back to the operation that made them; the caller holds mu.
func (r *Run) recycled(w *worker) {
	if r.recycle == nil {
		return
	}
	for _, i := range w.freed {
		op := r.recycle[r.plan.Layer[i]]
		if op == nil {
			continue
		}
		switch v := r.values[i].(type) {
		case nil:
		case *store.Entry:
			if value := v.Take(); value != nil {
				op.Recycle(value)
			}
		default:
			size := r.engine.conf.SizeOf(v) // before somebody else uses the memory
			r.values[i] = nil
			op.Recycle(v)
			r.engine.store.Add(-size)
		}
	}
}

// wants reports whether anybody still needs the value of a task that has just been done; the caller holds mu.
func (r *Run) wants(i int32) bool { return r.queue.Status(i) == ready.Memory }

package graph

import (
	"context"
	"slices"

	"sheaf/fn"
)

// Fuse joins chains of layers: where each task of a layer needs exactly its twin of another one, which nobody else needs and
// which is not wanted itself, both become one layer whose tasks run one operation after the other. The intermediate values are
// never stored. Wanted layers keep their names and identities; errors still name the operation that failed.
func Fuse(g Graph) Graph {
	layers, err := g.Layers()
	if err != nil {
		return g // whoever runs it says so
	}
	f := fuser{users: map[Token]int{}, made: map[Token]*Layer{}}
	for _, l := range layers {
		for _, e := range l.edges {
			if e.From != nil {
				f.users[e.From.token]++
			}
		}
	}
	for _, o := range g.Outputs {
		f.users[o.Layer.token]++
	}
	changed := false
	for _, l := range layers {
		made := f.rebuild(l)
		f.made[l.token] = made
		changed = changed || made != l
	}
	if !changed {
		return g
	}
	out := Graph{Outputs: slices.Clone(g.Outputs)}
	for k, o := range out.Outputs {
		out.Outputs[k].Layer = f.made[o.Layer.token]
	}
	return out
}

type fuser struct {
	users map[Token]int
	made  map[Token]*Layer // what stands for each layer of the old graph
}

// rebuild returns what stands for l in the new graph; its inputs have been rebuilt.
func (f *fuser) rebuild(l *Layer) *Layer {
	if len(l.edges) == 1 && l.edges[0].From != nil {
		if in := l.edges[0].From; f.users[in.token] == 1 && twins(l) && plainOp(l) && plainOp(in) {
			return join(f.made[in.token], l)
		}
	}
	changed := slices.ContainsFunc(l.edges, func(e Edge) bool { return e.From != nil && f.made[e.From.token] != e.From })
	if !changed {
		return l
	}
	c := *l
	c.edges = slices.Clone(l.edges)
	for k, e := range c.edges {
		if e.From != nil {
			c.edges[k].From = f.made[e.From.token]
		}
	}
	return &c
}

// twins reports whether each task of l needs exactly the task of its only input that stands at its own place.
func twins(l *Layer) bool {
	in := l.edges[0].From
	if !slices.Equal(l.space, in.space) {
		return false
	}
	switch m := l.edges[0].Map.(type) {
	case Each:
		return true
	case Axes:
		for a, o := range m.Out {
			if o != a && (o != -1 || l.space[a] != 1) {
				return false
			}
		}
		return true
	}
	return false
}

// plainOp reports whether a layer's tasks are computed by its operation, as opposed to lists and values that exist.
func plainOp(l *Layer) bool {
	switch l.op.(type) {
	case constOp, heldOp, aliasOp, listOp, Existing:
		return false
	}
	return l.keys == nil
}

// join makes one layer of two. It has the identity of the second.
func join(first, second *Layer) *Layer {
	l := *second
	l.edges = first.edges
	s := sequence{layers: append(slices.Clip(steps(first)), steps(second)...)}
	_, reads := s.layers[0].op.(Reader)
	_, recycles := s.layers[len(s.layers)-1].op.(Recycler)
	switch {
	case reads && recycles:
		l.op = readingRecyclingSequence{recyclingSequence{s}}
	case recycles:
		l.op = recyclingSequence{s}
	case reads:
		l.op = readingSequence{s}
	default:
		l.op = s
	}
	return &l
}

func steps(l *Layer) []*Layer {
	if s, ok := l.op.(sequencer); ok {
		return s.sequence().layers
	}
	return []*Layer{l.bare()}
}

// bare returns the layer without what it hangs on, which its operation does not look at: a step must not hold a whole graph.
func (l *Layer) bare() *Layer {
	b := *l
	b.edges = make([]Edge, len(l.edges))
	return &b
}

// sequence runs the operations of several layers one after the other.
type sequence struct{ layers []*Layer }

type sequencer interface{ sequence() sequence }

func (s sequence) sequence() sequence { return s }

// oneInput are the ends of the edges of a task with a single input.
var oneInput = []int32{1}

// Run runs the steps. The task is bound to the layer of the step that runs, so that an error or a panic is that step's.
func (s sequence) Run(ctx context.Context, t *Task) (any, error) {
	var buf [1]any
	var before any
	for k, l := range s.layers {
		t.Layer = l
		if k > 0 {
			buf[0] = before
			t.Bind(l, t.Index, buf[:], oneInput)
		}
		v, err := l.op.Run(ctx, t)
		if err != nil {
			return nil, err
		}
		if k > 0 {
			recycleStep(s.layers[k-1], l, before)
		}
		before = v
	}
	return before, nil
}

// recycleStep gives an intermediate value back to the operation that made it, if the one that read it keeps nothing of it.
func recycleStep(made, read *Layer, v any) {
	r, ok := made.op.(Recycler)
	if _, reads := read.op.(Reader); ok && reads && v != nil {
		r.Recycle(v)
	}
}

// Source returns the last step's function. Errors name the step that failed: see Run.
func (s sequence) Source(i int) fn.Source {
	for k := len(s.layers) - 1; k >= 0; k-- {
		if src, ok := s.layers[k].op.(Sourcer); ok {
			return src.Source(i)
		}
	}
	return fn.Source{}
}

// OutBytes returns the size of the largest step's value, as far as the steps know theirs: that much is needed at once.
func (s sequence) OutBytes(i int) int64 {
	most := int64(-1)
	for _, l := range s.layers {
		if z, ok := l.op.(Sized); ok {
			most = max(most, z.OutBytes(i))
		}
	}
	return most
}

// TakesParts is the first step's word: it is the one with inputs.
func (s sequence) TakesParts(edge int) bool {
	p, ok := s.layers[0].op.(PartTaker)
	return ok && p.TakesParts(edge)
}

// HashToken writes the steps' identities.
func (s sequence) HashToken(h *Hasher) {
	for _, l := range s.layers {
		h.Token(l.spec)
	}
}

// The variants say what the first and the last step promise.
type (
	readingSequence          struct{ sequence }
	recyclingSequence        struct{ sequence }
	readingRecyclingSequence struct{ recyclingSequence }
)

func (readingSequence) ReadsOnly() {}

func (s recyclingSequence) Recycle(v any) { s.layers[len(s.layers)-1].op.(Recycler).Recycle(v) }

func (readingRecyclingSequence) ReadsOnly() {}

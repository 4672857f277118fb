// Package lower expands a graph's layers into the flat arrays that an executor works on: only the tasks that the outputs
// need, numbered depth first, so that a task's number is also its priority.
package lower

import (
	"sheaf/graph"
)

// A Plan is a culled and ordered graph. Tasks are numbered 0 … N-1 in the order in which one worker would run them: inputs
// first, depth first, so that little stays in memory. The plan is immutable.
type Plan struct {
	Layers []*graph.Layer
	N      int

	Layer []int32 // per task: its layer, an index into Layers
	Index []int32 // per task: its index in the layer
	Next  []int32 // per task: the task that alone needs it and needs nothing else, or -1: a link of a linear chain

	Outputs [][]int32 // per output of the graph: its tasks
	Held    []int32   // the tasks whose values others provide

	depStart []int32
	dep      []int32
	useStart []int32
	use      []int32
	shape    []layerShape
}

// layerShape says how the inputs of a layer's tasks are divided among its edges.
type layerShape struct {
	fixed  []int32 // the ends, where they are the same for all tasks
	uneven bool    // they differ from task to task:
	at     []int32 // per task of the layer, where its ends stand in ends
	ends   []int32
}

// note records the ends of a task's edges, of which start is to be subtracted.
func (s *layerShape) note(l *graph.Layer, index, start int32, ends []int32) {
	if s.at == nil {
		s.at = make([]int32, l.Len())
	}
	s.at[index] = int32(len(s.ends))
	for _, end := range ends {
		s.ends = append(s.ends, end-start)
	}
}

// Deps returns the tasks whose values task i needs, in the order of its arguments.
func (p *Plan) Deps(i int32) []int32 { return p.dep[p.depStart[i]:p.depStart[i+1]] }

// Uses returns the tasks that need task i, ascending. A task that needs it twice stands twice.
func (p *Plan) Uses(i int32) []int32 { return p.use[p.useStart[i]:p.useStart[i+1]] }

// Key returns the identity of task i.
func (p *Plan) Key(i int32) graph.Key { return p.Layers[p.Layer[i]].Key(int(p.Index[i])) }

// Ends returns the ends of the edges within the inputs of task i. It may use scratch, which must have room for one number
// per edge.
func (p *Plan) Ends(i int32, scratch []int32) []int32 {
	s := &p.shape[p.Layer[i]]
	switch {
	case s.fixed != nil:
		return s.fixed
	case s.uneven:
		at := s.at[p.Index[i]]
		return s.ends[at : int(at)+len(p.Layers[p.Layer[i]].Edges())]
	}
	n := p.depStart[i+1] - p.depStart[i]
	scratch = scratch[:0]
	for range max(1, len(p.Layers[p.Layer[i]].Edges())) {
		scratch = append(scratch, n)
	}
	return scratch
}

// shapeOf finds out whether all tasks of a layer divide their inputs alike.
func shapeOf(l *graph.Layer) layerShape {
	edges := l.Edges()
	if l.Keyed() || len(edges) == 1 {
		return layerShape{}
	}
	fixed := make([]int32, 0, len(edges))
	n := int32(0)
	for _, e := range edges {
		switch m := e.Map.(type) {
		case graph.Each, graph.Axes:
			n++
		case graph.All:
			n += int32(m.N)
		default:
			return layerShape{uneven: true}
		}
		fixed = append(fixed, n)
	}
	return layerShape{fixed: fixed}
}

// Trim gives up what only the running of the plan needs: afterwards the tasks' keys can be asked for, but not their inputs
// and users.
func (p *Plan) Trim() {
	p.depStart, p.dep, p.useStart, p.use, p.Next = nil, nil, nil, nil, nil
	p.shape = nil
}

// Forget gives up the layers too: afterwards only the numbers of the outputs are known.
func (p *Plan) Forget() { p.Layers, p.Layer, p.Index = nil, nil, nil }

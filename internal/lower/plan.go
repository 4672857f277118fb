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

	number map[graph.Token]int32 // of layers
	from   [][]int32             // per layer and edge: the number of the layer it comes from
	ids    [][]int32             // per layer and index: the task's number + 1, 0 if it is not needed
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

// Number returns the number of the layer with an identity, an index into Layers, and false if no wanted task needs it.
func (p *Plan) Number(layer graph.Token) (int32, bool) {
	n, ok := p.number[layer]
	return n, ok
}

// Task returns the number of the task that stands at an index of a layer, looking through aliases, and false if nothing
// wanted needs it.
func (p *Plan) Task(layer, index int32) (int32, bool) {
	for range len(p.Layers) + 1 {
		if int(layer) >= len(p.ids) || layer < 0 {
			return 0, false
		}
		l := p.Layers[layer]
		if index < 0 || int(index) >= l.Len() {
			return 0, false
		}
		if !l.IsAlias() {
			ids := p.ids[layer]
			if ids == nil || ids[index] <= 0 {
				return 0, false
			}
			return ids[index] - 1, true
		}
		var buf [4]graph.Ref
		var ends [4]int32
		refs, _ := l.Deps(int(index), buf[:0], ends[:0])
		if len(refs) != 1 {
			return 0, false
		}
		layer, index = p.from[layer][refs[0].Edge], refs[0].Index
	}
	return 0, false
}

// Key returns the identity of task i.
func (p *Plan) Key(i int32) graph.Key { return p.Layers[p.Layer[i]].Key(int(p.Index[i])) }

// Token returns the token of task i's key.
func (p *Plan) Token(i int32) graph.Token { return p.Layers[p.Layer[i]].KeyToken(int(p.Index[i])) }

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

// EdgeOf returns the edge by which the only input of task i comes.
func (p *Plan) EdgeOf(i int32) int32 {
	var scratch [8]int32
	for e, end := range p.Ends(i, scratch[:0]) {
		if end > 0 {
			return int32(e)
		}
	}
	return 0
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
	p.shape, p.number, p.from, p.ids = nil, nil, nil, nil
}

// Forget gives up the layers too: afterwards only the numbers of the outputs are known.
func (p *Plan) Forget() { p.Layers, p.Layer, p.Index = nil, nil, nil }

// Flat returns a plan of tasks of one layer that need nothing, none at first; see [Plan.Append].
func Flat(l *graph.Layer) *Plan {
	return &Plan{Layers: []*graph.Layer{l}, depStart: []int32{0}, useStart: []int32{0}}
}

// Append adds a task that needs nothing, and that nothing needs, to a plan made by [Flat].
func (p *Plan) Append(layer, index int32) {
	p.N++
	p.Layer, p.Index, p.Next = append(p.Layer, layer), append(p.Index, index), append(p.Next, -1)
	p.depStart, p.useStart = append(p.depStart, 0), append(p.useStart, 0)
}

package lower

import (
	"fmt"
	"strings"

	"sheaf/graph"
	"sheaf/internal/order"
)

// Expand culls, orders and flattens g. It fails when two computations have one key ([graph.ErrClash]) and when tasks need
// each other ([graph.ErrCycle], with the cycle). Time and memory are linear in the number of tasks that the outputs need,
// besides four bytes a task of every layer that is touched.
func Expand(g graph.Graph) (*Plan, error) {
	layers, err := g.Layers()
	if err != nil {
		return nil, err
	}
	x := newExpander(layers)
	p := x.plan
	for _, o := range g.Outputs {
		l := x.number[o.Layer.Token()]
		tasks := make([]int32, o.Len())
		for k := range tasks {
			i := int32(o.At(k))
			if int(i) >= o.Layer.Len() || i < 0 {
				return nil, fmt.Errorf("graph: task %d of layer %q is wanted, it has %d: %w", i, o.Layer.Name(), o.Layer.Len(), graph.ErrGraph)
			}
			if tasks[k], err = x.task(l, i); err != nil {
				return nil, err
			}
		}
		p.Outputs = append(p.Outputs, tasks)
	}
	p.depStart = append(p.depStart, int32(len(p.dep)))
	p.number, p.from, p.ids = x.number, x.from, x.ids
	x.invert()
	return p, nil
}

// place is a task before it has a number.
type place struct{ layer, index int32 }

type openTask struct {
	place
	start, at, end int32 // its inputs in expander.inputs, and the next one to visit
}

type expander struct {
	plan   *Plan
	number map[graph.Token]int32
	from   [][]int32 // per layer and edge: the number of the layer it comes from
	order  [][]int   // per layer: the order in which to visit the edges
	ids    [][]int32 // per layer and index: 0 not seen, -1 being visited, else the task's number + 1
	byKey  map[graph.Token]int32
	stack  []openTask
	inputs []graph.Ref // of the open tasks, a stack
	ends   []int32
}

func newExpander(layers []*graph.Layer) *expander {
	x := &expander{
		plan: &Plan{Layers: layers, shape: make([]layerShape, len(layers))}, number: make(map[graph.Token]int32, len(layers)),
		from: make([][]int32, len(layers)), ids: make([][]int32, len(layers)), order: order.Edges(layers),
	}
	lists, listed := 0, 0
	for k, l := range layers {
		x.number[l.Token()] = int32(k)
		x.plan.shape[k] = shapeOf(l)
		if l.Keyed() {
			lists++
			listed += l.Len()
		}
		from := make([]int32, len(l.Edges()))
		for e := range from {
			from[e] = x.number[l.From(e).Token()]
		}
		x.from[k] = from
	}
	if lists > 1 { // tasks of lists have identities of their own, so two lists may hold the same task
		x.byKey = make(map[graph.Token]int32, listed)
	}
	if len(layers) == 1 {
		p, n := x.plan, layers[0].Len()
		p.Layer, p.Index, p.depStart = make([]int32, 0, n), make([]int32, 0, n), make([]int32, 0, n+1)
	}
	return x
}

// resolve looks through aliases.
func (x *expander) resolve(at place) (place, error) {
	for range len(x.plan.Layers) + 1 {
		l := x.plan.Layers[at.layer]
		if !l.IsAlias() {
			return at, nil
		}
		var buf [4]graph.Ref
		var ends [4]int32
		refs, _ := l.Deps(int(at.index), buf[:0], ends[:0])
		if len(refs) != 1 {
			return at, fmt.Errorf("graph: task %s is an alias of %d tasks, want 1: %w", l.Key(int(at.index)), len(refs), graph.ErrGraph)
		}
		at = place{x.from[at.layer][refs[0].Edge], refs[0].Index}
	}
	return at, fmt.Errorf("graph: alias %q stands for itself: %w", x.plan.Layers[at.layer].Name(), graph.ErrCycle)
}

// seen returns the mark of a place, making room for its layer's marks.
func (x *expander) seen(at place) *int32 {
	ids := x.ids[at.layer]
	if ids == nil {
		ids = make([]int32, x.plan.Layers[at.layer].Len())
		x.ids[at.layer] = ids
	}
	return &ids[at.index]
}

// task returns the number of a task, after numbering everything that it needs.
func (x *expander) task(layer, index int32) (int32, error) {
	root, err := x.resolve(place{layer, index})
	if err != nil {
		return 0, err
	}
	if *x.seen(root) == 0 && !x.known(root) {
		x.open(root)
	}
	for len(x.stack) > 0 {
		t := &x.stack[len(x.stack)-1]
		if t.at == t.end {
			x.close()
			continue
		}
		r := x.inputs[t.at]
		t.at++
		in, err := x.resolve(place{x.from[t.layer][r.Edge], r.Index})
		if err != nil {
			return 0, err
		}
		switch mark := *x.seen(in); {
		case mark > 0 || mark == 0 && x.known(in):
		case mark < 0:
			return 0, x.cycle(in)
		default:
			x.open(in)
		}
	}
	return *x.seen(root) - 1, nil
}

// known finds a task of a list that stands in another list too.
func (x *expander) known(at place) bool {
	l := x.plan.Layers[at.layer]
	if x.byKey == nil || !l.Keyed() {
		return false
	}
	id, ok := x.byKey[l.Key(int(at.index)).Token]
	if ok {
		*x.seen(at) = id + 1
	}
	return ok
}

func (x *expander) open(at place) {
	*x.seen(at) = -1
	start := int32(len(x.inputs))
	l := x.plan.Layers[at.layer]
	x.inputs, x.ends = l.Deps(int(at.index), x.inputs, x.ends[:0])
	if o := x.order[at.layer]; o != nil {
		x.reorder(start, o)
	}
	x.stack = append(x.stack, openTask{at, start, start, int32(len(x.inputs))})
}

// reorder brings the inputs from start on, as they are delivered edge by edge, into the order in which edges are visited.
func (x *expander) reorder(start int32, edges []int) {
	args := append([]graph.Ref(nil), x.inputs[start:]...)
	x.inputs = x.inputs[:start]
	for _, e := range edges {
		lo := start
		if e > 0 {
			lo = x.ends[e-1]
		}
		x.inputs = append(x.inputs, args[lo-start:x.ends[e]-start]...)
	}
}

// close numbers the task on top of the stack.
func (x *expander) close() {
	t := x.stack[len(x.stack)-1]
	x.stack = x.stack[:len(x.stack)-1]
	p, l := x.plan, x.plan.Layers[t.layer]
	id := int32(p.N)
	p.N++
	p.Layer = append(p.Layer, t.layer)
	p.Index = append(p.Index, t.index)
	p.depStart = append(p.depStart, int32(len(p.dep)))
	shape := &p.shape[t.layer]
	if x.order[t.layer] != nil || shape.uneven {
		x.inputs, x.ends = l.Deps(int(t.index), x.inputs[:t.start], x.ends[:0])
	}
	if shape.uneven {
		shape.note(l, t.index, t.start, x.ends)
	}
	for _, r := range x.inputs[t.start:t.end] {
		in, _ := x.resolve(place{x.from[t.layer][r.Edge], r.Index})
		p.dep = append(p.dep, *x.seen(in)-1)
	}
	x.inputs = x.inputs[:t.start]
	*x.seen(t.place) = id + 1
	if x.byKey != nil && l.Keyed() {
		x.byKey[l.Key(int(t.index)).Token] = id
	}
	if l.Pending(int(t.index)) != nil {
		p.Held = append(p.Held, id)
	}
}

// cycle describes the tasks on the stack from at on.
func (x *expander) cycle(at place) error {
	var names []string
	for _, t := range x.stack {
		if t.place == at || len(names) > 0 {
			names = append(names, x.plan.Layers[t.layer].Key(int(t.index)).String())
		}
	}
	if len(names) > 12 {
		names = append(append(names[:6:6], fmt.Sprintf("… %d more …", len(names)-10)), names[len(names)-4:]...)
	}
	return fmt.Errorf("graph: %w: %s needs itself by %s", graph.ErrCycle, names[0], strings.Join(append(names, names[0]), " <- "))
}

// invert makes the lists of users and the links of linear chains.
func (x *expander) invert() {
	p := x.plan
	p.useStart = make([]int32, p.N+1)
	for _, d := range p.dep {
		p.useStart[d+1]++
	}
	for i := range p.N {
		p.useStart[i+1] += p.useStart[i]
	}
	p.use = make([]int32, len(p.dep))
	at := append([]int32(nil), p.useStart[:p.N]...)
	p.Next = make([]int32, p.N)
	for i := range int32(p.N) {
		p.Next[i] = -1
		for _, d := range p.Deps(i) {
			p.use[at[d]] = i
			at[d]++
		}
	}
	wanted := make([]bool, p.N)
	for _, out := range p.Outputs {
		for _, i := range out {
			wanted[i] = true
		}
	}
	for _, i := range p.Held {
		wanted[i] = true // it finishes outside, so nothing follows it in the same breath
	}
	for i := range int32(p.N) {
		if u := p.Uses(i); len(u) == 1 && !wanted[i] && len(p.Deps(u[0])) == 1 {
			p.Next[i] = u[0]
		}
	}
}

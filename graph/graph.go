package graph

import (
	"fmt"
)

// A Graph is what is to be computed: some tasks of some layers, and everything that they need.
type Graph struct {
	Outputs []Output
}

// An Output is the wanted tasks of one layer: those in Index, or all of them if it is nil.
type Output struct {
	Layer *Layer
	Index []int32
}

// Len returns the number of wanted tasks.
func (o Output) Len() int {
	if o.Index != nil {
		return len(o.Index)
	}
	return o.Layer.n
}

// At returns the layer's index of the k-th wanted task.
func (o Output) At(k int) int {
	if o.Index != nil {
		return int(o.Index[k])
	}
	return k
}

// Of returns the graph that computes all tasks of the layers.
func Of(layers ...*Layer) Graph {
	var g Graph
	for _, l := range layers {
		g.Outputs = append(g.Outputs, Output{Layer: l})
	}
	return g
}

// Len returns the number of wanted tasks.
func (g Graph) Len() int {
	n := 0
	for _, o := range g.Outputs {
		n += o.Len()
	}
	return n
}

// Layers returns the graph's distinct layers, inputs before those that use them. Layers of one identity stand once, as the
// one whose values others hold already if there is such a one; if they differ in content the error names both.
func (g Graph) Layers() ([]*Layer, error) {
	w := walk{seen: map[Token]int{}, done: map[*Layer]bool{}}
	for _, o := range g.Outputs {
		if o.Layer == nil {
			return nil, fmt.Errorf("graph: an output has no layer: %w", ErrGraph)
		}
		if err := w.visit(o.Layer); err != nil {
			return nil, err
		}
	}
	return w.layers, nil
}

type walk struct {
	layers []*Layer
	seen   map[Token]int // places in layers
	done   map[*Layer]bool
}

type frame struct {
	layer *Layer
	next  int
}

// visit walks depth first with a stack of its own: chains of layers can be longer than any goroutine's stack likes.
func (w *walk) visit(root *Layer) error {
	stack := []frame{{layer: root}}
	if w.done[root] {
		return nil
	}
	w.done[root] = true
	for len(stack) > 0 {
		f := &stack[len(stack)-1]
		if f.next < len(f.layer.edges) {
			from := f.layer.edges[f.next].From
			f.next++
			if from != nil && !w.done[from] {
				w.done[from] = true
				stack = append(stack, frame{layer: from})
			}
			continue
		}
		l := f.layer
		stack = stack[:len(stack)-1]
		if at, ok := w.seen[l.token]; ok {
			twin := w.layers[at]
			switch {
			case twin.spec == l.spec || twin.isHeld() && twin.n == l.n:
			case l.isHeld() && twin.n == l.n:
				w.layers[at] = l
			default:
				return fmt.Errorf("graph: %w: %q and %q both have the identity %s, but they are not the same computation; "+
					"give one of them another name", ErrClash, describe(twin), describe(l), l.token.Short())
			}
			continue
		}
		w.seen[l.token] = len(w.layers)
		w.layers = append(w.layers, l)
	}
	return nil
}

func describe(l *Layer) string { return fmt.Sprintf("%s %v of %T", l.name, l.space, l.op) }

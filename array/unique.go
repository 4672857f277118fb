package array

import (
	"context"

	"sheaf/graph"
	"sheaf/ndarray"
)

// Unique returns the distinct elements of x in ascending order, in one block whose length only the data tell.
func (x *Array) Unique() *Array {
	if x.err != nil {
		return x
	}
	return wrap(newUnique(x.node))
}

// uniqueNode has the distinct elements of its operand.
type uniqueNode struct{ meta }

func newUnique(kid node) *uniqueNode {
	return &uniqueNode{newMeta("unique", kid.about().dt, [][]int{{unknown}}, []node{kid}, nil)}
}

func (n *uniqueNode) With(kids []node) node { return newUnique(kids[0]) }

func (n *uniqueNode) String() string { return "unique" + describe(n) }

func (n *uniqueNode) lower(p *plan) (*graph.Layer, error) {
	from, err := p.layer(n.kids[0])
	if err != nil {
		return nil, err
	}
	first, err := graph.New(graph.Spec{Name: "unique-chunk", Op: uniqueOp{}, Space: from.Space(), Edges: []graph.Edge{{From: from, Map: graph.Each{}}}})
	if err != nil {
		return nil, err
	}
	axes := upTo(len(from.Space()))
	l, err := graph.Tree(first, graph.TreeSpec{Name: "unique", Axes: axes, Every: everyAxis(0, len(axes)), Combine: uniqueOp{}, Aggregate: uniqueOp{}})
	if err != nil {
		return nil, err
	}
	return graph.Alias("unique", []int{1}, graph.Edge{From: l, Map: graph.Each{}})
}

// uniqueOp returns the distinct elements of its inputs together.
type uniqueOp struct{}

// ReadsOnly implements graph.Reader.
func (uniqueOp) ReadsOnly() {}

// Run implements graph.Op.
func (uniqueOp) Run(_ context.Context, t *graph.Task) (any, error) {
	parts := make([]*ndarray.Array, len(t.Inputs()))
	for i, v := range t.Inputs() {
		b, ok := v.(*ndarray.Array)
		if !ok {
			return nil, wrongBlock(t, v, 0, 1)
		}
		parts[i] = b.Ravel()
	}
	x, err := ndarray.Concatenate(parts, 0)
	if err != nil {
		return nil, err
	}
	return x.Unique(), nil
}

package array

import (
	"fmt"
	"slices"

	"sheaf"
	"sheaf/dtype"
	"sheaf/graph"
	"sheaf/internal/kernel/num"
	"sheaf/internal/kernel/ufunc"
)

// regionBuilder compiles a region: the expression under a root that one layer computes, a task per block of the root.
type regionBuilder struct {
	p      *plan
	root   node
	turned bool // an operand lies transposed
	space  []int
	b      num.Builder
	inputs []input
	draws  []*drawNode
	edges  []graph.Edge
	memo   map[graph.Token][]placed
	layers map[graph.Token][]placedEdge
}

// placed is a value of the program with the axes that it was compiled for.
type placed struct {
	axes  []viewAxis
	value num.Value
}

type placedEdge struct {
	axes []viewAxis
	edge int
}

// input is an operand of a region's program that is not computed by it.
type input struct {
	edge int        // of the layer that delivers the blocks; -1: made in the task
	ramp *rampNode  // made in the task: positions along an axis
	draw *drawNode  // made in the task: random numbers of a whole block, of which the view shows a part
	axes []viewAxis // how it lies under the region's blocks
	dt   dtype.Type
}

func (p *plan) newRegion(region graph.Token, root node) *regionBuilder {
	return &regionBuilder{
		p: p, root: root, turned: p.turned[region], space: spaceOf(root.about().chunks),
		memo: map[graph.Token][]placed{}, layers: map[graph.Token][]placedEdge{},
	}
}

// lowerRegion returns the layer that computes the blocks of an inlinable node.
func (p *plan) lowerRegion(root node) (*graph.Layer, error) {
	dst := p.into[root.Token()]
	if dst == nil {
		if l, err := p.lowerView(root); l != nil || err != nil {
			return l, err
		}
	}
	r := p.newRegion(root.Token(), root)
	v, err := r.inside(root, identity(len(r.space)))
	if err != nil {
		return nil, err
	}
	r.b.Store(v)
	return r.layer(regionName(root), &fusedOp{out: root.about().dt, into: dst})
}

// regionName names a layer after the operation at its top.
func regionName(n node) string {
	switch n := n.(type) {
	case *ufuncNode:
		return n.op.String()
	case *viewNode:
		return n.label
	case *drawNode:
		return n.label
	case *rampNode:
		return "ramp"
	}
	return "full"
}

// value returns the program's value of a node that lies under the region's blocks as axes say.
func (r *regionBuilder) value(n node, axes []viewAxis) (num.Value, error) {
	for _, m := range r.memo[n.Token()] {
		if sameAxes(m.axes, axes) {
			return m.value, nil
		}
	}
	var v num.Value
	var err error
	if inlines(n) && (!r.p.own[n.Token()] || trivial(n)) {
		v, err = r.inside(n, axes)
	} else {
		v, err = r.block(n, axes)
	}
	if err == nil {
		r.memo[n.Token()] = append(r.memo[n.Token()], placed{axes, v})
	}
	return v, err
}

// inside compiles an inlinable node.
func (r *regionBuilder) inside(n node, axes []viewAxis) (num.Value, error) {
	switch n := n.(type) {
	case *fullNode:
		return r.b.Const(n.value), nil
	case *rampNode:
		r.inputs = append(r.inputs, input{edge: -1, ramp: n, axes: axes, dt: n.dt})
		return r.b.Input(n.dt), nil
	case *drawNode:
		// Numbers come in C order. Beside a transposed operand, tiles are squares: then they are drawn into memory first.
		if whole(axes, len(r.space)) && !r.turned {
			r.draws = append(r.draws, n)
			return r.b.Draw(n.dist), nil
		}
		r.inputs = append(r.inputs, input{edge: -1, draw: n, axes: axes, dt: n.dt})
		return r.b.Input(n.dt), nil
	case *viewNode:
		return r.value(n.kids[0], compose(axes, n.axes, r.space))
	case *ufuncNode:
		args := make([]num.Value, len(n.kids))
		for i, k := range n.kids {
			v, err := r.value(k, compose(axes, n.edge(i), r.space))
			if err != nil {
				return v, err
			}
			args[i] = v
		}
		if n.op == num.Cast {
			return r.b.Cast(args[0], n.dt), nil
		}
		v, err := ufunc.Emit(&r.b, n.op, args...)
		if err != nil {
			return v, fmt.Errorf("array: %w: %w", err, sheaf.ErrInternal)
		}
		return v, nil
	}
	return num.Value{}, fmt.Errorf("array: %v cannot be evaluated inside of a task: %w", n, sheaf.ErrInternal)
}

// block makes the blocks of a node that has a layer of its own an input.
func (r *regionBuilder) block(n node, axes []viewAxis) (num.Value, error) {
	from, err := r.p.layer(n)
	if err != nil {
		return num.Value{}, err
	}
	edge := -1
	for _, e := range r.layers[n.Token()] {
		if sameBlocks(e.axes, axes) {
			edge = e.edge
		}
	}
	if edge < 0 {
		m, err := mapping(r.space, from.Space(), axes)
		if err != nil {
			return num.Value{}, err
		}
		edge = len(r.edges)
		r.edges = append(r.edges, graph.Edge{From: from, Map: m})
		r.layers[n.Token()] = append(r.layers[n.Token()], placedEdge{axes, edge})
	}
	r.inputs = append(r.inputs, input{edge: edge, axes: axes, dt: n.about().dt})
	return r.b.Input(n.about().dt), nil
}

// sameBlocks reports whether two views of one operand need the same blocks of it.
func sameBlocks(a, b []viewAxis) bool {
	return slices.EqualFunc(a, b, func(x, y viewAxis) bool {
		return x.out == y.out && slices.Equal(x.blocks, y.blocks) && (x.blocks == nil) == (y.blocks == nil)
	})
}

// mapping says which block of an operand each block of a result needs.
func mapping(out, in []int, axes []viewAxis) (graph.Mapping, error) {
	plain := true
	to := make([]int, len(axes))
	for k, x := range axes {
		to[k] = x.out
		same := x.blocks == nil || in[k] == 1
		if x.out >= 0 && same && in[k] != 1 && in[k] != out[x.out] {
			same = false
		}
		if x.out < 0 && in[k] != 1 {
			same = false
		}
		plain = plain && same
	}
	if plain {
		return graph.Blockwise(out, in, to)
	}
	spans := make([][]graph.Span, len(axes))
	for k, x := range axes {
		n := 1
		if x.out >= 0 {
			n = out[x.out]
		}
		spans[k] = make([]graph.Span, n)
		for c := range n {
			b := int32(c)
			if x.blocks != nil {
				b = x.blocks[c]
			}
			spans[k][c] = graph.Span{Lo: b, Hi: b + 1}
		}
	}
	return graph.NewWindow(out, in, to, spans)
}

// layer finishes the program and makes the layer.
func (r *regionBuilder) layer(name string, op *fusedOp) (*graph.Layer, error) {
	prog, err := r.b.Build()
	if err != nil {
		return nil, fmt.Errorf("array: %s: %w: %w", name, err, sheaf.ErrInternal)
	}
	op.prog, op.inputs, op.draws, op.chunks = prog, r.inputs, r.draws, r.root.about().chunks
	h := graph.NewHasher("region")
	h.Token(r.root.Token())
	h.Any(*prog)
	for _, in := range r.inputs {
		h.Int(in.edge)
		hashAxes(h, in.axes)
	}
	op.token = h.Sum()
	var token graph.Token
	if op.into != nil {
		token = graph.Unique()
	}
	return graph.New(graph.Spec{Name: name, Op: op, Space: r.space, Edges: r.edges, Token: token})
}

package array

import (
	"context"
	"fmt"
	"slices"

	"sheaf/dtype"
	"sheaf/graph"
	"sheaf/internal/kernel/num"
	"sheaf/ndarray"
)

// contraction says how blocks are multiplied.
type contraction uint8

const (
	contractAxes   contraction = iota + 1 // tensordot over listed axes
	contractMatrix                        // matmul: the last two axes are matrices, the others broadcast
)

// contractNode is a sum of products of two arrays over common axes.
type contractNode struct {
	meta
	kind   contraction
	axes   [2][]int // contracted, of each operand
	labels [2][]int // per axis of each operand: the axis of the result, or -1-k for the k-th contracted one, or broadcastAxis
}

// broadcastAxis marks an axis of length 1 that meets a longer one.
const broadcastAxis = -1 << 20

func newContract(kind contraction, a, b node, axes, labels [2][]int, t dtype.Type, chunks [][]int) *contractNode {
	m := newMeta("contract", t, chunks, []node{a, b}, func(h *graph.Hasher) {
		h.Int(int(kind))
		for i := range 2 {
			h.Ints(axes[i])
			h.Ints(labels[i])
		}
	})
	return &contractNode{m, kind, axes, labels}
}

func (n *contractNode) With(kids []node) node {
	return newContract(n.kind, kids[0], kids[1], n.axes, n.labels, n.dt, n.chunks)
}

func (n *contractNode) String() string {
	if n.kind == contractMatrix {
		return "matmul" + describe(n)
	}
	return "tensordot" + describe(n)
}

// groupBytes bounds the blocks of the operands that one task multiplies and adds up, so that long sums need little memory.
const groupBytes = 256 << 20

// productTasks is how many tasks a product has at least, if its sums are long enough. It does not depend on the machine, because
// the last digits of sums do on it.
const productTasks = 16

func (n *contractNode) lower(p *plan) (*graph.Layer, error) {
	space := spaceOf(n.chunks)
	a := n.kids[0].about()
	inner := make([]int, len(n.axes[0])) // blocks along each contracted axis
	for k, axis := range n.axes[0] {
		inner[k] = len(a.chunks[axis])
	}
	group := n.groupSize()
	if few := product(space); len(inner) > 0 && few < productTasks { // a small result of a long sum: its parts are tasks
		group = min(group, max(2, (inner[0]*few+productTasks-1)/productTasks))
	}
	groups := [][]graph.Span{}
	full := slices.Clone(space)
	split := len(inner) > 0 && inner[0] > group
	for k, c := range inner {
		if k == 0 && split {
			groups = append(groups, graph.Groups(c, group))
			full = append(full, len(groups[0]))
			continue
		}
		groups = append(groups, []graph.Span{{Lo: 0, Hi: int32(c)}})
	}
	var edges []graph.Edge
	for i, kid := range n.kids {
		from, err := p.layer(kid)
		if err != nil {
			return nil, err
		}
		to, spans := make([]int, len(n.labels[i])), make([][]graph.Span, len(n.labels[i]))
		for axis, l := range n.labels[i] {
			switch {
			case l == broadcastAxis:
				to[axis], spans[axis] = -1, []graph.Span{{Lo: 0, Hi: 1}}
			case l >= 0:
				to[axis], spans[axis] = l, graph.Groups(space[l], 1)
			case l == -1 && split:
				to[axis], spans[axis] = len(space), groups[0]
			default:
				to[axis], spans[axis] = -1, groups[-1-l]
			}
		}
		m, err := graph.NewWindow(full, from.Space(), to, spans)
		if err != nil {
			return nil, err
		}
		edges = append(edges, graph.Edge{From: from, Map: m})
	}
	op := contractOp{Kind: n.kind, Axes: n.axes, Labels: n.labels, Out: n.dt, Inner: inner, Dims: len(space)}
	spec := graph.Spec{Name: op.Kind.String(), Space: full, Edges: edges}
	if dst := p.into[n.token]; dst != nil && !split && len(space) == 2 {
		op.into, spec.Token = dst, graph.Unique()
	}
	spec.Op = op
	l, err := graph.New(spec)
	if err != nil || !split {
		return l, err
	}
	return graph.Tree(l, graph.TreeSpec{Name: "sum", Axes: []int{len(space)}, Every: splitEvery(), Combine: addOp{}, Aggregate: addOp{}})
}

// groupSize returns how many blocks along the first contracted axis one task takes.
func (n *contractNode) groupSize() int {
	bytes := 0
	for i, kid := range n.kids {
		m := kid.about()
		size := m.dt.Size()
		for axis, c := range m.chunks {
			l := slices.Max(c)
			if n.labels[i][axis] < -1 && n.labels[i][axis] != broadcastAxis {
				l = total(c)
			}
			size *= max(1, l)
		}
		bytes += size
	}
	return max(2, groupBytes/max(1, bytes))
}

func (k contraction) String() string {
	if k == contractMatrix {
		return "matmul"
	}
	return "tensordot"
}

// contractOp multiplies the blocks of a row with those of a column and adds the products up.
type contractOp struct {
	Kind   contraction
	Axes   [2][]int
	Labels [2][]int
	Out    dtype.Type
	Inner  []int
	Dims   int // of the result
	into   *destination
}

// delivers is as that of fusedOp.
func (o contractOp) delivers() *destination { return o.into }

// ReadsOnly implements graph.Reader.
func (contractOp) ReadsOnly() {}

// Recycle implements graph.Recycler.
func (contractOp) Recycle(v any) {
	if a, ok := v.(*ndarray.Array); ok {
		a.Free()
	}
}

// Run implements graph.Op.
func (o contractOp) Run(ctx context.Context, t *graph.Task) (any, error) {
	as, bs := t.In(0), t.In(1)
	if len(as) != len(bs) {
		return nil, fmt.Errorf("array: %v: %d blocks meet %d", o.Kind, len(as), len(bs))
	}
	// Blocks come in C order of each operand's contracted axes; the second's may stand in another order than the first's.
	order := o.pairs(len(as))
	var sum *ndarray.Array
	for k := range as {
		a, ok1 := as[k].(*ndarray.Array)
		b, ok2 := bs[order[k]].(*ndarray.Array)
		if !ok1 || !ok2 {
			return nil, fmt.Errorf("array: %v: a block is a %T", o.Kind, as[k])
		}
		if sum == nil {
			var err error
			if o.into != nil {
				sum, err = o.into.box(t.Coords(nil))
			} else {
				sum, err = ndarray.NewPooled(o.Out, o.shape(a, b)...)
			}
			if err != nil {
				return nil, err
			}
		}
		if err := o.product(sum, a, b, k > 0); err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
	}
	if o.into != nil {
		return nil, nil
	}
	return sum, nil
}

// shape returns the shape of the product of two blocks.
func (o contractOp) shape(a, b *ndarray.Array) []int {
	out := make([]int, o.Dims)
	for i, x := range []*ndarray.Array{a, b} {
		for axis, l := range o.Labels[i] {
			if l >= 0 {
				out[l] = x.Dim(axis)
			}
		}
	}
	return out
}

// product sets sum to the product of two blocks, or adds it.
func (o contractOp) product(sum, a, b *ndarray.Array, add bool) error {
	if o.Kind == contractMatrix {
		return ndarray.MatMulInto(sum, a, b, add)
	}
	return ndarray.TensorDotInto(sum, a, b, o.Axes[0], o.Axes[1], add)
}

// pairs returns which block of the second operand meets each of the first.
func (o contractOp) pairs(n int) []int {
	order := upTo(n)
	if len(o.Axes[0]) < 2 {
		return order
	}
	// lengths of the box in the order of the first operand's axes and of the second's
	rank := func(axes []int) []int {
		idx := upTo(len(axes))
		slices.SortFunc(idx, func(i, j int) int { return axes[i] - axes[j] })
		return idx
	}
	ra, rb := rank(o.Axes[0]), rank(o.Axes[1])
	box := slices.Clone(o.Inner)
	if p := product(box[1:]); p > 0 {
		box[0] = n / p // a group of the first
	}
	lens := func(r []int) []int {
		out := make([]int, len(r))
		for i, k := range r {
			out[i] = box[k]
		}
		return out
	}
	la, lb := lens(ra), lens(rb)
	for k := range order {
		at := graph.Unravel(nil, k, la)
		c := make([]int, len(ra))
		for i, axis := range ra {
			c[axis] = at[i]
		}
		to := make([]int, len(rb))
		for i, axis := range rb {
			to[i] = c[axis]
		}
		order[k] = graph.Ravel(to, lb)
	}
	return order
}

// addOp adds blocks.
type addOp struct{}

// ReadsOnly implements graph.Reader.
func (addOp) ReadsOnly() {}

// Run implements graph.Op.
func (addOp) Run(ctx context.Context, t *graph.Task) (any, error) {
	in := t.Inputs()
	first, ok := in[0].(*ndarray.Array)
	if !ok {
		return nil, fmt.Errorf("array: a block is a %T", in[0])
	}
	if len(in) == 1 {
		return first.Copy(), nil
	}
	prog, err := joinProgram(num.Sum, first.DType(), len(in))
	if first.DType() == dtype.Bool {
		prog, err = joinProgram(num.Any, dtype.Bool, len(in))
	}
	if err != nil {
		return nil, err
	}
	views := make([]num.View, len(in))
	for i, v := range in {
		b, ok := v.(*ndarray.Array)
		if !ok {
			return nil, fmt.Errorf("array: a block is a %T", v)
		}
		views[i] = b.KernelView()
	}
	out, err := ndarray.NewUninit(first.DType(), first.Shape()...)
	if err != nil {
		return nil, err
	}
	return out, prog.Run(ctx, num.Args{Shape: first.Shape(), Inputs: views, Outputs: []num.View{out.KernelView()}})
}

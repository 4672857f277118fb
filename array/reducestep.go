package array

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sheaf/dtype"
	"sheaf/graph"
	"sheaf/internal/kernel/num"
	"sheaf/internal/kernel/rng"
	"sheaf/ndarray"
)

// piece is one partial result of a reduction: what is reduced, and how elements are prepared for it.
type piece struct {
	op      num.Reduction
	prepare prepare
	dt      dtype.Type // that is reduced
}

// prepare is what is done to elements before they are reduced.
type prepare uint8

const (
	asIs prepare = iota
	converted
	realPart
	imagPart
)

func (p piece) emit(b *num.Builder, v num.Value) num.Value {
	switch p.prepare {
	case converted:
		return b.Cast(v, p.dt)
	case realPart:
		return b.Cast(b.Apply(num.Real, v), p.dt)
	case imagPart:
		return b.Cast(b.Apply(num.Imag, v), p.dt)
	}
	return v
}

// partial is what a step of a reduction passes to the next: for each piece its results over some of the blocks. The reduced
// axes are gone.
type partial struct {
	Count int64 // elements behind each element of the results
	Vals  []*ndarray.Array
}

// SizeBytes tells the runtime how large a partial result is.
func (p *partial) SizeBytes() int64 {
	n := int64(32)
	for _, v := range p.Vals {
		n += v.SizeBytes()
	}
	return n
}

// reduceStep is the first step of the reductions on top of a region.
type reduceStep struct {
	pieces []piece
	axes   []int
	starts [][]int // of the region's blocks, for the positions that argmin and argmax report; nil otherwise
}

func (s *reduceStep) hash(h *graph.Hasher) {
	h.Ints(s.axes)
	for _, p := range s.pieces {
		h.Int(int(p.op))
		h.Int(int(p.prepare))
		h.Int(int(p.dt))
	}
}

// run evaluates the region's program over a block and returns the partial results.
func (s *reduceStep) run(ctx context.Context, o *fusedOp, b *block, coords []int, draws []*rng.Generator) (any, error) {
	out := &partial{Count: 1}
	var kept []int
	for a, n := range b.shape {
		if slices.Contains(s.axes, a) {
			out.Count *= int64(n)
		} else {
			kept = append(kept, n)
		}
	}
	var views []num.View
	for _, p := range s.pieces {
		for k := range p.op.Results() {
			a, err := ndarray.NewUninit(p.op.ResultType(p.dt, k), kept...)
			if err != nil {
				return nil, err
			}
			out.Vals = append(out.Vals, a)
			views = append(views, a.KernelView())
		}
	}
	if out.Count == 0 && product(kept) > 0 && s.selects() {
		return &partial{}, nil // nothing to select from; it contributes nothing
	}
	if err := o.prog.Run(ctx, num.Args{Shape: b.shape, Inputs: b.views, Draws: draws, Outputs: views}); err != nil {
		return nil, fmt.Errorf("array: reduction: %w", err)
	}
	at := 0
	for _, p := range s.pieces {
		if p.op == num.ArgMin || p.op == num.ArgMax {
			if err := s.place(out.Vals[at+1], b.shape, coords); err != nil {
				return nil, err
			}
		}
		at += p.op.Results()
	}
	return out, nil
}

// selects reports whether a piece has no value for no elements.
func (s *reduceStep) selects() bool {
	return slices.ContainsFunc(s.pieces, func(p piece) bool {
		return p.op == num.ArgMin || p.op == num.ArgMax || p.op >= num.Min && p.op <= num.NanMax
	})
}

// place turns positions within a block into positions within the array: along the axis, or flat in C order.
func (s *reduceStep) place(index *ndarray.Array, shape, coords []int) error {
	at, err := ndarray.Raw[int64](index)
	if err != nil {
		return err
	}
	if len(s.axes) == 1 && len(shape) != 1 {
		from := int64(s.starts[s.axes[0]][coords[s.axes[0]]])
		for i := range at {
			at[i] += from
		}
		return nil
	}
	for i, flat := range at {
		pos := graph.Unravel(nil, int(flat), shape)
		global := 0
		for a, p := range pos {
			st := s.starts[a]
			global = global*st[len(st)-1] + st[coords[a]] + p
		}
		at[i] = int64(global)
	}
	return nil
}

// lower implements layered: the first step over the blocks, shared with other reductions of them, and a tree on top.
func (n *reduceNode) lower(p *plan) (*graph.Layer, error) {
	region := n.region()
	first, pieces, err := p.firstStep(region)
	if err != nil {
		return nil, err
	}
	mine := n.pieces()
	var pick []int
	total := 0
	for _, m := range mine {
		at := 0
		for _, q := range pieces {
			for k := range q.op.Results() {
				if q == m {
					pick = append(pick, at+k)
				}
			}
			at += q.op.Results()
		}
		total = at
	}
	if len(pick) == total {
		pick = nil
	}
	join := joinOp{Pieces: mine, Pick: pick}
	l, err := graph.Tree(first, graph.TreeSpec{
		Name: n.kind.String(), Axes: n.axes, Every: n.every,
		Combine: join, Aggregate: finishOp{Join: join, Kind: n.kind, Out: n.dt, Ddof: n.ddof, Axes: n.axes, Keep: n.keep},
	})
	if err != nil || !n.keep {
		return l, err
	}
	space := spaceOf(n.chunks) // the tree has dropped the reduced axes
	return graph.Alias(n.kind.String(), space, graph.Edge{From: l, Map: graph.Each{}})
}

// firstStep returns the layer that makes the partial results of all reductions of one region, and its pieces.
func (p *plan) firstStep(region graph.Token) (*graph.Layer, []piece, error) {
	rs := p.joint[region]
	var pieces []piece
	for _, r := range rs {
		for _, m := range r.pieces() {
			if !slices.Contains(pieces, m) {
				pieces = append(pieces, m)
			}
		}
	}
	if l := p.layers[region]; l != nil {
		return l, pieces, nil
	}
	root := rs[0].kids[0]
	b := p.newRegion(region, root)
	v, err := b.value(root, identity(len(b.space)))
	if err != nil {
		return nil, nil, err
	}
	step := &reduceStep{pieces: pieces, axes: rs[0].axes}
	var names []string
	for _, m := range pieces {
		b.b.Reduce(m.op, m.emit(&b.b, v), len(b.space), step.axes...)
		names = append(names, m.op.String())
		if m.op == num.ArgMin || m.op == num.ArgMax {
			step.starts = make([][]int, len(b.space))
			for a, c := range root.about().chunks {
				step.starts[a] = starts(c)
			}
		}
	}
	l, err := b.layer(strings.Join(names, "+")+"-chunk", &fusedOp{out: root.about().dt, reduce: step})
	if err == nil {
		p.layers[region] = l
	}
	return l, pieces, err
}

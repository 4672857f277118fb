//go:build cgo

package dataframe

import (
	"context"

	"sheaf/dataframe/internal/plan"
	"sheaf/graph"
)

// limit takes rows from one end. Partitions are read one after the other, and only until there are enough rows; of a sorted
// table every partition gives its best rows, of which the best are taken.
func (lo *lowering) limit(n *plan.Limit) (*rel, error) {
	if s, ok := n.Kids()[0].(*plan.Sort); ok && !n.Tail && s.Parts == 0 {
		return lo.top(n, s)
	}
	r, err := lo.table(n.Kids()[0])
	if err != nil {
		return nil, err
	}
	local := *r
	if !n.Tail {
		local.tree = n.With([]plan.Node{r.tree})
		if r.n == 1 {
			return &local, nil
		}
	}
	return lo.chain(n, &local)
}

// top takes the first rows of an order without sorting everything.
func (lo *lowering) top(n *plan.Limit, s *plan.Sort) (*rel, error) {
	r, err := lo.table(s.Kids()[0])
	if err != nil {
		return nil, err
	}
	best := func(r *rel) *rel {
		out := *r
		out.tree = n.With([]plan.Node{s.With([]plan.Node{r.tree})})
		out.size = sizeOf(n.Schema(), int64(n.N)*int64(r.n))
		return &out
	}
	if r.n == 1 {
		return best(r), nil
	}
	all, err := lo.together(best(r), "top-partial")
	if err != nil {
		return nil, err
	}
	return best(all), nil
}

// chain makes a task for each partition that runs only if those before it have not given enough rows.
func (lo *lowering) chain(n *plan.Limit, r *rel) (*rel, error) {
	if r.n == 0 {
		return r, nil
	}
	layer, err := lo.cut(r, "head", nil, nil)
	if err != nil {
		return nil, err
	}
	op, edges := graph.Op(nil), layer.Edges()
	f, lazy := layer.Op().(*fragment)
	if _, bare := r.bare(); lazy && !bare {
		op = f
	} else {
		edges = []graph.Edge{{From: layer, Map: graph.Each{}}}
	}
	prev := graph.Table{Start: make([]int32, r.n+1)}
	for i := range r.n {
		if before := i - 1; !n.Tail && before >= 0 {
			prev.Index = append(prev.Index, int32(before))
		} else if n.Tail && i+1 < r.n {
			prev.Index = append(prev.Index, int32(i+1))
		}
		prev.Start[i+1] = int32(len(prev.Index))
	}
	edges = append(append([]graph.Edge(nil), edges...), graph.Edge{Map: prev})
	name := "head"
	if n.Tail {
		name = "tail"
	}
	head, err := graph.New(graph.Spec{
		Name: name, Op: &enough{Op: op, N: n.N, Tail: n.Tail, Edge: len(edges) - 1}, Space: []int{r.n}, Edges: edges,
	})
	if err != nil {
		return nil, err
	}
	last := r.n - 1
	if n.Tail {
		last = 0
	}
	via := graph.Table{Start: []int32{0, 1}, Index: []int32{int32(last)}}
	return lo.over(head, r.tree.Schema(), 1, via, false, sizeOf(n.Schema(), int64(n.N))), nil
}

// enough adds a partition's rows to those of the partitions before it, unless they are enough.
type enough struct {
	Op   graph.Op // makes the partition; nil if it is the value of edge 0
	N    int
	Tail bool
	Edge int
}

// TakesParts is the word of the operation that makes the partition, whose edges come first.
func (o *enough) TakesParts(edge int) bool {
	p, ok := o.Op.(graph.PartTaker)
	return ok && edge != o.Edge && p.TakesParts(edge)
}

// Run returns the first rows, or the last, so far.
func (o *enough) Run(ctx context.Context, t *graph.Task) (any, error) {
	var sofar *Table
	if in := t.In(o.Edge); len(in) > 0 {
		sofar = in[0].(*Table)
		if sofar.Len() >= o.N {
			return sofar, nil
		}
	}
	var v any
	var err error
	if o.Op == nil {
		v = t.In(0)[0]
	} else if v, err = o.Op.Run(ctx, t); err != nil {
		return nil, err
	}
	x := v.(*Table)
	switch {
	case sofar == nil:
	case o.Tail:
		x, err = concatParts(x.Schema(), []any{x, sofar})
	default:
		x, err = concatParts(x.Schema(), []any{sofar, x})
	}
	if err != nil {
		return nil, err
	}
	if o.Tail {
		return x.Tail(o.N), nil
	}
	return x.Head(o.N), nil
}

// share is a part of a partition's rows: number Number[i] of Of[i] equal ones.
type share struct{ Of, Number []int32 }

// Run slices the partition.
func (s *share) Run(_ context.Context, t *graph.Task) (any, error) {
	x := t.In(0)[0].(*Table)
	of, k := int(s.Of[t.Index]), int(s.Number[t.Index])
	return x.Slice(x.Len()*k/of, x.Len()*(k+1)/of), nil
}

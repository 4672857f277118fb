//go:build cgo

package dataframe

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/dataframe/internal/plan"
	"sheaf/graph"
)

// join brings the rows of two tables together. A small table is sent whole to every partition of the other, if the kind of join
// allows it; else both are shuffled by their keys.
func (lo *lowering) join(n *plan.Join) (*rel, error) {
	l, err := lo.table(n.Kids()[0])
	if err != nil {
		return nil, err
	}
	r, err := lo.table(n.Kids()[1])
	if err != nil {
		return nil, err
	}
	keepsLeft := n.How != plan.Right && n.How != plan.Outer // rows of the left are decided one by one
	keepsRight := n.How == plan.Inner || n.How == plan.Right || n.How == plan.Cross
	small := func(x *rel) bool {
		return n.Strategy == plan.Broadcast || n.Strategy == plan.Auto && x.size <= lo.broadcast
	}
	switch {
	case l.n == 1 && r.n == 1:
		return lo.joined(n, l, r), nil
	case keepsLeft && (small(r) || n.How == plan.Cross) && (l.size >= r.size || !keepsRight || !small(l)):
		all, err := lo.broadcastTo(r, l.n, label(n.Kids()[1]))
		if err != nil {
			return nil, err
		}
		return lo.joined(n, l, all), nil
	case keepsRight && small(l):
		all, err := lo.broadcastTo(l, r.n, label(n.Kids()[0]))
		if err != nil {
			return nil, err
		}
		return lo.joined(n, all, r), nil
	}
	if l.size+r.size <= lo.gather && n.Strategy != plan.Shuffle {
		if l, err = lo.together(l, label(n.Kids()[0])); err != nil {
			return nil, err
		}
		if r, err = lo.together(r, label(n.Kids()[1])); err != nil {
			return nil, err
		}
		return lo.joined(n, l, r), nil
	}
	return lo.shuffleJoin(n, l, r)
}

// joined is the join of the partitions of two rels of equal numbers, in one fragment.
func (lo *lowering) joined(n *plan.Join, l, r *rel) *rel {
	out := &rel{n: l.n, size: max(l.size, r.size), wide: l.wide || r.wide}
	out.tree = n.With([]plan.Node{l.tree, r.tree})
	out.inputs = append(slices.Clone(l.inputs), r.inputs...)
	return out
}

// broadcastTo gives all of a table to each of n partitions.
func (lo *lowering) broadcastTo(r *rel, n int, name string) (*rel, error) {
	layer, err := lo.materialize(r, name)
	if err != nil {
		return nil, err
	}
	return lo.over(layer, r.tree.Schema(), n, graph.All{N: layer.Len()}, false, r.size), nil
}

// shuffleJoin cuts both tables by the hash of their keys, which must have equal types for that.
func (lo *lowering) shuffleJoin(n *plan.Join, l, r *rel) (*rel, error) {
	parts := int(min((l.size+r.size)/lo.part+1, 1024))
	parts = max(parts, min(max(l.n, r.n), 4))
	lt, rt := slices.Clone(n.LeftOn), slices.Clone(n.RightOn)
	left, err := withKeys(l, n.LeftOn, n.KeyTypes(), lt)
	if err != nil {
		return nil, err
	}
	right, err := withKeys(r, n.RightOn, n.KeyTypes(), rt)
	if err != nil {
		return nil, err
	}
	ls, err := lo.shuffled(left, lt, parts, "merge-left")
	if err != nil {
		return nil, err
	}
	rs, err := lo.shuffled(right, rt, parts, "merge-right")
	if err != nil {
		return nil, err
	}
	if ls, err = dropKeys(ls, l.tree.Schema()); err != nil {
		return nil, err
	}
	if rs, err = dropKeys(rs, r.tree.Schema()); err != nil {
		return nil, err
	}
	return lo.joined(n, ls, rs), nil
}

// withKeys adds columns for keys that must be cast before they are hashed, and writes their names into names.
func withKeys(r *rel, keys []string, types []arrow.DataType, names []string) (*rel, error) {
	exprs := plan.Keep(plan.Names(r.tree.Schema()))
	for i, k := range keys {
		if !arrow.TypeEqual(plan.TypeIn(r.tree.Schema(), k), types[i]) {
			names[i] = "__key_" + k
			exprs = append(exprs, plan.Named{Name: names[i], Expr: plan.Cast{X: plan.Column{Name: k}, To: types[i]}})
		}
	}
	if len(exprs) == r.tree.Schema().NumFields() {
		return r, nil
	}
	tree, err := plan.NewProject(r.tree, exprs)
	if err != nil {
		return nil, err
	}
	out := *r
	out.tree = tree
	return &out, nil
}

func dropKeys(r *rel, want *arrow.Schema) (*rel, error) {
	if r.tree.Schema().NumFields() == want.NumFields() {
		return r, nil
	}
	tree, err := plan.NewProject(r.tree, plan.Keep(plan.Names(want)))
	if err != nil {
		return nil, err
	}
	out := *r
	out.tree = tree
	return &out, nil
}

// whole lowers a plan over files to one fragment, which DuckDB runs on all processors, if the files are small beside the memory
// limit: DuckDB chooses the order and the sides of joins by its own statistics, and reads a Parquet file faster at once than by
// ranges of its rows. Text without a merge stays in partitions, which are parsed at least as fast.
func (lo *lowering) whole(n plan.Node) (*rel, bool) {
	if lo.fuse <= 0 || lo.uses[n.Token()] > 1 {
		return nil, false
	}
	w := &rel{n: 1, wide: true}
	joins := 0
	tree, ok := lo.wide(n, w, &joins)
	if !ok || w.size > lo.fuse || joins == 0 && !allParquet(w.inputs) {
		return nil, false
	}
	w.tree = tree
	return w, true
}

func allParquet(inputs []input) bool {
	return !slices.ContainsFunc(inputs, func(in input) bool {
		_, ok := in.source.(*parquetSource)
		return !ok
	})
}

func (lo *lowering) wide(n plan.Node, w *rel, joins *int) (plan.Node, bool) {
	switch n := n.(type) {
	case *plan.Scan:
		src, ok := n.Source.(fileSource)
		size := n.Source.SizeBytes(plan.Names(n.Schema()))
		if !ok || size < 0 {
			return nil, false
		}
		if layer, _ := src.boundaries(); layer != nil {
			return nil, false
		}
		if len(n.Conds) > 0 {
			src = src.restrict(n.Conds)
		}
		leaf := lo.leaf(n.Schema())
		all := &graph.Table{Start: []int32{0, int32(src.parts())}}
		for i := range src.parts() {
			all.Index = append(all.Index, int32(i))
		}
		w.inputs = append(w.inputs, input{leaf: leaf, source: src, parts: all})
		w.size += size
		return leaf, true
	case *plan.Aggregate:
		if n.Ordered() || n.Parts > 0 || *joins < 0 {
			return nil, false
		}
		in, ok := lo.wide(n.Kids()[0], w, joins)
		if !ok {
			return nil, false
		}
		st := n.Steps()
		return st.Final(st.Partial(in)), true
	case *plan.Join:
		if n.Strategy != plan.Auto {
			return nil, false
		}
		*joins++
	case *plan.Project, *plan.Filter:
	default:
		return nil, false
	}
	kids := slices.Clone(n.Kids())
	for i, k := range kids {
		x, ok := lo.wide(k, w, joins)
		if !ok {
			return nil, false
		}
		kids[i] = x
	}
	return n.With(kids), true
}

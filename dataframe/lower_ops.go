//go:build cgo

package dataframe

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/dataframe/internal/plan"
	"sheaf/graph"
)

// aggregate makes partial results in every partition and merges them: in a tree, or when there may be too many groups for one task, by
// a shuffle of the partial results. Aggregates that cannot be merged get the rows of each group into one task first.
func (lo *lowering) aggregate(n *plan.Aggregate) (*rel, error) {
	if w, ok := lo.whole(n); ok {
		return w, nil
	}
	r, err := lo.table(n.Kids()[0])
	if err != nil {
		return nil, err
	}
	st := n.Steps()
	parts := lo.groupParts(n, r)
	if !n.Mergeable() || r.n == 1 && parts <= 1 {
		return lo.groupRows(n, st, r, parts)
	}
	partial := *r
	partial.tree = st.Partial(r.tree)
	name := "groupby-partial"
	if len(n.Keys) == 0 {
		name = "aggregate-partial"
	}
	if parts > 1 {
		return lo.groupShuffled(n, st, &partial, parts, name)
	}
	layer, err := lo.materialize(&partial, name)
	if err != nil {
		return nil, err
	}
	schema := partial.tree.Schema()
	for layer.Len() > lo.splitEvery {
		groups := graph.Groups(layer.Len(), lo.splitEvery)
		w, err := graph.NewWindow([]int{len(groups)}, []int{layer.Len()}, []int{0}, [][]graph.Span{groups})
		if err != nil {
			return nil, err
		}
		m := lo.over(layer, schema, len(groups), w, false, 0)
		m.tree = st.Merge(m.tree)
		if layer, err = lo.materialize(m, "groupby-merge"); err != nil {
			return nil, err
		}
	}
	out := lo.over(layer, schema, 1, graph.All{N: layer.Len()}, false, min(r.size, lo.gather/4))
	out.tree = st.Final(st.Merge(out.tree))
	return out, nil
}

// groupParts is the number of partitions in which groups are put together.
func (lo *lowering) groupParts(n *plan.Aggregate, r *rel) int {
	switch {
	case len(n.Keys) == 0:
		return 1
	case n.Parts > 0:
		return n.Parts
	case n.Mergeable() && r.size <= lo.memory/4, r.size <= lo.gather:
		return 1
	}
	return int(min(r.size/lo.part+1, 1024))
}

// groupRows computes the aggregates from rows: of one partition, or after a shuffle.
func (lo *lowering) groupRows(n *plan.Aggregate, st *plan.Steps, r *rel, parts int) (*rel, error) {
	var err error
	if parts <= 1 {
		if r, err = lo.together(r, "groupby-rows"); err != nil {
			return nil, err
		}
		out := *r
		out.tree, out.size = st.Final(st.Partial(r.tree)), min(r.size, lo.gather/4)
		return &out, nil
	}
	keys := make([]string, len(n.Keys))
	in := *r
	exprs := slices.Clone(n.Keys)
	// Keys that are computed stand beside the columns under names of their own.
	computed := slices.ContainsFunc(n.Keys, func(k plan.Named) bool { return k.Expr != plan.Expr(plan.Column{Name: k.Name}) })
	if computed {
		all := plan.Keep(plan.Names(r.tree.Schema()))
		for i, e := range exprs {
			keys[i] = "__key" + e.Name
			all = append(all, plan.Named{Name: keys[i], Expr: e.Expr})
		}
		if in.tree, err = plan.NewProject(r.tree, all); err != nil {
			return nil, err
		}
	} else {
		keys = n.KeyNames()
	}
	out, err := lo.shuffled(&in, keys, parts, "groupby-shuffle")
	if err != nil {
		return nil, err
	}
	out.tree = st.Final(st.Partial(out.tree))
	return lo.sortedGroups(n, out)
}

// groupShuffled merges partial results after a shuffle by the keys.
func (lo *lowering) groupShuffled(n *plan.Aggregate, st *plan.Steps, partial *rel, parts int, name string) (*rel, error) {
	out, err := lo.shuffled(partial, n.KeyNames(), parts, name)
	if err != nil {
		return nil, err
	}
	out.tree = st.Final(st.Merge(out.tree))
	return lo.sortedGroups(n, out)
}

// sortedGroups brings groups that stand in several partitions into the order of their keys.
func (lo *lowering) sortedGroups(n *plan.Aggregate, r *rel) (*rel, error) {
	if !n.Sorted {
		return r, nil
	}
	keys := make([]plan.SortKey, len(n.Keys))
	for i, k := range n.KeyNames() {
		keys[i] = plan.SortKey{Name: k}
	}
	return lo.sorted(r, keys, r.n)
}

// shuffled brings rows with equal keys into equal partitions.
func (lo *lowering) shuffled(r *rel, keys []string, parts int, name string) (*rel, error) {
	c := &cut{Keys: keys, N: parts, Keep: lo.keep(r.size)}
	layer, err := lo.cut(r, name, c, nil)
	if err != nil {
		return nil, err
	}
	return lo.over(layer, r.tree.Schema(), parts, graph.All{N: layer.Len()}, true, r.size), nil
}

// keep says where the pieces of a shuffle of so many bytes are kept.
func (lo *lowering) keep(size int64) keeping {
	switch {
	case lo.disk == "disk":
		return onDisk
	case lo.disk == "memory":
		return inMemory
	case lo.elsewhere:
		return asFits
	case size > lo.memory/4:
		return onDisk
	}
	return inMemory
}

// distinct drops duplicates in every partition, and then among what is left, in one task or after a shuffle.
func (lo *lowering) distinct(n *plan.Distinct) (*rel, error) {
	r, err := lo.table(n.Kids()[0])
	if err != nil {
		return nil, err
	}
	local := *r
	local.tree = n.With([]plan.Node{r.tree})
	if r.n == 1 {
		return &local, nil
	}
	var out *rel
	if r.size <= lo.gather {
		out, err = lo.together(&local, "distinct-partial")
	} else {
		out, err = lo.shuffled(&local, n.By(), int(min(r.size/lo.part+1, 1024)), "distinct-shuffle")
	}
	if err != nil {
		return nil, err
	}
	out.tree = n.With([]plan.Node{out.tree})
	return out, nil
}

// concat lists the partitions of several tables.
func (lo *lowering) concat(n *plan.Concat) (*rel, error) {
	var edges []graph.Edge
	total, size := 0, int64(0)
	for _, k := range n.Kids() {
		r, err := lo.table(k)
		if err != nil {
			return nil, err
		}
		layer, err := lo.materialize(r, label(k))
		if err != nil {
			return nil, err
		}
		edges = append(edges, graph.Edge{From: layer})
		total += layer.Len()
		size += r.size
	}
	at := 0
	for i, e := range edges {
		m := graph.Table{Start: make([]int32, total+1)}
		for k := range e.From.Len() {
			m.Index = append(m.Index, int32(k))
		}
		for k := range m.Start {
			m.Start[k] = int32(min(max(k-at, 0), e.From.Len()))
		}
		edges[i].Map = m
		at += e.From.Len()
	}
	layer, err := graph.Alias("concat", []int{total}, edges...)
	if err != nil {
		return nil, err
	}
	return lo.over(layer, n.Schema(), total, graph.Each{}, false, size), nil
}

// repartition joins neighbouring partitions, or cuts each into equal shares of its rows.
func (lo *lowering) repartition(n *plan.Repartition) (*rel, error) {
	r, err := lo.table(n.Kids()[0])
	if err != nil || r.n == n.N || r.n == 0 {
		return r, err
	}
	if layer, ok := r.bare(); ok && r.n < n.N {
		return lo.split(layer, r, n.N)
	}
	layer, err := lo.materialize(r, label(n.Kids()[0]))
	if err != nil {
		return nil, err
	}
	if r.n < n.N {
		return lo.split(layer, r, n.N)
	}
	spans := make([]graph.Span, n.N)
	for i := range spans {
		spans[i] = graph.Span{Lo: int32(i * r.n / n.N), Hi: int32((i + 1) * r.n / n.N)}
	}
	w, err := graph.NewWindow([]int{n.N}, []int{r.n}, []int{0}, [][]graph.Span{spans})
	if err != nil {
		return nil, err
	}
	return lo.over(layer, r.tree.Schema(), n.N, w, false, r.size), nil
}

// split cuts partitions into shares of rows.
func (lo *lowering) split(layer *graph.Layer, r *rel, parts int) (*rel, error) {
	op := &share{Of: make([]int32, parts), Number: make([]int32, parts)}
	m := graph.Table{Start: make([]int32, parts+1)}
	at := 0
	for i := range r.n {
		of := (i+1)*parts/r.n - i*parts/r.n
		for k := range of {
			op.Of[at], op.Number[at] = int32(of), int32(k)
			m.Index = append(m.Index, int32(i))
			at++
			m.Start[at] = int32(at)
		}
	}
	out, err := graph.New(graph.Spec{Name: "repartition", Op: op, Space: []int{parts}, Edges: []graph.Edge{{From: layer, Map: m}}})
	if err != nil {
		return nil, err
	}
	return lo.over(out, r.tree.Schema(), parts, graph.Each{}, false, r.size), nil
}

// pick chooses partitions.
func (lo *lowering) pick(n *plan.Pick) (*rel, error) {
	r, err := lo.table(n.Kids()[0])
	if err != nil {
		return nil, err
	}
	m := graph.Table{Start: make([]int32, len(n.Parts)+1)}
	for i, p := range n.Parts {
		m.Index = append(m.Index, int32(p))
		m.Start[i+1] = int32(i + 1)
	}
	if len(r.inputs) == 1 && r.inputs[0].source != nil && r.inputs[0].parts == nil {
		out := *r
		out.inputs = slices.Clone(r.inputs)
		out.inputs[0].parts, out.n = &m, len(n.Parts)
		out.size = r.size * int64(len(n.Parts)) / int64(max(r.n, 1))
		return &out, nil
	}
	layer, err := lo.materialize(r, label(n.Kids()[0]))
	if err != nil {
		return nil, err
	}
	return lo.over(layer, r.tree.Schema(), len(n.Parts), m, false, r.size), nil
}

// custom runs an operation of its own on every partition.
func (lo *lowering) custom(n *plan.Custom) (*rel, error) {
	r, err := lo.table(n.Kids()[0])
	if err != nil {
		return nil, err
	}
	layer, err := lo.materialize(r, label(n.Kids()[0]))
	if err != nil {
		return nil, err
	}
	op, _ := n.Op.(graph.Op)
	out, err := graph.New(graph.Spec{Name: n.Label, Op: op, Space: []int{layer.Len()}, Edges: []graph.Edge{{From: layer, Map: graph.Each{}}}})
	if err != nil {
		return nil, err
	}
	return lo.over(out, n.Schema(), r.n, graph.Each{}, false, r.size), nil
}

func sizeOf(schema *arrow.Schema, rows int64) int64 { return rows * int64(schema.NumFields()) * 12 }

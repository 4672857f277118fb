//go:build cgo

package dataframe

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/dataframe/internal/plan"
	"sheaf/graph"
	"sheaf/internal/expr"
)

// lowered is a plan that has become layers of tasks.
type lowered struct {
	root      *graph.Layer
	optimized plan.Node
	fragments []described // in the order in which they are made
}

type described struct {
	layer  *graph.Layer
	sql    string
	inputs []string
}

// A rel is a table on its way: each of its n partitions is the answer of the tree over the partition's inputs. It becomes
// a layer of tasks when rows must be exchanged between partitions.
type rel struct {
	tree   plan.Node
	inputs []input
	n      int
	size   int64 // estimated bytes in memory
	wide   bool
}

// An input of a rel is read from files or comes from the tasks of a layer.
type input struct {
	leaf   *plan.Input
	source fileSource
	parts  *graph.Table  // with source: which of its parts a partition reads; nil means its twin
	layer  *graph.Layer  // else
	schema *arrow.Schema // of the layer's values, when the plan reads only some of their columns
	via    graph.Mapping // with layer
	pieces bool
}

type lowering struct {
	limits
	uses  map[graph.Token]int
	done  map[graph.Token]*rel
	out   *lowered
	names int
}

// lower optimizes a plan and cuts it into layers.
func lower(n plan.Node, l limits) (*lowered, error) {
	if l.err != nil {
		return nil, l.err
	}
	lo := &lowering{limits: l, uses: map[graph.Token]int{}, done: map[graph.Token]*rel{}, out: &lowered{optimized: plan.Optimize(n)}}
	for _, m := range expr.Sorted(lo.out.optimized) {
		for _, k := range m.Kids() {
			lo.uses[k.Token()]++
		}
	}
	r, err := lo.table(lo.out.optimized)
	if err != nil {
		return nil, err
	}
	lo.out.root, err = lo.materialize(r, label(lo.out.optimized))
	return lo.out, err
}

// label is the name of the layer that ends with an operation.
func label(n plan.Node) string {
	switch n := n.(type) {
	case *plan.Scan:
		return n.Source.String()
	case *plan.Project:
		return label(n.Kids()[0])
	case *plan.Filter:
		return "filter"
	case *plan.Aggregate:
		return "groupby"
	case *plan.Join:
		return "merge"
	case *plan.Sort:
		return "sort"
	case *plan.Distinct:
		return "distinct"
	case *plan.Custom:
		return n.Label
	}
	word, _, _ := strings.Cut(n.String(), " ")
	return word
}

// table lowers a node; one that is used twice becomes tasks, so that it is computed once.
func (lo *lowering) table(n plan.Node) (*rel, error) {
	if r, ok := lo.done[n.Token()]; ok {
		return r, nil
	}
	r, err := lo.node(n)
	if err != nil {
		return nil, err
	}
	if _, leaf := n.(*plan.Scan); !leaf && lo.uses[n.Token()] > 1 {
		if r, err = lo.settled(r, label(n)); err != nil {
			return nil, err
		}
	}
	lo.done[n.Token()] = r
	return r, nil
}

func (lo *lowering) node(n plan.Node) (*rel, error) {
	switch n := n.(type) {
	case *plan.Scan:
		return lo.scan(n)
	case *plan.Project, *plan.Filter:
		r, err := lo.table(n.Kids()[0])
		if err != nil {
			return nil, err
		}
		out := *r
		out.tree = n.With([]plan.Node{r.tree})
		out.size = sizeAfter(n, r.size)
		return &out, nil
	case *plan.Aggregate:
		return lo.aggregate(n)
	case *plan.Join:
		return lo.join(n)
	case *plan.Concat:
		return lo.concat(n)
	case *plan.Sort:
		return lo.sort(n)
	case *plan.Limit:
		return lo.limit(n)
	case *plan.Distinct:
		return lo.distinct(n)
	case *plan.Repartition:
		return lo.repartition(n)
	case *plan.Pick:
		return lo.pick(n)
	case *plan.Custom:
		return lo.custom(n)
	}
	return nil, fmt.Errorf("dataframe: a %T cannot be planned: %w", n, errInternal)
}

func (lo *lowering) leaf(schema *arrow.Schema) *plan.Input {
	lo.names++
	return plan.NewInput(fmt.Sprintf("t%d", lo.names), schema)
}

func (lo *lowering) scan(n *plan.Scan) (*rel, error) {
	leaf := lo.leaf(n.Schema())
	size := n.Source.SizeBytes(plan.Names(n.Schema()))
	switch src := n.Source.(type) {
	case *values:
		if size < 0 {
			size = lo.gather + 1
		}
		return &rel{tree: leaf, n: src.layer.Len(), size: size, inputs: []input{{leaf: leaf, layer: src.layer, schema: src.schema, via: graph.Each{}}}}, nil
	case fileSource:
		if len(n.Conds) > 0 {
			src = src.restrict(n.Conds)
		}
		return &rel{tree: leaf, n: src.parts(), size: size, inputs: []input{{leaf: leaf, source: src}}}, nil
	}
	return nil, fmt.Errorf("dataframe: a %T cannot be read: %w", n.Source, errInternal)
}

// sizeAfter estimates the bytes of a table behind an operation. Estimates err on the large side: they choose between ways of
// which the one for large tables always works.
func sizeAfter(n plan.Node, size int64) int64 {
	switch n := n.(type) {
	case *plan.Filter:
		return size/2 + 1
	case *plan.Project:
		width := func(s *arrow.Schema) int64 {
			w := int64(1)
			for _, f := range s.Fields() {
				if t, ok := f.Type.(arrow.FixedWidthDataType); ok {
					w += int64(t.BitWidth()/8 + 1)
				} else {
					w += 20
				}
			}
			return w
		}
		return size * width(n.Schema()) / width(n.Kids()[0].Schema())
	}
	return size
}

// over returns a rel of one layer's tasks.
func (lo *lowering) over(layer *graph.Layer, schema *arrow.Schema, n int, via graph.Mapping, pieces bool, size int64) *rel {
	leaf := lo.leaf(schema)
	return &rel{tree: leaf, n: n, size: size, inputs: []input{{leaf: leaf, layer: layer, via: via, pieces: pieces}}}
}

// settled makes the rel's tasks and returns a rel that reads them one by one.
func (lo *lowering) settled(r *rel, name string) (*rel, error) {
	if _, ok := r.bare(); ok {
		return r, nil
	}
	layer, err := lo.materialize(r, name)
	if err != nil {
		return nil, err
	}
	return lo.over(layer, r.tree.Schema(), r.n, graph.Each{}, false, r.size), nil
}

// together returns a rel of one partition that reads all partitions of r.
func (lo *lowering) together(r *rel, name string) (*rel, error) {
	if r.n == 1 {
		return r, nil
	}
	layer, err := lo.materialize(r, name)
	if err != nil {
		return nil, err
	}
	return lo.over(layer, r.tree.Schema(), 1, graph.All{N: layer.Len()}, false, r.size), nil
}

// bare returns the layer of a rel that does nothing but read its tasks one by one.
func (r *rel) bare() (*graph.Layer, bool) {
	if len(r.inputs) != 1 || r.inputs[0].layer == nil || r.inputs[0].pieces || r.tree != plan.Node(r.inputs[0].leaf) {
		return nil, false
	}
	_, each := r.inputs[0].via.(graph.Each)
	whole := r.tree.Schema().NumFields() > 0 && sameColumns(layerSchema(r.inputs[0]), r.tree.Schema())
	return r.inputs[0].layer, each && whole
}

// materialize makes the tasks of a rel.
func (lo *lowering) materialize(r *rel, name string) (*graph.Layer, error) {
	return lo.cut(r, name, nil, nil)
}

// cut makes the tasks of a rel, whose results are cut into pieces. Bounds, if not nil, is the layer that knows the ranges.
func (lo *lowering) cut(r *rel, name string, c *cut, bounds *graph.Layer) (*graph.Layer, error) {
	if layer, ok := r.bare(); ok && c == nil {
		return layer, nil
	}
	// Names by position make equal fragments equal, wherever they stand in a plan.
	rename := map[string]plan.Node{}
	f := &fragment{Want: r.tree.Schema(), Cut: c, Wide: r.wide}
	var edges []graph.Edge
	d := described{}
	for i, in := range r.inputs {
		leaf := plan.NewInput(fmt.Sprintf("t%d", i), in.leaf.Schema())
		rename[in.leaf.Name] = leaf
		t := table{Name: leaf.Name, Schema: in.leaf.Schema(), Source: in.source, Edge: len(edges), Pieces: in.pieces}
		if in.source != nil {
			e, err := t.sourceEdge(in, r.n)
			if err != nil {
				return nil, err
			}
			if e.Map != nil {
				edges = append(edges, e)
			} else {
				t.Edge = -1
			}
			d.inputs = append(d.inputs, fmt.Sprintf("t%d = %s", i, in.source))
		} else {
			t.Schema = layerSchema(in)
			edges = append(edges, graph.Edge{From: in.layer, Map: in.via})
			d.inputs = append(d.inputs, fmt.Sprintf("t%d = %s (%s)", i, in.layer.Name(), in.via))
		}
		f.Inputs = append(f.Inputs, t)
	}
	if bounds != nil {
		c.Edge = len(edges)
		edges = append(edges, graph.Edge{From: bounds, Map: graph.All{N: 1}})
	}
	f.SQL = plan.SQL(renamed(r.tree, rename))
	layer, err := graph.New(graph.Spec{Name: name, Op: f, Space: []int{r.n}, Edges: edges})
	if err != nil {
		return nil, fmt.Errorf("dataframe: %w: %w", errInternal, err)
	}
	d.layer, d.sql = layer, f.SQL
	lo.out.fragments = append(lo.out.fragments, d)
	return layer, nil
}

// layerSchema is the schema of a layer's values, which may have more columns than the plan reads.
func layerSchema(in input) *arrow.Schema {
	if in.schema != nil {
		return in.schema
	}
	return in.leaf.Schema()
}

// sourceEdge says which parts of its source each task reads, and gives the edge by which it learns where they begin.
func (t *table) sourceEdge(in input, n int) (graph.Edge, error) {
	if in.parts != nil {
		t.Start, t.Index = in.parts.Start, in.parts.Index
	}
	layer, fileOf := in.source.boundaries()
	if layer == nil {
		return graph.Edge{}, nil
	}
	m := graph.Table{Start: []int32{0}}
	for i := range n {
		for _, p := range t.parts(i) {
			if k := len(m.Index); int32(k) == m.Start[i] || m.Index[k-1] != fileOf[p] {
				m.Index = append(m.Index, fileOf[p])
			}
		}
		m.Start = append(m.Start, int32(len(m.Index)))
	}
	return graph.Edge{From: layer, Map: m}, nil
}

// renamed replaces the leaves of a fragment.
func renamed(n plan.Node, leaves map[string]plan.Node) plan.Node {
	if in, ok := n.(*plan.Input); ok {
		if leaf, ok := leaves[in.Name]; ok {
			return leaf
		}
		return n
	}
	kids := slices.Clone(n.Kids())
	for i, k := range kids {
		kids[i] = renamed(k, leaves)
	}
	return n.With(kids)
}

// explain writes the plan, the plan after rewriting, and the fragments with their SQL.
func (l *lowered) explain(before plan.Node) string {
	var b strings.Builder
	b.WriteString("plan\n" + indented(plan.Text(before)))
	b.WriteString("optimized\n" + indented(plan.Text(l.optimized)))
	for i, f := range l.fragments {
		fmt.Fprintf(&b, "fragment %d: %s, %d tasks\n", i+1, f.layer.Name(), f.layer.Len())
		for _, in := range f.inputs {
			b.WriteString("  -- " + in + "\n")
		}
		b.WriteString(indented(f.sql))
	}
	return b.String()
}

func indented(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n  ") + "\n"
}

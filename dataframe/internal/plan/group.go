package plan

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
)

// Group is a step of an [Aggregate] in a fragment: rows to partial results, partial results to fewer of them, or partial results to
// the answer.
type Group struct {
	base
	label string
	q     func(in Node) *query
}

// With returns the same step over another table.
func (g *Group) With(kids []Node) Node {
	n := *g
	n.base = newBase(g.label, g.schema, kids...)
	return &n
}

func (g *Group) String() string { return g.label }

func (g *Group) query() *query { return g.q(g.kids[0]) }

// Steps are the three steps of an aggregation.
type Steps struct {
	node   *Aggregate
	states *states
	finals []string
}

// Steps takes an aggregation apart.
func (n *Aggregate) Steps() *Steps {
	s := &states{at: map[string]int{}, arg: n.kids[0].Schema()}
	st := &Steps{node: n, states: s}
	for i, a := range n.Aggs {
		st.finals = append(st.finals, s.final(a, n.schema.Field(len(n.Keys)+i).Type))
	}
	return st
}

func (st *Steps) keys() []string {
	keys := make([]string, len(st.node.Keys))
	for i, k := range st.node.Keys {
		keys[i] = Quote(k.Name)
	}
	return keys
}

// schema is that of partial results: the keys and the states.
func (st *Steps) schema() *arrow.Schema {
	fields := append([]arrow.Field(nil), st.node.schema.Fields()[:len(st.node.Keys)]...)
	for _, s := range st.states.list {
		fields = append(fields, arrow.Field{Name: s.name, Type: s.typ, Nullable: true})
	}
	return arrow.NewSchema(fields, nil)
}

func groupBy(keys []string) []string {
	if len(keys) == 0 {
		return []string{} // not nil: the query is closed, an aggregate of all rows
	}
	return []string{"GROUP BY " + strings.Join(keys, ", ")}
}

// Partial makes partial results of rows.
func (st *Steps) Partial(in Node) Node {
	n := st.node
	return &Group{newBase("partial "+n.String(), st.schema(), in), "partial " + n.String(), func(in Node) *query {
		q := over(in)
		q.cols = []string{}
		var keys []string
		for _, k := range n.Keys {
			sql, _, _ := Compile(k.Expr, in.Schema())
			keys = append(keys, sql)
			if sql != Quote(k.Name) {
				q.cols = append(q.cols, sql+" AS "+Quote(k.Name))
			} else {
				q.cols = append(q.cols, sql)
			}
			if !n.KeepNull && mayBeNull(k.Expr, in.Schema()) {
				q.where = append(q.where, sql+" IS NOT NULL")
			}
		}
		for _, s := range st.states.list {
			q.cols = append(q.cols, s.partial+" AS "+Quote(s.name))
		}
		q.tail = groupBy(keys)
		return q
	}}
}

// Merge makes fewer partial results of many.
func (st *Steps) Merge(in Node) Node {
	return &Group{newBase("merge "+st.node.String(), st.schema(), in), "merge " + st.node.String(), func(in Node) *query {
		q := over(in)
		keys := st.keys()
		if centers := st.states.centers(keys); len(centers) > 0 {
			inner := &query{from: q.table(in)}
			inner.cols = append([]string{"*"}, centers...)
			q = &query{from: inner.table(in)}
		}
		q.cols = append([]string{}, keys...)
		for _, s := range st.states.list {
			q.cols = append(q.cols, s.merge+" AS "+Quote(s.name))
		}
		q.tail = groupBy(keys)
		return q
	}}
}

// Final makes the answer of partial results, one for each group.
func (st *Steps) Final(in Node) Node {
	n := st.node
	return &Group{newBase(n.String(), n.schema, in), n.String(), func(in Node) *query {
		q := &query{from: build(in).table(in)}
		keys := st.keys()
		q.cols = append(q.cols, keys...)
		for i, sql := range st.finals {
			f := n.schema.Field(len(n.Keys) + i)
			q.cols = append(q.cols, sql+"::"+SQLType(f.Type)+" AS "+Quote(f.Name))
		}
		if len(q.cols) == 0 {
			q.cols = []string{}
		}
		if n.Sorted && len(keys) > 0 {
			order := make([]SortKey, len(n.Keys))
			for i, k := range n.Keys {
				order[i] = SortKey{Name: k.Name}
			}
			q.tail = []string{"ORDER BY " + orderBy(order)}
		}
		return q
	}}
}

// mayBeNull reports whether an expression is other than a column without nulls.
func mayBeNull(e Expr, s *arrow.Schema) bool {
	c, ok := e.(Column)
	return !ok || s.Field(s.FieldIndices(c.Name)[0]).Nullable
}

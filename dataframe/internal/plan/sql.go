package plan

import (
	"fmt"
	"strings"
)

// SQL writes the query of a fragment: a tree of projections, filters, joins, groups, orders and limits over [Input]s.
func SQL(n Node) string { return build(n).text(n) }

// A query is one SELECT that is being put together; operations are merged into one as long as SQL's order of evaluation
// allows it.
type query struct {
	cols  []string // empty means the columns of the node as they are
	from  string
	where []string
	tail  []string // GROUP BY, QUALIFY, ORDER BY, LIMIT
}

// open reports whether a filter or projection can still be merged into the query.
func (q *query) open() bool { return q.cols == nil && q.tail == nil }

func (q *query) text(n Node) string {
	cols := q.cols
	if cols == nil {
		for _, name := range Names(n.Schema()) {
			cols = append(cols, Quote(name))
		}
	}
	if len(cols) == 0 {
		cols = []string{"1"}
	}
	var b strings.Builder
	b.WriteString("SELECT " + strings.Join(cols, ", "))
	if len(cols) > 1 && b.Len() > 100 {
		b.Reset()
		b.WriteString("SELECT\n  " + strings.Join(cols, ",\n  "))
	}
	b.WriteString("\nFROM " + q.from)
	for i, w := range q.where {
		word := "\n  AND "
		if i == 0 {
			word = "\nWHERE "
		}
		b.WriteString(word + w)
	}
	for _, t := range q.tail {
		b.WriteString("\n" + t)
	}
	return b.String()
}

// table writes the query as something that can stand behind FROM.
func (q *query) table(n Node) string {
	if q.open() && len(q.where) == 0 && !strings.Contains(q.from, "\n") {
		return q.from
	}
	return "(\n" + indent(q.text(n)) + "\n)"
}

func indent(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }

// build writes a node.
func build(n Node) *query {
	switch n := n.(type) {
	case *Input:
		return &query{from: Quote(n.Name)}
	case *Filter:
		q := over(n.kids[0])
		sql, _, _ := Compile(n.Cond, n.kids[0].Schema())
		q.where = append(q.where, sql)
		return q
	case *Project:
		q := over(n.kids[0])
		q.cols = []string{}
		for _, e := range n.Exprs {
			sql, _, _ := Compile(e.Expr, n.kids[0].Schema())
			if c, ok := e.Expr.(Column); !ok || c.Name != e.Name {
				sql += " AS " + Quote(e.Name)
			}
			q.cols = append(q.cols, sql)
		}
		return q
	case *Join:
		return n.query(build(n.kids[0]).table(n.kids[0]), build(n.kids[1]).table(n.kids[1]))
	case *Group:
		return n.query()
	case *Sort:
		return sortQuery(n.kids[0], n.Keys)
	case *Limit:
		q := build(n.kids[0])
		if len(q.tail) > 0 && strings.HasPrefix(q.tail[len(q.tail)-1], "LIMIT") {
			q = &query{from: q.table(n.kids[0])}
		}
		q.tail = append(q.tail, fmt.Sprintf("LIMIT %d", n.N))
		return q
	case *Distinct:
		return n.query()
	case *Concat:
		parts := make([]string, len(n.kids))
		for i, k := range n.kids {
			parts[i] = indent(build(k).text(k))
		}
		return &query{from: "(\n" + strings.Join(parts, "\n  UNION ALL\n") + "\n)"}
	case *Repartition:
		return build(n.kids[0])
	}
	return &query{from: fmt.Sprintf("/* %s cannot be written as SQL */", n)}
}

// over starts a query on top of a node: the same SELECT where possible.
func over(n Node) *query {
	q := build(n)
	if q.open() {
		return q
	}
	return &query{from: q.table(n)}
}

// rowColumn numbers the rows as they come, to keep the order of rows with equal keys.
const rowColumn = `"__row"`

func sortQuery(in Node, keys []SortKey) *query {
	inner := over(in)
	inner.cols = []string{"*", "row_number() OVER () AS " + rowColumn}
	if in.Schema().NumFields() > 0 {
		inner.cols = inner.cols[:0]
		for _, name := range Names(in.Schema()) {
			inner.cols = append(inner.cols, Quote(name))
		}
		inner.cols = append(inner.cols, "row_number() OVER () AS "+rowColumn)
	}
	return &query{from: inner.table(in), tail: []string{"ORDER BY " + orderBy(keys) + ", " + rowColumn}}
}

func orderBy(keys []SortKey) string {
	parts := make([]string, len(keys))
	for i, k := range keys {
		dir := "ASC"
		if k.Desc {
			dir = "DESC"
		}
		parts[i] = Quote(k.Name) + " " + dir + " NULLS LAST"
	}
	return strings.Join(parts, ", ")
}

// query writes one row of each group of equal ones. DuckDB's first and last take whole rows, because one thread feeds them in
// order; the result is in the order in which the kept rows stood.
func (d *Distinct) query() *query {
	in := d.kids[0]
	inner := over(in)
	inner.cols = nil
	for _, name := range Names(in.Schema()) {
		inner.cols = append(inner.cols, Quote(name))
	}
	inner.cols = append(inner.cols, "row_number() OVER () AS "+rowColumn)
	by := d.By()
	fn, pick := "first", "min"
	if d.Last {
		fn, pick = "last", "max"
	}
	grouped := &query{from: inner.table(in)}
	isKey := map[string]bool{}
	keys := make([]string, len(by))
	for i, name := range by {
		isKey[name], keys[i] = true, Quote(name)
	}
	for _, name := range Names(in.Schema()) {
		c := Quote(name)
		if !isKey[name] {
			c = fmt.Sprintf("%s(%s) AS %s", fn, c, c)
		}
		grouped.cols = append(grouped.cols, c)
	}
	grouped.cols = append(grouped.cols, fmt.Sprintf("%s(%s) AS %s", pick, rowColumn, rowColumn))
	grouped.tail = []string{"GROUP BY " + strings.Join(keys, ", ")}
	return &query{from: grouped.table(in), tail: []string{"ORDER BY " + rowColumn}}
}

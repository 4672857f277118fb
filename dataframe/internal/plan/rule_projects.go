package plan

import (
	"slices"

	"sheaf/internal/expr"
)

// mergeProjects makes one projection of two, unless an expression would be computed twice.
var mergeProjects = expr.Rule[Node]{Name: "select of select", Apply: func(n Node) (Node, bool) {
	outer, ok := n.(*Project)
	if !ok {
		return n, false
	}
	inner, ok := outer.kids[0].(*Project)
	if !ok {
		return n, false
	}
	uses := map[string]int{}
	for _, e := range outer.Exprs {
		countUses(e.Expr, uses)
	}
	defs := definitions(inner)
	for name, d := range defs {
		if Size(d) > 1 && uses[name] > 1 {
			return n, false
		}
	}
	exprs := make([]Named, len(outer.Exprs))
	for i, e := range outer.Exprs {
		exprs[i] = Named{e.Name, Substitute(e.Expr, defs)}
	}
	merged, err := NewProject(inner.kids[0], exprs)
	if err != nil {
		return n, false
	}
	return merged, true
}}

func countUses(e Expr, uses map[string]int) {
	if c, ok := e.(Column); ok {
		uses[c.Name]++
	}
	for _, k := range e.kids() {
		countUses(k, uses)
	}
}

// dropProjects removes projections that change nothing, and gives scans the columns and order that a projection asks for.
var dropProjects = expr.Rule[Node]{Name: "select of the same", Apply: func(n Node) (Node, bool) {
	p, ok := n.(*Project)
	if !ok || !p.Trivial() {
		return n, false
	}
	in := p.kids[0]
	if slices.Equal(Names(p.schema), Names(in.Schema())) {
		return in, true
	}
	if s, ok := in.(*Scan); ok {
		return NewScan(s.Source, Names(p.schema), s.Conds), true
	}
	return n, false
}}

// limitOfLimit keeps the smaller of two limits of one end.
var limitOfLimit = expr.Rule[Node]{Name: "head of head", Apply: func(n Node) (Node, bool) {
	outer, ok := n.(*Limit)
	if !ok {
		return n, false
	}
	inner, ok := outer.kids[0].(*Limit)
	if !ok || inner.Tail != outer.Tail {
		return n, false
	}
	return must(NewLimit(inner.kids[0], min(inner.N, outer.N), inner.Tail)), true
}}

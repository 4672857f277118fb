package plan

import "sheaf/internal/expr"

// dropOrder removes orders that nobody sees: below aggregates that do not depend on the order of rows, and below merges, which promise
// none. What is above a limit keeps its order, because the order decides which rows are kept.
var dropOrder = expr.Rule[Node]{Name: "order below an aggregate", Apply: func(n Node) (Node, bool) {
	switch m := n.(type) {
	case *Aggregate:
		if m.Ordered() {
			return n, false
		}
	case *Join:
	default:
		return n, false
	}
	kids := append([]Node(nil), n.Kids()...)
	changed := false
	for i, k := range kids {
		if u, ok := unordered(k); ok {
			kids[i], changed = u, true
		}
	}
	if !changed {
		return n, false
	}
	return n.With(kids), true
}}

// unordered drops the order of a table.
func unordered(n Node) (Node, bool) {
	switch n := n.(type) {
	case *Sort:
		if n.Parts == 0 {
			k, _ := unordered(n.kids[0])
			return k, true
		}
	case *Aggregate:
		if n.Sorted && len(n.Keys) > 0 {
			return must(NewAggregate(n.kids[0], n.Keys, n.Aggs, false, n.KeepNull, n.Parts)), true
		}
	case *Project, *Filter:
		if k, ok := unordered(n.Kids()[0]); ok {
			return n.With([]Node{k}), true
		}
	case *Concat:
		kids := append([]Node(nil), n.kids...)
		changed := false
		for i, k := range kids {
			if u, ok := unordered(k); ok {
				kids[i], changed = u, true
			}
		}
		if changed {
			return n.With(kids), true
		}
	}
	return n, false
}

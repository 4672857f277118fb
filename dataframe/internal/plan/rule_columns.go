package plan

import "slices"

// pruneColumns rewrites a plan so that it makes just the needed columns of n, in n's order, and reads just what they need.
func pruneColumns(n Node, needed []string) Node {
	keep := inOrder(n, needed)
	switch n := n.(type) {
	case *Scan:
		if len(keep) == n.schema.NumFields() {
			return n
		}
		return NewScan(n.Source, keep, n.Conds)
	case *Project:
		exprs := slices.DeleteFunc(slices.Clone(n.Exprs), func(e Named) bool { return !slices.Contains(keep, e.Name) })
		return must(NewProject(pruneColumns(n.kids[0], Columns(values(exprs)...)), exprs))
	case *Filter:
		return only(n.With([]Node{pruneColumns(n.kids[0], append(slices.Clone(keep), Columns(n.Cond)...))}), keep)
	case *Aggregate:
		aggs := slices.DeleteFunc(slices.Clone(n.Aggs), func(a Agg) bool { return !slices.Contains(keep, a.Name) })
		reads := values(n.Keys)
		for _, a := range aggs {
			reads = append(reads, a.Arg)
		}
		if len(aggs) == 0 && len(n.Keys) == 0 {
			aggs = n.Aggs[:1] // a table of one row
			reads = append(reads, aggs[0].Arg)
		}
		in := pruneColumns(n.kids[0], Columns(reads...))
		return only(must(NewAggregate(in, n.Keys, aggs, n.Sorted, n.KeepNull, n.Parts)), keep)
	case *Join:
		left, right := slices.Clone(n.LeftOn), slices.Clone(n.RightOn)
		for _, name := range keep {
			l, r := n.sides(name)
			if l != "" {
				left = append(left, l)
			}
			if r != "" {
				right = append(right, r)
			}
		}
		// The other side's column of the same name decides about suffixes, so it stays with the one that is kept.
		for _, name := range Names(n.kids[0].Schema()) {
			if Has(n.kids[1].Schema(), name) && (slices.Contains(left, name) || slices.Contains(right, name)) {
				left, right = append(left, name), append(right, name)
			}
		}
		if n.How == Semi || n.How == Anti {
			right = n.RightOn
		}
		return only(n.With([]Node{pruneColumns(n.kids[0], left), pruneColumns(n.kids[1], right)}), keep)
	case *Concat:
		kids := make([]Node, len(n.kids))
		for i, k := range n.kids {
			kids[i] = pruneColumns(k, keep)
		}
		return n.With(kids)
	case *Sort:
		reads := slices.Clone(keep)
		for _, k := range n.Keys {
			reads = append(reads, k.Name)
		}
		return only(n.With([]Node{pruneColumns(n.kids[0], reads)}), keep)
	case *Distinct:
		return only(must(NewDistinct(pruneColumns(n.kids[0], append(slices.Clone(keep), n.By()...)), n.By(), n.Last)), keep)
	case *Limit, *Repartition, *Pick:
		return n.With([]Node{pruneColumns(n.Kids()[0], keep)})
	}
	kids := n.Kids()
	if len(kids) == 0 {
		return only(n, keep)
	}
	next := make([]Node, len(kids))
	for i, k := range kids {
		next[i] = pruneColumns(k, Names(k.Schema()))
	}
	return only(n.With(next), keep)
}

// inOrder returns n's columns that are needed.
func inOrder(n Node, needed []string) []string {
	return slices.DeleteFunc(Names(n.Schema()), func(name string) bool { return !slices.Contains(needed, name) })
}

// only drops the columns that were read on the way.
func only(n Node, keep []string) Node {
	if n.Schema().NumFields() == len(keep) {
		return n
	}
	return must(NewProject(n, Keep(keep)))
}

func values(exprs []Named) []Expr {
	out := make([]Expr, len(exprs))
	for i, e := range exprs {
		out[i] = e.Expr
	}
	return out
}

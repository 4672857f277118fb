package plan

import "slices"

// pushFilters moves conditions as far towards the sources as they mean the same there. Conds are the conditions from above
// that n's rows must meet.
func pushFilters(n Node, conds []Expr) Node {
	switch n := n.(type) {
	case *Filter:
		for _, c := range Conjuncts(n.Cond) {
			conds = append(conds, Conjuncts(fold(c))...)
		}
		return pushFilters(n.kids[0], conds)
	case *Project:
		defs := definitions(n)
		var below, here []Expr
		for _, c := range conds {
			if s := Substitute(c, defs); Size(s) <= growthMax*Size(c) {
				below = append(below, s)
			} else {
				here = append(here, c)
			}
		}
		return filtered(n.With([]Node{pushFilters(n.kids[0], below)}), here)
	case *Aggregate:
		defs := map[string]Expr{}
		for _, k := range n.Keys {
			defs[k.Name] = k.Expr
		}
		below, here := split(conds, func(c Expr) bool { return len(n.Keys) > 0 && readsOnly(c, n.KeyNames()) })
		for i, c := range below {
			below[i] = Substitute(c, defs)
		}
		return filtered(n.With([]Node{pushFilters(n.kids[0], below)}), here)
	case *Join:
		return n.pushFilters(conds)
	case *Concat:
		kids := make([]Node, len(n.kids))
		for i, k := range n.kids {
			kids[i] = pushFilters(k, conds)
		}
		return n.With(kids)
	case *Sort, *Repartition:
		return n.With([]Node{pushFilters(n.Kids()[0], conds)})
	case *Distinct:
		below, here := split(conds, func(c Expr) bool { return readsOnly(c, n.By()) })
		return filtered(n.With([]Node{pushFilters(n.kids[0], below)}), here)
	case *Scan:
		conds = meaningful(conds)
		if len(conds) == 0 {
			return n
		}
		return filtered(NewScan(n.Source, Names(n.schema), append(slices.Clone(n.Conds), conds...)), conds)
	case *Pick:
		// The partitions must stay those that were picked, so their rows may go but not the partitions.
		return n.With([]Node{pushFilters(n.kids[0], conds)})
	}
	kids := n.Kids()
	if len(kids) == 0 {
		return filtered(n, conds)
	}
	next := make([]Node, len(kids))
	for i, k := range kids {
		next[i] = pushFilters(k, nil)
	}
	return filtered(n.With(next), conds)
}

// growthMax is how much larger a condition may become by moving below the projection that defines its columns.
const growthMax = 4

// pushFilters of a join moves conditions to the side whose columns they read, where that side's rows are not kept without a
// partner.
func (n *Join) pushFilters(conds []Expr) Node {
	toLeft := n.How != Right && n.How != Outer
	toRight := n.How == Inner || n.How == Right || n.How == Cross
	var left, right, here []Expr
	for _, c := range conds {
		l, okLeft := n.onSide(c, true)
		r, okRight := n.onSide(c, false)
		okLeft, okRight = okLeft && toLeft, okRight && toRight
		if okLeft {
			left = append(left, l)
		}
		if okRight {
			right = append(right, r)
		}
		if !okLeft && !okRight {
			here = append(here, c)
		}
	}
	return filtered(n.With([]Node{pushFilters(n.kids[0], left), pushFilters(n.kids[1], right)}), here)
}

// onSide writes a condition in the columns of one input, if it reads no others.
func (n *Join) onSide(c Expr, left bool) (Expr, bool) {
	defs := map[string]Expr{}
	for _, name := range Columns(c) {
		l, r := n.sides(name)
		if !left {
			l = r
		}
		if l == "" {
			return nil, false
		}
		defs[name] = Column{l}
	}
	return Substitute(c, defs), true
}

func definitions(p *Project) map[string]Expr {
	defs := make(map[string]Expr, len(p.Exprs))
	for _, e := range p.Exprs {
		defs[e.Name] = e.Expr
	}
	return defs
}

// meaningful drops conditions that are always true.
func meaningful(conds []Expr) []Expr {
	return slices.DeleteFunc(slices.Clone(conds), func(c Expr) bool { l, ok := c.(Literal); return ok && l.Value == true })
}

func filtered(n Node, conds []Expr) Node {
	conds = meaningful(conds)
	if len(conds) == 0 {
		return n
	}
	return must(NewFilter(n, All(conds)))
}

func split(conds []Expr, yes func(Expr) bool) (a, b []Expr) {
	for _, c := range conds {
		if yes(c) {
			a = append(a, c)
		} else {
			b = append(b, c)
		}
	}
	return a, b
}

func readsOnly(e Expr, names []string) bool {
	for _, c := range Columns(e) {
		if !slices.Contains(names, c) {
			return false
		}
	}
	return true
}

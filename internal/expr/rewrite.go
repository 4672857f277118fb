package expr

import "sheaf/graph"

// A Rule replaces a node by a better one of the same value and reports whether it did. Its operands have been rewritten
// already.
type Rule[N any] struct {
	Name  string
	Apply func(n N) (N, bool)
}

// roundsMax bounds how often one node is rewritten in place: rules that undo each other end instead of looping.
const roundsMax = 64

// Rewrite applies the rules to every node of the trees, operands first, until none applies any more, and returns the new
// roots. What a rule makes is rewritten too. Equal subexpressions are rewritten once.
func Rewrite[N Node[N]](rules []Rule[N], roots ...N) []N {
	done := map[graph.Token]N{}
	out := make([]N, len(roots))
	for i, r := range roots {
		out[i] = rewrite(rules, r, done, 0)
	}
	return out
}

func rewrite[N Node[N]](rules []Rule[N], root N, done map[graph.Token]N, depth int) N {
	for _, n := range Sorted(root) {
		if _, ok := done[n.Token()]; ok {
			continue
		}
		m := rebuilt(n, done)
		if next, ok := apply(rules, m); ok && depth < roundsMax {
			m = rewrite(rules, next, done, depth+1)
		}
		done[n.Token()] = m
		if _, ok := done[m.Token()]; !ok {
			done[m.Token()] = m
		}
	}
	return done[root.Token()]
}

// rebuilt returns n over its rewritten operands.
func rebuilt[N Node[N]](n N, done map[graph.Token]N) N {
	kids := n.Kids()
	changed := false
	next := make([]N, len(kids))
	for i, k := range kids {
		next[i] = k
		if m, ok := done[k.Token()]; ok {
			next[i] = m
			changed = changed || m.Token() != k.Token()
		}
	}
	if !changed {
		return n
	}
	return n.With(next)
}

func apply[N Node[N]](rules []Rule[N], n N) (N, bool) {
	for _, r := range rules {
		if m, ok := r.Apply(n); ok {
			return m, true
		}
	}
	return n, false
}

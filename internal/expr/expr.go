// Package expr is the machinery for expression trees that every collection shares: walking, rewriting by rules and printing.
//
// A tree is a directed acyclic graph in which equal subexpressions have equal tokens, so that "the same node" always means
// "the same token". The package is pure: it decides nothing about what nodes mean.
package expr

import "sheaf/graph"

// A Node is one operation of an expression. Nodes are immutable. N is the collection's own node type.
type Node[N any] interface {
	// Token names the value of the node: equal tokens mean equal values.
	Token() graph.Token
	// Kids returns the operands; it must not be changed.
	Kids() []N
	// With returns the same operation over other operands, which have the shapes of the old ones.
	With(kids []N) N
	// String describes the operation in one line, without its operands.
	String() string
}

// Walk calls visit once for every distinct node of the trees, operands before the operations that use them, in the order of
// the arguments. It uses a stack of its own: long chains of operations are common.
func Walk[N Node[N]](visit func(N), roots ...N) {
	type frame struct {
		node N
		next int
	}
	seen := map[graph.Token]bool{}
	var stack []frame
	push := func(n N) {
		if !seen[n.Token()] {
			seen[n.Token()] = true
			stack = append(stack, frame{node: n})
		}
	}
	for _, r := range roots {
		push(r)
		for len(stack) > 0 {
			f := &stack[len(stack)-1]
			if kids := f.node.Kids(); f.next < len(kids) {
				f.next++
				push(kids[f.next-1])
				continue
			}
			n := f.node
			stack = stack[:len(stack)-1]
			visit(n)
		}
	}
}

// Sorted returns the distinct nodes of the trees, operands before the operations that use them.
func Sorted[N Node[N]](roots ...N) []N {
	var all []N
	Walk(func(n N) { all = append(all, n) }, roots...)
	return all
}

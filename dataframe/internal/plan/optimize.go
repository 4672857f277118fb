package plan

import (
	"sheaf/internal/expr"
)

// Optimize rewrites a plan to a cheaper one of the same answer: constants are folded, filters move towards the sources, columns that
// nobody reads are not read, and neighbouring projections become one. Each rule has its own file.
func Optimize(n Node) Node {
	n = pushFilters(n, nil)
	n = pruneColumns(n, Names(n.Schema()))
	return expr.Rewrite([]expr.Rule[Node]{mergeProjects, dropProjects, limitOfLimit, dropOrder}, n)[0]
}

// Text prints a plan, one operation a line.
func Text(n Node) string { return expr.Text(n) }

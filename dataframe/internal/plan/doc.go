// Package plan is the relational algebra of data frames: expressions over columns, plan nodes, their rewriting, and the SQL
// of a fragment. It is pure: it reads no files and runs nothing.
//
// An [Expr] is checked and turned into SQL against a schema by [Compile]. A [Node] is one relational operation; its
// constructors check their arguments, so that a mistake shows when the plan is built. [Optimize] rewrites a plan, one rule per
// file; [SQL] writes the query of a tree whose leaves are [Input]s.
package plan

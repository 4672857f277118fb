package array

import "sheaf/internal/expr"

// rules are the rewrites of expressions, each in its file, in the order in which they are tried.
//
// What needs no rule: tasks that nobody wants are culled when a graph is expanded, and slices, transposes and broadcasts are
// strides that tasks read blocks through, so that they are pushed down to the blocks by being composed.
var rules = []expr.Rule[node]{
	{Name: "views of views are one view", Apply: viewsAreOne},
	{Name: "take before operations", Apply: takeFirst},
}

package array

import "sheaf/internal/expr"

// rules are the rewrites of expressions, each in its file, in the order in which they are tried.
var rules = []expr.Rule[node]{}

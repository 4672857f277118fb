// Package ufunc says which types elementwise operations take and give, by NumPy 2's rules, and adds them to programs of
// loops with the conversions that the rules ask for. Concrete arrays and lazy expressions share it, so that they cannot
// disagree.
//
// [Resolve] answers for types alone; [Emit] extends a [num.Builder].
package ufunc

import (
	"sheaf/dtype"
	"sheaf/internal/kernel/num"
)

// Sig is the types of an operation: operand i is converted to In[i], the result is of type Out.
type Sig struct {
	In  [3]dtype.Type
	Out dtype.Type
}

// same is the signature of an operation whose operands have one type.
func same(in, out dtype.Type) Sig { return Sig{[3]dtype.Type{in, in, in}, out} }

// isComparison reports whether op orders its operands or tests them for equality.
func isComparison(op num.Op) bool { return op >= num.Equal && op <= num.GreaterEqual }

package array

import "sheaf/internal/kernel/num"

// Eq reports where x = y, as an array of bools. Comparisons with NaN are false.
func (x *Array) Eq(y any) *Array { return apply(num.Equal, x, y) }

// Ne reports where x ≠ y, as an array of bools. Comparisons with NaN are false, except this one.
func (x *Array) Ne(y any) *Array { return apply(num.NotEqual, x, y) }

// Lt reports where x < y, as an array of bools. Comparisons with NaN are false.
func (x *Array) Lt(y any) *Array { return apply(num.Less, x, y) }

// Le reports where x ≤ y, as an array of bools. Comparisons with NaN are false.
func (x *Array) Le(y any) *Array { return apply(num.LessEqual, x, y) }

// Gt reports where x > y, as an array of bools. Comparisons with NaN are false.
func (x *Array) Gt(y any) *Array { return apply(num.Greater, x, y) }

// Ge reports where x ≥ y, as an array of bools. Comparisons with NaN are false.
func (x *Array) Ge(y any) *Array { return apply(num.GreaterEqual, x, y) }

// LogicalAnd reports where both elements are not zero.
func (x *Array) LogicalAnd(y any) *Array { return apply(num.LogicalAnd, x, y) }

// LogicalOr reports where one of the elements is not zero.
func (x *Array) LogicalOr(y any) *Array { return apply(num.LogicalOr, x, y) }

// LogicalXor reports where exactly one of the elements is not zero.
func (x *Array) LogicalXor(y any) *Array { return apply(num.LogicalXor, x, y) }

// And returns the bits that x and y have in common; for bools, where both are true.
func (x *Array) And(y any) *Array { return apply(num.BitAnd, x, y) }

// Or returns the bits that x or y has; for bools, where one is true.
func (x *Array) Or(y any) *Array { return apply(num.BitOr, x, y) }

// Xor returns the bits that exactly one of x and y has.
func (x *Array) Xor(y any) *Array { return apply(num.BitXor, x, y) }

// ShiftLeft returns the bits of x moved up by y.
func (x *Array) ShiftLeft(y any) *Array { return apply(num.ShiftLeft, x, y) }

// ShiftRight returns the bits of x moved down by y.
func (x *Array) ShiftRight(y any) *Array { return apply(num.ShiftRight, x, y) }

// Invert returns x with all bits turned; for bools, the opposite.
func (x *Array) Invert() *Array { return apply(num.Invert, x) }

// LogicalNot reports where x is zero.
func (x *Array) LogicalNot() *Array { return apply(num.LogicalNot, x) }

// IsNaN reports where x is NaN or not a time.
func (x *Array) IsNaN() *Array { return apply(num.IsNaN, x) }

// IsInf reports where x is plus or minus infinity.
func (x *Array) IsInf() *Array { return apply(num.IsInf, x) }

// IsFinite reports where x is neither NaN nor infinite.
func (x *Array) IsFinite() *Array { return apply(num.IsFinite, x) }

// Signbit reports where the sign bit of x is set: x is negative or -0.
func (x *Array) Signbit() *Array { return apply(num.Signbit, x) }

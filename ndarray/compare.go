package ndarray

import "sheaf/internal/kernel/num"

// Eq returns where a == b; NaN equals nothing.
func (a *Array) Eq(b any) (*Array, error) { return apply(num.Equal, a, b) }

// Ne returns where a != b.
func (a *Array) Ne(b any) (*Array, error) { return apply(num.NotEqual, a, b) }

// Lt returns where a < b. Complex numbers are compared by their real, then their imaginary parts.
func (a *Array) Lt(b any) (*Array, error) { return apply(num.Less, a, b) }

// Le returns where a <= b.
func (a *Array) Le(b any) (*Array, error) { return apply(num.LessEqual, a, b) }

// Gt returns where a > b.
func (a *Array) Gt(b any) (*Array, error) { return apply(num.Greater, a, b) }

// Ge returns where a >= b.
func (a *Array) Ge(b any) (*Array, error) { return apply(num.GreaterEqual, a, b) }

// LogicalAnd returns where both elements are not zero.
func (a *Array) LogicalAnd(b any) (*Array, error) { return apply(num.LogicalAnd, a, b) }

// LogicalOr returns where one of the elements is not zero.
func (a *Array) LogicalOr(b any) (*Array, error) { return apply(num.LogicalOr, a, b) }

// LogicalXor returns where exactly one of the elements is not zero.
func (a *Array) LogicalXor(b any) (*Array, error) { return apply(num.LogicalXor, a, b) }

// And returns a & b, for integers and bool.
func (a *Array) And(b any) (*Array, error) { return apply(num.BitAnd, a, b) }

// Or returns a | b, for integers and bool.
func (a *Array) Or(b any) (*Array, error) { return apply(num.BitOr, a, b) }

// Xor returns a ^ b, for integers and bool.
func (a *Array) Xor(b any) (*Array, error) { return apply(num.BitXor, a, b) }

// ShiftLeft returns a << b, for integers.
func (a *Array) ShiftLeft(b any) (*Array, error) { return apply(num.ShiftLeft, a, b) }

// ShiftRight returns a >> b, for integers.
func (a *Array) ShiftRight(b any) (*Array, error) { return apply(num.ShiftRight, a, b) }

// LogicalNot returns where the elements are zero.
func (a *Array) LogicalNot() (*Array, error) { return apply(num.LogicalNot, a) }

// Invert returns the elements with all bits turned, ^a; for bool, not.
func (a *Array) Invert() (*Array, error) { return apply(num.Invert, a) }

// IsNaN returns where the elements are NaN or NaT.
func (a *Array) IsNaN() (*Array, error) { return apply(num.IsNaN, a) }

// IsInf returns where the elements are infinite.
func (a *Array) IsInf() (*Array, error) { return apply(num.IsInf, a) }

// IsFinite returns where the elements are neither infinite nor NaN nor NaT.
func (a *Array) IsFinite() (*Array, error) { return apply(num.IsFinite, a) }

// Signbit returns where the sign bit is set, which it is for -0 too.
func (a *Array) Signbit() (*Array, error) { return apply(num.Signbit, a) }

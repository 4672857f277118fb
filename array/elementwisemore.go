package array

import (
	"math"

	"sheaf/dtype"
	"sheaf/internal/kernel/num"
)

// AsType returns x converted to another dtype, by Go's and NumPy's rules: floats are cut towards zero, integers wrap.
func (x *Array) AsType(t dtype.Type) *Array {
	if x.err != nil {
		return x
	}
	n, err := castTo(x.node, t)
	if err != nil {
		return at("astype", err)
	}
	return wrap(n)
}

// Where returns the elements of x where the condition is not zero, and those of y elsewhere. All three broadcast.
func Where(condition, x, y any) *Array { return apply(num.Where, condition, x, y) }

// Clip returns x limited to [low, high], which may be arrays, numbers, or nil for no limit.
func (x *Array) Clip(low, high any) *Array {
	switch {
	case low == nil && high == nil:
		return x
	case low == nil:
		return x.Minimum(high)
	case high == nil:
		return x.Maximum(low)
	}
	return apply(num.Clip, x, low, high)
}

// Round returns x rounded to a number of decimals, halves to even; a negative number rounds to tens, hundreds and so on.
// The dtype stays.
func (x *Array) Round(decimals int) *Array {
	if x.err != nil {
		return x
	}
	t := x.DType()
	switch {
	case t == dtype.Bool || t.IsTemporal():
		return failed("round", ErrDType, "not defined for %v", t)
	case t.IsInteger() && decimals >= 0:
		return x
	case decimals == 0:
		return x.Rint()
	}
	scale := math.Pow(10, math.Abs(float64(decimals)))
	if decimals > 0 {
		return x.Mul(scale).Rint().Div(scale).AsType(t)
	}
	return x.Div(scale).Rint().Mul(scale).AsType(t)
}

// FloatPower returns x to the power of y in float64, or complex128 for complex numbers, so that integers have negative powers.
func (x *Array) FloatPower(y any) *Array {
	z := From(y)
	if x.err != nil || z.err != nil {
		return apply(num.Pow, x, z)
	}
	t := dtype.Float64
	if x.DType().IsComplex() || z.DType().IsComplex() {
		t = dtype.Complex128
	}
	return x.AsType(t).Pow(z.AsType(t))
}

// IsClose reports where |x - y| ≤ atol + rtol·|y|; equal infinities are close, NaNs only to each other if equalNaN is set.
func (x *Array) IsClose(y any, rtol, atol float64, equalNaN bool) *Array {
	z := From(y)
	near := x.Sub(z).Abs().Le(z.Abs().Mul(rtol).Add(atol)).LogicalAnd(z.IsFinite())
	close := near.LogicalOr(x.Eq(z))
	if equalNaN {
		close = close.LogicalOr(x.IsNaN().LogicalAnd(z.IsNaN()))
	}
	return close
}

// AllClose reports whether all elements are close: see [Array.IsClose].
func (x *Array) AllClose(y any, rtol, atol float64, equalNaN bool) *Array {
	return x.IsClose(y, rtol, atol, equalNaN).All()
}

// NanToNum returns x with NaN replaced by 0 and infinities by the largest finite numbers of the dtype.
func (x *Array) NanToNum() *Array {
	if x.err != nil || !x.DType().IsFloat() {
		return x
	}
	largest := math.MaxFloat64
	if x.DType() == dtype.Float32 {
		largest = math.MaxFloat32
	}
	return Where(x.IsNaN(), 0, x).Clip(-largest, largest)
}

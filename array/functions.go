package array

import "sheaf/internal/kernel/num"

// The functions of this file answer in floating point where the mathematical function does: in float32 for bools and integers
// of up to 16 bits, in float64 for wider ones. Arguments outside of the domain give NaN.

// Neg returns -x; bools have no negative.
func (x *Array) Neg() *Array { return apply(num.Negative, x) }

// Positive returns x; it is not defined for bools.
func (x *Array) Positive() *Array { return apply(num.Positive, x) }

// Abs returns the absolute values, the magnitudes of complex numbers.
func (x *Array) Abs() *Array { return apply(num.Abs, x) }

// Sign returns -1, 0 or 1; NaN stays NaN.
func (x *Array) Sign() *Array { return apply(num.Sign, x) }

// Square returns x · x.
func (x *Array) Square() *Array { return apply(num.Square, x) }

// Reciprocal returns 1 / x, for integers cut to an integer.
func (x *Array) Reciprocal() *Array { return apply(num.Reciprocal, x) }

// Sqrt returns the square roots.
func (x *Array) Sqrt() *Array { return apply(num.Sqrt, x) }

// Cbrt returns the cube roots.
func (x *Array) Cbrt() *Array { return apply(num.Cbrt, x) }

// Exp returns e**x.
func (x *Array) Exp() *Array { return apply(num.Exp, x) }

// Exp2 returns 2**x.
func (x *Array) Exp2() *Array { return apply(num.Exp2, x) }

// Expm1 returns e**x - 1, precise for small x.
func (x *Array) Expm1() *Array { return apply(num.Expm1, x) }

// Log returns the natural logarithms.
func (x *Array) Log() *Array { return apply(num.Log, x) }

// Log2 returns the logarithms to base 2.
func (x *Array) Log2() *Array { return apply(num.Log2, x) }

// Log10 returns the logarithms to base 10.
func (x *Array) Log10() *Array { return apply(num.Log10, x) }

// Log1p returns log(1 + x), precise for small x.
func (x *Array) Log1p() *Array { return apply(num.Log1p, x) }

// Sin returns the sines.
func (x *Array) Sin() *Array { return apply(num.Sin, x) }

// Cos returns the cosines.
func (x *Array) Cos() *Array { return apply(num.Cos, x) }

// Tan returns the tangents.
func (x *Array) Tan() *Array { return apply(num.Tan, x) }

// Arcsin returns the inverse sines.
func (x *Array) Arcsin() *Array { return apply(num.Arcsin, x) }

// Arccos returns the inverse cosines.
func (x *Array) Arccos() *Array { return apply(num.Arccos, x) }

// Arctan returns the inverse tangents.
func (x *Array) Arctan() *Array { return apply(num.Arctan, x) }

// Sinh returns the hyperbolic sines.
func (x *Array) Sinh() *Array { return apply(num.Sinh, x) }

// Cosh returns the hyperbolic cosines.
func (x *Array) Cosh() *Array { return apply(num.Cosh, x) }

// Tanh returns the hyperbolic tangents.
func (x *Array) Tanh() *Array { return apply(num.Tanh, x) }

// Arcsinh returns the inverse hyperbolic sines.
func (x *Array) Arcsinh() *Array { return apply(num.Arcsinh, x) }

// Arccosh returns the inverse hyperbolic cosines.
func (x *Array) Arccosh() *Array { return apply(num.Arccosh, x) }

// Arctanh returns the inverse hyperbolic tangents.
func (x *Array) Arctanh() *Array { return apply(num.Arctanh, x) }

// Radians returns degrees as radians.
func (x *Array) Radians() *Array { return apply(num.Deg2rad, x) }

// Degrees returns radians as degrees.
func (x *Array) Degrees() *Array { return apply(num.Rad2deg, x) }

// Spacing returns the distance to the next larger floating point number.
func (x *Array) Spacing() *Array { return apply(num.Spacing, x) }

// Floor returns the next integers below, in x's dtype.
func (x *Array) Floor() *Array { return apply(num.Floor, x) }

// Ceil returns the next integers above, in x's dtype.
func (x *Array) Ceil() *Array { return apply(num.Ceil, x) }

// Trunc returns x cut towards zero, in x's dtype; integers stay as they are.
func (x *Array) Trunc() *Array { return apply(num.Trunc, x) }

// Rint returns the nearest integers, halves to even.
func (x *Array) Rint() *Array { return apply(num.Rint, x) }

// Conj returns the complex conjugates.
func (x *Array) Conj() *Array { return apply(num.Conj, x) }

// Real returns the real parts.
func (x *Array) Real() *Array { return apply(num.Real, x) }

// Imag returns the imaginary parts.
func (x *Array) Imag() *Array { return apply(num.Imag, x) }

// Angle returns the angles of complex numbers in radians.
func (x *Array) Angle() *Array { return apply(num.Angle, x) }

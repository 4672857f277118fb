package ndarray

import "sheaf/internal/kernel/num"

// The functions of this file are real for real arrays: bool and integers of up to 16 bits give float32, wider integers
// float64, and arguments outside of the domain NaN.

// Neg returns -a; unsigned integers wrap; it is not defined for bool.
func (a *Array) Neg() (*Array, error) { return apply(num.Negative, a) }

// Positive returns a copy; it is not defined for bool.
func (a *Array) Positive() (*Array, error) { return apply(num.Positive, a) }

// Abs returns the magnitudes; those of complex numbers are real.
func (a *Array) Abs() (*Array, error) { return apply(num.Abs, a) }

// Sign returns -1, 0 or 1, the unit in its direction for a complex number.
func (a *Array) Sign() (*Array, error) { return apply(num.Sign, a) }

// Square returns a * a in the type of a.
func (a *Array) Square() (*Array, error) { return apply(num.Square, a) }

// Reciprocal returns 1 / a in the type of a.
func (a *Array) Reciprocal() (*Array, error) { return apply(num.Reciprocal, a) }

// Sqrt returns the square roots.
func (a *Array) Sqrt() (*Array, error) { return apply(num.Sqrt, a) }

// Cbrt returns the cube roots.
func (a *Array) Cbrt() (*Array, error) { return apply(num.Cbrt, a) }

// Exp returns e**a.
func (a *Array) Exp() (*Array, error) { return apply(num.Exp, a) }

// Exp2 returns 2**a.
func (a *Array) Exp2() (*Array, error) { return apply(num.Exp2, a) }

// Expm1 returns e**a - 1, exact near zero.
func (a *Array) Expm1() (*Array, error) { return apply(num.Expm1, a) }

// Log returns the natural logarithms.
func (a *Array) Log() (*Array, error) { return apply(num.Log, a) }

// Log2 returns the logarithms to base 2.
func (a *Array) Log2() (*Array, error) { return apply(num.Log2, a) }

// Log10 returns the logarithms to base 10.
func (a *Array) Log10() (*Array, error) { return apply(num.Log10, a) }

// Log1p returns log(1 + a), exact near zero.
func (a *Array) Log1p() (*Array, error) { return apply(num.Log1p, a) }

// Sin returns the sines of angles in radians.
func (a *Array) Sin() (*Array, error) { return apply(num.Sin, a) }

// Cos returns the cosines of angles in radians.
func (a *Array) Cos() (*Array, error) { return apply(num.Cos, a) }

// Tan returns the tangents of angles in radians.
func (a *Array) Tan() (*Array, error) { return apply(num.Tan, a) }

// Arcsin returns the inverse sines.
func (a *Array) Arcsin() (*Array, error) { return apply(num.Arcsin, a) }

// Arccos returns the inverse cosines.
func (a *Array) Arccos() (*Array, error) { return apply(num.Arccos, a) }

// Arctan returns the inverse tangents.
func (a *Array) Arctan() (*Array, error) { return apply(num.Arctan, a) }

// Sinh returns the hyperbolic sines.
func (a *Array) Sinh() (*Array, error) { return apply(num.Sinh, a) }

// Cosh returns the hyperbolic cosines.
func (a *Array) Cosh() (*Array, error) { return apply(num.Cosh, a) }

// Tanh returns the hyperbolic tangents.
func (a *Array) Tanh() (*Array, error) { return apply(num.Tanh, a) }

// Arcsinh returns the inverse hyperbolic sines.
func (a *Array) Arcsinh() (*Array, error) { return apply(num.Arcsinh, a) }

// Arccosh returns the inverse hyperbolic cosines.
func (a *Array) Arccosh() (*Array, error) { return apply(num.Arccosh, a) }

// Arctanh returns the inverse hyperbolic tangents.
func (a *Array) Arctanh() (*Array, error) { return apply(num.Arctanh, a) }

// Degrees converts radians to degrees.
func (a *Array) Degrees() (*Array, error) { return apply(num.Rad2deg, a) }

// Radians converts degrees to radians.
func (a *Array) Radians() (*Array, error) { return apply(num.Deg2rad, a) }

// Floor returns the largest integers that are not larger, in the type of a.
func (a *Array) Floor() (*Array, error) { return apply(num.Floor, a) }

// Ceil returns the smallest integers that are not smaller, in the type of a.
func (a *Array) Ceil() (*Array, error) { return apply(num.Ceil, a) }

// Trunc returns the integers towards zero, in the type of a.
func (a *Array) Trunc() (*Array, error) { return apply(num.Trunc, a) }

// Rint returns the nearest integers, halves to even.
func (a *Array) Rint() (*Array, error) { return apply(num.Rint, a) }

// Conj returns the complex conjugates.
func (a *Array) Conj() (*Array, error) { return apply(num.Conj, a) }

// Real returns the real parts.
func (a *Array) Real() (*Array, error) { return apply(num.Real, a) }

// Imag returns the imaginary parts.
func (a *Array) Imag() (*Array, error) { return apply(num.Imag, a) }

// Angle returns the angles of complex numbers in radians.
func (a *Array) Angle() (*Array, error) { return apply(num.Angle, a) }

// Spacing returns the distances to the next numbers away from zero.
func (a *Array) Spacing() (*Array, error) { return apply(num.Spacing, a) }

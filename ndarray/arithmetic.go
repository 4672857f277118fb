package ndarray

import "sheaf/internal/kernel/num"

// The methods of this file broadcast their operands and promote their types as NumPy does. An operand is an array, a
// Go number, bool or time, or a nested slice; Go ints, float64s, complex128s and bools are weak scalars that adapt to
// the array. What NumPy only warns of gives its value: division by zero inf, nan, or 0 for integers; overflow wraps.

// Add returns a + b; for bool, or.
func (a *Array) Add(b any) (*Array, error) { return apply(num.Add, a, b) }

// Sub returns a - b; it is not defined for bool.
func (a *Array) Sub(b any) (*Array, error) { return apply(num.Sub, a, b) }

// Mul returns a * b; for bool, and.
func (a *Array) Mul(b any) (*Array, error) { return apply(num.Mul, a, b) }

// Div returns the true quotient a / b, float64 for integers.
func (a *Array) Div(b any) (*Array, error) { return apply(num.Div, a, b) }

// FloorDiv returns the quotient rounded to minus infinity, 0 for an integer divided by zero.
func (a *Array) FloorDiv(b any) (*Array, error) { return apply(num.FloorDiv, a, b) }

// Mod returns the remainder of FloorDiv, which has the sign of b.
func (a *Array) Mod(b any) (*Array, error) { return apply(num.Mod, a, b) }

// Fmod returns the remainder of the division cut towards zero, which has the sign of a, as Go's %.
func (a *Array) Fmod(b any) (*Array, error) { return apply(num.Fmod, a, b) }

// Maximum returns the larger of the elements, NaN where one is NaN.
func (a *Array) Maximum(b any) (*Array, error) { return apply(num.Maximum, a, b) }

// Minimum returns the smaller of the elements, NaN where one is NaN.
func (a *Array) Minimum(b any) (*Array, error) { return apply(num.Minimum, a, b) }

// Fmax returns the larger of the elements, the other one where one is NaN.
func (a *Array) Fmax(b any) (*Array, error) { return apply(num.Fmax, a, b) }

// Fmin returns the smaller of the elements, the other one where one is NaN.
func (a *Array) Fmin(b any) (*Array, error) { return apply(num.Fmin, a, b) }

// Arctan2 returns the angle of the points with the ordinates a and the abscissas b, in radians.
func (a *Array) Arctan2(b any) (*Array, error) { return apply(num.Arctan2, a, b) }

// Hypot returns sqrt(a² + b²) without overflow.
func (a *Array) Hypot(b any) (*Array, error) { return apply(num.Hypot, a, b) }

// Copysign returns the magnitudes of a with the signs of b.
func (a *Array) Copysign(b any) (*Array, error) { return apply(num.Copysign, a, b) }

// Nextafter returns the next number after a in the direction of b.
func (a *Array) Nextafter(b any) (*Array, error) { return apply(num.Nextafter, a, b) }

// Logaddexp returns log(exp(a) + exp(b)).
func (a *Array) Logaddexp(b any) (*Array, error) { return apply(num.Logaddexp, a, b) }

// Logaddexp2 returns log2(2**a + 2**b).
func (a *Array) Logaddexp2(b any) (*Array, error) { return apply(num.Logaddexp2, a, b) }

// Heaviside returns 0 where a is negative, 1 where it is positive and b where it is zero.
func (a *Array) Heaviside(b any) (*Array, error) { return apply(num.Heaviside, a, b) }

// Ldexp returns a * 2**b for integers b.
func (a *Array) Ldexp(b any) (*Array, error) { return apply(num.Ldexp, a, b) }

// GCD returns the greatest common divisors of integers.
func (a *Array) GCD(b any) (*Array, error) { return apply(num.Gcd, a, b) }

// LCM returns the least common multiples of integers.
func (a *Array) LCM(b any) (*Array, error) { return apply(num.Lcm, a, b) }

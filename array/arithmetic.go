package array

import "sheaf/internal/kernel/num"

// The operations of this file broadcast their operands, which are arrays, ndarrays, nested slices or Go numbers, and promote
// their dtypes as NumPy does. Mistakes travel in the result.

// Add returns x + y; bools are joined by or.
func (x *Array) Add(y any) *Array { return apply(num.Add, x, y) }

// Sub returns x - y; bools have no difference.
func (x *Array) Sub(y any) *Array { return apply(num.Sub, x, y) }

// Mul returns x · y; bools are joined by and.
func (x *Array) Mul(y any) *Array { return apply(num.Mul, x, y) }

// Div returns the true quotient x / y, in float64 for integers.
func (x *Array) Div(y any) *Array { return apply(num.Div, x, y) }

// FloorDiv returns the quotient rounded towards minus infinity; an integer divided by zero is 0.
func (x *Array) FloorDiv(y any) *Array { return apply(num.FloorDiv, x, y) }

// Mod returns the remainder of FloorDiv, which has the sign of y.
func (x *Array) Mod(y any) *Array { return apply(num.Mod, x, y) }

// Fmod returns the remainder with the sign of x, as C and Go have it.
func (x *Array) Fmod(y any) *Array { return apply(num.Fmod, x, y) }

// Pow returns x to the power of y; a negative Go int as exponent of integers is an error.
func (x *Array) Pow(y any) *Array { return apply(num.Pow, x, y) }

// Maximum returns the larger elements, NaN where one is NaN.
func (x *Array) Maximum(y any) *Array { return apply(num.Maximum, x, y) }

// Minimum returns the smaller elements, NaN where one is NaN.
func (x *Array) Minimum(y any) *Array { return apply(num.Minimum, x, y) }

// Fmax returns the larger elements, the other one where one is NaN.
func (x *Array) Fmax(y any) *Array { return apply(num.Fmax, x, y) }

// Fmin returns the smaller elements, the other one where one is NaN.
func (x *Array) Fmin(y any) *Array { return apply(num.Fmin, x, y) }

// Hypot returns sqrt(x² + y²) without overflow.
func (x *Array) Hypot(y any) *Array { return apply(num.Hypot, x, y) }

// Arctan2 returns the angle of the point with ordinate x and abscissa y.
func (x *Array) Arctan2(y any) *Array { return apply(num.Arctan2, x, y) }

// Copysign returns x with the signs of y.
func (x *Array) Copysign(y any) *Array { return apply(num.Copysign, x, y) }

// Nextafter returns the next floating point number after x in the direction of y.
func (x *Array) Nextafter(y any) *Array { return apply(num.Nextafter, x, y) }

// Logaddexp returns log(exp(x) + exp(y)) without overflow.
func (x *Array) Logaddexp(y any) *Array { return apply(num.Logaddexp, x, y) }

// Logaddexp2 returns log2(2**x + 2**y).
func (x *Array) Logaddexp2(y any) *Array { return apply(num.Logaddexp2, x, y) }

// Ldexp returns x · 2**y for integers y.
func (x *Array) Ldexp(y any) *Array { return apply(num.Ldexp, x, y) }

// Heaviside returns 0 where x < 0, 1 where x > 0 and y where x is 0.
func (x *Array) Heaviside(y any) *Array { return apply(num.Heaviside, x, y) }

// GCD returns the greatest common divisors of integers.
func (x *Array) GCD(y any) *Array { return apply(num.Gcd, x, y) }

// LCM returns the least common multiples of integers.
func (x *Array) LCM(y any) *Array { return apply(num.Lcm, x, y) }

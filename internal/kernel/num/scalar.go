package num

import "math"

// The scalar operations that the generated loops inline, with NumPy's semantics.

func zeroOf[T any](T) (zero T) { return zero }

func never[T any](T) bool { return false }

func floorDivInt[T integer](x, y T) T {
	if y == 0 {
		return 0
	}
	q := x / y
	if r := x - q*y; r != 0 && (r < 0) != (y < 0) {
		q--
	}
	return q
}

func floorModInt[T integer](x, y T) T {
	if y == 0 {
		return 0
	}
	r := x % y
	if r != 0 && (r < 0) != (y < 0) {
		r += y
	}
	return r
}

func remInt[T integer](x, y T) T {
	if y == 0 {
		return 0
	}
	return x % y
}

// powInt multiplies modulo 2^bits. Negative powers, which NumPy refuses, give what truncation gives: 0, 1 or -1.
func powInt[T integer](x, y T) T {
	if y < 0 {
		switch {
		case x == 1:
			return 1
		case x+1 == 0:
			if y&1 == 0 {
				return 1
			}
			return x
		}
		return 0
	}
	out := T(1)
	for ; y != 0; y >>= 1 {
		if y&1 != 0 {
			out *= x
		}
		x *= x
	}
	return out
}

func absInt[T integer](x T) T {
	if x < 0 {
		return -x
	}
	return x
}

func signInt[T integer](x T) T {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return ^T(0)
	}
	return 0
}

func reciprocalInt[T integer](x T) T {
	if x == 0 {
		return 0
	}
	return 1 / x
}

// magnitude returns |x|, also for the smallest number.
func magnitude[T integer](x T) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

func gcd[T integer](x, y T) T { return T(gcd64(magnitude(x), magnitude(y))) }

func gcd64(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func lcm[T integer](x, y T) T {
	a, b := magnitude(x), magnitude(y)
	g := gcd64(a, b)
	if g == 0 {
		return 0
	}
	return T(a / g * b)
}

// shiftLeft and shiftRight shift by at least the width as NumPy does: to 0, or to -1 for negative numbers to the right.
func shiftLeft[T integer](x, y T) T {
	if n := uint64(y); n < 64 {
		return x << n
	}
	return 0
}

func shiftRight[T integer](x, y T) T {
	if n := uint64(y); n < 64 {
		return x >> n
	}
	if x < 0 {
		return ^T(0)
	}
	return 0
}

func abs[T float](x T) T { return T(math.Abs(float64(x))) }

func sign[T float](x T) T {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x + 0 // NaN, or 0 for both zeros
}

func rint[T float](x T) T  { return T(math.RoundToEven(float64(x))) }
func floor[T float](x T) T { return T(math.Floor(float64(x))) }
func ceil[T float](x T) T  { return T(math.Ceil(float64(x))) }
func trunc[T float](x T) T { return T(math.Trunc(float64(x))) }
func sqrt[T float](x T) T  { return T(math.Sqrt(float64(x))) }

func signbit[T float](x T) bool  { return math.Signbit(float64(x)) }
func isFinite[T float](x T) bool { return x-x == 0 }
func isInf[T float](x T) bool    { return x-x != 0 && x == x }

func nanToZero[T float](x T) T {
	if x != x {
		return 0
	}
	return x
}

func copysign[T float](x, y T) T { return T(math.Copysign(float64(x), float64(y))) }

func heaviside[T float](x, y T) T {
	switch {
	case x != x:
		return x
	case x == 0:
		return y
	case x < 0:
		return 0
	}
	return 1
}

// minimum and maximum give the first NaN, and the first operand where both are equal, as NumPy does.
func minimum[T float](x, y T) T {
	if x <= y || x != x {
		return x
	}
	return y
}

func maximum[T float](x, y T) T {
	if x >= y || x != x {
		return x
	}
	return y
}

func fmin[T float](x, y T) T {
	if x <= y || y != y {
		return x
	}
	return y
}

func fmax[T float](x, y T) T {
	if x >= y || y != y {
		return x
	}
	return y
}

// fmod is C's: the sign is that of x. A quotient below 2^53 is rounded to a whole number that is right or, never below,
// one too large, so that the remainder is exact.
func fmod[T float](x, y T) T {
	a, b := math.Abs(float64(x)), math.Abs(float64(y))
	if a < b { // the usual case of small numbers; false for NaN
		return x
	}
	if q := a / b; q < 1<<53 {
		r := math.FMA(-math.Trunc(q), b, a)
		if r < 0 {
			r += b
		}
		return T(math.Copysign(r, float64(x)))
	}
	return T(math.Mod(float64(x), float64(y)))
}

func floorModFloat[T float](x, y T) T {
	m := fmod(x, y)
	switch {
	case y == 0 || m != m:
		return m
	case m == 0:
		return copysign(0, y)
	case (y < 0) != (m < 0):
		return m + y
	}
	return m
}

func floorDivFloat[T float](x, y T) T {
	if y == 0 {
		return x / y
	}
	m := fmod(x, y)
	d := (x - m) / y
	if m != 0 && (y < 0) != (m < 0) {
		d--
	}
	if d == 0 {
		return copysign(0, x/y)
	}
	f := floor(d)
	if d-f > 0.5 {
		f++
	}
	return f
}

package num

import (
	"math"
	"math/cmplx"
	"unsafe"

	"sheaf/dtype"
)

// realMath are the functions of one float64 that have no loop of their own; float32 is computed through float64.
var realMath = map[Op]func(float64) float64{
	Cbrt: math.Cbrt, Exp: exp, Exp2: math.Exp2, Expm1: expm1,
	Log: log, Log2: log2, Log10: log10, Log1p: log1p,
	Sin: sin, Cos: cos, Tan: tan, Arcsin: arcsin, Arccos: arccos, Arctan: math.Atan,
	Sinh: math.Sinh, Cosh: math.Cosh, Tanh: tanh, Arcsinh: math.Asinh, Arccosh: math.Acosh, Arctanh: math.Atanh,
	Deg2rad: func(x float64) float64 { return x * (math.Pi / 180) },
	Rad2deg: func(x float64) float64 { return x * (180 / math.Pi) },
	Spacing: func(x float64) float64 {
		if x == 0 {
			return math.SmallestNonzeroFloat64 // of -0 too
		}
		return math.Nextafter(x, math.Inf(sgn(x))) - x
	},
	Angle: func(x float64) float64 {
		if x < 0 {
			return math.Pi
		}
		return x * 0 // 0, or NaN
	},
}

// arcsin and arccos keep their accuracy near 1, where the library's lose it.
func arcsin(x float64) float64 { return math.Atan2(x, math.Sqrt((1-x)*(1+x))) }
func arccos(x float64) float64 { return 2 * math.Atan2(math.Sqrt(1-x), math.Sqrt(1+x)) }

func sgn(x float64) int {
	if math.Signbit(x) {
		return -1
	}
	return 1
}

// realMath2 are the functions of two float64.
var realMath2 = map[Op]func(x, y float64) float64{
	Pow: pow, Hypot: math.Hypot, Arctan2: math.Atan2,
	Logaddexp: func(x, y float64) float64 { return logAddExp(x, y, math.Ln2, math.Exp, math.Log1p) },
	Logaddexp2: func(x, y float64) float64 {
		return logAddExp(x, y, 1, math.Exp2, func(v float64) float64 { return math.Log1p(v) * math.Log2E })
	},
	Ldexp: func(x, y float64) float64 { return math.Ldexp(x, int(max(min(y, 5000), -5000))) },
}

// logAddExp returns log(e**x + e**y) without overflow; double is the value for x == y less x.
func logAddExp(x, y, double float64, exp, log1p func(float64) float64) float64 {
	if x == y {
		return x + double // infinities of the same sign too
	}
	switch d := x - y; {
	case d > 0:
		return x + log1p(exp(-d))
	case d <= 0:
		return y + log1p(exp(d))
	}
	return math.NaN()
}

// complexMath are the functions of one complex number with a complex result.
var complexMath = map[Op]func(complex128) complex128{
	Sqrt: cmplx.Sqrt, Exp: cmplx.Exp, Log: cmplx.Log,
	Exp2:  func(x complex128) complex128 { return cmplx.Exp(x * math.Ln2) },
	Expm1: func(x complex128) complex128 { return cmplx.Exp(x) - 1 },
	Log2:  func(x complex128) complex128 { return cmplx.Log(x) * math.Log2E },
	Log10: func(x complex128) complex128 { return cmplx.Log(x) * math.Log10E },
	Log1p: func(x complex128) complex128 { return cmplx.Log(1 + x) },
	Sin:   cmplx.Sin, Cos: cmplx.Cos, Tan: cmplx.Tan, Arcsin: cmplx.Asin, Arccos: cmplx.Acos, Arctan: cmplx.Atan,
	Sinh: cmplx.Sinh, Cosh: cmplx.Cosh, Tanh: cmplx.Tanh, Arcsinh: cmplx.Asinh, Arccosh: cmplx.Acosh, Arctanh: cmplx.Atanh,
	Rint: func(x complex128) complex128 {
		return complex(math.RoundToEven(real(x)), math.RoundToEven(imag(x)))
	},
	Sign: func(x complex128) complex128 {
		if x == 0 {
			return 0
		}
		return x / complex(cmplx.Abs(x), 0)
	},
}

// complexToReal are the functions of one complex number with a real result.
var complexToReal = map[Op]func(complex128) float64{
	Abs: cmplx.Abs, Angle: cmplx.Phase,
	Real: func(x complex128) float64 { return real(x) },
	Imag: func(x complex128) float64 { return imag(x) },
}

func init() {
	for op, f := range realMath {
		unaryLoops[op][dtype.Float64] = mapReal[float64](f)
		unaryLoops[op][dtype.Float32] = mapReal[float32](f)
	}
	unaryLoops[Spacing][dtype.Float32] = mapReal[float32](func(x float64) float64 {
		f := float32(x)
		if f == 0 {
			return math.SmallestNonzeroFloat32
		}
		return float64(math.Nextafter32(f, float32(math.Inf(sgn(x)))) - f)
	})
	for op, f := range realMath2 {
		binaryLoops[op][dtype.Float64] = mapReal2[float64](f)
		binaryLoops[op][dtype.Float32] = mapReal2[float32](f)
	}
	binaryLoops[Pow][dtype.Float64] = powerLoops[float64](binaryLoops[Pow][dtype.Float64], dtype.Float64)
	binaryLoops[Pow][dtype.Float32] = powerLoops[float32](binaryLoops[Pow][dtype.Float32], dtype.Float32)
	nextUp := func(x, y float32) float32 { return math.Nextafter32(x, y) }
	binaryLoops[Nextafter][dtype.Float64] = formsOf(math.Nextafter)
	binaryLoops[Nextafter][dtype.Float32] = formsOf(nextUp)
	for op, f := range complexMath {
		unaryLoops[op][dtype.Complex128] = mapComplex[complex128](f)
		unaryLoops[op][dtype.Complex64] = mapComplex[complex64](f)
	}
	for op, f := range complexToReal {
		unaryLoops[op][dtype.Complex128] = mapToReal[complex128, float64](f)
		unaryLoops[op][dtype.Complex64] = mapToReal[complex64, float32](f)
	}
	binaryLoops[Pow][dtype.Complex128] = formsOf(powComplex)
	binaryLoops[Pow][dtype.Complex64] = formsOf(func(x, y complex64) complex64 {
		return complex64(powComplex(complex128(x), complex128(y)))
	})
}

// powComplex multiplies for small whole powers, as NumPy does, and is cmplx.Pow otherwise. The powers of 0 are 0 for
// positive real exponents and NaN for all others but 0.
func powComplex(x, y complex128) complex128 {
	switch {
	case y == 0:
		return 1 // also of NaN
	case x == 0 && (imag(y) != 0 || !(real(y) > 0)):
		return cmplx.NaN()
	case x == 0:
		return 0
	}
	n := int(real(y))
	if imag(y) != 0 || float64(n) != real(y) || n > 100 || n < -100 || n == 0 {
		return cmplx.Pow(x, y)
	}
	out, k := complex(1, 0), max(n, -n)
	for p := x; k != 0; k >>= 1 {
		if k&1 != 0 {
			out *= p
		}
		p *= p
	}
	if n < 0 {
		return divComplex(1, out)
	}
	return out
}

func mapReal[T float](f func(float64) float64) unary {
	return func(dst, a unsafe.Pointer, n int) {
		d, p := unsafe.Slice((*T)(dst), n), unsafe.Slice((*T)(a), n)
		for i := range d {
			d[i] = T(f(float64(p[i])))
		}
	}
}

func mapReal2[T float](f func(x, y float64) float64) forms {
	return formsOf(func(x, y T) T { return T(f(float64(x), float64(y))) })
}

func mapComplex[T complexes](f func(complex128) complex128) unary {
	return func(dst, a unsafe.Pointer, n int) {
		d, p := unsafe.Slice((*T)(dst), n), unsafe.Slice((*T)(a), n)
		for i := range d {
			d[i] = T(f(complex128(p[i])))
		}
	}
}

func mapToReal[T complexes, R float](f func(complex128) float64) unary {
	return func(dst, a unsafe.Pointer, n int) {
		d, p := unsafe.Slice((*R)(dst), n), unsafe.Slice((*T)(a), n)
		for i := range d {
			d[i] = R(f(complex128(p[i])))
		}
	}
}

// formsOf makes the three loops of a function of two elements.
func formsOf[T any](f func(x, y T) T) forms {
	return forms{
		vv: func(dst, a, b unsafe.Pointer, n int) {
			d, p, q := unsafe.Slice((*T)(dst), n), unsafe.Slice((*T)(a), n), unsafe.Slice((*T)(b), n)
			for i := range d {
				d[i] = f(p[i], q[i])
			}
		},
		vs: func(dst, a, b unsafe.Pointer, n int) {
			d, p, y := unsafe.Slice((*T)(dst), n), unsafe.Slice((*T)(a), n), *(*T)(b)
			for i := range d {
				d[i] = f(p[i], y)
			}
		},
		sv: func(dst, a, b unsafe.Pointer, n int) {
			d, x, q := unsafe.Slice((*T)(dst), n), *(*T)(a), unsafe.Slice((*T)(b), n)
			for i := range d {
				d[i] = f(x, q[i])
			}
		},
	}
}

package num

import "math"

// The functions in this file and its neighbours (mathlog.go, mathtrig.go) are the portable twins of the vector kernels
// in asmgen: the same operations in the same order, so that the results are the same bits. Fused multiply-adds are
// spelled math.FMA; a product that must be rounded on its own is converted explicitly, because Go may fuse otherwise.

const (
	log2e = 1.44269504088896338700e+00
	// ln2 in two parts, the first with 33 bits, so that its product with a small integer is exact.
	ln2Hi = 6.93147180369123816490e-01
	ln2Lo = 1.90821492927058770002e-10
	// Beyond these exp is infinite or zero.
	expClampHi = 800
	expClampLo = -800
)

var (
	nan = math.NaN()
	inf = math.Inf(1)
)

// expCoeffs are 1/n! for n from 13 down to 2: the series of (e**r - 1 - r)/r**2 on |r| <= ln2/2, error 4e-18.
var expCoeffs = [12]float64{
	1. / 6227020800, 1. / 479001600, 1. / 39916800, 1. / 3628800, 1. / 362880, 1. / 40320, 1. / 5040, 1. / 720, 1. / 120,
	1. / 24, 1. / 6, 1. / 2,
}

// expReduce returns k and e**r - 1 with x = k ln2 + r.
func expReduce(x float64) (k, t float64) {
	k = math.RoundToEven(float64(x * log2e))
	r := math.FMA(-k, ln2Hi, x)
	r = math.FMA(-k, ln2Lo, r)
	q := expCoeffs[0]
	for _, c := range expCoeffs[1:] {
		q = math.FMA(q, r, c)
	}
	return k, math.FMA(q, float64(r*r), r)
}

// exp returns e**x with an error below 1 ulp.
func exp(x float64) float64 {
	if x != x {
		return x
	}
	x = min(max(x, expClampLo), expClampHi)
	k, t := expReduce(x)
	half := int64(k) >> 1
	y := 1 + t
	// In two steps, so that neither power of two overflows: only the second one rounds.
	y *= pow2(half)
	return y * pow2(int64(k)-half)
}

// pow2 returns 2**n for n in the range of normal numbers.
func pow2(n int64) float64 { return math.Float64frombits(uint64(n+1023) << 52) }

// expm1 returns e**x - 1 with an error below 1.5 ulp.
func expm1(x float64) float64 {
	if x != x {
		return x
	}
	c := min(max(x, -50), expClampHi)
	k, t := expReduce(c)
	if k > 1024 {
		return inf
	}
	s := pow2(int64(k) - 1)
	return math.Copysign(2*math.FMA(t, s, s-0.5), x)
}

// tanh returns the hyperbolic tangent with an error below 2.5 ulp, as expm1(2|x|)/(expm1(2|x|)+2).
func tanh(x float64) float64 {
	if x != x {
		return x
	}
	k, t := expReduce(min(2*math.Abs(x), 50))
	s := pow2(int64(k) - 1)
	e := 2 * math.FMA(t, s, s-0.5)
	return math.Copysign(e/(e+2), x)
}

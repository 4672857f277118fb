package num

import (
	"math"
	"unsafe"

	"sheaf/dtype"
)

// pow is C's pow with an error below 1 ulp: e**(y log x) with the logarithm in twice the precision.
func pow(x, y float64) float64 {
	if x > 0 && x < inf && y-y == 0 {
		return powPositive(x, y)
	}
	if x < 0 && x > -inf && y-y == 0 && y == math.Floor(y) {
		p := powPositive(-x, y)
		if math.Mod(y, 2) != 0 {
			return -p
		}
		return p
	}
	return math.Pow(x, y) // zeros, infinities, NaN
}

// powCoeffs are 2/(2n+1) for n from 12 down to 2: what follows 2s + 2/3 s**3 in the series of log((1+s)/(1-s)), over s**5.
var powCoeffs = [11]float64{2. / 25, 2. / 23, 2. / 21, 2. / 19, 2. / 17, 2. / 15, 2. / 13, 2. / 11, 2. / 9, 2. / 7, 2. / 5}

// Two thirds in two parts.
const twoThirdsHi, twoThirdsLo = 0.6666666666666666, 3.7007434154171886e-17

// powPositive is x**y for x in (0, inf) and finite y.
func powPositive(x, y float64) float64 {
	hi, lo := logDouble(x)
	p := float64(y * hi)
	p = min(max(p, expClampLo), expClampHi)
	q := math.FMA(y, lo, math.FMA(y, hi, -p))
	if !(math.Abs(q) < 1) { // the product was clamped
		q = 0
	}
	k := math.RoundToEven(float64(p * log2e))
	r := math.FMA(-k, ln2Hi, p)
	r = math.FMA(-k, ln2Lo, r)
	r += q
	c := expCoeffs[0]
	for _, v := range expCoeffs[1:] {
		c = math.FMA(c, r, v)
	}
	out := 1 + math.FMA(c, float64(r*r), r)
	half := int64(k) >> 1
	out *= pow2(half)
	return out * pow2(int64(k)-half)
}

// logDouble returns the logarithm of a positive finite number as a sum of two numbers, to about 66 bits.
func logDouble(x float64) (hi, lo float64) {
	m, e := logSplit(x)
	f := m - 1
	// s = f/(2+f) in two parts; 2+f is rounded, by t2.
	t := 2 + f
	t2 := f - (t - 2)
	s := f / t
	s2 := math.FMA(-s, t2, math.FMA(-s, t, f)) / t
	// s**2 in two parts, then s**3.
	z := float64(s * s)
	z2 := math.FMA(s, s, -z)
	z2 = math.FMA(float64(s+s), s2, z2)
	c := float64(z * s)
	c2 := math.FMA(z, s, -c)
	c2 = math.FMA(z, s2, math.FMA(z2, s, c2))
	// 2/3 s**3 in two parts, and the rest of the series behind it.
	p := powCoeffs[0]
	for _, v := range powCoeffs[1:] {
		p = math.FMA(p, z, v)
	}
	d := float64(c * twoThirdsHi)
	d2 := math.FMA(c, twoThirdsHi, -d)
	d2 = math.FMA(c, twoThirdsLo, d2)
	d2 = math.FMA(c2, twoThirdsHi, d2)
	d2 = math.FMA(float64(c*z), p, d2)
	// e ln2 + 2s + d: the larger one first, exactly.
	a := float64(e * ln2Hi)
	b := s + s
	hi = a + b
	w := hi - a
	lo = (a - (hi - w)) + (b - w)
	g := hi + d
	w = g - hi
	lo += (hi - (g - w)) + (d - w)
	lo += math.FMA(e, ln2Lo, s2+s2)
	lo += d2
	hi = g + lo
	return hi, lo - (hi - g)
}

// powerLoops are the loops of Pow. The powers of arrays that programs use most, to a scalar, are done directly, as NumPy
// does.
func powerLoops[T float](f forms, t dtype.Type) forms {
	vs := f.vs
	f.vs = func(dst, a, b unsafe.Pointer, n int) {
		switch *(*T)(b) {
		case 2:
			unaryLoops[Square][t](dst, a, n)
		case 1:
			unaryLoops[Positive][t](dst, a, n)
		case -1:
			unaryLoops[Reciprocal][t](dst, a, n)
		case 0.5:
			unaryLoops[Sqrt][t](dst, a, n)
		default:
			vs(dst, a, b, n)
		}
	}
	return f
}

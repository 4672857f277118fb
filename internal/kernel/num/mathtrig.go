package num

import "math"

const (
	twoOverPi = 0.6366197723675814
	// pi/2 in three parts: the first two have 33 bits, so that their products with the quadrant are exact.
	pio2A = 1.57079632673412561417e+00
	pio2B = 6.07710050630396597660e-11
	pio2C = 2.02226624879595063154e-21
	// trigMax is the largest argument of the fast reduction; beyond it the library reduces with all the digits of pi.
	trigMax = 1e5
	// roundMagic added and taken away rounds to whole numbers, and leaves their low bits in the mantissa.
	roundMagic = 0x1.8p52
	// Below this sin(x) is x.
	sinTiny = 0x1p-27
)

// sinCoeffs are those of (sin(r)-r)/r**3 in r**2 and cosCoeffs of (cos(r)-1+r**2/2)/r**4, |r| <= pi/4, highest first.
var (
	sinCoeffs = [8]float64{
		1. / 355687428096000, -1. / 1307674368000, 1. / 6227020800, -1. / 39916800, 1. / 362880, -1. / 5040, 1. / 120, -1. / 6,
	}
	cosCoeffs = [7]float64{
		1. / 20922789888000, -1. / 87178291200, 1. / 479001600, -1. / 3628800, 1. / 40320, -1. / 720, 1. / 24,
	}
)

// sin returns the sine with an error below 1 ulp up to trigMax.
func sin(x float64) float64 {
	if a := math.Abs(x); !(a <= trigMax) {
		return math.Sin(x)
	} else if a < sinTiny {
		return x
	}
	return trig(x, 0)
}

// cos returns the cosine with an error below 1 ulp up to trigMax.
func cos(x float64) float64 {
	if !(math.Abs(x) <= trigMax) {
		return math.Cos(x)
	}
	return trig(x, 1)
}

// tan returns the tangent with an error below 2 ulp up to trigMax.
func tan(x float64) float64 {
	if a := math.Abs(x); !(a <= trigMax) {
		return math.Tan(x)
	} else if a < sinTiny {
		return x
	}
	s, c, quadrant := sinCos(x)
	if quadrant&1 == 0 {
		return s / c
	}
	return -(c / s)
}

// trig returns sin(x + shift*pi/2).
func trig(x float64, shift uint64) float64 {
	v, c, quadrant := sinCos(x)
	quadrant += shift
	if quadrant&1 != 0 {
		v = c
	}
	if quadrant&2 != 0 {
		v = -v
	}
	return v
}

// sinCos returns the sine and the cosine of x less the nearest multiple of pi/2, and that multiple modulo 4.
func sinCos(x float64) (sin, cos float64, quadrant uint64) {
	magic := math.FMA(x, twoOverPi, roundMagic)
	k := magic - roundMagic
	y := math.FMA(-k, pio2A, x)
	r := math.FMA(-k, pio2B, y)
	t := math.FMA(-k, pio2B, y-r)
	t = math.FMA(-k, pio2C, t)
	z := float64(r * r)
	p := cosCoeffs[0]
	for _, c := range cosCoeffs[1:] {
		p = math.FMA(p, z, c)
	}
	h := float64(0.5 * z)
	w := 1 - h
	cos = w + math.FMA(float64(z*z), p, math.FMA(-r, t, (1-w)-h))
	p = sinCoeffs[0]
	for _, c := range sinCoeffs[1:] {
		p = math.FMA(p, z, c)
	}
	tail := math.FMA(float64(-0.5*z), t, t)
	sin = r + math.FMA(float64(r*z), p, tail)
	return sin, cos, math.Float64bits(magic) & 3
}

package num

import "math"

// logCoeffs are 2/(2n+1) for n from 10 down to 1: the series of (log((1+s)/(1-s)) - 2s)/s**3 in s**2 <= 0.0295.
var logCoeffs = [10]float64{2. / 21, 2. / 19, 2. / 17, 2. / 15, 2. / 13, 2. / 11, 2. / 9, 2. / 7, 2. / 5, 2. / 3}

// log returns the natural logarithm with an error below 1 ulp. With x = 2**e (1+f), sqrt(1/2) <= 1+f < sqrt(2), it is
// e ln2 + 2 atanh(f/(2+f)), with the large part f - f*f/2 of the latter taken out.
func log(x float64) float64 {
	switch {
	case x != x || x == inf:
		return x
	case x < 0:
		return nan
	case x == 0:
		return -inf
	}
	m, e := logSplit(x)
	f := m - 1
	s := f / (2 + f)
	z := float64(s * s)
	r := logCoeffs[0]
	for _, c := range logCoeffs[1:] {
		r = math.FMA(r, z, c)
	}
	r = float64(r * z)
	h := float64(float64(0.5*f) * f)
	u := math.FMA(s, h+r, float64(e*ln2Lo))
	w := (h - u) - f
	return math.FMA(e, ln2Hi, -w)
}

// logSplit returns m in [sqrt(1/2), sqrt(2)) and e with x = m 2**e, for positive finite x.
func logSplit(x float64) (m, e float64) {
	b := math.Float64bits(x)
	if b>>52 == 0 { // subnormal
		b = math.Float64bits(x * (1 << 54))
		e = -54
	}
	e += float64(int64(b>>52) - 1023)
	m = math.Float64frombits(b&(1<<52-1) | 1023<<52)
	if m > math.Sqrt2 {
		m *= 0.5
		e++
	}
	return m, e
}

// The reciprocals of ln 2 and ln 10 in two parts.
const (
	invLn2Hi, invLn2Lo   = 1.4426950408889634, 2.0355273740931033e-17
	invLn10Hi, invLn10Lo = 0.4342944819032518, 1.098319650216765e-17
)

// log2 and log10 multiply log in double the precision, so that whole powers give whole numbers.
func log2(x float64) float64 {
	if x > 0 && x < inf {
		if m, e := logSplit(x); m == 1 {
			return e
		}
	}
	return scaleLog(log(x), invLn2Hi, invLn2Lo)
}

func log10(x float64) float64 { return scaleLog(log(x), invLn10Hi, invLn10Lo) }

func scaleLog(l, hi, lo float64) float64 {
	p := float64(l * hi)
	if math.IsInf(p, 0) || p != p {
		return p
	}
	return p + math.FMA(l, lo, math.FMA(l, hi, -p))
}

// log1p returns log(1+x) with an error below 1.5 ulp: the logarithm of the rounded sum, and what was rounded away.
func log1p(x float64) float64 {
	u := x + 1
	if u == 1 {
		return x
	}
	l := log(u)
	if l-l != 0 {
		return l
	}
	return l + (x-(u-1))/u
}

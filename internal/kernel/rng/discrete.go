package rng

import "math"

// Poisson returns a draw with the mean lam >= 0: multiplication below 10, else Hörmann's transformed rejection (PTRS, 1993).
func (g *Generator) Poisson(lam float64) int64 {
	switch {
	case lam >= 10:
		return g.poissonPTRS(lam)
	case lam == 0:
		return 0
	}
	limit, prod := math.Exp(-lam), 1.0
	for x := int64(0); ; x++ {
		prod *= g.Float64()
		if prod <= limit {
			return x
		}
	}
}

func (g *Generator) poissonPTRS(lam float64) int64 {
	slam, loglam := math.Sqrt(lam), math.Log(lam)
	b := 0.931 + float64(2.53*slam)
	a := -0.059 + float64(0.02483*b)
	invalpha := 1.1239 + 1.1328/(b-3.4)
	vr := 0.9277 - 3.6224/(b-2)
	for {
		u := g.Float64() - 0.5
		v := g.Float64()
		us := 0.5 - math.Abs(u)
		k := math.Floor(float64((2*a/us+b)*u) + lam + 0.43)
		if us >= 0.07 && v <= vr {
			return int64(k)
		}
		if k < 0 || us < 0.013 && v > us {
			continue
		}
		lg, _ := math.Lgamma(k + 1)
		if math.Log(v)+math.Log(invalpha)-math.Log(a/(us*us)+b) <= -lam+float64(k*loglam)-lg {
			return int64(k)
		}
	}
}

// Binomial returns the number of successes of n trials: inversion up to a mean of 30, else BTPE (Kachitvichyanukul and
// Schmeiser 1988).
func (g *Generator) Binomial(n int64, p float64) int64 {
	if n == 0 || p == 0 {
		return 0
	}
	if p > 0.5 {
		q := 1 - p
		if q*float64(n) <= 30 {
			return n - g.binomialInversion(n, q)
		}
		return n - g.binomialBTPE(n, q)
	}
	if p*float64(n) <= 30 {
		return g.binomialInversion(n, p)
	}
	return g.binomialBTPE(n, p)
}

func (g *Generator) binomialInversion(n int64, p float64) int64 {
	q := 1 - p
	qn := math.Exp(float64(n) * math.Log(q))
	np := float64(n) * p
	bound := int64(min(float64(n), np+10*math.Sqrt(float64(np*q)+1)))
	x, px, u := int64(0), qn, g.Float64()
	for u > px {
		x++
		if x > bound {
			x, px, u = 0, qn, g.Float64()
			continue
		}
		u -= px
		px = (float64(n-x+1) * p * px) / (float64(x) * q)
	}
	return x
}

// btpe are the constants of BTPE for one n and r = min(p, 1-p).
type btpe struct {
	n                          int64
	m                          int64
	r, q, xm, p1, p2, p3, p4   float64
	xl, xr, c, laml, lamr, nrq float64
}

func newBTPE(n int64, r float64) btpe {
	b := btpe{n: n, r: r, q: 1 - r}
	nf := float64(n)
	fm := float64(nf*r) + r
	b.m = int64(math.Floor(fm))
	b.p1 = math.Floor(2.195*math.Sqrt(nf*r*b.q)-float64(4.6*b.q)) + 0.5
	b.xm = float64(b.m) + 0.5
	b.xl, b.xr = b.xm-b.p1, b.xm+b.p1
	b.c = 0.134 + 20.5/(15.3+float64(b.m))
	a := (fm - b.xl) / (fm - float64(b.xl*r))
	b.laml = a * (1 + a/2)
	a = (b.xr - fm) / (b.xr * b.q)
	b.lamr = a * (1 + a/2)
	b.p2 = b.p1 * (1 + 2*b.c)
	b.p3 = b.p2 + b.c/b.laml
	b.p4 = b.p3 + b.c/b.lamr
	b.nrq = nf * r * b.q
	return b
}

func (g *Generator) binomialBTPE(n int64, r float64) int64 {
	b := newBTPE(n, r)
	for {
		u, v := g.Float64()*b.p4, g.Float64()
		var y int64
		switch {
		case u <= b.p1: // the triangle
			return int64(math.Floor(b.xm - float64(b.p1*v) + u))
		case u <= b.p2: // the parallelograms
			x := b.xl + (u-b.p1)/b.c
			v = float64(v*b.c) + 1 - math.Abs(float64(b.m)-x+0.5)/b.p1
			if v > 1 {
				continue
			}
			y = int64(math.Floor(x))
		case u <= b.p3: // the left tail
			x := math.Floor(b.xl + math.Log(v)/b.laml)
			if x < 0 || v == 0 {
				continue
			}
			y = int64(x)
			v = v * (u - b.p2) * b.laml
		default: // the right tail
			x := math.Floor(b.xr - math.Log(v)/b.lamr)
			if x > float64(n) || v == 0 {
				continue
			}
			y = int64(x)
			v = v * (u - b.p3) * b.lamr
		}
		if b.accept(y, v) {
			return y
		}
	}
}

// accept compares v with f(y)/f(m): by recurrence near the mode, else by squeezing and Stirling's formula.
func (b *btpe) accept(y int64, v float64) bool {
	k := math.Abs(float64(y - b.m))
	if k <= 20 || k >= b.nrq/2-1 {
		s := b.r / b.q
		a := s * float64(b.n+1)
		f := 1.0
		for i := b.m + 1; i <= y; i++ {
			f *= a/float64(i) - s
		}
		for i := y + 1; i <= b.m; i++ {
			f /= a/float64(i) - s
		}
		return v <= f
	}
	rho := (k / b.nrq) * ((k*(k/3+0.625)+0.16666666666666666)/b.nrq + 0.5)
	t := -k * k / (2 * b.nrq)
	a := math.Log(v)
	if a < t-rho {
		return true
	}
	if a > t+rho {
		return false
	}
	x1, f1 := float64(y+1), float64(b.m+1)
	z, w := float64(b.n+1-b.m), float64(b.n-y+1)
	stirling := func(x float64) float64 {
		x2 := x * x
		return (13680 - (462-(132-(99-140/x2)/x2)/x2)/x2) / x / 166320
	}
	return a <= b.xm*math.Log(f1/x1)+(float64(b.n-b.m)+0.5)*math.Log(z/w)+float64(y-b.m)*math.Log(w*b.r/(x1*b.q))+
		stirling(f1)+stirling(z)+stirling(x1)+stirling(w)
}

// NegativeBinomial returns the failures before the n-th success, n any positive number.
func (g *Generator) NegativeBinomial(n, p float64) int64 {
	return g.Poisson(g.Gamma(n, (1-p)/p))
}

// Geometric returns the trials up to the first success.
func (g *Generator) Geometric(p float64) int64 {
	if p < 0.333333333333333333333333 {
		z := math.Ceil(-g.StandardExponential() / math.Log1p(-p))
		if z >= 1<<63 {
			return math.MaxInt64
		}
		return int64(z)
	}
	x, sum, prod, q := int64(1), p, p, 1-p
	u := g.Float64()
	for u > sum && prod > 0 { // the sum may end an ulp below 1
		prod *= q
		sum += prod
		x++
	}
	return x
}

// Zipf returns a draw with the exponent a > 1 (Devroye 1986).
func (g *Generator) Zipf(a float64) int64 {
	am1 := a - 1
	b := math.Pow(2, am1)
	umin := math.Pow(1<<63, -am1)
	for {
		u01 := g.Float64()
		u := float64(u01*umin) + (1 - u01)
		v := g.Float64()
		x := math.Floor(math.Pow(u, -1/am1))
		if x >= 1<<63 || x < 1 {
			continue
		}
		if t := math.Pow(1+1/x, am1); v*x*(t-1)/(b-1) <= t/b {
			return int64(x)
		}
	}
}

// Logseries returns a draw of the logarithmic series distribution (Kemp 1981).
func (g *Generator) Logseries(p float64) int64 {
	r := math.Log1p(-p)
	for {
		v := g.Float64()
		if v >= p {
			return 1
		}
		u := g.Float64()
		q := -math.Expm1(r * u)
		switch {
		case v <= q*q:
			x := math.Floor(1 + math.Log(v)/math.Log(q))
			if x < 1 || v == 0 {
				continue
			}
			return int64(x)
		case v >= q:
			return 1
		}
		return 2
	}
}

// Hypergeometric returns the good ones among sample draws without replacement from good + bad, one draw at a time: its
// cost grows with sample. Its stream is not NumPy's.
func (g *Generator) Hypergeometric(good, bad, sample int64) int64 {
	total := good + bad
	reflect := sample > total/2 // what is left behind is such a sample too
	k := sample
	if reflect {
		k = total - sample
	}
	left, taken := good, int64(0)
	for range k {
		if int64(g.Below(uint64(total))) < left {
			left--
			taken++
		}
		total--
	}
	if reflect {
		return good - taken
	}
	return taken
}

// Multinomial writes the counts of n draws over the probabilities p to out.
func (g *Generator) Multinomial(out []int64, n int64, p []float64) {
	left, rest := n, 1.0
	for i := range len(p) - 1 {
		out[i] = g.Binomial(left, p[i]/rest)
		left -= out[i]
		if left <= 0 {
			clear(out[i+1:])
			return
		}
		rest -= p[i]
	}
	out[len(p)-1] = left
}

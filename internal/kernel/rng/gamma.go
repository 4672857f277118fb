package rng

import "math"

// StandardGamma returns a draw with the given shape >= 0 and scale 1: Marsaglia and Tsang (2000) from shape 1 on, Ahrens
// and Dieter (1974) below.
func (g *Generator) StandardGamma(shape float64) float64 {
	switch {
	case shape == 1:
		return g.StandardExponential()
	case shape == 0:
		return 0
	case shape < 1:
		for {
			u, v := g.Float64(), g.StandardExponential()
			if u <= 1-shape {
				if x := math.Pow(u, 1/shape); x <= v {
					return x
				}
				continue
			}
			y := -math.Log((1 - u) / shape)
			if x := math.Pow(1-shape+float64(shape*y), 1/shape); x <= v+y {
				return x
			}
		}
	}
	b := shape - 1./3
	c := 1 / math.Sqrt(9*b)
	for {
		var x, v float64
		for v <= 0 {
			x = g.StandardNormal()
			v = 1 + float64(c*x)
		}
		v = v * v * v
		u := g.Float64()
		if u < 1-float64(float64(0.0331*float64(x*x))*float64(x*x)) {
			return b * v
		}
		if math.Log(u) < float64(0.5*x*x)+float64(b*(1-v+math.Log(v))) {
			return b * v
		}
	}
}

// Gamma returns a draw with the given shape and scale.
func (g *Generator) Gamma(shape, scale float64) float64 { return scale * g.StandardGamma(shape) }

// Chisquare returns a draw with df degrees of freedom.
func (g *Generator) Chisquare(df float64) float64 { return 2 * g.StandardGamma(df/2) }

// NoncentralChisquare returns a draw with df degrees of freedom and noncentrality nonc.
func (g *Generator) NoncentralChisquare(df, nonc float64) float64 {
	if nonc == 0 {
		return g.Chisquare(df)
	}
	if df > 1 {
		c := g.Chisquare(df - 1)
		n := g.StandardNormal() + math.Sqrt(nonc)
		return c + float64(n*n)
	}
	return g.Chisquare(df + 2*float64(g.Poisson(nonc/2)))
}

// F returns a draw of Fisher's distribution.
func (g *Generator) F(dfnum, dfden float64) float64 {
	a := g.Chisquare(dfnum) * dfden
	return a / (g.Chisquare(dfden) * dfnum)
}

// NoncentralF returns a draw of the noncentral F distribution.
func (g *Generator) NoncentralF(dfnum, dfden, nonc float64) float64 {
	a := g.NoncentralChisquare(dfnum, nonc) * dfden
	return a / (g.Chisquare(dfden) * dfnum)
}

// StandardT returns a draw of Student's distribution.
func (g *Generator) StandardT(df float64) float64 {
	n := g.StandardNormal()
	return math.Sqrt(df/2) * n / math.Sqrt(g.StandardGamma(df/2))
}

// Beta returns a draw of [0, 1]: Jöhnk (1964) for a, b <= 1, otherwise a quotient of gammas.
func (g *Generator) Beta(a, b float64) float64 {
	if a > 1 || b > 1 {
		x := g.StandardGamma(a)
		return x / (x + g.StandardGamma(b))
	}
	const tiny = 3e-103
	if a < tiny && b < tiny {
		if (a+b)*g.Float64() < a {
			return 1
		}
		return 0
	}
	for {
		u, v := g.Float64(), g.Float64()
		x, y := math.Pow(u, 1/a), math.Pow(v, 1/b)
		switch s := x + y; {
		case s > 1 || u+v == 0:
		case s > 0:
			return x / s
		default: // both underflow: the same with logarithms
			lx, ly := math.Log(u)/a, math.Log(v)/b
			m := max(lx, ly)
			lx, ly = lx-m, ly-m
			return math.Exp(lx - math.Log(math.Exp(lx)+math.Exp(ly)))
		}
	}
}

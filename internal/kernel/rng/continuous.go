package rng

import "math"

// The continuous distributions that are functions of uniform, normal and exponential draws, by the formulas that
// numpy.random.Generator uses, so that streams agree up to the rounding of the mathematical functions.

// Lognormal returns e to a normal draw.
func (g *Generator) Lognormal(mean, sigma float64) float64 { return math.Exp(g.Normal(mean, sigma)) }

// StandardCauchy returns the quotient of two normal draws.
func (g *Generator) StandardCauchy() float64 {
	a := g.StandardNormal()
	return a / g.StandardNormal()
}

// Pareto returns a draw of the Lomax distribution (Pareto II), a > 0.
func (g *Generator) Pareto(a float64) float64 { return math.Expm1(g.StandardExponential() / a) }

// Weibull returns a draw with shape a and scale 1.
func (g *Generator) Weibull(a float64) float64 {
	if a == 0 {
		return 0
	}
	return math.Pow(g.StandardExponential(), 1/a)
}

// Power returns a draw of [0, 1] with density a x^(a-1).
func (g *Generator) Power(a float64) float64 {
	return math.Pow(-math.Expm1(-g.StandardExponential()), 1/a)
}

// Rayleigh returns a draw with the mode scale.
func (g *Generator) Rayleigh(scale float64) float64 {
	return scale * math.Sqrt(2*g.StandardExponential())
}

// Laplace returns a double exponential draw.
func (g *Generator) Laplace(loc, scale float64) float64 {
	for {
		switch u := g.Float64(); {
		case u >= 0.5:
			return loc - float64(scale*math.Log(2-u-u))
		case u > 0:
			return loc + float64(scale*math.Log(u+u))
		}
	}
}

// Gumbel returns a draw of the extreme value distribution of type I.
func (g *Generator) Gumbel(loc, scale float64) float64 {
	for {
		if u := 1 - g.Float64(); u < 1 {
			return loc - float64(scale*math.Log(-math.Log(u)))
		}
	}
}

// Logistic returns a logistic draw.
func (g *Generator) Logistic(loc, scale float64) float64 {
	for {
		if u := g.Float64(); u > 0 {
			return loc + float64(scale*math.Log(u/(1-u)))
		}
	}
}

// Triangular returns a draw of [left, right] with its peak at mode.
func (g *Generator) Triangular(left, mode, right float64) float64 {
	base, leftBase := right-left, mode-left
	u := g.Float64()
	if u <= leftBase/base {
		return left + math.Sqrt(float64(u*float64(leftBase*base)))
	}
	return right - math.Sqrt(float64((1-u)*float64((right-mode)*base)))
}

// Wald returns an inverse Gaussian draw.
func (g *Generator) Wald(mean, scale float64) float64 {
	y := g.StandardNormal()
	y = float64(float64(mean*y) * y)
	d := 1 + math.Sqrt(1+float64(4*scale)/y)
	x := mean * (1 - 2/d)
	if u := g.Float64(); u <= mean/(mean+x) {
		return x
	}
	return float64(mean*mean) / x
}

// Vonmises returns an angle around mu with concentration kappa (Best and Fisher 1979).
func (g *Generator) Vonmises(mu, kappa float64) float64 {
	if kappa < 1e-8 {
		return math.Pi * (2*g.Float64() - 1)
	}
	s := 1/kappa + kappa
	if kappa >= 1e-5 {
		if kappa > 1e6 { // indistinguishable from a wrapped normal
			return wrapAngle(mu + math.Sqrt(1/kappa)*g.StandardNormal())
		}
		r := 1 + math.Sqrt(1+4*kappa*kappa)
		rho := (r - math.Sqrt(2*r)) / (2 * kappa)
		s = (1 + rho*rho) / (2 * rho)
	}
	var w float64
	for {
		z := math.Cos(math.Pi * g.Float64())
		w = (1 + float64(s*z)) / (s + z)
		y := kappa * (s - w)
		v := g.Float64()
		if float64(y*(2-y))-v >= 0 || math.Log(y/v)+1-y >= 0 {
			break
		}
	}
	a := math.Acos(w)
	if g.Float64() < 0.5 {
		a = -a
	}
	return wrapAngle(a + mu)
}

func wrapAngle(a float64) float64 {
	m := math.Mod(math.Abs(a)+math.Pi, 2*math.Pi) - math.Pi
	if a < 0 {
		return -m
	}
	return m
}

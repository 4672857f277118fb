package random

import (
	"context"
	"fmt"
	"math"

	"sheaf/array"
	"sheaf/dtype"
	"sheaf/internal/kernel/rng"
	"sheaf/ndarray"
)

// The distributions of this file follow NumPy's algorithms as far as they are cheap and are right in law; they are not promised
// to give NumPy's numbers. Parameters outside of the domain make the array carry an error.

// Beta returns numbers of the beta distribution with shape parameters a, b > 0.
func (g *Generator) Beta(a, b float64, opts ...array.Option) *array.Array {
	return g.blocks("beta", dtype.Float64, opts, a > 0 && b > 0, dist{Kind: kindBeta, P: [3]float64{a, b}})
}

// Binomial returns how many of n trials of probability p succeed, int64.
func (g *Generator) Binomial(n int64, p float64, opts ...array.Option) *array.Array {
	return g.blocks("binomial", dtype.Int64, opts, n >= 0 && p >= 0 && p <= 1, dist{Kind: kindBinomial, N: [3]int64{n}, P: [3]float64{p}})
}

// ChiSquare returns numbers of the chi-square distribution with df > 0 degrees of freedom.
func (g *Generator) ChiSquare(df float64, opts ...array.Option) *array.Array {
	return g.blocks("chisquare", dtype.Float64, opts, df > 0, dist{Kind: kindChiSquare, P: [3]float64{df}})
}

// F returns numbers of the F distribution with dfnum and dfden > 0 degrees of freedom.
func (g *Generator) F(dfnum, dfden float64, opts ...array.Option) *array.Array {
	return g.blocks("f", dtype.Float64, opts, dfnum > 0 && dfden > 0, dist{Kind: kindF, P: [3]float64{dfnum, dfden}})
}

// Gamma returns numbers of the gamma distribution with a shape ≥ 0 and a scale ≥ 0.
func (g *Generator) Gamma(shape, scale float64, opts ...array.Option) *array.Array {
	return g.blocks("gamma", dtype.Float64, opts, shape >= 0 && scale >= 0, dist{Kind: kindGamma, P: [3]float64{shape, scale}})
}

// StandardGamma is Gamma with scale 1.
func (g *Generator) StandardGamma(shape float64, opts ...array.Option) *array.Array {
	return g.blocks("standard_gamma", dtype.Float64, opts, shape >= 0, dist{Kind: kindGamma, P: [3]float64{shape, 1}})
}

// Geometric returns how many trials of probability 0 < p ≤ 1 the first success takes, int64.
func (g *Generator) Geometric(p float64, opts ...array.Option) *array.Array {
	return g.blocks("geometric", dtype.Int64, opts, p > 0 && p <= 1, dist{Kind: kindGeometric, P: [3]float64{p}})
}

// Gumbel returns numbers of the Gumbel distribution.
func (g *Generator) Gumbel(loc, scale float64, opts ...array.Option) *array.Array {
	return g.blocks("gumbel", dtype.Float64, opts, scale >= 0, dist{Kind: kindGumbel, P: [3]float64{loc, scale}})
}

// Hypergeometric returns how many of sample draws without replacement are good, int64.
func (g *Generator) Hypergeometric(good, bad, sample int64, opts ...array.Option) *array.Array {
	ok := good >= 0 && bad >= 0 && sample >= 0 && sample <= good+bad
	return g.blocks("hypergeometric", dtype.Int64, opts, ok, dist{Kind: kindHypergeometric, N: [3]int64{good, bad, sample}})
}

// Laplace returns numbers of the double exponential distribution.
func (g *Generator) Laplace(loc, scale float64, opts ...array.Option) *array.Array {
	return g.blocks("laplace", dtype.Float64, opts, scale >= 0, dist{Kind: kindLaplace, P: [3]float64{loc, scale}})
}

// Logistic returns numbers of the logistic distribution.
func (g *Generator) Logistic(loc, scale float64, opts ...array.Option) *array.Array {
	return g.blocks("logistic", dtype.Float64, opts, scale >= 0, dist{Kind: kindLogistic, P: [3]float64{loc, scale}})
}

// LogNormal returns exponentials of normals with the given mean and standard deviation.
func (g *Generator) LogNormal(mean, sigma float64, opts ...array.Option) *array.Array {
	if sigma < 0 {
		return refuse("lognormal", mean, sigma)
	}
	return g.Normal(mean, sigma, opts...).Exp()
}

// LogSeries returns numbers of the logarithmic series distribution with 0 ≤ p < 1, int64.
func (g *Generator) LogSeries(p float64, opts ...array.Option) *array.Array {
	return g.blocks("logseries", dtype.Int64, opts, p >= 0 && p < 1, dist{Kind: kindLogSeries, P: [3]float64{p}})
}

// NegativeBinomial returns how many failures come before n successes of probability 0 < p ≤ 1, int64.
func (g *Generator) NegativeBinomial(n, p float64, opts ...array.Option) *array.Array {
	return g.blocks("negative_binomial", dtype.Int64, opts, n > 0 && p > 0 && p <= 1, dist{Kind: kindNegativeBinomial, P: [3]float64{n, p}})
}

// NoncentralChiSquare returns numbers of the chi-square distribution with the given noncentrality ≥ 0.
func (g *Generator) NoncentralChiSquare(df, nonc float64, opts ...array.Option) *array.Array {
	return g.blocks("noncentral_chisquare", dtype.Float64, opts, df > 0 && nonc >= 0, dist{Kind: kindNoncentralChiSquare, P: [3]float64{df, nonc}})
}

// NoncentralF returns numbers of the F distribution with the given noncentrality ≥ 0.
func (g *Generator) NoncentralF(dfnum, dfden, nonc float64, opts ...array.Option) *array.Array {
	ok := dfnum > 0 && dfden > 0 && nonc >= 0
	return g.blocks("noncentral_f", dtype.Float64, opts, ok, dist{Kind: kindNoncentralF, P: [3]float64{dfnum, dfden, nonc}})
}

// Pareto returns numbers of the Lomax distribution with shape a > 0.
func (g *Generator) Pareto(a float64, opts ...array.Option) *array.Array {
	if !(a > 0) {
		return refuse("pareto", a)
	}
	return g.StandardExponential(opts...).Div(a).Expm1()
}

// Poisson returns counts with the mean lam ≥ 0, int64.
func (g *Generator) Poisson(lam float64, opts ...array.Option) *array.Array {
	return g.blocks("poisson", dtype.Int64, opts, lam >= 0 && lam < math.MaxInt32*1e9, dist{Kind: kindPoisson, P: [3]float64{lam}})
}

// Power returns numbers of [0, 1] whose density grows as the (a-1)-th power, a > 0.
func (g *Generator) Power(a float64, opts ...array.Option) *array.Array {
	if !(a > 0) {
		return refuse("power", a)
	}
	return g.StandardExponential(opts...).Neg().Expm1().Neg().Pow(1 / a)
}

// Rayleigh returns numbers of the Rayleigh distribution.
func (g *Generator) Rayleigh(scale float64, opts ...array.Option) *array.Array {
	if scale < 0 {
		return refuse("rayleigh", scale)
	}
	return g.StandardExponential(opts...).Mul(2).Sqrt().Mul(scale)
}

// StandardCauchy returns quotients of two standard normals.
func (g *Generator) StandardCauchy(opts ...array.Option) *array.Array {
	return g.blocks("standard_cauchy", dtype.Float64, opts, true, dist{Kind: kindCauchy})
}

// StandardT returns numbers of Student's t distribution with df > 0 degrees of freedom.
func (g *Generator) StandardT(df float64, opts ...array.Option) *array.Array {
	return g.blocks("standard_t", dtype.Float64, opts, df > 0, dist{Kind: kindT, P: [3]float64{df}})
}

// Triangular returns numbers of [left, right] whose density peaks at mode.
func (g *Generator) Triangular(left, mode, right float64, opts ...array.Option) *array.Array {
	ok := left <= mode && mode <= right && left < right
	return g.blocks("triangular", dtype.Float64, opts, ok, dist{Kind: kindTriangular, P: [3]float64{left, mode, right}})
}

// VonMises returns angles around mu with concentration kappa ≥ 0, in [-π, π].
func (g *Generator) VonMises(mu, kappa float64, opts ...array.Option) *array.Array {
	return g.blocks("vonmises", dtype.Float64, opts, kappa >= 0, dist{Kind: kindVonMises, P: [3]float64{mu, kappa}})
}

// Wald returns numbers of the inverse Gaussian distribution with mean and scale > 0.
func (g *Generator) Wald(mean, scale float64, opts ...array.Option) *array.Array {
	return g.blocks("wald", dtype.Float64, opts, mean > 0 && scale > 0, dist{Kind: kindWald, P: [3]float64{mean, scale}})
}

// Weibull returns numbers of the Weibull distribution with shape a > 0 and scale 1.
func (g *Generator) Weibull(a float64, opts ...array.Option) *array.Array {
	if !(a > 0) {
		return refuse("weibull", a)
	}
	return g.StandardExponential(opts...).Pow(1 / a)
}

// Zipf returns numbers of the zeta distribution with exponent a > 1, int64.
func (g *Generator) Zipf(a float64, opts ...array.Option) *array.Array {
	return g.blocks("zipf", dtype.Int64, opts, a > 1, dist{Kind: kindZipf, P: [3]float64{a}})
}

// refuse is the error of parameters outside of their domain.
func refuse(op string, params ...any) *array.Array {
	return array.Failed(op, array.ErrValue, fmt.Errorf("parameters %v are outside of the distribution's domain", params))
}

// blocks makes an array whose blocks draw one number after the other.
func (g *Generator) blocks(op string, t dtype.Type, opts []array.Option, ok bool, d dist) *array.Array {
	if !ok {
		return refuse(op, d.P, d.N)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	d.Seed = *g.seed
	d.Seed.Spawned = 0
	d.First = g.seed.Spawned
	return array.DrawnBlocks(op, t, d, g.seed, opts...)
}

// kind is a distribution that is drawn number by number.
type kind uint8

const (
	kindInvalid kind = iota
	kindBeta
	kindBinomial
	kindChiSquare
	kindF
	kindGamma
	kindGeometric
	kindGumbel
	kindHypergeometric
	kindLaplace
	kindLogistic
	kindLogSeries
	kindNegativeBinomial
	kindNoncentralChiSquare
	kindNoncentralF
	kindPoisson
	kindCauchy
	kindT
	kindTriangular
	kindVonMises
	kindWald
	kindZipf
)

// dist makes blocks of one distribution.
type dist struct {
	Kind  kind
	P     [3]float64
	N     [3]int64
	Seed  rng.SeedSequence
	First uint32
}

// Block implements array.BlockSource.
func (d dist) Block(ctx context.Context, b array.Block) (*ndarray.Array, error) {
	g := rng.New(d.Seed.Child(d.First + uint32(b.Index)))
	if f := d.float(g); f != nil {
		return fill(ctx, dtype.Float64, b.Shape, f)
	}
	return fill(ctx, dtype.Int64, b.Shape, d.integer(g))
}

// fill calls f for each element in C order.
func fill[T float64 | int64](ctx context.Context, t dtype.Type, shape []int, f func() T) (*ndarray.Array, error) {
	out, err := ndarray.NewUninit(t, shape...)
	if err != nil {
		return nil, err
	}
	v, err := ndarray.Raw[T](out)
	if err != nil {
		return nil, err
	}
	for i := range v {
		if i%65536 == 0 && ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		v[i] = f()
	}
	return out, nil
}

// float returns the generator of a real distribution, and nil for the others.
func (d dist) float(g *rng.Generator) func() float64 {
	p := d.P
	switch d.Kind {
	case kindBeta:
		return func() float64 { return g.Beta(p[0], p[1]) }
	case kindChiSquare:
		return func() float64 { return g.Chisquare(p[0]) }
	case kindF:
		return func() float64 { return g.F(p[0], p[1]) }
	case kindGamma:
		return func() float64 { return g.Gamma(p[0], p[1]) }
	case kindGumbel:
		return func() float64 { return g.Gumbel(p[0], p[1]) }
	case kindLaplace:
		return func() float64 { return g.Laplace(p[0], p[1]) }
	case kindLogistic:
		return func() float64 { return g.Logistic(p[0], p[1]) }
	case kindNoncentralChiSquare:
		return func() float64 { return g.NoncentralChisquare(p[0], p[1]) }
	case kindNoncentralF:
		return func() float64 { return g.NoncentralF(p[0], p[1], p[2]) }
	case kindCauchy:
		return g.StandardCauchy
	case kindT:
		return func() float64 { return g.StandardT(p[0]) }
	case kindTriangular:
		return func() float64 { return g.Triangular(p[0], p[1], p[2]) }
	case kindVonMises:
		return func() float64 { return g.Vonmises(p[0], p[1]) }
	case kindWald:
		return func() float64 { return g.Wald(p[0], p[1]) }
	}
	return nil
}

// integer returns the generator of a distribution of counts.
func (d dist) integer(g *rng.Generator) func() int64 {
	p, n := d.P, d.N
	switch d.Kind {
	case kindBinomial:
		return func() int64 { return g.Binomial(n[0], p[0]) }
	case kindGeometric:
		return func() int64 { return g.Geometric(p[0]) }
	case kindHypergeometric:
		return func() int64 { return g.Hypergeometric(n[0], n[1], n[2]) }
	case kindLogSeries:
		return func() int64 { return g.Logseries(p[0]) }
	case kindNegativeBinomial:
		return func() int64 { return g.NegativeBinomial(p[0], p[1]) }
	case kindPoisson:
		return func() int64 { return g.Poisson(p[0]) }
	}
	return func() int64 { return g.Zipf(p[0]) }
}

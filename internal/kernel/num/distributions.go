package num

import (
	"fmt"
	"slices"
	"unsafe"

	"sheaf/dtype"
	"sheaf/internal/kernel/rng"
)

// law is a distribution that is drawn one number at a time.
type law struct {
	name   string
	params []string
	ok     func(p []float64) bool // says whether the parameters are possible
	want   string                 // what they must be, for the error
	real   func(g *rng.Generator, p *[3]float64) float64
	whole  func(g *rng.Generator, p *[3]float64) int64 // of Int64 distributions
}

// laws are the distributions from DrawLaw on, in the order of their kinds: append only, because programs name them by
// number.
var laws = []law{
	{"lognormal", []string{"mean", "sigma"}, second(atLeast0), "sigma >= 0", func(g *rng.Generator, p *[3]float64) float64 { return g.Lognormal(p[0], p[1]) }, nil},
	{"standard_cauchy", nil, any0, "", func(g *rng.Generator, _ *[3]float64) float64 { return g.StandardCauchy() }, nil},
	{"pareto", []string{"a"}, first(above0), "a > 0", func(g *rng.Generator, p *[3]float64) float64 { return g.Pareto(p[0]) }, nil},
	{"weibull", []string{"a"}, first(atLeast0), "a >= 0", func(g *rng.Generator, p *[3]float64) float64 { return g.Weibull(p[0]) }, nil},
	{"power", []string{"a"}, first(above0), "a > 0", func(g *rng.Generator, p *[3]float64) float64 { return g.Power(p[0]) }, nil},
	{"rayleigh", []string{"scale"}, first(atLeast0), "scale >= 0", func(g *rng.Generator, p *[3]float64) float64 { return g.Rayleigh(p[0]) }, nil},
	{"laplace", []string{"loc", "scale"}, second(atLeast0), "scale >= 0", func(g *rng.Generator, p *[3]float64) float64 { return g.Laplace(p[0], p[1]) }, nil},
	{"gumbel", []string{"loc", "scale"}, second(atLeast0), "scale >= 0", func(g *rng.Generator, p *[3]float64) float64 { return g.Gumbel(p[0], p[1]) }, nil},
	{"logistic", []string{"loc", "scale"}, second(atLeast0), "scale >= 0", func(g *rng.Generator, p *[3]float64) float64 { return g.Logistic(p[0], p[1]) }, nil},
	{"triangular", []string{"left", "mode", "right"}, ordered3, "left <= mode <= right, left < right", func(g *rng.Generator, p *[3]float64) float64 { return g.Triangular(p[0], p[1], p[2]) }, nil},
	{"wald", []string{"mean", "scale"}, each2(above0), "mean > 0 and scale > 0", func(g *rng.Generator, p *[3]float64) float64 { return g.Wald(p[0], p[1]) }, nil},
	{"vonmises", []string{"mu", "kappa"}, second(atLeast0), "kappa >= 0", func(g *rng.Generator, p *[3]float64) float64 { return g.Vonmises(p[0], p[1]) }, nil},
	{"standard_gamma", []string{"shape"}, first(atLeast0), "shape >= 0", func(g *rng.Generator, p *[3]float64) float64 { return g.StandardGamma(p[0]) }, nil},
	{"gamma", []string{"shape", "scale"}, each2(atLeast0), "shape >= 0 and scale >= 0", func(g *rng.Generator, p *[3]float64) float64 { return g.Gamma(p[0], p[1]) }, nil},
	{"chisquare", []string{"df"}, first(above0), "df > 0", func(g *rng.Generator, p *[3]float64) float64 { return g.Chisquare(p[0]) }, nil},
	{"noncentral_chisquare", []string{"df", "nonc"}, func(p []float64) bool { return above0(p[0]) && atLeast0(p[1]) }, "df > 0 and nonc >= 0", func(g *rng.Generator, p *[3]float64) float64 { return g.NoncentralChisquare(p[0], p[1]) }, nil},
	{"f", []string{"dfnum", "dfden"}, each2(above0), "dfnum > 0 and dfden > 0", func(g *rng.Generator, p *[3]float64) float64 { return g.F(p[0], p[1]) }, nil},
	{"noncentral_f", []string{"dfnum", "dfden", "nonc"}, func(p []float64) bool { return above0(p[0]) && above0(p[1]) && atLeast0(p[2]) }, "dfnum > 0, dfden > 0 and nonc >= 0", func(g *rng.Generator, p *[3]float64) float64 { return g.NoncentralF(p[0], p[1], p[2]) }, nil},
	{"standard_t", []string{"df"}, first(above0), "df > 0", func(g *rng.Generator, p *[3]float64) float64 { return g.StandardT(p[0]) }, nil},
	{"beta", []string{"a", "b"}, each2(above0), "a > 0 and b > 0", func(g *rng.Generator, p *[3]float64) float64 { return g.Beta(p[0], p[1]) }, nil},
	{"poisson", []string{"lam"}, func(p []float64) bool { return p[0] >= 0 && p[0] <= 9.223372006484771e18 }, "0 <= lam < 9.2e18", nil, func(g *rng.Generator, p *[3]float64) int64 { return g.Poisson(p[0]) }},
	{"binomial", []string{"n", "p"}, func(p []float64) bool { return count(p[0]) && unit(p[1]) }, "n a whole number >= 0 and 0 <= p <= 1", nil, func(g *rng.Generator, p *[3]float64) int64 { return g.Binomial(int64(p[0]), p[1]) }},
	{"negative_binomial", []string{"n", "p"}, func(p []float64) bool { return above0(p[0]) && p[1] > 0 && p[1] <= 1 }, "n > 0 and 0 < p <= 1", nil, func(g *rng.Generator, p *[3]float64) int64 { return g.NegativeBinomial(p[0], p[1]) }},
	{"geometric", []string{"p"}, func(p []float64) bool { return p[0] > 0 && p[0] <= 1 }, "0 < p <= 1", nil, func(g *rng.Generator, p *[3]float64) int64 { return g.Geometric(p[0]) }},
	{"zipf", []string{"a"}, func(p []float64) bool { return p[0] > 1 }, "a > 1", nil, func(g *rng.Generator, p *[3]float64) int64 { return g.Zipf(p[0]) }},
	{"logseries", []string{"p"}, func(p []float64) bool { return p[0] > 0 && p[0] < 1 }, "0 < p < 1", nil, func(g *rng.Generator, p *[3]float64) int64 { return g.Logseries(p[0]) }},
	{"hypergeometric", []string{"ngood", "nbad", "nsample"}, func(p []float64) bool { return count(p[0]) && count(p[1]) && count(p[2]) && p[2] <= p[0]+p[1] }, "whole numbers >= 0, nsample <= ngood + nbad", nil, func(g *rng.Generator, p *[3]float64) int64 {
		return g.Hypergeometric(int64(p[0]), int64(p[1]), int64(p[2]))
	}},
}

func above0(x float64) bool   { return x > 0 }
func atLeast0(x float64) bool { return x >= 0 }
func any0([]float64) bool     { return true }
func unit(x float64) bool     { return x >= 0 && x <= 1 }
func count(x float64) bool    { return x >= 0 && x < 1<<53 && x == float64(int64(x)) }

func first(ok func(float64) bool) func([]float64) bool {
	return func(p []float64) bool { return ok(p[0]) }
}

func second(ok func(float64) bool) func([]float64) bool {
	return func(p []float64) bool { return ok(p[1]) }
}

func each2(ok func(float64) bool) func([]float64) bool {
	return func(p []float64) bool { return ok(p[0]) && ok(p[1]) }
}
func ordered3(p []float64) bool { return p[0] <= p[1] && p[1] <= p[2] && p[0] < p[2] }

// Named describes draws of a distribution by the name of the method of NumPy's Generator and its parameters in their
// order there: "gamma" with shape and scale, "poisson" with lam. The type of the draws is Float64, or Int64 for counts.
func Named(name string, params ...float64) (Distribution, error) {
	i := slices.IndexFunc(laws, func(l law) bool { return l.name == name })
	if i < 0 {
		return Distribution{}, fmt.Errorf("random: unknown distribution %q", name)
	}
	l := &laws[i]
	if len(params) != len(l.params) {
		return Distribution{}, fmt.Errorf("random: %s has the parameters %v, got %d", name, l.params, len(params))
	}
	d := Distribution{Kind: DrawLaw + DrawKind(i), Type: dtype.Float64}
	if l.whole != nil {
		d.Type = dtype.Int64
	}
	copy(d.Params[:], params)
	if err := d.check(); err != nil {
		return Distribution{}, err
	}
	return d, nil
}

// law returns the distribution's law, nil for the kinds that are drawn in bulk.
func (d *Distribution) law() *law {
	if i := int(d.Kind) - int(DrawLaw); i >= 0 && i < len(laws) {
		return &laws[i]
	}
	return nil
}

func (l *law) check(d Distribution) error {
	want := dtype.Float64
	if l.whole != nil {
		want = dtype.Int64
	}
	if d.Type != want {
		return fmt.Errorf("num: %s gives %s, not %s", l.name, want, d.Type)
	}
	p := d.Params[:len(l.params)]
	for _, x := range p {
		if x-x != 0 {
			return fmt.Errorf("random: %s%v: the parameters %v must be finite", l.name, p, l.params)
		}
	}
	if !l.ok(p) {
		return fmt.Errorf("random: %s%v: the parameters %v must be %s", l.name, p, l.params, l.want)
	}
	return nil
}

func (l *law) fill(d *Distribution, g *rng.Generator, p unsafe.Pointer, n int) {
	if l.whole != nil {
		v := unsafe.Slice((*int64)(p), n)
		for i := range v {
			v[i] = l.whole(g, &d.Params)
		}
		return
	}
	v := unsafe.Slice((*float64)(p), n)
	for i := range v {
		v[i] = l.real(g, &d.Params)
	}
}

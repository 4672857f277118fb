package rng

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
)

// draws are the distributions by NumPy's names.
var draws = map[string]func(g *Generator, a []float64) float64{
	"lognormal":            func(g *Generator, a []float64) float64 { return g.Lognormal(a[0], a[1]) },
	"standard_cauchy":      func(g *Generator, _ []float64) float64 { return g.StandardCauchy() },
	"pareto":               func(g *Generator, a []float64) float64 { return g.Pareto(a[0]) },
	"weibull":              func(g *Generator, a []float64) float64 { return g.Weibull(a[0]) },
	"power":                func(g *Generator, a []float64) float64 { return g.Power(a[0]) },
	"rayleigh":             func(g *Generator, a []float64) float64 { return g.Rayleigh(a[0]) },
	"laplace":              func(g *Generator, a []float64) float64 { return g.Laplace(a[0], a[1]) },
	"gumbel":               func(g *Generator, a []float64) float64 { return g.Gumbel(a[0], a[1]) },
	"logistic":             func(g *Generator, a []float64) float64 { return g.Logistic(a[0], a[1]) },
	"triangular":           func(g *Generator, a []float64) float64 { return g.Triangular(a[0], a[1], a[2]) },
	"wald":                 func(g *Generator, a []float64) float64 { return g.Wald(a[0], a[1]) },
	"vonmises":             func(g *Generator, a []float64) float64 { return g.Vonmises(a[0], a[1]) },
	"standard_gamma":       func(g *Generator, a []float64) float64 { return g.StandardGamma(a[0]) },
	"gamma":                func(g *Generator, a []float64) float64 { return g.Gamma(a[0], a[1]) },
	"chisquare":            func(g *Generator, a []float64) float64 { return g.Chisquare(a[0]) },
	"noncentral_chisquare": func(g *Generator, a []float64) float64 { return g.NoncentralChisquare(a[0], a[1]) },
	"f":                    func(g *Generator, a []float64) float64 { return g.F(a[0], a[1]) },
	"standard_t":           func(g *Generator, a []float64) float64 { return g.StandardT(a[0]) },
	"beta":                 func(g *Generator, a []float64) float64 { return g.Beta(a[0], a[1]) },
	"poisson":              func(g *Generator, a []float64) float64 { return float64(g.Poisson(a[0])) },
	"binomial":             func(g *Generator, a []float64) float64 { return float64(g.Binomial(int64(a[0]), a[1])) },
	"negative_binomial":    func(g *Generator, a []float64) float64 { return float64(g.NegativeBinomial(a[0], a[1])) },
	"geometric":            func(g *Generator, a []float64) float64 { return float64(g.Geometric(a[0])) },
	"zipf":                 func(g *Generator, a []float64) float64 { return float64(g.Zipf(a[0])) },
	"logseries":            func(g *Generator, a []float64) float64 { return float64(g.Logseries(a[0])) },
}

// Streams of numpy.random.default_rng(42): equal to rounding, see testdata/distributions.py.
func TestDistributions(t *testing.T) {
	data, err := os.ReadFile("testdata/distributions.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases map[string]struct{ Args, Values []float64 }
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for name, c := range cases {
		g := New(NewSeedSequence(42))
		var got []float64
		switch base, _, _ := strings.Cut(name, "#"); base {
		case "permutation":
			got = asFloats(g.Permutation(int(c.Args[0])))
		case "choice":
			v, err := g.Choice(int(c.Args[0]), int(c.Args[1]))
			if err != nil {
				t.Fatal(err)
			}
			got = asFloats(v)
		case "multinomial":
			for range len(c.Values) / 3 {
				row := make([]int64, 3)
				g.Multinomial(row, int64(c.Args[0]), c.Args[1:])
				got = append(got, asFloats(row)...)
			}
		default:
			for range c.Values {
				got = append(got, draws[base](g, c.Args))
			}
		}
		if len(got) != len(c.Values) {
			t.Fatalf("%s: got %d values want %d", name, len(got), len(c.Values))
		}
		for i, want := range c.Values {
			if math.Abs(got[i]-want) > 1e-12*(1+math.Abs(want)) {
				t.Errorf("%s: draw %d: got %v want %v", name, i, got[i], want)
				break
			}
		}
	}
}

func TestHypergeometricMean(t *testing.T) {
	g := New(NewSeedSequence(1))
	for _, c := range [][3]int64{{30, 70, 20}, {30, 70, 90}} {
		sum, sq := 0.0, 0.0
		const n = 20000
		for range n {
			v := float64(g.Hypergeometric(c[0], c[1], c[2]))
			sum, sq = sum+v, sq+v*v
		}
		total := float64(c[0] + c[1])
		p := float64(c[0]) / total
		mean := float64(c[2]) * p
		variance := mean * (1 - p) * (total - float64(c[2])) / (total - 1)
		if got := sum / n; math.Abs(got-mean) > 5*math.Sqrt(variance/n) {
			t.Errorf("%v: mean: got %v want %v", c, got, mean)
		}
		if got := sq/n - sum*sum/n/n; math.Abs(got-variance) > 0.1*variance {
			t.Errorf("%v: variance: got %v want %v", c, got, variance)
		}
	}
}

func TestFillChoice(t *testing.T) {
	g := New(NewSeedSequence(1))
	dst := make([]int64, 30000)
	g.FillChoice(dst, []float64{0.2, 0.2, 0.7, 1})
	var count [4]float64
	for _, v := range dst {
		count[v]++
	}
	for i, p := range []float64{0.2, 0, 0.5, 0.3} {
		if got := count[i] / 30000; math.Abs(got-p) > 0.02 {
			t.Errorf("%d: got %v want %v", i, got, p)
		}
	}
	if _, err := g.Choice(3, 4); err == nil {
		t.Error("4 out of 3: got no error")
	}
}

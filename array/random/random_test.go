package random_test

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"

	"sheaf/array"
	"sheaf/array/random"
	"sheaf/dtype"
	"sheaf/ndarray"
)

//go:embed testdata/golden.json
var goldenJSON []byte

// golden are Dask's numbers, made by testdata/golden.py.
type golden struct {
	Cases []struct {
		Op           string
		Args         []float64
		Size, Chunks []int
		Shape        []int
		DType        string
		Values       []any
	}
	Permutation []int64
}

var ctx = context.Background()

func options(size, chunks []int) []array.Option {
	spec := make([]any, len(chunks))
	for i, c := range chunks {
		spec[i] = c
	}
	return []array.Option{array.Size(size...), array.Chunks(spec...)}
}

// TestDask compares successive draws of one generator with Dask's, bit for bit.
func TestDask(t *testing.T) {
	var g golden
	if err := json.Unmarshal(goldenJSON, &g); err != nil {
		t.Fatal(err)
	}
	rng := random.New(42)
	for i, c := range g.Cases {
		o := options(c.Size, c.Chunks)
		var x *array.Array
		switch c.Op {
		case "random":
			x = rng.Random(o...)
		case "uniform":
			x = rng.Uniform(c.Args[0], c.Args[1], o...)
		case "standard_normal":
			x = rng.StandardNormal(o...)
		case "normal":
			x = rng.Normal(c.Args[0], c.Args[1], o...)
		case "standard_exponential":
			x = rng.StandardExponential(o...)
		case "exponential":
			x = rng.Exponential(c.Args[0], o...)
		case "integers":
			x = rng.Integers(int64(c.Args[0]), int64(c.Args[1]), o...)
		}
		got, err := x.Compute(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Shape(), c.Shape) || got.DType().String() != c.DType {
			t.Fatalf("%d %s: got %v %v, want %v %s", i, c.Op, got.Shape(), got.DType(), c.Shape, c.DType)
		}
		for k, want := range c.Values {
			if got.DType() == dtype.Int64 {
				if v := must(ndarray.Values[int64](got))[k]; float64(v) != want.(float64) {
					t.Fatalf("%d %s %v: element %d: got %d, want %v", i, c.Op, c.Args, k, v, want)
				}
				continue
			}
			v := must(ndarray.Values[float64](got))[k]
			if w := must(strconv.ParseFloat(want.(string), 64)); v != w {
				t.Fatalf("%d %s %v: element %d: got %v, want %v", i, c.Op, c.Args, k, v, w)
			}
		}
	}
	perm := must(random.New(7).Permutation(array.Arange(0, 10, 1, array.Chunks(4))).Compute(ctx))
	if got := must(ndarray.Values[int64](perm)); !slices.Equal(got, g.Permutation) {
		t.Errorf("permutation: got %v, want %v", got, g.Permutation)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestLaw compares sample means and variances with those of the distributions, within five standard errors.
func TestLaw(t *testing.T) {
	const n = 200_000
	o := []array.Option{array.Size(n), array.Chunks(n / 4)}
	g := random.New(3)
	const euler = 0.5772156649015329
	for _, c := range []struct {
		name           string
		x              *array.Array
		mean, variance float64
	}{
		{"beta", g.Beta(2, 3, o...), 0.4, 0.04},
		{"binomial", g.Binomial(50, 0.3, o...), 15, 10.5},
		{"chisquare", g.ChiSquare(4, o...), 4, 8},
		{"f", g.F(5, 12, o...), 1.2, 1.08},
		{"gamma", g.Gamma(2.5, 2, o...), 5, 10},
		{"standard gamma", g.StandardGamma(0.5, o...), 0.5, 0.5},
		{"geometric", g.Geometric(0.25, o...), 4, 12},
		{"gumbel", g.Gumbel(1, 2, o...), 1 + 2*euler, 4 * math.Pi * math.Pi / 6},
		{"hypergeometric", g.Hypergeometric(20, 30, 10, o...), 4, 4 * 0.6 * 40 / 49},
		{"laplace", g.Laplace(1, 2, o...), 1, 8},
		{"logistic", g.Logistic(1, 2, o...), 1, 4 * math.Pi * math.Pi / 3},
		{"lognormal", g.LogNormal(0, 0.5, o...), math.Exp(0.125), (math.Exp(0.25) - 1) * math.Exp(0.25)},
		{"logseries", g.LogSeries(0.5, o...), 1 / math.Ln2, 2 * (math.Ln2 - 0.5) / math.Ln2 / math.Ln2},
		{"negative binomial", g.NegativeBinomial(4, 0.4, o...), 6, 15},
		{"noncentral chisquare", g.NoncentralChiSquare(3, 2, o...), 5, 14},
		{"noncentral f", g.NoncentralF(4, 20, 2, o...), 20.0 * 6 / (4 * 18), 2 * (36 + 8*18) / (18 * 18 * 16.0) * 400 / 16},
		{"pareto", g.Pareto(6, o...), 0.2, 6.0 / 25 / 4},
		{"poisson", g.Poisson(30, o...), 30, 30},
		{"power", g.Power(3, o...), 0.75, 3.0 / 5 / 16},
		{"rayleigh", g.Rayleigh(2, o...), 2 * math.Sqrt(math.Pi/2), (4 - math.Pi) / 2 * 4},
		{"t", g.StandardT(10, o...), 0, 1.25},
		{"triangular", g.Triangular(-1, 0, 4, o...), 1, (1 + 0 + 16 + 0 + 4 - 0) / 18.0},
		{"vonmises", g.VonMises(0.5, 0, o...), math.NaN(), math.Pi * math.Pi / 3},
		{"wald", g.Wald(3, 9, o...), 3, 3},
		{"weibull", g.Weibull(2, o...), math.Sqrt(math.Pi) / 2, 1 - math.Pi/4},
		{"zipf", g.Zipf(6, o...), 1.0369277551433699 / 1.0173430619844491, math.NaN()},
		{"uniform of arrays", g.Uniform(array.Zeros(array.Size(n)), 4, array.Chunks(1000)), 2, 16.0 / 12},
		{"normal of arrays", g.Normal(5, array.Full(2.0, array.Size(n)), array.Chunks(1000)), 5, 4},
		{"choice", g.Choice(10, []float64{0, 0, 0, 0.5, 0, 0.5, 0, 0, 0, 0}, o...), 4, 1},
	} {
		v, err := c.x.Compute(ctx)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		x := must(v.AsType(dtype.Float64))
		mean, variance := must(must(x.Mean()).Float64()), must(must(x.Var()).Float64())
		fourth := must(must(must(must(must(x.Sub(mean)).Square()).Square()).Mean()).Float64())
		if d := math.Abs(mean - c.mean); d > 5*math.Sqrt(variance/n) {
			t.Errorf("%s: got mean %v, want %v", c.name, mean, c.mean)
		}
		if d := math.Abs(variance - c.variance); d > 6*math.Sqrt(fourth/n) {
			t.Errorf("%s: got variance %v, want %v", c.name, variance, c.variance)
		}
	}
	median := must(must(g.StandardCauchy(o...).Lt(0).Mean().Compute(ctx)).Float64())
	if math.Abs(median-0.5) > 0.01 {
		t.Errorf("cauchy: %v of the numbers are negative", median)
	}
	m := must(g.Multinomial(100, []float64{0.2, 0.3, 0.5}, array.Size(2000), array.Chunks(600)).Mean(array.Axis(0)).Compute(ctx))
	for i, want := range []float64{20, 30, 50} {
		if got := must(ndarray.Get[float64](m, i)); math.Abs(got-want) > 0.6 {
			t.Errorf("multinomial: class %d: got mean %v, want %v", i, got, want)
		}
	}
}

// TestSameAgain computes lazy arrays twice: they must not change.
func TestSameAgain(t *testing.T) {
	g := random.New(1)
	o := options([]int{20}, []int{6})
	for _, x := range []*array.Array{g.Choice(array.Arange(0, 9, 1), nil, o...), g.Gamma(2, 1, o...), g.Random(o...), g.Permutation(20)} {
		a, b := must(x.Compute(ctx)), must(x.Compute(ctx))
		if !must(must(must(a.Eq(b)).All()).Bool()) {
			t.Errorf("got %v and then %v", a, b)
		}
	}
}

func TestBadParameters(t *testing.T) {
	g := random.New(1)
	for name, x := range map[string]*array.Array{
		"integers": g.Integers(3, 3), "int8": g.IntegersOf(dtype.Int8, 0, 300), "gamma": g.Gamma(-1, 1), "binomial": g.Binomial(3, 1.5),
		"choice": g.Choice(3, []float64{0.5, 0.1, 0.1}), "none": g.Choice(0, nil), "nan": g.Pareto(math.NaN()),
	} {
		if err := x.Err(); !errors.Is(err, array.ErrValue) {
			t.Errorf("%s: got error %v", name, err)
		}
	}
	if _, err := random.New(1).Uniform(0, 1, array.Size(3), array.Chunks(2, 2)).Compute(ctx); !errors.Is(err, array.ErrChunks) {
		t.Errorf("got error %v", err)
	}
}

func ExampleNew() {
	rng := random.New(42)
	x := rng.Uniform(0, 10, array.Size(4, 6), array.Chunks(2, 3))
	sum, err := x.Sum().Compute(context.Background())
	fmt.Println(sum, err) // as dask.array.random.default_rng(42).uniform(0, 10, (4, 6), chunks=(2, 3)).sum()
	// Output: 120.920722175359 <nil>
}

func ExampleGenerator() {
	rng := random.New(1)
	dice := rng.Integers(1, 7, array.Size(60000), array.Chunks(10000))
	mean, err := dice.Mean().Compute(context.Background())
	fmt.Printf("%.1f %v\n", must(mean.Float64()), err)
	// Output: 3.5 <nil>
}

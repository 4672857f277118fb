package num

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"sheaf/dtype"
	"sheaf/internal/kernel/rng"
)

func random(n int, seed uint64) []float64 {
	r := rand.New(rand.NewPCG(seed, 1))
	v := make([]float64, n)
	for i := range v {
		v[i] = r.NormFloat64()
	}
	return v
}

// The seed's expression over one chunk: (x + y.T - mean(axis 0)).sum(), y and the mean being other arrays.
func TestSeedExpression(t *testing.T) {
	const rows, cols = 301, 203
	x, y, mean := random(rows*cols, 1), random(rows*cols, 2), random(cols, 3)
	var b Builder
	a, c, m := b.Input(dtype.Float64), b.Input(dtype.Float64), b.Input(dtype.Float64)
	v := b.Apply(Sub, b.Apply(Add, a, c), m)
	b.Reduce(Sum, v, 2)
	b.Reduce(Sum, v, 2, 0)
	b.Reduce(Sum, v, 2, 1)
	b.Store(v)
	p, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	total, byCol, byRow, whole := make([]float64, 1), make([]float64, cols), make([]float64, rows), make([]float64, rows*cols)
	f := dtype.Float64
	err = p.Run(context.Background(), Args{
		Shape:   []int{rows, cols},
		Inputs:  []View{ViewOf(f, x, rows, cols), ViewOf(f, y, cols, rows).Transpose(), ViewOf(f, mean, cols)},
		Outputs: []View{ViewOf(f, total), ViewOf(f, byCol, 1, cols), ViewOf(f, byRow, rows), ViewOf(f, whole, rows, cols)},
	})
	if err != nil {
		t.Fatal(err)
	}
	var wantTotal float64
	wantCol, wantRow := make([]float64, cols), make([]float64, rows)
	for i := range rows {
		for j := range cols {
			w := x[i*cols+j] + y[j*rows+i] - mean[j]
			if whole[i*cols+j] != w {
				t.Fatalf("element %d,%d: got %v want %v", i, j, whole[i*cols+j], w)
			}
			wantTotal += w
			wantCol[j] += w
			wantRow[i] += w
		}
	}
	near(t, "total", total[0], wantTotal)
	for j := range cols {
		near(t, "column", byCol[j], wantCol[j])
	}
	for i := range rows {
		near(t, "row", byRow[i], wantRow[i])
	}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-10*(1+math.Abs(want)) {
		t.Errorf("%s: got %v want %v", what, got, want)
	}
}

func bench(b *testing.B, n int, p *Program, args func() Args) {
	b.SetBytes(int64(8 * n))
	for b.Loop() {
		if err := p.Run(context.Background(), args()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/elem")
}

// Benchmarks run over a chunk of 1000×1000 float64, single-threaded.
func BenchmarkSeedChunk(b *testing.B) {
	const n = 1000
	f := dtype.Float64
	x, y, mean, out := random(n*n, 1), random(n*n, 2), random(n, 3), make([]float64, 1)
	var bl Builder
	a, c, m := bl.Input(f), bl.Input(f), bl.Input(f)
	bl.Reduce(Sum, bl.Apply(Sub, bl.Apply(Add, a, c), m), 2)
	p, _ := bl.Build()
	bench(b, n*n, p, func() Args {
		return Args{Shape: []int{n, n}, Inputs: []View{ViewOf(f, x, n, n), ViewOf(f, y, n, n).Transpose(), ViewOf(f, mean, n)}, Outputs: []View{ViewOf(f, out)}}
	})
}

func BenchmarkUniformSum(b *testing.B) { benchDraw(b, Uniform(0, 10)) }
func BenchmarkNormalSum(b *testing.B)  { benchDraw(b, Normal(0, 1)) }

func benchDraw(b *testing.B, d Distribution) {
	const n = 1000
	out := make([]float64, 1)
	var bl Builder
	bl.Reduce(Sum, bl.Draw(d), 2)
	p, _ := bl.Build()
	g := rng.New(rng.NewSeedSequence(1))
	bench(b, n*n, p, func() Args {
		return Args{Shape: []int{n, n}, Draws: []*rng.Generator{g}, Outputs: []View{ViewOf(dtype.Float64, out)}}
	})
}

func BenchmarkSum(b *testing.B)      { benchReduce(b, Sum) }
func BenchmarkSumAxis0(b *testing.B) { benchReduce(b, Sum, 0) }
func BenchmarkSumAxis1(b *testing.B) { benchReduce(b, Sum, 1) }
func BenchmarkMax(b *testing.B)      { benchReduce(b, Max) }
func BenchmarkMoments0(b *testing.B) { benchReduce(b, Moments, 0) }
func BenchmarkMoments(b *testing.B)  { benchReduce(b, Moments) }
func BenchmarkArgMax(b *testing.B)   { benchReduce(b, ArgMax) }

func benchReduce(b *testing.B, r Reduction, axes ...int) {
	const n = 1000
	f := dtype.Float64
	x := random(n*n, 1)
	var bl Builder
	bl.Reduce(r, bl.Input(f), 2, axes...)
	p, err := bl.Build()
	if err != nil {
		b.Fatal(err)
	}
	size := 1
	if len(axes) > 0 {
		size = n
	}
	shape := []int{}
	if len(axes) > 0 {
		shape = []int{n}
	}
	outs := []View{}
	for k := range r.Results() {
		outs = append(outs, ViewOf(r.ResultType(f, k), make([]float64, size), shape...))
	}
	bench(b, n*n, p, func() Args { return Args{Shape: []int{n, n}, Inputs: []View{ViewOf(f, x, n, n)}, Outputs: outs} })
}

func BenchmarkExpSinSqrt(b *testing.B) {
	const n = 1000
	f := dtype.Float64
	x, out := random(n*n, 1), make([]float64, 1)
	for i := range x {
		x[i] = math.Abs(x[i]) * 3
	}
	var bl Builder
	a := bl.Input(f)
	bl.Reduce(Sum, bl.Apply(Add, bl.Apply(Mul, bl.Apply(Exp, bl.Apply(Negative, a)), bl.Apply(Sin, a)), bl.Apply(Sqrt, a)), 2)
	p, _ := bl.Build()
	bench(b, n*n, p, func() Args {
		return Args{Shape: []int{n, n}, Inputs: []View{ViewOf(f, x, n, n)}, Outputs: []View{ViewOf(f, out)}}
	})
}

// BenchmarkSmall is the cost of a run that hardly computes anything.
func BenchmarkSmall(b *testing.B) {
	f := dtype.Float64
	var bl Builder
	bl.Reduce(Sum, bl.Apply(Add, bl.Input(f), bl.Input(f)), 2)
	p, _ := bl.Build()
	x, out := random(4, 1), make([]float64, 1)
	bench(b, 4, p, func() Args {
		return Args{Shape: []int{2, 2}, Inputs: []View{ViewOf(f, x, 2, 2), ViewOf(f, x, 2, 2)}, Outputs: []View{ViewOf(f, out)}}
	})
	b.ReportAllocs()
}

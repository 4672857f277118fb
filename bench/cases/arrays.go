package cases

import (
	"context"
	"fmt"
	"runtime"

	"sheaf"
	"sheaf/array"
	"sheaf/array/random"
	"sheaf/ndarray"
)

// The seed's array: 800 MB of float64 in 100 chunks.
const (
	side  = 10_000
	chunk = 1_000
	seed  = 42
)

func init() {
	ours["seed_sum"] = lazily(func() *array.Array { return seedExpression(uniform(10)).Sum() }, whole)
	ours["seed_whole"] = lazily(func() *array.Array { return seedExpression(uniform(10)) }, cells([]int{0, 0}, []int{1, 9999}, []int{9999, 1}, []int{5000, 4999}))
	ours["seed_persisted"] = persisted(func(x *array.Array) *array.Array { return seedExpression(x).Sum() }, whole)
	ours["uniform_sum"] = lazily(func() *array.Array { return uniform(1).Sum() }, whole)
	ours["normal_sum"] = lazily(func() *array.Array {
		return random.New(seed).Normal(1, 1, array.Size(side, side), array.Chunks(chunk, chunk)).Sum()
	}, whole)
	ours["persisted_sum"] = persisted(func(x *array.Array) *array.Array { return x.Sum() }, whole)
	ours["std_axis0"] = persisted(func(x *array.Array) *array.Array { return x.Std(array.Axis(0)) }, columns)
	ours["transcend"] = persisted(func(x *array.Array) *array.Array {
		return x.Neg().Exp().Mul(x.Sin()).Add(x.Sqrt()).Sum()
	}, whole)
	ours["rechunk_sum"] = persisted(func(x *array.Array) *array.Array {
		return x.Rechunk(side, 100).Sum(array.Axis(0))
	}, columns)
	ours["matmul"] = matmul
	ours["build"] = build
	ours["build_mb"] = buildMB
}

// uniform is the seed's random array, in [0, high).
func uniform(high float64) *array.Array {
	return random.New(seed).Uniform(0, high, array.Size(side, side), array.Chunks(chunk, chunk))
}

// seedExpression is y = x + x.T - x.mean(axis=0).
func seedExpression(x *array.Array) *array.Array { return x.Add(x.T()).Sub(x.Mean(array.Axis(0))) }

// lazily times building and computing.
func lazily(build func() *array.Array, answer func(*ndarray.Array) ([]float64, error)) Setup {
	return func(context.Context, string) (Run, error) {
		return func(ctx context.Context) (Answer, error) {
			out, err := build().Compute(ctx)
			if err != nil {
				return Answer{}, err
			}
			values, err := answer(out)
			return Answer{Values: values}, err
		}, nil
	}
}

// persisted times building and computing on an array whose chunks are there.
func persisted(build func(x *array.Array) *array.Array, answer func(*ndarray.Array) ([]float64, error)) Setup {
	return func(ctx context.Context, _ string) (Run, error) {
		x, err := persist(ctx, uniform(10))
		if err != nil {
			return nil, err
		}
		return lazily(func() *array.Array { return build(x) }, answer)(ctx, "")
	}
}

// whole is the answer of a result of one element.
func whole(a *ndarray.Array) ([]float64, error) { return ndarray.Values[float64](a) }

// columns is the answer of a result per column: some of them.
func columns(a *ndarray.Array) ([]float64, error) {
	return pick(a, []int{0}, []int{1}, []int{5000}, []int{9999})
}

// cells is the answer of a large result: the elements at some places.
func cells(places ...[]int) func(a *ndarray.Array) ([]float64, error) {
	return func(a *ndarray.Array) ([]float64, error) { return pick(a, places...) }
}

func pick(a *ndarray.Array, places ...[]int) ([]float64, error) {
	var values []float64
	for _, place := range places {
		v, err := a.At(place...)
		if err != nil {
			return nil, err
		}
		x, ok := v.(float64)
		if !ok {
			return nil, fmt.Errorf("element %v is a %T, want float64", place, v)
		}
		values = append(values, x)
	}
	return values, nil
}

// matmul multiplies a persisted square matrix with itself.
func matmul(ctx context.Context, _ string) (Run, error) {
	a, err := persist(ctx, random.New(seed).Uniform(0, 1, array.Size(4000, 4000), array.Chunks(chunk, chunk)))
	if err != nil {
		return nil, err
	}
	return lazily(func() *array.Array { return a.MatMul(a) }, cells([]int{0, 0}, []int{0, 3999}, []int{3999, 0}, []int{2000, 1999}))(ctx, "")
}

func persist(ctx context.Context, x *array.Array) (*array.Array, error) {
	x, err := sheaf.Persist(ctx, x)
	if err != nil {
		return nil, err
	}
	return x, sheaf.Wait(ctx, x)
}

// bigSum is the sum of a matrix and its transpose in a million chunks.
func bigSum() *array.Array {
	x := array.Ones(array.Size(100_000, 100_000), array.Chunks(100, 100))
	return x.Add(x.T()).Sum()
}

func build(context.Context, string) (Run, error) {
	return func(context.Context) (Answer, error) {
		y := bigSum()
		_, err := y.Graph()
		return Answer{Values: []float64{float64(y.Ndim())}}, err
	}, nil
}

// buildMB counts everything that building allocates, also what is garbage by the end.
func buildMB(context.Context, string) (Run, error) {
	return func(context.Context) (Answer, error) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		y := bigSum()
		g, err := y.Graph()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(g)
		return Answer{Values: []float64{float64(y.Ndim())}, Measured: float64(after.TotalAlloc-before.TotalAlloc) / 1e6}, err
	}, nil
}

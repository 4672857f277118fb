package seed

import (
	"context"
	"path/filepath"

	"sheaf"
	"sheaf/array"
	"sheaf/array/random"
)

func init() {
	register(Program{Name: "arrays", Title: "High-Level Collections: Arrays", Run: Arrays, Graphs: []string{"arrays"}})
	register(Program{Name: "lazy", Title: "Laziness and Computing", Run: Lazy, Graphs: []string{"lazy"}})
	register(Program{Name: "compute", Title: "Compute several results at once; write what is too large", Run: ComputeAndStore})
}

// Arrays is "normal NumPy code" on an array of 10000 × 10000 in chunks of 1000 × 1000.
func Arrays(ctx context.Context, dir string) ([]any, error) {
	rng := random.New(42)
	x := rng.Uniform(0, 10, array.Size(10000, 10000), array.Chunks(1000, 1000))

	y := x.Add(x.T()).Sub(x.Mean(array.Axis(0)))

	if err := sheaf.Visualize(filepath.Join(dir, "graphs", "arrays.svg"), y); err != nil {
		return nil, err
	}
	total, err := y.Sum().Compute(ctx)
	return []any{y, total}, err
}

// Lazy shows that nothing runs before Compute.
func Lazy(ctx context.Context, dir string) ([]any, error) {
	x := random.New(42).Uniform(0, 10, array.Size(10000, 10000), array.Chunks(1000, 1000))
	y := x.Add(x.T()).Sub(x.Mean(array.Axis(0))) // computes nothing

	if err := sheaf.Visualize(filepath.Join(dir, "graphs", "lazy.svg"), y.Max()); err != nil {
		return nil, err
	}
	whole, err := y.Compute(ctx) // an 800 MB array in memory
	return []any{whole}, err
}

// ComputeAndStore computes two results in one run, in which what they share is computed once, and writes a result that
// need not fit in memory.
func ComputeAndStore(ctx context.Context, dir string) ([]any, error) {
	x := random.New(42).Uniform(0, 10, array.Size(10000, 10000), array.Chunks(1000, 1000))
	y := x.Add(x.T()).Sub(x.Mean(array.Axis(0)))

	lo, hi, err := sheaf.Compute2(ctx, y.Min(), y.Max())
	if err != nil {
		return nil, err
	}
	zarr := filepath.Join(dir, "y.zarr")
	if err := y.ToZarr(zarr).Run(ctx); err != nil {
		return nil, err
	}
	again, err := array.FromZarr(zarr).Min().Compute(ctx)
	return []any{lo, hi, again}, err
}

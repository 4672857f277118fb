//go:build cgo

package seed

import (
	"context"
	"path/filepath"

	"sheaf"
	"sheaf/array"
	"sheaf/array/random"
	"sheaf/bag"
	"sheaf/client"
	"sheaf/dataframe"
	"sheaf/delayed"
	"sheaf/examples/data"
	"sheaf/ndarray"
)

func init() {
	register(Program{Name: "combined", Title: "Combining High- and Low-Level Interfaces", Run: Combined})
	register(Program{Name: "convert", Title: "Combining Interfaces", Run: Convert})
	register(Program{Name: "mistakes", Title: "Anti-patterns", Run: Mistakes})
}

// onTime is a custom algorithm on one partition.
func onTime(part *dataframe.Table) (*dataframe.Table, error) {
	return part.Filter(dataframe.Col("dep_delay").Le(0))
}

// Combined switches from a dataframe to delayed values, one per partition, and back.
func Combined(ctx context.Context, dir string) ([]any, error) {
	df := dataframe.ReadCSV(filepath.Join(dir, data.FlightsCSV))

	// Convert to a list of delayed tables.
	parts, err := df.ToDelayed()
	if err != nil {
		return nil, err
	}
	// Manipulate delayed values arbitrarily as you like.
	for i, p := range parts {
		parts[i] = delayed.Call[*dataframe.Table](onTime, p)
	}
	// Convert many delayed tables back to a single dataframe.
	df = dataframe.FromDelayed(parts)

	n, err := df.Len(ctx)
	return []any{n}, err
}

// Convert goes every way from one interface to another.
func Convert(ctx context.Context, dir string) ([]any, error) {
	c, err := client.Local(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	ctx = c.Context(ctx) // from here on everything runs on c

	// 1. The high-level interfaces have a ToDelayed method …
	df := dataframe.ReadCSV(filepath.Join(dir, data.AccountsCSV))
	x := random.New(1).Uniform(0, 1, array.Size(100, 100), array.Chunks(50, 50))
	b := bag.Range(100, bag.Partitions(4))
	frames, err := df.ToDelayed()
	if err != nil {
		return nil, err
	}
	blocks, err := x.ToDelayed()
	if err != nil {
		return nil, err
	}
	slices, err := b.ToDelayed()
	if err != nil {
		return nil, err
	}

	// 2. … and a FromDelayed function, for delayed values and for futures.
	df = dataframe.FromDelayed(frames)
	x = array.FromDelayed(blocks, x.DType(), x.Chunks()...)
	b = bag.FromDelayed(slices...)

	// 3. Delayed values become futures.
	futures, err := client.Compute(c, frames...)
	if err != nil {
		return nil, err
	}
	fromFutures := dataframe.FromFutures(futures)

	// 4. Persisted collections are made of futures.
	df, err = sheaf.Persist(ctx, df)
	if err != nil {
		return nil, err
	}
	parts, err := client.FuturesOf(df)
	if err != nil {
		return nil, err
	}

	// 5. A future becomes a delayed value.
	first := delayed.FromFuture(futures[0])
	rows := delayed.Call[int]((*dataframe.Table).Len, first)

	n, sum, mean, err := sheaf.Compute3(ctx, rows, bag.Sum(b), x.Mean())
	if err != nil {
		return nil, err
	}
	all, err := fromFutures.Len(ctx)
	return []any{n, sum, mean, len(parts), all}, err
}

// Mistakes shows the anti-patterns that the compiler cannot stop, and what they say.
func Mistakes(ctx context.Context, _ string) ([]any, error) {
	x := random.New(1).Uniform(0, 1, array.Size(100, 100), array.Chunks(50, 50))

	// Calling low-level APIs on high-level objects: use MapBlocks or MapPartitions.
	wrong := delayed.Call[float64](func(a *ndarray.Array) float64 { return 0 }, x)

	right := x.MapBlocks(func(_ context.Context, b *ndarray.Array) (*ndarray.Array, error) { return b.Neg() })
	v, err := right.Sum().Compute(ctx)

	// Calling Compute on a future does not compile: futures have Result.
	// Calling ndarray's functions on a lazy array does not compile: it has methods of the same names.
	return []any{wrong.Err(), v}, err
}

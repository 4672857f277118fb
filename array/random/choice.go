package random

import (
	"context"
	"fmt"
	"sort"

	"sheaf/array"
	"sheaf/dtype"
	"sheaf/internal/kernel/rng"
	"sheaf/ndarray"
)

// Choice returns elements of a one-dimensional array, drawn with replacement; with probabilities p, which add up to 1, or
// equally likely if p is nil. The array is anything that array.From takes; an int n stands for 0, 1, …, n-1. Unlike
// Dask's, the same lazy array computed twice has the same values.
func (g *Generator) Choice(a any, p []float64, opts ...array.Option) *array.Array {
	if n, ok := a.(int); ok {
		return g.choice(n, p, opts)
	}
	x := array.From(a)
	if x.Err() != nil {
		return x
	}
	if x.Ndim() != 1 || x.Size() < 1 {
		return array.Failed("choice", array.ErrShape, fmt.Errorf("it chooses from one dimension of known length, not from shape %v", x.Shape()))
	}
	at := g.choice(x.Size(), p, opts)
	if at.Err() != nil {
		return at
	}
	shape := at.Shape()
	picked := x.Index(at.Ravel())
	if len(shape) == 1 {
		return picked
	}
	return picked.Reshape(shape...)
}

func (g *Generator) choice(n int, p []float64, opts []array.Option) *array.Array {
	if n < 1 {
		return array.Failed("choice", array.ErrValue, fmt.Errorf("nothing to choose from: %d elements", n))
	}
	if p == nil {
		return g.Integers(0, int64(n), opts...)
	}
	if len(p) != n {
		return array.Failed("choice", array.ErrShape, fmt.Errorf("%d probabilities for %d elements", len(p), n))
	}
	cdf := make([]float64, n)
	sum := 0.0
	for i, v := range p {
		if !(v >= 0) {
			return array.Failed("choice", array.ErrValue, fmt.Errorf("probability %v of element %d is negative or no number", v, i))
		}
		sum += v
		cdf[i] = sum
	}
	if sum < 1-1e-8 || sum > 1+1e-8 {
		return array.Failed("choice", array.ErrValue, fmt.Errorf("probabilities add up to %v, not 1", sum))
	}
	for i := range cdf {
		cdf[i] /= sum
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	c := chooser{CDF: cdf, Seed: *g.seed, First: g.seed.Spawned}
	c.Seed.Spawned = 0
	return array.DrawnBlocks("choice", dtype.Int64, c, g.seed, opts...)
}

// chooser draws positions with given cumulative probabilities.
type chooser struct {
	CDF   []float64
	Seed  rng.SeedSequence
	First uint32
}

// Block implements array.BlockSource.
func (c chooser) Block(ctx context.Context, b array.Block) (*ndarray.Array, error) {
	g := rng.New(c.Seed.Child(c.First + uint32(b.Index)))
	last := len(c.CDF) - 1
	return fill(ctx, dtype.Int64, b.Shape, func() int64 {
		u := g.Float64()
		return int64(min(last, sort.Search(last+1, func(i int) bool { return c.CDF[i] > u })))
	})
}

// Permutation returns 0, 1, …, n-1 in random order if x is an int, else x with the positions of its first axis in random
// order. The order is drawn at once, from the generator's own stream, and equals Dask's.
func (g *Generator) Permutation(x any) *array.Array {
	n, isInt := x.(int)
	var a *array.Array
	if isInt {
		a = array.Arange(0, n, 1)
	} else if a = array.From(x); a.Err() == nil {
		if a.Ndim() < 1 || a.Shape()[0] < 0 {
			return array.Failed("permutation", array.ErrShape, fmt.Errorf("it needs a first axis of known length, not shape %v", a.Shape()))
		}
		n = a.Shape()[0]
	}
	if a.Err() != nil {
		return a
	}
	g.mu.Lock()
	if g.stream == nil {
		g.stream = rng.New(g.seed)
	}
	order := g.stream.Permutation(n)
	g.mu.Unlock()
	positions := make([]int, n)
	for i, p := range order {
		positions[i] = int(p)
	}
	return a.Index(positions)
}

// Multinomial returns, for each of the elements of the size, how n trials fall into the classes of probability p: an array of
// int64 with one more axis, as long as p and in one block.
func (g *Generator) Multinomial(n int64, p []float64, opts ...array.Option) *array.Array {
	sum := 0.0
	for _, v := range p {
		if !(v >= 0) {
			return refuse("multinomial", n, p)
		}
		sum += v
	}
	if n < 0 || len(p) == 0 || sum > 1+1e-8 {
		return refuse("multinomial", n, p)
	}
	g.mu.Lock()
	first, seed := g.seed.Spawned, *g.seed
	g.mu.Unlock()
	seed.Spawned = 0
	base := g.Random(opts...)
	if base.Err() != nil {
		return base
	}
	shape := append(base.Shape(), len(p))
	chunks := make([]any, 0, len(shape))
	for _, c := range base.Chunks() {
		chunks = append(chunks, c)
	}
	chunks = append(chunks, -1)
	return array.FromBlocks(multinomial{N: n, P: p, Seed: seed, First: first}, array.Size(shape...), array.Chunks(chunks...), array.DType(dtype.Int64))
}

// multinomial draws the counts of classes.
type multinomial struct {
	N     int64
	P     []float64
	Seed  rng.SeedSequence
	First uint32
}

// Block implements array.BlockSource.
func (m multinomial) Block(ctx context.Context, b array.Block) (*ndarray.Array, error) {
	g := rng.New(m.Seed.Child(m.First + uint32(b.Index)))
	out, err := ndarray.New(dtype.Int64, b.Shape...)
	if err != nil {
		return nil, err
	}
	v, err := ndarray.Raw[int64](out)
	if err != nil {
		return nil, err
	}
	for k := len(m.P); len(v) >= k; v = v[k:] {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		g.Multinomial(v[:k], m.N, m.P)
	}
	return out, nil
}

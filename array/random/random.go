// Package random makes arrays of random numbers.
//
// A [Generator] gives the numbers of dask.array.random.default_rng with the same seed, sizes and chunks, bit for bit, for
// Random, Uniform, Integers, StandardNormal, Normal, StandardExponential and Exponential; other distributions are right in
// law. Every block has a stream of its own, a child of the seed, so that blocks can be drawn anywhere, in any order
// and again, with the same values.
package random

import (
	"math/big"
	"sync"

	"sheaf/array"
	"sheaf/dtype"
	"sheaf/internal/kernel/num"
	"sheaf/internal/kernel/rng"
)

// A Generator makes arrays of random numbers. Each array takes the next children of the generator's seed, one a block, so the
// order of calls matters. It is safe for concurrent use.
//
// Sizes and chunks are given by array.Size and array.Chunks; without a size the array has one element and no axes.
type Generator struct {
	mu     sync.Mutex
	seed   *rng.SeedSequence
	stream *rng.Generator // of permutations, which are drawn at once
}

// New returns a generator with the given seed.
//
// Same as dask.array.random.default_rng(seed).
func New(seed uint64) *Generator { return &Generator{seed: rng.NewSeedSequence(seed)} }

// NewBig is [New] for a seed of any size. A negative seed is an error.
func NewBig(seed *big.Int) (*Generator, error) {
	s, err := rng.SeedSequenceBig(seed)
	if err != nil {
		return nil, err
	}
	return &Generator{seed: s}, nil
}

// Default returns a generator seeded by the operating system.
func Default() *Generator { return &Generator{seed: rng.RandomSeedSequence()} }

// Random returns numbers in [0, 1).
func (g *Generator) Random(opts ...array.Option) *array.Array {
	return g.draw("random", num.Uniform(0, 1), opts)
}

// Uniform returns numbers in [low, high), each of which is a number or an array.
func (g *Generator) Uniform(low, high any, opts ...array.Option) *array.Array {
	l, ok1 := number(low)
	h, ok2 := number(high)
	if ok1 && ok2 {
		return g.draw("uniform", num.Uniform(l, h), opts)
	}
	return g.sized("random", num.Uniform(0, 1), opts, low, high).Mul(array.From(high).Sub(low)).Add(low)
}

// StandardNormal returns normals of mean 0 and variance 1.
func (g *Generator) StandardNormal(opts ...array.Option) *array.Array {
	return g.draw("standard_normal", num.Normal(0, 1), opts)
}

// Normal returns normals of mean loc and standard deviation scale, each of which is a number or an array.
func (g *Generator) Normal(loc, scale any, opts ...array.Option) *array.Array {
	l, ok1 := number(loc)
	s, ok2 := number(scale)
	if ok1 && ok2 {
		return g.draw("normal", num.Normal(l, s), opts)
	}
	return g.sized("standard_normal", num.Normal(0, 1), opts, loc, scale).Mul(scale).Add(loc)
}

// StandardExponential returns exponentials of mean 1.
func (g *Generator) StandardExponential(opts ...array.Option) *array.Array {
	return g.draw("standard_exponential", num.Exponential(1), opts)
}

// Exponential returns exponentials of mean scale, a number or an array.
func (g *Generator) Exponential(scale any, opts ...array.Option) *array.Array {
	if s, ok := number(scale); ok {
		return g.draw("exponential", num.Exponential(s), opts)
	}
	return g.sized("standard_exponential", num.Exponential(1), opts, scale).Mul(scale)
}

// Integers returns integers of [low, high), of dtype int64.
func (g *Generator) Integers(low, high int64, opts ...array.Option) *array.Array {
	return g.IntegersOf(dtype.Int64, low, high, opts...)
}

// IntegersOf is [Generator.Integers] for another integer dtype, or bool. The numbers depend on the dtype, as NumPy's do.
func (g *Generator) IntegersOf(t dtype.Type, low, high int64, opts ...array.Option) *array.Array {
	b, err := rng.IntegerBounds(low, high, t, false)
	if err != nil {
		return array.Failed("integers", array.ErrValue, err)
	}
	return g.draw("integers", num.Integers(t, b), opts)
}

// draw makes an array of one of the distributions that kernels draw in bulk.
func (g *Generator) draw(op string, dist num.Distribution, opts []array.Option) *array.Array {
	g.mu.Lock()
	defer g.mu.Unlock()
	return array.Drawn(op, dist, g.seed, opts...)
}

// sized is draw with the shape of the parameters if the options give none.
func (g *Generator) sized(op string, dist num.Distribution, opts []array.Option, params ...any) *array.Array {
	shape := []int(nil)
	for _, p := range params {
		if s := array.From(p).Shape(); len(s) >= len(shape) {
			shape = s
		}
	}
	return g.draw(op, dist, append([]array.Option{array.Size(shape...)}, opts...))
}

// number returns a parameter as a float64, and false if it is an array.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case float32:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

package bag

import (
	"cmp"
	"errors"
	"math"
)

// ErrEmpty is in the chain of the error of a minimum, maximum, mean or reduce of a bag without elements.
var ErrEmpty = errors.New("the bag is empty")

// Sum adds the elements: within each partition from the front, then across partitions in their order, so equal partitions give equal
// bits. The sum of none is 0. Integers wrap around.
//
// Same as dask.bag.Bag.sum.
func Sum[T Number](b *Bag[T], opts ...Option) *Item[T] {
	return reduced(b, "sum", reducer[T, T, T](sum[T]{}), opts)
}

type sum[T Number] struct{}

func (sum[T]) fold(p *part, s stage[T]) (acc T, err error) {
	err = s.each(p, func(v T) bool { acc += v; return true })
	return acc, err
}

func (sum[T]) join(accs []T) (acc T, _ error) {
	for _, a := range accs {
		acc += a
	}
	return acc, nil
}

func (sum[T]) finish(acc T) (T, error) { return acc, nil }

func (sum[T]) functions(func(any)) {}

// Count counts the elements.
//
// Same as dask.bag.Bag.count.
func (b *Bag[T]) Count(opts ...Option) *Item[int] {
	return reduced(b, "count", reducer[T, int, int](count[T]{}), opts)
}

type count[T any] struct{ sum[int] }

func (count[T]) fold(p *part, s stage[T]) (n int, err error) {
	err = s.each(p, func(T) bool { n++; return true })
	return n, err
}

// Min finds the smallest element. An empty bag is [ErrEmpty].
//
// Same as dask.bag.Bag.min.
func Min[T Ordered](b *Bag[T], opts ...Option) *Item[T] {
	return reduced(b, "min", reducer[T, maybe[T], T](extreme[T]{-1}), opts)
}

// Max finds the largest element. An empty bag is [ErrEmpty].
//
// Same as dask.bag.Bag.max.
func Max[T Ordered](b *Bag[T], opts ...Option) *Item[T] {
	return reduced(b, "max", reducer[T, maybe[T], T](extreme[T]{1}), opts)
}

// extreme keeps the first element for which no other compares with the sign.
type extreme[T Ordered] struct{ Sign int }

func (r extreme[T]) better(a, b T) bool { return cmp.Compare(a, b) == r.Sign }

func (r extreme[T]) fold(p *part, s stage[T]) (acc maybe[T], err error) {
	err = s.each(p, func(v T) bool {
		if !acc.OK || r.better(v, acc.Value) {
			acc = maybe[T]{v, true}
		}
		return true
	})
	return acc, err
}

func (r extreme[T]) join(accs []maybe[T]) (acc maybe[T], _ error) {
	for _, a := range accs {
		if a.OK && (!acc.OK || r.better(a.Value, acc.Value)) {
			acc = a
		}
	}
	return acc, nil
}

func (r extreme[T]) finish(acc maybe[T]) (T, error) {
	if r.Sign < 0 {
		return present("min", acc)
	}
	return present("max", acc)
}

func (extreme[T]) functions(func(any)) {}

// Mean is the arithmetic mean. An empty bag is [ErrEmpty].
//
// Same as dask.bag.Bag.mean.
func Mean[T Number](b *Bag[T], opts ...Option) *Item[float64] {
	return reduced(b, "mean", reducer[T, total, float64](mean[T]{}), opts)
}

type total struct {
	N   int
	Sum float64
}

type mean[T Number] struct{}

func (mean[T]) fold(p *part, s stage[T]) (acc total, err error) {
	err = s.each(p, func(v T) bool {
		acc.N++
		acc.Sum += float64(v)
		return true
	})
	return acc, err
}

func (mean[T]) join(accs []total) (acc total, _ error) {
	for _, a := range accs {
		acc.N += a.N
		acc.Sum += a.Sum
	}
	return acc, nil
}

func (mean[T]) finish(acc total) (float64, error) {
	return present("mean", maybe[float64]{acc.Sum / float64(acc.N), acc.N > 0})
}

func (mean[T]) functions(func(any)) {}

// Var is the variance, with [Ddof] degrees of freedom subtracted from the count, 0 by default. Partitions are joined by Chan's
// formula, so large means do not spoil it. An empty bag is [ErrEmpty]; no more elements than degrees of freedom give NaN or an infinity.
//
// Same as dask.bag.Bag.var.
func Var[T Number](b *Bag[T], opts ...Option) *Item[float64] {
	return reduced(b, "var", reducer[T, spread, float64](moments[T]{what: "var", ddof: apply(opts).ddof}), opts)
}

// Std is the square root of [Var].
//
// Same as dask.bag.Bag.std.
func Std[T Number](b *Bag[T], opts ...Option) *Item[float64] {
	return reduced(b, "std", reducer[T, spread, float64](moments[T]{what: "std", ddof: apply(opts).ddof}), opts)
}

// spread is the count, the mean and the sum of squared distances from it, of the numbers so far.
type spread struct {
	N        int
	Mean, M2 float64
}

type moments[T Number] struct {
	what string
	ddof int
}

func (moments[T]) fold(p *part, s stage[T]) (m spread, err error) {
	err = s.each(p, func(v T) bool {
		x := float64(v)
		m.N++
		d := x - m.Mean
		m.Mean += d / float64(m.N)
		m.M2 += d * (x - m.Mean)
		return true
	})
	return m, err
}

func (moments[T]) join(accs []spread) (m spread, _ error) {
	for _, a := range accs {
		if a.N == 0 {
			continue
		}
		n := m.N + a.N
		d := a.Mean - m.Mean
		m.M2 += a.M2 + d*d*float64(m.N)*float64(a.N)/float64(n)
		m.Mean += d * float64(a.N) / float64(n)
		m.N = n
	}
	return m, nil
}

func (r moments[T]) finish(m spread) (float64, error) {
	if m.N == 0 {
		return present(r.what, maybe[float64]{})
	}
	v := m.M2 / float64(m.N-r.ddof)
	if r.what == "std" {
		return math.Sqrt(v), nil
	}
	return v, nil
}

func (moments[T]) functions(func(any)) {}

// Any tells whether some element is true; it stops looking in a partition at the first one.
//
// Same as dask.bag.Bag.any.
func Any(b *Bag[bool], opts ...Option) *Item[bool] {
	return reduced(b, "any", reducer[bool, bool, bool](logic{true}), opts)
}

// All tells whether every element is true, which those of an empty bag are.
//
// Same as dask.bag.Bag.all.
func All(b *Bag[bool], opts ...Option) *Item[bool] {
	return reduced(b, "all", reducer[bool, bool, bool](logic{false}), opts)
}

// logic looks for an element that decides.
type logic struct{ Decides bool }

func (r logic) fold(p *part, s stage[bool]) (bool, error) {
	acc := !r.Decides
	err := s.each(p, func(v bool) bool {
		acc = v
		return v != r.Decides
	})
	return acc, err
}

func (r logic) join(accs []bool) (bool, error) {
	for _, a := range accs {
		if a == r.Decides {
			return a, nil
		}
	}
	return !r.Decides, nil
}

func (logic) finish(acc bool) (bool, error) { return acc, nil }

func (logic) functions(func(any)) {}

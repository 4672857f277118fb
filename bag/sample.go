package bag

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Sample draws k different elements, every set of k being equally likely, in one partition and in no particular order. The same
// seed and partitions give the same sample. A bag of fewer elements is an error when it runs.
//
// Same as dask.bag.random.sample; the streams are not Python's.
func (b *Bag[T]) Sample(k int, seed uint64, opts ...Option) *Bag[T] {
	if k < 0 && b.Err() == nil {
		return failed[T](mistake("Sample", "%d elements", k))
	}
	return reducedBag(b, "sample", reducer[T, reservoir[T], []T](sampling[T]{k, seed, false}), opts)
}

// Choices draws k elements with replacement, each as likely as every other, in one partition. The same seed and partitions give the
// same sample. An empty bag is [ErrEmpty] when it runs, unless k is 0.
//
// Same as dask.bag.random.choices; the streams are not Python's.
func (b *Bag[T]) Choices(k int, seed uint64, opts ...Option) *Bag[T] {
	if k < 0 && b.Err() == nil {
		return failed[T](mistake("Choices", "%d elements", k))
	}
	return reducedBag(b, "choices", reducer[T, reservoir[T], []T](sampling[T]{k, seed, true}), opts)
}

// A reservoir is a sample of the N elements seen so far, and where its random stream goes on.
type reservoir[T any] struct {
	Elems []T
	N     int
	Place uint64 // the first partition in it, which names the stream
	Level uint64
}

type sampling[T any] struct {
	K       int
	Seed    uint64
	Replace bool
}

func (r sampling[T]) stream(place, level uint64) *rand.Rand {
	return rand.New(rand.NewPCG(r.Seed, mix(place<<8|level)))
}

func (r sampling[T]) fold(p *part, s stage[T]) (reservoir[T], error) {
	acc := reservoir[T]{Place: uint64(p.index)}
	rnd := r.stream(acc.Place, 0)
	err := s.each(p, func(v T) bool {
		acc.N++
		switch {
		case r.Replace:
			r.replace(&acc, v, rnd)
		case len(acc.Elems) < r.K:
			acc.Elems = append(acc.Elems, v)
		default:
			if i := rnd.IntN(acc.N); i < r.K {
				acc.Elems[i] = v
			}
		}
		return true
	})
	acc.Elems = detach(acc.Elems, p.run.read)
	return acc, err
}

// replace puts v, the N-th element, into each slot with probability 1/N. It jumps from one such slot to the next.
func (r sampling[T]) replace(acc *reservoir[T], v T, rnd *rand.Rand) {
	if acc.N == 1 {
		acc.Elems = make([]T, r.K)
		for i := range acc.Elems {
			acc.Elems[i] = v
		}
		return
	}
	stay := math.Log1p(-1 / float64(acc.N))
	for i := -1.0; ; {
		i += 1 + math.Floor(math.Log1p(-rnd.Float64())/stay)
		if i >= float64(r.K) {
			return
		}
		acc.Elems[int(i)] = v
	}
}

func (r sampling[T]) join(accs []reservoir[T]) (reservoir[T], error) {
	out := reservoir[T]{Place: accs[0].Place}
	for _, a := range accs {
		out.Level = max(out.Level, a.Level+1)
	}
	rnd := r.stream(out.Place, out.Level)
	for _, a := range accs {
		out = r.merge(out, a, rnd)
	}
	return out, nil
}

// merge draws from two samples as if from what they were drawn of.
func (r sampling[T]) merge(a, b reservoir[T], rnd *rand.Rand) reservoir[T] {
	out := reservoir[T]{N: a.N + b.N, Place: a.Place, Level: a.Level}
	switch {
	case b.N == 0:
		out.Elems = a.Elems
		return out
	case a.N == 0:
		out.Elems = b.Elems
		return out
	}
	if r.Replace {
		out.Elems = make([]T, r.K)
		for i := range out.Elems {
			if rnd.IntN(out.N) < a.N {
				out.Elems[i] = a.Elems[i]
			} else {
				out.Elems[i] = b.Elems[i]
			}
		}
		return out
	}
	// Without replacement each draw comes from a side in proportion to what is left there. The samples are used up in random order.
	left, right := shuffled(a.Elems, rnd), shuffled(b.Elems, rnd)
	na, nb := a.N, b.N
	for len(out.Elems) < min(r.K, out.N) {
		if rnd.IntN(na+nb) < na {
			out.Elems, left, na = append(out.Elems, left[0]), left[1:], na-1
		} else {
			out.Elems, right, nb = append(out.Elems, right[0]), right[1:], nb-1
		}
	}
	return out
}

func shuffled[T any](vs []T, rnd *rand.Rand) []T {
	out := append([]T(nil), vs...)
	rnd.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func (r sampling[T]) finish(acc reservoir[T]) ([]T, error) {
	switch {
	case r.Replace && acc.N == 0 && r.K > 0:
		return nil, fmt.Errorf("bag: choices: %w", ErrEmpty)
	case !r.Replace && acc.N < r.K:
		return nil, fmt.Errorf("bag: sample of %d elements of a bag of %d", r.K, acc.N)
	}
	return append([]T{}, acc.Elems...), nil
}

func (sampling[T]) functions(func(any)) {}

package bag

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"unsafe"

	"sheaf/fn"
)

// FoldBy groups the elements by key and folds each group, in one pass without moving elements: within a partition from initial with step,
// then the partitions' results of a key with combine, which must be associative. The result has one partition, with the
// keys in the order in which they were first met. Where A is a map or a pointer use [Bag.FoldByFrom].
//
// Same as dask.bag.Bag.foldby.
func (b *Bag[T]) FoldBy[K comparable, A any](key func(T) K, initial A, step func(A, T) A, combine func(A, A) A, opts ...Option) *Bag[KV[K, A]] {
	return reducedBag(b, "foldby", reducer[T, *groups[K, A], []KV[K, A]](
		foldBy[T, K, A]{key, folding[T, A]{Initial: initial, Step: step, Combine: combine}}), opts)
}

// FoldByFrom is [Bag.FoldBy] with a fresh initial value for each key and partition, which combine may change and return. It must change
// nothing when it is combined with a value.
func (b *Bag[T]) FoldByFrom[K comparable, A any](key func(T) K, initial func() A, step func(A, T) A, combine func(A, A) A, opts ...Option) *Bag[KV[K, A]] {
	return reducedBag(b, "foldby", reducer[T, *groups[K, A], []KV[K, A]](
		foldBy[T, K, A]{key, folding[T, A]{New: initial, Step: step, Combine: combine}}), opts)
}

// groups are accumulators by key, in the order in which the keys were met.
type groups[K comparable, A any] struct {
	At    map[K]int
	Pairs []KV[K, A]
}

func newGroups[K comparable, A any]() *groups[K, A] { return &groups[K, A]{At: map[K]int{}} }

type foldBy[T any, K comparable, A any] struct {
	Key  func(T) K
	Fold folding[T, A]
}

func (r foldBy[T, K, A]) fold(p *part, s stage[T]) (*groups[K, A], error) {
	g := newGroups[K, A]()
	key, step, own := r.Key, r.Fold.Step, owned[K]()
	err := s.each(p, func(v T) bool {
		k := key(v)
		i, ok := g.At[k]
		if !ok {
			k = own(p, k)
			i = len(g.Pairs)
			g.At[k] = i
			g.Pairs = append(g.Pairs, KV[K, A]{k, r.Fold.initial()})
		}
		g.Pairs[i].Value = step(g.Pairs[i].Value, v)
		return true
	})
	return detachGroups(g, p.run.read), err
}

// owned returns a function that makes a new key independent of the text that it was cut from, so that a rare word does not keep
// its whole neighbourhood in memory.
func owned[K comparable]() func(p *part, k K) K {
	if reflect.TypeFor[K]().Kind() != reflect.String {
		return func(_ *part, k K) K { return k }
	}
	return func(p *part, k K) K {
		if p.run.read > 0 {
			s := (*string)(unsafe.Pointer(&k))
			*s = strings.Clone(*s)
		}
		return k
	}
}

// detachGroups is [detach] for groups, whose index holds the keys too.
func detachGroups[K comparable, A any](g *groups[K, A], read int64) *groups[K, A] {
	if read == 0 {
		return g
	}
	pairs := detach(g.Pairs, read)
	if len(pairs) == 0 || &pairs[0] == &g.Pairs[0] {
		return g
	}
	out := &groups[K, A]{make(map[K]int, len(pairs)), pairs}
	for i, kv := range pairs {
		out.At[kv.Key] = i
	}
	return out
}

func (r foldBy[T, K, A]) join(accs []*groups[K, A]) (*groups[K, A], error) {
	if len(accs) == 1 {
		return accs[0], nil
	}
	g := &groups[K, A]{make(map[K]int, len(accs[0].At)), make([]KV[K, A], 0, len(accs[0].Pairs))}
	for _, a := range accs {
		for _, kv := range a.Pairs {
			if i, ok := g.At[kv.Key]; ok {
				g.Pairs[i].Value = r.Fold.Combine(g.Pairs[i].Value, kv.Value)
				continue
			}
			g.At[kv.Key] = len(g.Pairs)
			g.Pairs = append(g.Pairs, KV[K, A]{kv.Key, r.Fold.begin(kv.Value)})
		}
	}
	return g, nil
}

func (foldBy[T, K, A]) finish(g *groups[K, A]) ([]KV[K, A], error) { return g.Pairs, nil }

func (r foldBy[T, K, A]) functions(visit func(any)) {
	visit(r.Key)
	r.Fold.functions(visit)
}

// Frequencies counts how often each element occurs. The result has one partition, with the elements in the order in which they were
// first met; sort or TopK it by the counts.
//
// Same as dask.bag.Bag.frequencies.
func Frequencies[T comparable](b *Bag[T], opts ...Option) *Bag[KV[T, int]] {
	return reducedBag(b, "frequencies", reducer[T, *groups[T, int], []KV[T, int]](frequencies[T]{}), opts)
}

type frequencies[T comparable] struct{}

func (frequencies[T]) fold(p *part, s stage[T]) (*groups[T, int], error) {
	g, own := newGroups[T, int](), owned[T]()
	err := s.each(p, func(v T) bool {
		i, ok := g.At[v]
		if !ok {
			v = own(p, v)
			i = len(g.Pairs)
			g.At[v] = i
			g.Pairs = append(g.Pairs, KV[T, int]{Key: v})
		}
		g.Pairs[i].Value++
		return true
	})
	return detachGroups(g, p.run.read), err
}

func (frequencies[T]) join(accs []*groups[T, int]) (*groups[T, int], error) {
	return foldBy[T, T, int]{Fold: folding[T, int]{Combine: plus}}.join(accs)
}

func plus(a, b int) int { return a + b }

func (frequencies[T]) finish(g *groups[T, int]) ([]KV[T, int], error) { return g.Pairs, nil }

func (frequencies[T]) functions(func(any)) {}

// Distinct keeps the first of equal elements. The result has one partition.
//
// Same as dask.bag.Bag.distinct.
func Distinct[T comparable](b *Bag[T], opts ...Option) *Bag[T] {
	return b.DistinctBy(fn.Make(sameMaker[T]{}), opts...)
}

func same[T any](v T) T { return v }

// DistinctBy keeps the first of the elements with equal keys. The result has one partition.
//
// Same as dask.bag.Bag.distinct(key).
func (b *Bag[T]) DistinctBy[K comparable](key func(T) K, opts ...Option) *Bag[T] {
	return reducedBag(b, "distinct", reducer[T, *groups[K, T], []T](distinct[T, K]{key}), opts)
}

type distinct[T any, K comparable] struct{ Key func(T) K }

func (r distinct[T, K]) fold(p *part, s stage[T]) (*groups[K, T], error) {
	g := newGroups[K, T]()
	err := s.each(p, func(v T) bool {
		g.addNew(r.Key(v), v)
		return true
	})
	return detachGroups(g, p.run.read), err
}

func (g *groups[K, A]) addNew(k K, v A) {
	if _, ok := g.At[k]; !ok {
		g.At[k] = len(g.Pairs)
		g.Pairs = append(g.Pairs, KV[K, A]{k, v})
	}
}

func (r distinct[T, K]) join(accs []*groups[K, T]) (*groups[K, T], error) {
	g := newGroups[K, T]()
	for _, a := range accs {
		for _, kv := range a.Pairs {
			g.addNew(kv.Key, kv.Value)
		}
	}
	return g, nil
}

func (distinct[T, K]) finish(g *groups[K, T]) ([]T, error) {
	out := make([]T, len(g.Pairs))
	for i, kv := range g.Pairs {
		out[i] = kv.Value
	}
	return out, nil
}

func (r distinct[T, K]) functions(visit func(any)) { visit(r.Key) }

// TopK keeps the k largest elements, the largest first, in one partition. Fewer than k elements are all kept; of equal ones the earlier
// comes first.
//
// Same as dask.bag.Bag.topk.
func TopK[T Ordered](b *Bag[T], k int, opts ...Option) *Bag[T] {
	return b.TopKBy(k, fn.Make(sameMaker[T]{}), opts...)
}

// TopKBy keeps the k elements with the largest keys, the largest first, in one partition.
//
// Same as dask.bag.Bag.topk(k, key).
func (b *Bag[T]) TopKBy[K Ordered](k int, key func(T) K, opts ...Option) *Bag[T] {
	if k < 0 && b.Err() == nil {
		return failed[T](mistake("TopK", "k = %d is negative", k))
	}
	return reducedBag(b, "topk", reducer[T, []KV[K, T], []T](topK[T, K]{k, key}), opts)
}

type topK[T any, K Ordered] struct {
	K   int
	Key func(T) K
}

// before orders the larger key first.
func before[K Ordered, T any](a, b KV[K, T]) int { return cmp.Compare(b.Key, a.Key) }

func (r topK[T, K]) fold(p *part, s stage[T]) ([]KV[K, T], error) {
	var best []KV[K, T]
	full := false // best has had K elements, and bar was the least key of them
	var bar K
	err := s.each(p, func(v T) bool {
		k := r.Key(v)
		if full && !cmp.Less(bar, k) {
			return true
		}
		if best = append(best, KV[K, T]{k, v}); len(best) >= 2*r.K+64 {
			best = r.cut(best)
			if full = true; r.K > 0 {
				bar = best[r.K-1].Key
			}
		}
		return true
	})
	if r.K == 0 {
		best = nil
	}
	return detach(r.cut(best), p.run.read), err
}

// cut keeps the K best, sorted.
func (r topK[T, K]) cut(best []KV[K, T]) []KV[K, T] {
	slices.SortStableFunc(best, before[K, T])
	return best[:min(r.K, len(best))]
}

func (r topK[T, K]) join(accs []([]KV[K, T])) ([]KV[K, T], error) {
	return r.cut(slices.Concat(accs...)), nil
}

func (topK[T, K]) finish(best []KV[K, T]) ([]T, error) {
	out := make([]T, len(best))
	for i, kv := range best {
		out[i] = kv.Value
	}
	return out, nil
}

func (r topK[T, K]) functions(visit func(any)) { visit(r.Key) }

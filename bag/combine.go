package bag

import (
	"context"
	"fmt"

	"sheaf/fn"
	"sheaf/graph"
)

// Map2 applies f to the elements of two bags that stand at the same place. The bags must have equal numbers of partitions, and partitions
// with the same index equal lengths, which is seen when they run.
//
// Same as dask.bag.map(f, a, b).
func Map2[A, B, U any](a *Bag[A], b *Bag[B], f func(A, B) U) *Bag[U] {
	return paired(a, b, "map", pairStage[A, B, U]{F: f, Strict: true})
}

// Zip pairs the elements of two bags that stand at the same place. The bags must have equal numbers of partitions; of partitions with
// different lengths the shorter counts.
//
// Same as dask.bag.zip.
func Zip[A, B any](a *Bag[A], b *Bag[B]) *Bag[Pair[A, B]] {
	return paired(a, b, "zip", pairStage[A, B, Pair[A, B]]{F: fn.Make(pairMaker[A, B]{})})
}

func makePair[A, B any](a A, b B) Pair[A, B] { return Pair[A, B]{a, b} }

func paired[A, B, U any](a *Bag[A], b *Bag[B], name string, s pairStage[A, B, U]) *Bag[U] {
	if err := firstErr(a, b); err != nil {
		return failed[U](err)
	}
	if a.n != b.n {
		return failed[U](mistake(name, "bags of %d and %d partitions; Repartition one of them", a.n, b.n))
	}
	s.A, s.B, s.Base = a.in(), b.in(), len(a.links)
	return &Bag[U]{name: a.name + "-" + name, stage: s, links: append(append([]link(nil), a.links...), b.links...), n: a.n}
}

func firstErr(bags ...interface{ Err() error }) error {
	for _, b := range bags {
		if err := b.Err(); err != nil {
			return err
		}
	}
	return nil
}

// pairStage walks two partitions in step. The second is collected first, so that only one side pushes.
type pairStage[A, B, U any] struct {
	A      stage[A]
	B      stage[B]
	F      func(A, B) U
	Base   int // of B's edges
	Strict bool
}

func (s pairStage[A, B, U]) each(p *part, yield func(U) bool) error {
	q := p.at(p.index, s.Base)
	q.run = &run{}
	bs, err := collect(q, s.B)
	if err != nil {
		p.run.block, p.run.offset = q.run.block, q.run.offset
		return err
	}
	i, stopped := 0, false
	err = s.A.each(p, func(a A) bool {
		if i++; i > len(bs) {
			return s.Strict // count on, for the message
		}
		stopped = !yield(s.F(a, bs[i-1]))
		return !stopped
	})
	if err == nil && s.Strict && !stopped && i != len(bs) {
		p.run.block = nil
		return fmt.Errorf("bag: map of two bags: partition %d has %d and %d elements", p.index, i, len(bs))
	}
	return err
}

func (s pairStage[A, B, U]) functions(visit func(any)) {
	visit(s.F)
	s.A.functions(visit)
	s.B.functions(visit)
}

// collect returns the elements of a partition.
func collect[T any](p *part, s stage[T]) ([]T, error) {
	if n, ok := s.(*node[T]); ok {
		s = n.S
	}
	if _, plain := s.(inputStage[T]); plain {
		if in := p.inputs(0); len(in) == 1 {
			return sliceOf[T](in[0])
		}
	}
	var out []T
	err := s.each(p, func(v T) bool { out = append(out, v); return true })
	return out, err
}

// StarMap applies f to the two values of every pair.
//
// Same as dask.bag.Bag.starmap.
func StarMap[A, B, U any](b *Bag[Pair[A, B]], f func(A, B) U) *Bag[U] {
	return then(b, "starmap", stage[U](starStage[A, B, U]{b.in(), f}))
}

type starStage[A, B, U any] struct {
	In stage[Pair[A, B]]
	F  func(A, B) U
}

func (s starStage[A, B, U]) each(p *part, yield func(U) bool) error {
	return s.In.each(p, func(v Pair[A, B]) bool { return yield(s.F(v.First, v.Second)) })
}

func (s starStage[A, B, U]) functions(visit func(any)) { visit(s.F); s.In.functions(visit) }

// Unzip is the inverse of [Zip]. Both results walk b when they are computed; persist it first if that is expensive.
//
// Same as dask.bag.Bag.unzip.
func Unzip[A, B any](b *Bag[Pair[A, B]]) (*Bag[A], *Bag[B]) {
	return b.Map(fn.Make(firstMaker[A, B]{})), b.Map(fn.Make(secondMaker[A, B]{}))
}

func first[A, B any](p Pair[A, B]) A  { return p.First }
func second[A, B any](p Pair[A, B]) B { return p.Second }

// MapWith applies f to every element and the value of an item, which is computed once before.
//
// Same as dask.bag.Bag.map(f, item).
func (b *Bag[T]) MapWith[U, V any](item *Item[U], f func(T, U) V) *Bag[V] {
	if err := firstErr(b, item); err != nil {
		return failed[V](err)
	}
	s := withStage[T, U, V]{b.in(), f, len(b.links)}
	links := append(append([]link(nil), b.links...), link{from: item.layer, all: true})
	return &Bag[V]{name: b.name + "-map", stage: s, links: links, n: b.n}
}

type withStage[T, U, V any] struct {
	In   stage[T]
	F    func(T, U) V
	Edge int
}

func (s withStage[T, U, V]) each(p *part, yield func(V) bool) error {
	with, err := valueOf[U](p.inputs(s.Edge)[0])
	if err != nil {
		return err
	}
	return s.In.each(p, func(v T) bool { return yield(s.F(v, with)) })
}

func (s withStage[T, U, V]) functions(visit func(any)) { visit(s.F); s.In.functions(visit) }

// Concat puts bags one after the other. No data moves.
//
// Same as dask.bag.concat.
func Concat[T any](bags ...*Bag[T]) *Bag[T] {
	s := concatStage[T]{}
	var links []link
	n := 0
	for _, b := range bags {
		if err := b.Err(); err != nil {
			return failed[T](err)
		}
		s.Starts, s.Bases, s.In = append(s.Starts, n), append(s.Bases, len(links)), append(s.In, b.in())
		links = append(links, b.links...)
		n += b.n
	}
	if len(bags) == 0 {
		return failed[T](mistake("Concat", "no bags given"))
	}
	for k, b := range bags {
		own := relink(b.links, n, func(i int) int {
			if i -= s.Starts[k]; i >= b.n {
				return -1
			}
			return i
		})
		copy(links[s.Bases[k]:], own)
	}
	return &Bag[T]{name: "concat", stage: s, links: links, n: n}
}

type concatStage[T any] struct {
	In     []stage[T]
	Starts []int // the first partition of each
	Bases  []int // the first edge of each
}

func (s concatStage[T]) each(p *part, yield func(T) bool) error {
	k := len(s.In) - 1
	for s.Starts[k] > p.index {
		k--
	}
	return s.In[k].each(p.at(p.index-s.Starts[k], s.Bases[k]), yield)
}

func (s concatStage[T]) functions(visit func(any)) {
	for _, in := range s.In {
		in.functions(visit)
	}
}

// Product pairs every element of a with every element of b. Partition i*b.NPartitions()+j has the pairs of a's partition i and b's
// partition j, a's elements outermost.
//
// Same as dask.bag.Bag.product.
func Product[A, B any](a *Bag[A], b *Bag[B]) *Bag[Pair[A, B]] {
	if err := firstErr(a, b); err != nil {
		return failed[Pair[A, B]](err)
	}
	n := a.n * b.n
	links := relink(a.links, n, func(i int) int { return i / b.n })
	links = append(links, relink(b.links, n, func(i int) int { return i % b.n })...)
	s := productStage[A, B]{a.in(), b.in(), b.n, len(a.links)}
	return &Bag[Pair[A, B]]{name: "product", stage: s, links: links, n: n}
}

type productStage[A, B any] struct {
	A       stage[A]
	B       stage[B]
	N, Base int
}

func (s productStage[A, B]) each(p *part, yield func(Pair[A, B]) bool) error {
	bs, err := collect(p.at(p.index%s.N, s.Base), s.B)
	if err != nil {
		return err
	}
	return s.A.each(p.at(p.index/s.N, 0), func(a A) bool {
		for _, b := range bs {
			if !yield(Pair[A, B]{a, b}) {
				return false
			}
		}
		return p.ctx.Err() == nil
	})
}

func (s productStage[A, B]) functions(visit func(any)) { s.A.functions(visit); s.B.functions(visit) }

// Join pairs each element of b with each element of other that has an equal key: an inner join. The other bag is gathered and sent whole
// to every partition, so it is the smaller one. Pairs come in the order of b, other's element first.
//
// Same as dask.bag.Bag.join, which takes other bags of one partition only.
func Join[T, U any, K comparable](b *Bag[T], other *Bag[U], on func(T) K, onOther func(U) K) *Bag[Pair[U, T]] {
	if err := firstErr(b, other); err != nil {
		return failed[Pair[U, T]](err)
	}
	index, _, err := tree(other, "join_index", reducer[U, map[K][]U, map[K][]U](joinIndex[U, K]{onOther}), nil)
	if err != nil {
		return failed[Pair[U, T]](err)
	}
	s := joinStage[T, U, K]{b.in(), on, len(b.links)}
	links := append(append([]link(nil), b.links...), link{from: index, all: true})
	return &Bag[Pair[U, T]]{name: b.name + "-join", stage: s, links: links, n: b.n}
}

type joinIndex[U any, K comparable] struct{ Key func(U) K }

func (r joinIndex[U, K]) fold(p *part, s stage[U]) (map[K][]U, error) {
	m := map[K][]U{}
	err := s.each(p, func(v U) bool {
		k := r.Key(v)
		m[k] = append(m[k], v)
		return true
	})
	return m, err
}

func (joinIndex[U, K]) join(accs []map[K][]U) (map[K][]U, error) {
	if len(accs) == 1 {
		return accs[0], nil
	}
	m := map[K][]U{}
	for _, a := range accs {
		for k, vs := range a {
			m[k] = append(m[k], vs...)
		}
	}
	return m, nil
}

func (joinIndex[U, K]) finish(m map[K][]U) (map[K][]U, error) { return m, nil }

func (r joinIndex[U, K]) functions(visit func(any)) { visit(r.Key) }

type joinStage[T, U any, K comparable] struct {
	In   stage[T]
	Key  func(T) K
	Edge int
}

func (s joinStage[T, U, K]) each(p *part, yield func(Pair[U, T]) bool) error {
	index, err := valueOf[map[K][]U](p.inputs(s.Edge)[0])
	if err != nil {
		return err
	}
	return s.In.each(p, func(v T) bool {
		for _, u := range index[s.Key(v)] {
			if !yield(Pair[U, T]{u, v}) {
				return false
			}
		}
		return true
	})
}

func (s joinStage[T, U, K]) functions(visit func(any)) { visit(s.Key); s.In.functions(visit) }

// Accumulate gives the running fold: element i of the result is what folding the first i elements gives, so the first is
// initial and the result is one longer than b. Partitions run one after the other.
//
// Same as dask.bag.Bag.accumulate.
func (b *Bag[T]) Accumulate[A any](initial A, step func(A, T) A) *Bag[A] {
	l, err := b.materialized()
	if err != nil {
		return failed[A](err)
	}
	// Task i needs partition i and the last value of task i-1, of the same layer.
	carry := graph.Table{Start: make([]int32, 1, b.n+1)}
	for i := range b.n {
		if i > 0 {
			carry.Index = append(carry.Index, int32(i-1))
		}
		carry.Start = append(carry.Start, int32(len(carry.Index)))
	}
	running, err := graph.New(graph.Spec{
		Name: b.name + "-accumulate", Op: accumulateOp[T, A]{initial, step}, Space: []int{b.n},
		Edges: []graph.Edge{{From: l, Map: graph.Each{}}, {Map: carry}},
	})
	if err != nil {
		return failed[A](err)
	}
	return &Bag[A]{name: running.Name(), stage: accumulated[A]{}, links: []link{{from: running}}, n: b.n}
}

type accumulateOp[T, A any] struct {
	Initial A
	Step    func(A, T) A
}

func (o accumulateOp[T, A]) Run(ctx context.Context, t *graph.Task) (any, error) {
	return guard(ctx, t, stage[T](itemStage[T]{o.Step}), func(*part) ([]A, error) {
		in, err := sliceOf[T](t.In(0)[0])
		if err != nil {
			return nil, err
		}
		// The first value is what came before; the bag leaves it out but for the first partition.
		acc := o.Initial
		if before := t.In(1); len(before) > 0 {
			prev, err := sliceOf[A](before[0])
			if err != nil {
				return nil, err
			}
			acc = prev[len(prev)-1]
		}
		out := make([]A, 1, len(in)+1)
		out[0] = acc
		for _, v := range in {
			acc = o.Step(acc, v)
			out = append(out, acc)
		}
		return out, nil
	})
}

type accumulated[A any] struct{}

func (accumulated[A]) each(p *part, yield func(A) bool) error {
	vs, err := sliceOf[A](p.inputs(0)[0])
	if err != nil {
		return err
	}
	if p.index > 0 {
		vs = vs[1:]
	}
	for _, v := range vs {
		if !yield(v) {
			break
		}
	}
	return nil
}

func (accumulated[A]) functions(func(any)) {}

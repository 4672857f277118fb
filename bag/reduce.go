package bag

import (
	"context"
	"fmt"
	"iter"

	"sheaf/graph"
)

// A reducer folds each partition to an accumulator A, joins accumulators as a tree, and makes a result R of the last. It is data, like
// a stage.
type reducer[T, A, R any] interface {
	fold(p *part, s stage[T]) (A, error)
	// join combines accumulators in the order of their partitions; there is at least one. It must not change them.
	join(accs []A) (A, error)
	finish(acc A) (R, error)
	functions(visit func(f any))
}

// tree adds a reduction on top of b and returns its last layer, which has one task, and how it was made.
func tree[T, A, R any](b *Bag[T], name string, r reducer[T, A, R], opts []Option) (*graph.Layer, *pass, error) {
	if err := b.Err(); err != nil {
		return nil, nil, err
	}
	every, err := apply(opts).every()
	if err != nil {
		return nil, nil, mistake(name, "%w", err)
	}
	if every < 2 {
		return nil, nil, mistake(name, "SplitEvery(%d): want at least 2", every)
	}
	ps := &pass{
		op: foldOp[T, A, R]{b.in(), r}, name: b.name + "-" + name, lineage: b.lineage(), links: b.links, n: b.n,
		finish: func(parts *graph.Layer) (*graph.Layer, error) {
			return graph.Tree(parts, graph.TreeSpec{
				Name: name, Axes: []int{0}, Every: every, Combine: joinOp[T, A, R]{r}, Aggregate: finishOp[T, A, R]{r},
			})
		},
	}
	l, err := ps.alone()
	return l, ps, err
}

// reduced is [tree] as an item.
func reduced[T, A, R any](b *Bag[T], name string, r reducer[T, A, R], opts []Option) *Item[R] {
	l, ps, err := tree(b, name, r, opts)
	return &Item[R]{layer: l, pass: ps, err: err}
}

// reducedBag is [tree] as a bag with one partition.
func reducedBag[T, A, E any](b *Bag[T], name string, r reducer[T, A, []E], opts []Option) *Bag[E] {
	l, ps, err := tree(b, name, r, opts)
	if err != nil {
		return failed[E](err)
	}
	// The tree's last layer has no axes; a bag has one.
	onePartition := func(l *graph.Layer) (*graph.Layer, error) {
		return graph.Alias(name, []int{1}, graph.Edge{From: l, Map: graph.All{N: 1}})
	}
	one, err := onePartition(l)
	if err != nil {
		return failed[E](err)
	}
	shared := *ps
	shared.finish = func(parts *graph.Layer) (*graph.Layer, error) {
		l, err := ps.finish(parts)
		if err != nil {
			return nil, err
		}
		return onePartition(l)
	}
	out := FromLayer[E](one)
	out.pass = &shared
	return out
}

type foldOp[T, A, R any] struct {
	Stage stage[T]
	R     reducer[T, A, R]
}

func (o foldOp[T, A, R]) Run(ctx context.Context, t *graph.Task) (any, error) {
	return guard(ctx, t, stage[T](o), func(p *part) (any, error) { return o.pass(p) })
}

func (o foldOp[T, A, R]) pass(p *part) (any, error) { return o.R.fold(p, o.Stage) }

// OutBytes says that accumulators are small, which is what they are for.
func (o foldOp[T, A, R]) OutBytes(int) int64 { return 1 << 10 }

func (o foldOp[T, A, R]) each(p *part, yield func(T) bool) error { return o.Stage.each(p, yield) }

func (o foldOp[T, A, R]) functions(visit func(any)) { o.R.functions(visit); o.Stage.functions(visit) }

type joinOp[T, A, R any] struct{ R reducer[T, A, R] }

func (o joinOp[T, A, R]) Run(ctx context.Context, t *graph.Task) (any, error) {
	return guard(ctx, t, stage[T](o), func(*part) (A, error) { return o.join(t) })
}

func (o joinOp[T, A, R]) join(t *graph.Task) (A, error) {
	in := t.In(0)
	accs := make([]A, len(in))
	for i, v := range in {
		a, err := valueOf[A](v)
		if err != nil {
			return a, err
		}
		accs[i] = a
	}
	return o.R.join(accs)
}

func (joinOp[T, A, R]) each(*part, func(T) bool) error { return nil }

func (o joinOp[T, A, R]) functions(visit func(any)) { o.R.functions(visit) }

type finishOp[T, A, R any] struct{ R reducer[T, A, R] }

func (o finishOp[T, A, R]) Run(ctx context.Context, t *graph.Task) (any, error) {
	join := joinOp[T, A, R](o)
	return guard(ctx, t, stage[T](join), func(*part) (R, error) {
		acc, err := join.join(t)
		if err != nil {
			var none R
			return none, err
		}
		return o.R.finish(acc)
	})
}

// maybe is an accumulator of partitions that may be empty.
type maybe[T any] struct {
	Value T
	OK    bool
}

func present[T any](call string, m maybe[T]) (T, error) {
	if !m.OK {
		return m.Value, fmt.Errorf("bag: %s: %w", call, ErrEmpty)
	}
	return m.Value, nil
}

// Reduce joins all elements with f, which must be associative: within each partition from the front, then across partitions in their
// order. An empty bag is [ErrEmpty].
//
// Same as dask.bag.Bag.fold without initial.
func (b *Bag[T]) Reduce(f func(T, T) T, opts ...Option) *Item[T] {
	return reduced(b, "reduce", reducer[T, maybe[T], T](reduceWith[T]{f}), opts)
}

type reduceWith[T any] struct{ F func(T, T) T }

func (r reduceWith[T]) fold(p *part, s stage[T]) (acc maybe[T], err error) {
	f := r.F
	err = s.each(p, func(v T) bool {
		if acc.OK {
			v = f(acc.Value, v)
		}
		acc = maybe[T]{v, true}
		return true
	})
	return acc, err
}

func (r reduceWith[T]) join(accs []maybe[T]) (acc maybe[T], _ error) {
	for _, a := range accs {
		switch {
		case !a.OK:
		case !acc.OK:
			acc = a
		default:
			acc.Value = r.F(acc.Value, a.Value)
		}
	}
	return acc, nil
}

func (reduceWith[T]) finish(acc maybe[T]) (T, error) { return present("reduce", acc) }

func (r reduceWith[T]) functions(visit func(any)) { visit(r.F) }

// Fold folds every partition from initial with step, then the partitions' results with combine, which must be associative. So initial counts
// once for each partition that is not empty; make it what changes nothing, such as 0 for a sum. Where A is a map or a pointer use
// [Bag.FoldFrom], because initial is shared. An empty bag gives initial.
//
// Same as dask.bag.Bag.fold.
func (b *Bag[T]) Fold[A any](initial A, step func(A, T) A, combine func(A, A) A, opts ...Option) *Item[A] {
	return reduced(b, "fold", reducer[T, maybe[A], A](folding[T, A]{Initial: initial, Step: step, Combine: combine}), opts)
}

// FoldFrom is [Bag.Fold] with fresh initial values, which step and combine may change and return. An initial value must change nothing
// when it is combined with another.
func (b *Bag[T]) FoldFrom[A any](initial func() A, step func(A, T) A, combine func(A, A) A, opts ...Option) *Item[A] {
	return reduced(b, "fold", reducer[T, maybe[A], A](folding[T, A]{New: initial, Step: step, Combine: combine}), opts)
}

type folding[T, A any] struct {
	Initial A
	New     func() A
	Step    func(A, T) A
	Combine func(A, A) A
}

func (r folding[T, A]) initial() A {
	if r.New != nil {
		return r.New()
	}
	return r.Initial
}

// begin returns what joining starts with when a is the first: with [Bag.FoldFrom] a value that combine may change, unlike a, which
// other tasks may read.
func (r folding[T, A]) begin(a A) A {
	if r.New != nil {
		return r.Combine(r.New(), a)
	}
	return a
}

func (r folding[T, A]) fold(p *part, s stage[T]) (maybe[A], error) {
	acc := maybe[A]{}
	step := r.Step
	err := s.each(p, func(v T) bool {
		if !acc.OK {
			acc = maybe[A]{r.initial(), true}
		}
		acc.Value = step(acc.Value, v)
		return true
	})
	return acc, err
}

func (r folding[T, A]) join(accs []maybe[A]) (acc maybe[A], _ error) {
	for _, a := range accs {
		switch {
		case !a.OK:
		case !acc.OK:
			acc = maybe[A]{r.begin(a.Value), true}
		default:
			acc.Value = r.Combine(acc.Value, a.Value)
		}
	}
	return acc, nil
}

func (r folding[T, A]) finish(acc maybe[A]) (A, error) {
	if !acc.OK {
		return r.initial(), nil
	}
	return acc.Value, nil
}

func (r folding[T, A]) functions(visit func(any)) {
	visit(r.Step)
	visit(r.Combine)
	visit(r.New)
}

// Reduction is the general reduction: per makes something of each partition, and aggregate joins such things, a few at a time as a tree. Both
// get sequences that they may walk once; an error of either stops the run.
//
// Same as dask.bag.Bag.reduction.
func (b *Bag[T]) Reduction[P any](per func(iter.Seq[T]) (P, error), aggregate func(iter.Seq[P]) (P, error), opts ...Option) *Item[P] {
	return reduced(b, "reduction", reducer[T, P, P](reduction[T, P]{per, aggregate}), opts)
}

type reduction[T, P any] struct {
	Per       func(iter.Seq[T]) (P, error)
	Aggregate func(iter.Seq[P]) (P, error)
}

func (r reduction[T, P]) fold(p *part, s stage[T]) (P, error) {
	var failure error
	out, err := r.Per(func(yield func(T) bool) {
		if err := s.each(p, yield); err != nil && failure == nil {
			failure = err
		}
	})
	if failure != nil {
		return out, failure
	}
	if err != nil {
		return out, returned(r.Per, err)
	}
	return out, nil
}

func (r reduction[T, P]) join(accs []P) (P, error) {
	out, err := r.Aggregate(func(yield func(P) bool) {
		for _, a := range accs {
			if !yield(a) {
				return
			}
		}
	})
	if err != nil {
		return out, returned(r.Aggregate, err)
	}
	return out, nil
}

func (reduction[T, P]) finish(acc P) (P, error) { return acc, nil }

func (r reduction[T, P]) functions(visit func(any)) { visit(r.Per); visit(r.Aggregate) }

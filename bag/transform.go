package bag

import (
	"iter"
)

// Map applies f to every element.
//
// Same as dask.bag.Bag.map; use a closure for arguments that are the same for all elements, [Bag.MapWith] for a lazy one, [Map2] for
// several bags, and TryMap when f can fail.
func (b *Bag[T]) Map[U any](f func(T) U) *Bag[U] {
	return then(b, "map", stage[U](mapStage[T, U]{b.in(), f}))
}

type mapStage[T, U any] struct {
	In stage[T]
	F  func(T) U
}

func (s mapStage[T, U]) each(p *part, yield func(U) bool) error {
	f := s.F
	return s.In.each(p, func(v T) bool { return yield(f(v)) })
}

func (s mapStage[T, U]) functions(visit func(any)) { visit(s.F); s.In.functions(visit) }

// TryMap applies f to every element. The first error stops the run.
func (b *Bag[T]) TryMap[U any](f func(T) (U, error)) *Bag[U] {
	return then(b, "map", stage[U](tryMapStage[T, U]{b.in(), f}))
}

type tryMapStage[T, U any] struct {
	In stage[T]
	F  func(T) (U, error)
}

func (s tryMapStage[T, U]) each(p *part, yield func(U) bool) error {
	f := s.F
	var failure error
	err := s.In.each(p, func(v T) bool {
		u, err := f(v)
		if err != nil {
			failure = returned(f, err)
			return false
		}
		return yield(u)
	})
	if failure != nil {
		return failure
	}
	return err
}

func (s tryMapStage[T, U]) functions(visit func(any)) { visit(s.F); s.In.functions(visit) }

// Filter keeps the elements for which keep is true. Partitions may become empty.
//
// Same as dask.bag.Bag.filter.
func (b *Bag[T]) Filter(keep func(T) bool) *Bag[T] {
	return then(b, "filter", stage[T](filterStage[T]{b.in(), keep, false}))
}

// Remove drops the elements for which drop is true.
//
// Same as dask.bag.Bag.remove.
func (b *Bag[T]) Remove(drop func(T) bool) *Bag[T] {
	return then(b, "remove", stage[T](filterStage[T]{b.in(), drop, true}))
}

type filterStage[T any] struct {
	In stage[T]
	F  func(T) bool
	// Not turns the condition around.
	Not bool
}

func (s filterStage[T]) each(p *part, yield func(T) bool) error {
	f, not := s.F, s.Not
	return s.In.each(p, func(v T) bool { return f(v) == not || yield(v) })
}

func (s filterStage[T]) functions(visit func(any)) { visit(s.F); s.In.functions(visit) }

// Flatten joins the elements of the elements, one level deep.
//
// Same as dask.bag.Bag.flatten.
func Flatten[T any, S ~[]T](b *Bag[S]) *Bag[T] {
	return then(b, "flatten", stage[T](flattenStage[T, S]{b.in()}))
}

type flattenStage[T any, S ~[]T] struct{ In stage[S] }

func (s flattenStage[T, S]) each(p *part, yield func(T) bool) error {
	return s.In.each(p, func(vs S) bool {
		for _, v := range vs {
			if !yield(v) {
				return false
			}
		}
		return true
	})
}

func (s flattenStage[T, S]) functions(visit func(any)) { s.In.functions(visit) }

// FlatMap applies f to every element and joins what it yields. It stores nothing in between, unlike Map and [Flatten].
func (b *Bag[T]) FlatMap[U any](f func(T) iter.Seq[U]) *Bag[U] {
	return then(b, "flatmap", stage[U](flatMapStage[T, U]{b.in(), f}))
}

type flatMapStage[T, U any] struct {
	In stage[T]
	F  func(T) iter.Seq[U]
}

func (s flatMapStage[T, U]) each(p *part, yield func(U) bool) error {
	f := s.F
	return s.In.each(p, func(v T) bool {
		for u := range f(v) {
			if !yield(u) {
				return false
			}
		}
		return true
	})
}

func (s flatMapStage[T, U]) functions(visit func(any)) { visit(s.F); s.In.functions(visit) }

// MapPartitions applies f to whole partitions, each a sequence that f may walk once. The sequence streams: f that keeps nothing needs no
// memory for the partition. What f yields is the new partition; an error of the input ends the sequence early and fails the task
// whatever f does.
//
// Same as dask.bag.Bag.map_partitions.
func (b *Bag[T]) MapPartitions[U any](f func(iter.Seq[T]) iter.Seq[U]) *Bag[U] {
	return then(b, "map_partitions", stage[U](partitionsStage[T, U]{b.in(), f}))
}

type partitionsStage[T, U any] struct {
	In stage[T]
	F  func(iter.Seq[T]) iter.Seq[U]
}

func (s partitionsStage[T, U]) each(p *part, yield func(U) bool) error {
	var failure error
	in := func(yield func(T) bool) {
		if err := s.In.each(p, yield); err != nil && failure == nil {
			failure = err
		}
	}
	for u := range s.F(in) {
		if failure != nil || !yield(u) {
			break
		}
	}
	return failure
}

func (s partitionsStage[T, U]) functions(visit func(any)) { visit(s.F); s.In.functions(visit) }

// TryMapPartitions applies f to the slice of each partition.
func (b *Bag[T]) TryMapPartitions[U any](f func([]T) ([]U, error)) *Bag[U] {
	return then(b, "map_partitions", stage[U](tryPartitionsStage[T, U]{b.in(), f}))
}

type tryPartitionsStage[T, U any] struct {
	In stage[T]
	F  func([]T) ([]U, error)
}

func (s tryPartitionsStage[T, U]) each(p *part, yield func(U) bool) error {
	in := []T{}
	if err := s.In.each(p, func(v T) bool { in = append(in, v); return true }); err != nil {
		return err
	}
	p.run.block = nil // an error is no longer about one line
	out, err := s.F(in)
	if err != nil {
		return returned(s.F, err)
	}
	for _, v := range out {
		if !yield(v) {
			break
		}
	}
	return nil
}

func (s tryPartitionsStage[T, U]) functions(visit func(any)) { visit(s.F); s.In.functions(visit) }

package bag

import (
	"context"
	"fmt"
	"iter"

	"sheaf/delayed"
	"sheaf/graph"
	"sheaf/internal/codec"
	"sheaf/internal/config"
)

// FromSlice makes a bag of values in memory, which must not be changed afterwards. Options: [Partitions] (about the setting
// bag.partitions by default) or [PartitionSize].
//
// The values become part of the graph: large data is better read where it is needed, by [FromDelayed] or [ReadText].
//
// Same as dask.bag.from_sequence.
func FromSlice[T any](values []T, opts ...Option) *Bag[T] {
	sizes, err := cut(len(values), apply(opts))
	if err != nil {
		return failed[T](mistake("FromSlice", "%w", err))
	}
	parts := make([]any, len(sizes))
	at := 0
	for i, n := range sizes {
		parts[i] = values[at : at+n : at+n]
		at += n
	}
	// Small data is named by its content, so that equal bags are one; a pass over large data would cost more than it saves.
	var token graph.Token
	if codec.SizeOf(values) > 1<<20 {
		token = graph.Unique()
	}
	return FromLayer[T](graph.Const("from_slice", token, parts...))
}

// cut returns the lengths of the partitions of n elements.
func cut(n int, o options) ([]int, error) {
	size := o.partitionSize
	switch {
	case o.partitions < 0 || size < 0:
		return nil, fmt.Errorf("%d partitions of %d elements: want positive numbers", o.partitions, size)
	case o.partitions > 0 && size > 0:
		return nil, fmt.Errorf("both Partitions and PartitionSize are given")
	case size == 0:
		want := o.partitions
		if want == 0 {
			var err error
			if want, err = config.BagPartitions.Get(context.Background()); err != nil {
				return nil, err
			}
			want = min(want, max(n, 1))
		}
		return even(n, want), nil
	}
	var sizes []int
	for at := 0; at < n || at == 0; at += size {
		sizes = append(sizes, min(size, n-at))
	}
	return sizes, nil
}

// even cuts n into parts that differ by at most one.
func even(n, parts int) []int {
	sizes := make([]int, parts)
	for i := range sizes {
		sizes[i] = n*(i+1)/parts - n*i/parts
	}
	return sizes
}

// FromSeq makes a bag with one partition a sequence. A sequence is walked when its partition is computed, each time anew and only as
// far as needed, so it may be endless where something like Take ends it.
func FromSeq[T any](seqs ...iter.Seq[T]) *Bag[T] {
	if len(seqs) == 0 {
		return failed[T](mistake("FromSeq", "no sequence given"))
	}
	return &Bag[T]{name: "from_seq", stage: seqStage[T]{seqs}, n: len(seqs)}
}

type seqStage[T any] struct{ Seqs []iter.Seq[T] }

func (s seqStage[T]) each(p *part, yield func(T) bool) error {
	n := 0
	for v := range s.Seqs[p.index] {
		if n++; n%checkEvery == 0 && p.ctx.Err() != nil {
			return context.Cause(p.ctx)
		}
		if !yield(v) {
			break
		}
	}
	return nil
}

func (s seqStage[T]) functions(visit func(any)) {
	for _, f := range s.Seqs {
		visit(f)
	}
}

// Range makes a bag of the integers 0 to n-1, which are not stored. Options: [Partitions] or [PartitionSize].
//
// Same as dask.bag.range.
func Range(n int, opts ...Option) *Bag[int] {
	if n < 0 {
		return failed[int](mistake("Range", "length %d is negative", n))
	}
	sizes, err := cut(n, apply(opts))
	if err != nil {
		return failed[int](mistake("Range", "%w", err))
	}
	starts := make([]int, len(sizes)+1)
	for i, size := range sizes {
		starts[i+1] = starts[i] + size
	}
	return &Bag[int]{name: "range", stage: rangeStage{starts}, n: len(sizes)}
}

type rangeStage struct{ Starts []int }

func (s rangeStage) each(p *part, yield func(int) bool) error {
	for i := s.Starts[p.index]; i < s.Starts[p.index+1]; i++ {
		if i%checkEvery == 0 && p.ctx.Err() != nil {
			return context.Cause(p.ctx)
		}
		if !yield(i) {
			break
		}
	}
	return nil
}

func (rangeStage) functions(func(any)) {}

// FromDelayed makes a bag whose partitions are lazy slices.
//
// Same as dask.bag.from_delayed.
func FromDelayed[T any](parts ...*delayed.Value[[]T]) *Bag[T] {
	l, err := delayed.Layer("from_delayed", parts...)
	if err != nil {
		return failed[T](mistake("FromDelayed", "%w", err))
	}
	return FromLayer[T](l)
}

// ToDelayed returns the partitions as lazy values.
//
// Same as dask.bag.Bag.to_delayed.
func (b *Bag[T]) ToDelayed() ([]*delayed.Value[[]T], error) {
	l, err := b.materialized()
	if err != nil {
		return nil, err
	}
	out := make([]*delayed.Value[[]T], b.n)
	for i := range out {
		out[i] = delayed.FromTask[[]T](l, i)
	}
	return out, nil
}

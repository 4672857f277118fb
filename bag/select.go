package bag

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"reflect"
	"strings"

	"sheaf"
	"sheaf/fn"
	"sheaf/graph"
	"sheaf/internal/codec"
)

// Take computes the first k elements of the first partition, and reads no further than it must. [Partitions](n) looks at n partitions, one
// after the other until there are enough; -1 stands for all. Fewer elements come back where there are no more.
//
// Same as dask.bag.Bag.take.
func (b *Bag[T]) Take(ctx context.Context, k int, opts ...Option) ([]T, error) {
	if err := b.Err(); err != nil {
		return nil, err
	}
	n := apply(opts).partitions
	switch {
	case k < 0:
		return nil, mistake("Take", "%d elements", k)
	case n == 0:
		n = 1
	case n < 0 || n > b.n:
		n = b.n
	}
	out := make([]T, 0, min(k, 1024))
	for i := 0; i < n && len(out) < k; i++ {
		one := b.Partition(i)
		if err := one.Err(); err != nil {
			return nil, err
		}
		one = then(one, "take", stage[T](limitStage[T]{one.in(), k - len(out)}))
		got, err := one.Compute(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, got...)
	}
	return out, nil
}

// Limit keeps at most the first k elements of each partition.
func (b *Bag[T]) Limit(k int) *Bag[T] {
	if k < 0 && b.Err() == nil {
		return failed[T](mistake("Limit", "%d elements", k))
	}
	return then(b, "limit", stage[T](limitStage[T]{b.in(), k}))
}

type limitStage[T any] struct {
	In stage[T]
	K  int
}

func (s limitStage[T]) each(p *part, yield func(T) bool) error {
	if s.K == 0 {
		return nil
	}
	n := 0
	return s.In.each(p, func(v T) bool {
		n++
		return yield(v) && n < s.K
	})
}

func (s limitStage[T]) functions(visit func(any)) { s.In.functions(visit) }

// Partition returns the bag of some partitions, in the given order.
func (b *Bag[T]) Partition(index ...int) *Bag[T] {
	if err := b.Err(); err != nil {
		return failed[T](err)
	}
	for _, i := range index {
		if i < 0 || i >= b.n {
			return failed[T](mistake("Partition", "partition %d of %d", i, b.n))
		}
	}
	if len(index) == 0 {
		return failed[T](mistake("Partition", "no partition given"))
	}
	links := relink(b.links, len(index), func(i int) int { return index[i] })
	return &Bag[T]{name: b.name, stage: pickStage[T]{b.in(), index}, links: links, n: len(index)}
}

// pickStage counts partitions anew.
type pickStage[T any] struct {
	In    stage[T]
	Index []int
}

func (s pickStage[T]) each(p *part, yield func(T) bool) error {
	return s.In.each(p.at(s.Index[p.index], 0), yield)
}

func (s pickStage[T]) functions(visit func(any)) { s.In.functions(visit) }

// All walks the elements in order while partitions are computed, a few ahead of the loop. Leaving the loop stops the rest. An error ends
// it.
func (b *Bag[T]) All(ctx context.Context, opts ...sheaf.Option) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		if err := b.Err(); err != nil {
			yield(none, err)
			return
		}
		const ahead = 8
		for at := 0; at < b.n; at += ahead {
			index := make([]int, min(ahead, b.n-at))
			for i := range index {
				index[i] = at + i
			}
			got, err := b.Partition(index...).Compute(ctx, opts...)
			if err != nil {
				yield(none, err)
				return
			}
			for _, v := range got {
				if !yield(v, nil) {
					return
				}
			}
		}
	}
}

// Repartition changes the number of partitions: neighbours are joined, or each is cut into equally many pieces as far as that goes.
// Elements keep their order. Joining does not store anything; cutting stores the partitions that are cut.
//
// Same as dask.bag.Bag.repartition(npartitions).
func (b *Bag[T]) Repartition(n int) *Bag[T] {
	if err := b.Err(); err != nil {
		return failed[T](err)
	}
	switch {
	case n < 1:
		return failed[T](mistake("Repartition", "%d partitions", n))
	case n == b.n:
		return b
	case n < b.n:
		return b.joinNeighbours(n)
	}
	l, err := b.materialized()
	if err != nil {
		return failed[T](err)
	}
	pieces := even(n, b.n) // of each old partition
	s := pieceStage[T]{}
	t := &graph.Table{Start: make([]int32, 1, n+1)}
	for old, m := range pieces {
		for k := range m {
			s.Piece, s.Of = append(s.Piece, k), append(s.Of, m)
			t.Index = append(t.Index, int32(old))
			t.Start = append(t.Start, int32(len(t.Index)))
		}
	}
	return &Bag[T]{name: b.name + "-repartition", stage: s, links: []link{{from: l, table: t}}, n: n}
}

// RepartitionBytes changes the partitions so that each takes at most about size bytes in memory. It computes the bag once to learn the
// sizes; persist the bag first if that is expensive.
//
// Same as dask.bag.Bag.repartition(partition_size).
func (b *Bag[T]) RepartitionBytes(ctx context.Context, size int64) (*Bag[T], error) {
	if size < 1 {
		return nil, mistake("RepartitionBytes", "%d bytes", size)
	}
	sizes, err := b.TryMapPartitions(fn.Make(measureMaker[T]{})).Compute(ctx)
	if err != nil {
		return nil, err
	}
	var parts []*Bag[T]
	var group []int
	var sum int64
	flush := func() {
		if len(group) > 0 {
			parts = append(parts, b.Partition(group...).Repartition(1))
		}
		group, sum = nil, 0
	}
	for i, n := range sizes {
		if sum+n > size {
			flush()
		}
		if n > size {
			parts = append(parts, b.Partition(i).Repartition(int((n+size-1)/size)))
			continue
		}
		group, sum = append(group, i), sum+n
	}
	flush()
	return Concat(parts...), nil
}

// measure gives the size of a partition as its only element.
func measure[T any](vs []T) ([]int64, error) { return []int64{codec.SizeOf(vs)}, nil }

// pieceStage is the k-th of m pieces of a stored partition.
type pieceStage[T any] struct{ Piece, Of []int }

func (s pieceStage[T]) each(p *part, yield func(T) bool) error {
	vs, err := sliceOf[T](p.inputs(0)[0])
	if err != nil {
		return err
	}
	k, m := s.Piece[p.index], s.Of[p.index]
	for _, v := range vs[len(vs)*k/m : len(vs)*(k+1)/m] {
		if !yield(v) {
			break
		}
	}
	return nil
}

func (pieceStage[T]) functions(func(any)) {}

func (b *Bag[T]) joinNeighbours(n int) *Bag[T] {
	sizes := even(b.n, n)
	starts := make([]int, n+1)
	for i, size := range sizes {
		starts[i+1] = starts[i] + size
	}
	if len(b.links) > 0 { // tasks are joined by having several inputs, which only plain inputs can take
		l, err := b.materialized()
		if err != nil {
			return failed[T](err)
		}
		t := &graph.Table{Start: make([]int32, 1, n+1)}
		for i := range n {
			for k := starts[i]; k < starts[i+1]; k++ {
				t.Index = append(t.Index, int32(k))
			}
			t.Start = append(t.Start, int32(len(t.Index)))
		}
		return &Bag[T]{name: b.name + "-repartition", stage: inputStage[T]{}, links: []link{{from: l, table: t}}, n: n}
	}
	return &Bag[T]{name: b.name + "-repartition", stage: joinedStage[T]{b.in(), starts}, n: n}
}

// joinedStage is several partitions of a source one after the other.
type joinedStage[T any] struct {
	In     stage[T]
	Starts []int
}

func (s joinedStage[T]) each(p *part, yield func(T) bool) error {
	more := true
	for i := s.Starts[p.index]; i < s.Starts[p.index+1] && more; i++ {
		err := s.In.each(p.at(i, 0), func(v T) bool {
			more = yield(v)
			return more
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s joinedStage[T]) functions(visit func(any)) { s.In.functions(visit) }

// RandomSample keeps each element with the given probability. Each partition draws from a stream of its own, made from seed and the
// partition's index: the same seed and partitions give the same sample.
//
// Same as dask.bag.Bag.random_sample; the streams are not Python's.
func (b *Bag[T]) RandomSample(probability float64, seed uint64) *Bag[T] {
	if !(probability >= 0 && probability <= 1) && b.Err() == nil {
		return failed[T](mistake("RandomSample", "probability %v is not between 0 and 1", probability))
	}
	return then(b, "random_sample", stage[T](sampleStage[T]{b.in(), probability, seed}))
}

type sampleStage[T any] struct {
	In          stage[T]
	Probability float64
	Seed        uint64
}

func (s sampleStage[T]) each(p *part, yield func(T) bool) error {
	r := rand.New(rand.NewPCG(s.Seed, uint64(p.index)*0x9e3779b97f4a7c15+1))
	return s.In.each(p, func(v T) bool { return r.Float64() >= s.Probability || yield(v) })
}

func (s sampleStage[T]) functions(visit func(any)) { s.In.functions(visit) }

// Pluck takes one item of each element: the field of a struct or the value of a map for a name, the value of a map for any other key, the
// element of a slice or array for an index. Where it is missing, or is not a V, the result is otherwise, and without one the run fails.
// A struct without the field is an error at once.
//
// Same as dask.bag.Bag.pluck.
func (b *Bag[T]) Pluck[V any](key any, otherwise ...V) *Bag[V] {
	if err := b.Err(); err != nil {
		return failed[V](err)
	}
	s := pluckStage[T, V]{In: b.in(), Key: key, Default: otherwise}
	if t := reflect.TypeFor[T](); indirect(t).Kind() == reflect.Struct {
		name, _ := key.(string)
		f, ok := indirect(t).FieldByName(name)
		switch {
		case !ok || !f.IsExported():
			return failed[V](mistake("Pluck", "%v has no field %v; it has %s", t, key, fieldNames(indirect(t))))
		case f.Type != reflect.TypeFor[V]() && !f.Type.AssignableTo(reflect.TypeFor[V]()):
			return failed[V](mistake("Pluck", "field %s of %v is a %v, not a %v", name, t, f.Type, reflect.TypeFor[V]()))
		}
	}
	return then(b, "pluck", stage[V](s))
}

func indirect(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

func fieldNames(t reflect.Type) string {
	var names []string
	for _, f := range reflect.VisibleFields(t) {
		if f.IsExported() && !f.Anonymous {
			names = append(names, f.Name)
		}
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

type pluckStage[T, V any] struct {
	In      stage[T]
	Key     any
	Default []V
}

func (s pluckStage[T, V]) each(p *part, yield func(V) bool) error {
	var failure error
	err := s.In.each(p, func(v T) bool {
		if got, ok := pluck(v, s.Key); ok {
			if x, ok := got.(V); ok {
				return yield(x)
			}
			if len(s.Default) == 0 {
				failure = returned(nil, fmt.Errorf("pluck %v: got a %T, want a %v", s.Key, got, reflect.TypeFor[V]()))
				return false
			}
		}
		if len(s.Default) == 0 {
			failure = returned(nil, fmt.Errorf("pluck: an element has no item %v", s.Key))
			return false
		}
		return yield(s.Default[0])
	})
	if failure != nil {
		return failure
	}
	return err
}

func (s pluckStage[T, V]) functions(visit func(any)) { s.In.functions(visit) }

// pluck returns the item of v that key names.
func pluck(v, key any) (any, bool) {
	switch x := v.(type) {
	case map[string]any:
		name, ok := key.(string)
		got, has := x[name]
		return got, ok && has
	case []any:
		i, ok := key.(int)
		if !ok || i < 0 || i >= len(x) {
			return nil, false
		}
		return x[i], true
	}
	rv := reflect.ValueOf(v)
	if rv.Kind() == reflect.Pointer {
		rv = rv.Elem()
	}
	switch rv.Kind() {
	case reflect.Struct:
		if name, ok := key.(string); ok {
			if f := rv.FieldByName(name); f.IsValid() && f.CanInterface() {
				return f.Interface(), true
			}
		}
	case reflect.Map:
		if k := reflect.ValueOf(key); k.IsValid() && k.CanConvert(rv.Type().Key()) && k.Kind() == rv.Type().Key().Kind() {
			if got := rv.MapIndex(k.Convert(rv.Type().Key())); got.IsValid() {
				return got.Interface(), true
			}
		}
	case reflect.Slice, reflect.Array:
		if i, ok := key.(int); ok && i >= 0 && i < rv.Len() {
			return rv.Index(i).Interface(), true
		}
	}
	return nil, false
}

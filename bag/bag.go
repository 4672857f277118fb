package bag

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"sheaf"
	"sheaf/delayed"
	"sheaf/graph"
	"sheaf/internal/caller"
)

// A Bag is a lazy list of elements of type T in partitions. It is immutable and may be used any number of times, by several
// goroutines.
//
// Same as dask.bag.Bag.
type Bag[T any] struct {
	name  string // of the steps, for people
	stage stage[T]
	links []link
	n     int // partitions
	err   error

	// above are the nodes of the bags that this one was made of partition by partition, with the same links: what [sharing] can
	// find in common with other bags.
	above []any
	pass  *pass // of a reduction whose result is a bag

	nodeOnce sync.Once
	node     *node[T]

	once     sync.Once // makes layer
	layer    *graph.Layer
	layerErr error
}

// in returns the stage for what is built on the bag.
func (b *Bag[T]) in() stage[T] {
	if b == nil || b.stage == nil {
		return nil // a mistake, which then notices
	}
	b.nodeOnce.Do(func() { b.node = &node[T]{b.stage} })
	return b.node
}

// lineage returns the nodes down to the bag's own.
func (b *Bag[T]) lineage() []any { return append(slices.Clip(b.above), any(b.in())) }

var (
	_ sheaf.Lazy[[]int]            = (*Bag[int])(nil)
	_ sheaf.Persistable[*Bag[int]] = (*Bag[int])(nil)
	_ sheaf.Planned                = (*Bag[int])(nil)
)

// A link says which tasks of a layer the partitions of a bag need: task i for partition i, all of them, or those of the table.
type link struct {
	from  *graph.Layer
	table *graph.Table
	all   bool
}

func (l link) edge() graph.Edge {
	switch {
	case l.all:
		return graph.Edge{From: l.from, Map: graph.All{N: l.from.Len()}}
	case l.table != nil:
		return graph.Edge{From: l.from, Map: *l.table}
	}
	return graph.Edge{From: l.from, Map: graph.Each{}}
}

// row returns the tasks that partition i needs.
func (l link) row(i int) []int32 {
	switch {
	case l.all:
		every := make([]int32, l.from.Len())
		for k := range every {
			every[k] = int32(k)
		}
		return every
	case l.table == nil:
		return []int32{int32(i)}
	}
	return l.table.Index[l.table.Start[i]:l.table.Start[i+1]]
}

// relink returns links for n partitions, of which partition i needs what partition of(i) needed; a negative one needs nothing.
func relink(links []link, n int, of func(int) int) []link {
	out := make([]link, len(links))
	for k, l := range links {
		t := &graph.Table{Start: make([]int32, 1, n+1)}
		for i := range n {
			if j := of(i); j >= 0 {
				t.Index = append(t.Index, l.row(j)...)
			}
			t.Start = append(t.Start, int32(len(t.Index)))
		}
		out[k] = link{from: l.from, table: t}
	}
	return out
}

func edges(links []link) []graph.Edge {
	out := make([]graph.Edge, len(links))
	for i, l := range links {
		out[i] = l.edge()
	}
	return out
}

// failed returns a bag that carries a mistake.
func failed[T any](err error) *Bag[T] { return &Bag[T]{err: err} }

// mistake words the error of a call that is wrong.
func mistake(call, format string, args ...any) error {
	return fmt.Errorf("bag: %s at %s: %w", call, caller.Site(), fmt.Errorf(format, args...))
}

// then returns a bag with one more step on top of b, with the same partitions.
func then[T, U any](b *Bag[T], name string, s stage[U]) *Bag[U] {
	if err := b.Err(); err != nil {
		return failed[U](err)
	}
	return &Bag[U]{name: b.name + "-" + name, stage: s, links: b.links, n: b.n, above: b.lineage()}
}

// FromLayer returns the bag whose partition i is the value of task i of the layer, a []T. It is for packages that make bags of their
// own collections.
func FromLayer[T any](l *graph.Layer) *Bag[T] {
	return &Bag[T]{name: l.Name(), stage: inputStage[T]{}, links: []link{{from: l}}, n: l.Len()}
}

// Err returns the first mistake made while the bag was built.
func (b *Bag[T]) Err() error {
	if b == nil {
		return mistake("use", "a nil *Bag")
	}
	return b.err
}

// NPartitions returns the number of partitions, 0 for a bag with a mistake.
func (b *Bag[T]) NPartitions() int { return b.n }

// String returns "Bag[T](steps, partitions)"; it computes nothing.
func (b *Bag[T]) String() string {
	if err := b.Err(); err != nil {
		return fmt.Sprintf("Bag[%v](%v)", reflect.TypeFor[T](), err)
	}
	return fmt.Sprintf("Bag[%v](%s, %d partitions)", reflect.TypeFor[T](), b.name, b.n)
}

// Compute runs everything and returns the elements in the order of the partitions.
func (b *Bag[T]) Compute(ctx context.Context, opts ...sheaf.Option) ([]T, error) {
	return sheaf.Compute[[]T](ctx, b, opts...)
}

// Graph returns one task per partition, whose value is a []T.
func (b *Bag[T]) Graph() (graph.Graph, error) {
	l, err := b.materialized()
	if err != nil {
		return graph.Graph{}, err
	}
	return graph.Of(l), nil
}

// materialized returns the layer whose task i makes the slice of partition i. There is one for a bag, so that its keys
// stay the same.
func (b *Bag[T]) materialized() (*graph.Layer, error) {
	if err := b.Err(); err != nil {
		return nil, err
	}
	b.once.Do(func() {
		if _, plain := b.stage.(inputStage[T]); plain && len(b.links) == 1 && b.links[0].table == nil && !b.links[0].all {
			b.layer = b.links[0].from
			return
		}
		b.layer, b.layerErr = graph.New(graph.Spec{
			Name: b.name, Op: collectOp[T]{b.in()}, Space: []int{b.n}, Edges: edges(b.links),
		})
	})
	return b.layer, b.layerErr
}

// Finish joins the partitions.
func (b *Bag[T]) Finish(ctx context.Context, parts []any) ([]T, error) {
	return joiner[T]{}.Finish(ctx, parts)
}

// Finisher returns what joins the partitions and holds nothing of the bag.
func (b *Bag[T]) Finisher() delayed.Finisher[[]T] { return joiner[T]{} }

type joiner[T any] struct{}

func (joiner[T]) Finish(_ context.Context, parts []any) ([]T, error) {
	total := 0
	for _, p := range parts {
		s, err := sliceOf[T](p)
		if err != nil {
			return nil, err
		}
		total += len(s)
	}
	out := make([]T, 0, total)
	for _, p := range parts {
		s, _ := sliceOf[T](p)
		out = append(out, s...)
	}
	return out, nil
}

func sliceOf[T any](v any) ([]T, error) {
	if v == nil {
		return nil, nil
	}
	s, ok := v.([]T)
	if !ok {
		return nil, fmt.Errorf("bag: a partition is a %T, want %v", v, reflect.TypeFor[[]T]())
	}
	return s, nil
}

// Rebuild returns the bag of partitions that exist already.
func (b *Bag[T]) Rebuild(leaves []*graph.Layer) *Bag[T] { return FromLayer[T](leaves[0]) }

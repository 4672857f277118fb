package delayed

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"sheaf"
	"sheaf/graph"
	"sheaf/internal/caller"
	"sheaf/internal/codec"
)

// A Value is a lazy value of type T. It is immutable and may be used any number of times, by several goroutines.
//
// Same as dask.delayed.Delayed.
type Value[T any] struct{ n *node }

// lazy is what every Value is, whatever its type.
type lazy interface {
	node() *node
	elem() reflect.Type
}

func (v *Value[T]) node() *node {
	if v == nil {
		return &node{err: fmt.Errorf("delayed: nil *Value used at %s", caller.Site())}
	}
	return v.n
}

func (v *Value[T]) elem() reflect.Type { return reflect.TypeFor[T]() }

var (
	_ sheaf.Lazy[int]                = (*Value[int])(nil)
	_ sheaf.Persistable[*Value[int]] = (*Value[int])(nil)
	_ sheaf.Planned                  = (*Value[int])(nil)
)

// Of makes a plain value lazy. It is not copied and must not be changed afterwards.
func Of[T any](v T) *Value[T] { return &Value[T]{&node{key: graph.Unique(), op: constant{v}}} }

// Failed makes a lazy value that is a mistake already, for collections whose parts are lazy values: everything that uses it carries
// the error.
func Failed[T any](err error) *Value[T] { return &Value[T]{&node{err: err}} }

// constant is a value that is there already.
type constant struct{ Value any }

func (c constant) Run(context.Context, *graph.Task) (any, error) { return c.Value, nil }

func (c constant) TaskName() string { return "value" }

// ExistingBytes implements graph.Existing.
func (c constant) ExistingBytes() int64 { return codec.SizeOf(c.Value) }

// Err returns the first mistake made while the value was built.
func (v *Value[T]) Err() error { return v.node().err }

// Key returns the name of the task. It is the same in every run for pure calls with equal arguments only.
func (v *Value[T]) Key() string {
	n := v.node()
	if n.layer != nil {
		return n.layer.Key(int(n.index)).String()
	}
	return nameOf(n.op) + "-" + n.key.Short()
}

func nameOf(op graph.Op) string {
	if s, ok := op.(interface{ TaskName() string }); ok {
		return s.TaskName()
	}
	return fmt.Sprintf("%T", op)
}

// String returns "Delayed[T](key)"; it computes nothing.
func (v *Value[T]) String() string {
	if err := v.Err(); err != nil {
		return fmt.Sprintf("Delayed[%v](%v)", v.elem(), err)
	}
	return fmt.Sprintf("Delayed[%v](%s)", v.elem(), v.Key())
}

// Compute runs the call and everything that it needs, and returns the result.
func (v *Value[T]) Compute(ctx context.Context, opts ...sheaf.Option) (T, error) {
	return sheaf.Compute[T](ctx, v, opts...)
}

// Graph returns the tasks that compute the value.
func (v *Value[T]) Graph() (graph.Graph, error) {
	outs, err := collect([]*node{v.node()})
	return graph.Graph{Outputs: outs}, err
}

// Planner returns the planner of all values: values computed together become one list of tasks.
func (v *Value[T]) Planner() sheaf.Planner { return planner{} }

type planner struct{}

func (planner) Plan(cs []sheaf.Collection) ([]graph.Graph, error) {
	roots := make([]*node, len(cs))
	for i, c := range cs {
		roots[i] = c.(lazy).node()
	}
	outs, err := collect(roots)
	if err != nil {
		return nil, err
	}
	gs := make([]graph.Graph, len(cs))
	for i := range outs {
		gs[i].Outputs = outs[i : i+1]
	}
	return gs, nil
}

// Finish returns the result as T.
func (v *Value[T]) Finish(_ context.Context, parts []any) (T, error) {
	return as[T](parts[0])
}

// as converts a task's value, in which a nil interface is a nil any.
func as[T any](v any) (T, error) {
	t, ok := v.(T)
	if !ok && v != nil {
		return t, fmt.Errorf("delayed: a task returned %T, want %v: %w", v, reflect.TypeFor[T](), sheaf.ErrInternal)
	}
	return t, nil
}

// Rebuild returns a value that stands for the only task of the only leaf.
func (v *Value[T]) Rebuild(leaves []*graph.Layer) *Value[T] { return FromTask[T](leaves[0], 0) }

// FromTask makes a lazy value of task i of a layer, for collections that hand out their parts.
func FromTask[T any](l *graph.Layer, i int) *Value[T] {
	return &Value[T]{&node{layer: l, index: int32(i)}}
}

// A Ref lets a type of another package be passed as a lazy argument of type T: embed it. Futures do.
type Ref[T any] struct{ pending func() graph.Pending }

// Bind sets what the reference stands for each time that it is used; it must be called before.
func (r *Ref[T]) Bind(pending func() graph.Pending) { r.pending = pending }

func (r *Ref[T]) node() *node {
	if r.pending == nil {
		return &node{layer: graph.Held("future", graph.Token{}, []graph.Pending{empty{}})}
	}
	return &node{layer: graph.Held("future", graph.Token{}, []graph.Pending{r.pending()})}
}

// empty is what a reference stands for that was never bound.
type empty struct{}

func (empty) Key() graph.Key { return graph.Key{Name: "empty", Token: graph.Unique()} }

func (empty) Notify(f func()) { f() }

func (empty) Value(context.Context) (any, error) {
	return nil, errors.New("delayed: an empty future was given, which comes from no call")
}

func (r *Ref[T]) elem() reflect.Type { return reflect.TypeFor[T]() }

// Identity returns the token by which equal calls, or calls of the same [Key], can be found, and one that says what the call is: the same
// one, or for a call with a [Key] that of its function and arguments (of its function if these cannot be compared). Both are zero for a
// call that is like no other.
func (v *Value[T]) Identity() (token, content graph.Token) {
	n := v.node()
	if n.content.IsZero() {
		return graph.Token{}, graph.Token{}
	}
	return n.key, n.content
}

// FromFuture makes a lazy value of a future, or of anything else that is being computed or kept elsewhere. Values that
// depend on it wait for it when they run.
//
// Same as dask.delayed(future).
func FromFuture[T any](p Future[T]) *Value[T] {
	return FromTask[T](graph.Held("future", graph.Token{}, []graph.Pending{p.Pending()}), 0)
}

// A Future is what [FromFuture] takes: *client.Future is one.
type Future[T any] interface {
	Pending() graph.Pending
	Result(ctx context.Context) (T, error)
}

// Whole makes one lazy value of a whole collection: its parts are computed and joined in memory before the functions that
// take it run. That downgrades an array to an ndarray and a frame to a table; to work on the parts one by one use MapBlocks
// or MapPartitions, or ToDelayed.
//
// Same as dask.delayed(collection).
func Whole[T any](c sheaf.Lazy[T]) *Value[T] {
	g, err := c.Graph()
	if err != nil {
		return &Value[T]{&node{err: err}}
	}
	n := &node{key: graph.Unique(), op: whole[T]{c}}
	if f, ok := c.(interface{ Finisher() Finisher[T] }); ok {
		n.op = whole[T]{f.Finisher()}
	}
	for _, o := range g.Outputs {
		for k := range o.Len() {
			n.deps = append(n.deps, &node{layer: o.Layer, index: int32(o.At(k))})
		}
	}
	return &Value[T]{n}
}

// A Finisher joins the values of a collection's parts and knows nothing else of the collection. Collections have a method
// Finisher() Finisher[T], so that [Whole] can join their parts in another process.
type Finisher[T any] interface {
	Finish(ctx context.Context, parts []any) (T, error)
}

type whole[T any] struct{ of Finisher[T] }

func (w whole[T]) Run(ctx context.Context, t *graph.Task) (any, error) {
	return w.of.Finish(ctx, append([]any(nil), t.Inputs()...))
}

func (w whole[T]) TaskName() string { return "whole" }

// Layer returns a layer whose task i is values[i], for collections that are made of lazy values.
func Layer[T any](name string, values ...*Value[T]) (*graph.Layer, error) {
	if len(values) == 0 {
		return nil, fmt.Errorf("delayed: no values given at %s", caller.Site())
	}
	roots := make([]*node, len(values))
	for i, v := range values {
		roots[i] = v.node()
	}
	outs, err := collect(roots)
	if err != nil {
		return nil, err
	}
	// One edge per distinct layer, each a table that has the task where it is from that layer and nothing elsewhere.
	var edges []graph.Edge
	at := map[*graph.Layer]int{}
	tables := []graph.Table{}
	for i, o := range outs {
		e, ok := at[o.Layer]
		if !ok {
			e = len(tables)
			at[o.Layer] = e
			tables = append(tables, graph.Table{Start: make([]int32, i+1, len(outs)+1)})
			edges = append(edges, graph.Edge{From: o.Layer})
		}
		tables[e].Index = append(tables[e].Index, o.Index[0])
		for k := range tables {
			tables[k].Start = append(tables[k].Start, int32(len(tables[k].Index)))
		}
	}
	for e := range edges {
		edges[e].Map = tables[e]
	}
	return graph.Alias(name, []int{len(values)}, edges...)
}

package bag

import (
	"context"
	"fmt"
	"reflect"

	"sheaf"
	"sheaf/delayed"
	"sheaf/graph"
)

// An Item is one lazy value: what a reduction of a bag gives.
//
// Same as dask.bag.Item.
type Item[T any] struct {
	layer *graph.Layer // with one task
	pass  *pass        // of a reduction
	err   error
}

var (
	_ sheaf.Lazy[int]               = (*Item[int])(nil)
	_ sheaf.Persistable[*Item[int]] = (*Item[int])(nil)
	_ sheaf.Planned                 = (*Item[int])(nil)
)

// Err returns the first mistake made while the item was built.
func (i *Item[T]) Err() error {
	if i == nil {
		return mistake("use", "a nil *Item")
	}
	return i.err
}

// String returns "Item[T](name)"; it computes nothing.
func (i *Item[T]) String() string {
	if err := i.Err(); err != nil {
		return fmt.Sprintf("Item[%v](%v)", reflect.TypeFor[T](), err)
	}
	return fmt.Sprintf("Item[%v](%s)", reflect.TypeFor[T](), i.layer.Name())
}

// Compute runs everything and returns the value.
func (i *Item[T]) Compute(ctx context.Context, opts ...sheaf.Option) (T, error) {
	return sheaf.Compute[T](ctx, i, opts...)
}

// Graph returns the task that makes the value.
func (i *Item[T]) Graph() (graph.Graph, error) {
	if err := i.Err(); err != nil {
		return graph.Graph{}, err
	}
	return graph.Of(i.layer), nil
}

// Finish returns the value.
func (i *Item[T]) Finish(_ context.Context, parts []any) (T, error) { return valueOf[T](parts[0]) }

// Finisher returns what takes the value and holds nothing of the item.
func (i *Item[T]) Finisher() delayed.Finisher[T] { return taker[T]{} }

type taker[T any] struct{}

func (taker[T]) Finish(_ context.Context, parts []any) (T, error) { return valueOf[T](parts[0]) }

func valueOf[T any](v any) (T, error) {
	x, ok := v.(T)
	if !ok && v != nil {
		return x, fmt.Errorf("bag: a task returned %T, want %v", v, reflect.TypeFor[T]())
	}
	return x, nil
}

// Rebuild returns the item of a value that exists already.
func (i *Item[T]) Rebuild(leaves []*graph.Layer) *Item[T] { return &Item[T]{layer: leaves[0]} }

// Apply applies f to the value when it is computed.
//
// Same as dask.bag.Item.apply.
func (i *Item[T]) Apply[U any](f func(T) U) *Item[U] {
	if err := i.Err(); err != nil {
		return &Item[U]{err: err}
	}
	l, err := graph.New(graph.Spec{Name: "apply", Op: applyOp[T, U]{f}, Edges: []graph.Edge{{From: i.layer, Map: graph.All{N: 1}}}})
	return &Item[U]{layer: l, err: err}
}

type applyOp[T, U any] struct{ F func(T) U }

func (o applyOp[T, U]) Run(ctx context.Context, t *graph.Task) (any, error) {
	return guard(ctx, t, stage[T](itemStage[T]{o.F}), func(*part) (U, error) {
		v, err := valueOf[T](t.In(0)[0])
		if err != nil {
			var none U
			return none, err
		}
		return o.F(v), nil
	})
}

// itemStage lends guard its function.
type itemStage[T any] struct{ F any }

func (itemStage[T]) each(*part, func(T) bool) error { return nil }

func (s itemStage[T]) functions(visit func(any)) { visit(s.F) }

// ToDelayed returns the item as a lazy value.
func (i *Item[T]) ToDelayed() (*delayed.Value[T], error) {
	if err := i.Err(); err != nil {
		return nil, err
	}
	return delayed.FromTask[T](i.layer, 0), nil
}

// ItemFromDelayed makes an item of a lazy value.
//
// Same as dask.bag.Item.from_delayed.
func ItemFromDelayed[T any](v *delayed.Value[T]) *Item[T] {
	l, err := delayed.Layer("item", v)
	return &Item[T]{layer: l, err: err}
}

package graph

import (
	"context"
	"fmt"
)

// Const returns a layer of values that exist already; task i has values[i]. Its identity is the values' content, so large
// values cost a pass over their bytes; give a token to avoid that.
func Const(name string, token Token, values ...any) *Layer {
	return Must(Spec{Name: name, Op: constOp{values}, Space: []int{len(values)}, Token: token})
}

type constOp struct{ Values []any }

func (o constOp) Run(_ context.Context, t *Task) (any, error) { return o.Values[t.Index], nil }

// Values returns the values of a layer made by [Const], and whether it is one.
func (l *Layer) Values() ([]any, bool) {
	o, ok := l.op.(constOp)
	return o.Values, ok
}

// An Existing is an [Op] without inputs that only delivers values which exist already. Where tasks run in other processes large ones are
// moved there once, and do not travel with the operation.
type Existing interface {
	// ExistingBytes returns how much memory the values of all tasks take.
	ExistingBytes() int64
}

// A Lifter is an [Op] that holds values, such as the arguments of a call, of which large ones had better travel apart.
type Lifter interface {
	// Lift returns the values that take more than limit bytes, and an operation that does the same when they come as further
	// inputs behind its n own ones. Without such values it returns none.
	Lift(limit int64, n int) ([]any, Op)
}

// Pending is a value that is being computed or kept somewhere else: a future, or a block of a persisted collection.
type Pending interface {
	// Key names the value.
	Key() Key
	// Notify calls f once: when the value is there or has failed, which may be at once and in this goroutine.
	Notify(f func())
	// Value returns the value or why there is none. It is called after Notify has reported; it may read from disk.
	Value(ctx context.Context) (any, error)
}

// Held returns a layer whose values others provide. Executors wait for them without occupying a worker.
func Held(name string, token Token, values []Pending) *Layer {
	if token.IsZero() {
		h := NewHasher("held")
		for _, p := range values {
			k := p.Key()
			h.Token(k.Token)
			h.Int(k.Index)
		}
		token = h.Sum()
	}
	return Must(Spec{Name: name, Op: heldOp{values}, Space: []int{len(values)}, Token: token})
}

type heldOp struct{ values []Pending }

func (o heldOp) Run(ctx context.Context, t *Task) (any, error) { return o.values[t.Index].Value(ctx) }

// Pending returns who provides task i of a layer made by [Held], and nil for every other layer.
func (l *Layer) Pending(i int) Pending {
	if o, ok := l.op.(heldOp); ok {
		return o.values[i]
	}
	return nil
}

func (l *Layer) isHeld() bool {
	_, ok := l.op.(heldOp)
	return ok
}

// Alias returns a layer whose task i is task m(i) of the layers it is made from, under another name and index space. The
// mapping must deliver exactly one task. Aliases cost nothing when they run: executors look through them.
func Alias(name string, space []int, edges ...Edge) (*Layer, error) {
	return New(Spec{Name: name, Op: aliasOp{}, Space: space, Edges: edges})
}

type aliasOp struct{}

func (aliasOp) Run(_ context.Context, t *Task) (any, error) {
	if in := t.Inputs(); len(in) == 1 {
		return in[0], nil
	}
	return nil, fmt.Errorf("graph: alias %q has %d inputs, want 1: %w", t.Layer.name, len(t.Inputs()), ErrGraph)
}

// IsAlias reports whether the layer only renames tasks of others.
func (l *Layer) IsAlias() bool {
	_, ok := l.op.(aliasOp)
	return ok
}

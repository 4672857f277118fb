package graph_test

import (
	"context"
	"fmt"

	"sheaf/graph"
)

// held is an operation without inputs whose values are there already.
type held struct{ Rows []int }

func (o held) Run(_ context.Context, t *graph.Task) (any, error) { return o.Rows[t.Index], nil }

func (o held) ExistingBytes() int64 { return int64(8 * len(o.Rows)) }

// scale multiplies its input by the numbers that it holds, or that come as a further input.
type scale struct{ By []int }

func (o scale) Run(_ context.Context, t *graph.Task) (any, error) {
	in := t.Inputs()
	by := o.By
	if by == nil {
		by = in[1].([]int)
	}
	return in[0].(int) * by[t.Index%len(by)], nil
}

func (o scale) Lift(limit int64, _ int) ([]any, graph.Op) {
	if int64(8*len(o.By)) <= limit {
		return nil, nil
	}
	return []any{o.By}, scale{}
}

func ExampleKind() {
	l := graph.Const("numbers", graph.Token{}, 1, 2)
	fmt.Println(l.Kind() == graph.KindConst, l.Kind() == graph.KindOps)
	// Output: true false
}

func ExampleListing() {
	var b graph.List
	first := b.Add(graph.Unique(), held{[]int{7}})
	b.Add(graph.Unique(), scale{[]int{2}}, graph.Ref{Edge: graph.Self, Index: int32(first)})
	l, err := b.Layer("list")
	if err != nil {
		fmt.Println(err)
	}
	tasks, ok := l.Listing()
	fmt.Println(len(tasks.Ops), tasks.Start, tasks.Refs, ok)
	// Output: 2 [0 0 1] [{0 0}] true
}

func ExampleParts() {
	l := graph.Must(graph.Spec{Name: "rows", Op: held{[]int{1, 2, 3}}, Space: []int{3}})
	again, err := graph.Restore(graph.Parts{
		Kind: l.Kind(), Name: l.Name(), Token: l.Token(), Content: l.Content(), Space: l.Space(), Op: l.Op(),
	})
	fmt.Println(again.Key(2) == l.Key(2), err)
	// Output: true <nil>
}

func ExampleExisting() {
	var op graph.Op = held{[]int{1, 2, 3}}
	e, ok := op.(graph.Existing)
	fmt.Println(e.ExistingBytes(), ok)
	// Output: 24 true
}

func ExampleLifter() {
	values, op := scale{[]int{2, 3}}.Lift(8, 1)
	fmt.Println(values, op)
	// Output: [[2 3]] {[]}
}

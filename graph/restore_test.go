package graph

import (
	"context"
	"errors"
	"slices"
	"testing"
)

type restored struct{ V any }

func (r restored) Run(context.Context, *Task) (any, error) { return r.V, nil }

func (r restored) TaskName() string { return "task" }

// TestRestore takes layers apart and puts them together again.
func TestRestore(t *testing.T) {
	in := Const("in", Token{}, 1, 2, 3)
	axes, err := Blockwise([]int{3, 2}, []int{3}, []int{0})
	if err != nil {
		t.Fatal(err)
	}
	ops := Must(Spec{Name: "ops", Op: restored{1}, Space: []int{3, 2}, Edges: []Edge{{in, axes}}})
	var b List
	e := b.Input(ops)
	b.Add(NewHasher("a").Sum(), restored{"a"}, Ref{Self, 1})
	b.Add(NewHasher("b").Sum(), restored{"b"}, Ref{e, 5}, Ref{e, 0})
	list, err := b.Layer("list")
	if err != nil {
		t.Fatal(err)
	}
	alias, err := Alias("alias", []int{2}, Edge{ops, Table{[]int32{0, 1, 2}, []int32{4, 3}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []*Layer{in, ops, list, alias} {
		p := Parts{Kind: l.Kind(), Name: l.Name(), Token: l.Token(), Content: l.Content(), Space: l.Space(), Edges: l.Edges(), Op: l.Op(), Mark: 7}
		p.Values, _ = l.Values()
		p.List, _ = l.Listing()
		got, err := Restore(p)
		if err != nil {
			t.Errorf("%s: %v", l.Name(), err)
			continue
		}
		if got.Kind() != l.Kind() || got.Token() != l.Token() || got.Content() != l.Content() || got.Len() != l.Len() || got.Mark() != 7 ||
			got.Keyed() != l.Keyed() || got.IsAlias() != l.IsAlias() {
			t.Errorf("%s: got another layer", l.Name())
		}
		for i := range l.Len() {
			want, wantEnds := l.Deps(i, nil, nil)
			have, ends := got.Deps(i, nil, nil)
			if !slices.Equal(want, have) || !slices.Equal(wantEnds, ends) || got.Key(i).String() != l.Key(i).String() {
				t.Errorf("%s: task %d needs %v, want %v", l.Name(), i, have, want)
			}
		}
	}
}

func TestRestoreRefuses(t *testing.T) {
	in := Const("in", Token{}, 1, 2, 3)
	key := NewHasher("a").Sum()
	for name, p := range map[string]Parts{
		"no kind":      {},
		"no op":        {Kind: KindOps},
		"space":        {Kind: KindOps, Op: restored{}, Space: []int{-1}},
		"huge space":   {Kind: KindOps, Op: restored{}, Space: []int{1 << 20, 1 << 20}},
		"values":       {Kind: KindConst, Space: []int{2}, Values: []any{1}},
		"pending":      {Kind: KindHeld, Space: []int{2}},
		"edge":         {Kind: KindOps, Op: restored{}, Space: []int{2}, Edges: []Edge{{in, Each{}}}},
		"no map":       {Kind: KindOps, Op: restored{}, Space: []int{3}, Edges: []Edge{{in, nil}}},
		"keys":         {Kind: KindList, Space: []int{2}, List: Listing{Keys: []Token{key}}},
		"list space":   {Kind: KindList, Space: []int{1, 1}, List: Listing{Keys: []Token{key}}},
		"ops":          {Kind: KindList, Space: []int{1}, List: Listing{Keys: []Token{key}, Ops: []Op{restored{}, restored{}}}},
		"list op":      {Kind: KindList, Space: []int{1}, Edges: []Edge{{}}, List: Listing{Keys: []Token{key}, Start: []int32{0, 0}}},
		"no edge":      {Kind: KindList, Space: []int{1}, Op: restored{}, List: Listing{Keys: []Token{key}, Start: []int32{0, 0}}},
		"short starts": {Kind: KindList, Space: []int{1}, Op: restored{}, Edges: []Edge{{}}, List: Listing{Keys: []Token{key}, Start: []int32{0}}},
		"starts":       {Kind: KindList, Space: []int{1}, Op: restored{}, Edges: []Edge{{}}, List: Listing{Keys: []Token{key}, Start: []int32{0, 1}}},
		"decreasing":   {Kind: KindList, Space: []int{2}, Op: restored{}, Edges: []Edge{{}}, List: Listing{Keys: []Token{key, key}, Start: []int32{0, 2, 1}, Refs: []Ref{{0, 0}}}},
		"reference":    {Kind: KindList, Space: []int{1}, Op: restored{}, Edges: []Edge{{}}, List: Listing{Keys: []Token{key}, Start: []int32{0, 1}, Refs: []Ref{{0, 1}}}},
		"other edge":   {Kind: KindList, Space: []int{1}, Op: restored{}, Edges: []Edge{{}}, List: Listing{Keys: []Token{key}, Start: []int32{0, 1}, Refs: []Ref{{1, 0}}}},
	} {
		if l, err := Restore(p); !errors.Is(err, ErrGraph) {
			t.Errorf("%s: got %v, %v", name, l, err)
		}
	}
}

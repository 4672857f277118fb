package graph_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"sheaf/graph"
	"sheaf/internal/graphtest"
)

func TestKeyString(t *testing.T) {
	l := leaf("sum", 2, 4)
	if got, want := l.Key(7).String(), "sum-"+l.Token().Short()+"(1, 3)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := leaf("x").Key(0).String(), "x-"+leaf("x").Token().Short(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if !l.Key(3).Same(leaf("sum", 2, 4).Key(3)) || l.Key(3).Same(l.Key(4)) {
		t.Error("equal layers have equal keys, different tasks different ones")
	}
}

func TestClash(t *testing.T) {
	named := func(name string, op string) *graph.Layer {
		return graph.Must(graph.Spec{Name: name, Op: graphtest.Op{Name: op}, Token: leaf("id").Token(), Space: []int{len(op)}})
	}
	_, err := graph.Of(named("a", "x"), named("b", "yy")).Layers()
	if !errors.Is(err, graph.ErrClash) || !strings.Contains(err.Error(), `"a`) || !strings.Contains(err.Error(), `"b`) {
		t.Errorf("got %v, want a clash that names both", err)
	}
	layers, err := graph.Of(named("a", "x"), named("a", "x")).Layers()
	if err != nil || len(layers) != 1 {
		t.Errorf("got %v, %v, want one layer", layers, err)
	}
	if _, err := (graph.Graph{Outputs: []graph.Output{{}}}).Layers(); !errors.Is(err, graph.ErrGraph) {
		t.Errorf("no layer: got %v", err)
	}
}

// ready is a value that is there.
type ready struct {
	key graph.Key
	v   any
}

func (r ready) Key() graph.Key                     { return r.key }
func (r ready) Notify(f func())                    { f() }
func (r ready) Value(context.Context) (any, error) { return r.v, nil }

// TestHeldStandsForItsOrigin: a graph may hold a collection and the same one persisted; then what is there is used.
func TestHeldStandsForItsOrigin(t *testing.T) {
	x := leaf("x", 2)
	held := graph.Held("x", x.Token(), []graph.Pending{ready{x.Key(0), "v0"}, ready{x.Key(1), "v1"}})
	user := func(in *graph.Layer, name string) *graph.Layer {
		return graph.Must(graph.Spec{Name: name, Op: graphtest.Op{Name: name}, Space: []int{2}, Edges: []graph.Edge{{From: in, Map: graph.Each{}}}})
	}
	for _, g := range []graph.Graph{graph.Of(user(x, "a"), user(held, "b")), graph.Of(user(held, "a"), user(x, "b"))} {
		layers, err := g.Layers()
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(layers, func(l *graph.Layer) bool { return l.Token() == x.Token() })
		if layers[at] != held || len(layers) != 3 {
			t.Errorf("got %v, want the held layer", graph.Text(g))
		}
	}
	if held.Pending(1) == nil || x.Pending(1) != nil {
		t.Error("Pending does not tell held layers from others")
	}
}

type named struct{ Name string }

func (n named) Run(context.Context, *graph.Task) (any, error) { return n.Name, nil }
func (n named) TaskName() string                              { return n.Name }

func TestList(t *testing.T) {
	x := leaf("x", 3)
	var b graph.List
	in := b.Input(x)
	tok := func(s string) graph.Token {
		h := graph.NewHasher(s)
		return h.Sum()
	}
	first := b.Add(tok("a"), named{"a"}, graph.Ref{Edge: in, Index: 2}, graph.Ref{Edge: graph.Self, Index: 1})
	b.Add(tok("b"), named{"b"}, graph.Ref{Edge: in, Index: 0})
	l, err := b.Layer("list")
	if err != nil {
		t.Fatal(err)
	}
	refs, ends := l.Deps(first, nil, nil)
	if len(refs) != 2 || l.From(int(refs[0].Edge)) != x || refs[0].Index != 2 || l.From(int(refs[1].Edge)) != l || len(ends) != 2 || ends[0] != 2 {
		t.Errorf("got %v %v", refs, ends)
	}
	if k := l.Key(1); k.Name != "b" || k.Token != tok("b") || k.String() != "b-"+tok("b").Short() || !l.Keyed() {
		t.Errorf("got %v", k)
	}
	if l.OpOf(1) != (named{"b"}) {
		t.Errorf("got %v", l.OpOf(1))
	}
	for _, r := range []graph.Ref{{Edge: graph.Self, Index: 5}, {Edge: 1, Index: 0}, {Edge: -1}, {Index: -1}} {
		var b graph.List
		b.Add(tok("a"), named{"a"}, r)
		if _, err := b.Layer("list"); !errors.Is(err, graph.ErrGraph) {
			t.Errorf("%v: got %v, want ErrGraph", r, err)
		}
	}
}

// TestFuseNamesTheStep: an error in a fused task is that of its step.
func TestFuseNamesTheStep(t *testing.T) {
	boom := errors.New("boom")
	a := leaf("a", 2)
	b := graph.Must(graph.Spec{Name: "b", Op: failing{boom}, Space: []int{2}, Edges: []graph.Edge{{From: a, Map: graph.Each{}}}})
	c := graph.Must(graph.Spec{Name: "c", Op: graphtest.Op{}, Space: []int{2}, Edges: []graph.Edge{{From: b, Map: graph.Each{}}}})
	l := graph.Fuse(graph.Of(c)).Outputs[0].Layer
	if l.Name() != "c" || l.Token() != c.Token() || len(l.Edges()) != 0 || !l.Key(1).Same(c.Key(1)) {
		t.Errorf("got %s with %d edges", l.Key(1), len(l.Edges()))
	}
	var task graph.Task
	task.Bind(l, 1, nil, nil)
	if _, err := l.Op().Run(t.Context(), &task); !errors.Is(err, boom) || task.Layer.Name() != "b" {
		t.Errorf("got %v of %s", err, task.Layer.Name())
	}
}

type failing struct{ Err error }

func (f failing) Run(context.Context, *graph.Task) (any, error) { return nil, f.Err }

type sized struct {
	graphtest.Op
	N int64
}

func (s sized) OutBytes(int) int64 { return s.N }

type pooled struct{ Back *[]any }

func (p pooled) Run(_ context.Context, t *graph.Task) (any, error) { return t.Index, nil }
func (p pooled) Recycle(v any)                                     { *p.Back = append(*p.Back, v) }
func (p pooled) ReadsOnly()                                        {}

func TestFuseKeepsPromises(t *testing.T) {
	chain := func(ops ...graph.Op) graph.Op {
		var l *graph.Layer
		for _, op := range ops {
			s := graph.Spec{Name: "l", Op: op, Token: graph.Unique()}
			if l != nil {
				s.Edges = []graph.Edge{{From: l, Map: graph.Each{}}}
			}
			l = graph.Must(s)
		}
		return graph.Fuse(graph.Of(l)).Outputs[0].Layer.Op()
	}
	if op := chain(sized{N: 100}, sized{N: 8}, graphtest.Op{}); op.(graph.Sized).OutBytes(0) != 100 {
		t.Errorf("got %d bytes, want the most that is needed at once", op.(graph.Sized).OutBytes(0))
	}
	if op := chain(graphtest.Op{}, graphtest.Op{}); op.(graph.Sized).OutBytes(0) >= 0 {
		t.Error("an unknown size became known")
	}
	var back []any
	op := chain(pooled{&back}, pooled{&back})
	_, recycles := op.(graph.Recycler)
	_, reads := op.(graph.Reader)
	if !recycles || !reads {
		t.Errorf("recycles: %t, reads only: %t, want both", recycles, reads)
	}
	var task graph.Task
	task.Bind(leaf("x"), 0, nil, nil)
	if _, err := op.Run(t.Context(), &task); err != nil || len(back) != 1 {
		t.Errorf("got %v, %v, want the value between given back", back, err)
	}
	op = chain(graphtest.Op{}, pooled{&back})
	_, recycles = op.(graph.Recycler)
	_, reads = op.(graph.Reader)
	if !recycles || reads {
		t.Errorf("recycles: %t, reads only: %t, want only the first", recycles, reads)
	}
}

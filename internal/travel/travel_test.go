package travel_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"sheaf/fn"
	"sheaf/graph"
	"sheaf/internal/exec"
	"sheaf/internal/lower"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

// apply calls a function with the sum of its inputs.
type apply struct {
	F    func(int) int
	name string
}

func (a *apply) Run(_ context.Context, t *graph.Task) (any, error) {
	sum := 0
	for _, v := range t.Inputs() {
		sum += v.(int)
	}
	return a.F(sum), nil
}

func (a *apply) Source(int) fn.Source { return fn.SourceOf(a.F) }

func (a *apply) TaskName() string { return a.name }

func (a *apply) OutBytes(int) int64 { return 8 }

func inc(x int) int { return x + 1 }

func key(i int) graph.Token {
	h := graph.NewHasher("test")
	h.Int(i)
	return h.Sum()
}

// calls is a list of n tasks, of which each second one needs the one before it.
func calls(t testing.TB, n int, f func(int) int) *graph.Layer {
	var b graph.List
	b.Grow(n, n)
	for i := range n {
		op := &apply{f, "inc"}
		if i%2 == 0 {
			b.Add(key(i), op)
		} else {
			b.Add(key(i), op, graph.Ref{Edge: graph.Self, Index: int32(i - 1)})
		}
	}
	l, err := b.Layer("calls")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func names() travel.Names {
	var serial atomic.Uint64
	return travel.Names{Layer: func() wire.LayerID { return wire.NewLayerID(3, serial.Add(1)) }}
}

// pending is a value with an id in the cluster.
type pending struct{ id wire.ID }

func (p pending) Key() graph.Key                   { return graph.KeyText(p.id.String()) }
func (pending) Notify(func())                      {}
func (pending) Value(context.Context) (any, error) { return nil, io.EOF }
func external(p graph.Pending) (wire.ID, error)    { return p.(pending).id, nil }

// sample is a graph with layers of every kind.
func sample(t testing.TB) graph.Graph {
	in := graph.Const("in", graph.Token{}, 1, 2, 3, 4)
	held := graph.Held("held", graph.Token{}, []graph.Pending{pending{wire.ID{Layer: 9, Index: 4}}, pending{wire.ID{Layer: 8, Index: 1}}})
	op := &apply{F: inc, name: "op"}
	half, err := graph.NewWindow([]int{2}, []int{4}, []int{0}, [][]graph.Span{{{Lo: 0, Hi: 2}, {Lo: 2, Hi: 4}}})
	if err != nil {
		t.Fatal(err)
	}
	sums := graph.Must(graph.Spec{Name: "sums", Op: op, Space: []int{2}, Edges: []graph.Edge{{From: in, Map: half}, {From: held, Map: graph.Each{}}}})
	alias, err := graph.Alias("turned", []int{2}, graph.Edge{From: sums, Map: graph.Table{Start: []int32{0, 1, 2}, Index: []int32{1, 0}}})
	if err != nil {
		t.Fatal(err)
	}
	var b graph.List
	e := b.Input(alias)
	for i := range 600 {
		k := fn.Bind(func(k, x int) int { return k + x }, i)
		b.Add(key(i), &apply{k, fmt.Sprintf("task-%d", i%3)}, graph.Ref{Edge: e, Index: int32(i % 2)})
	}
	list, err := b.Layer("list")
	if err != nil {
		t.Fatal(err)
	}
	return graph.Graph{Outputs: []graph.Output{{Layer: list, Index: []int32{599, 0}}, {Layer: alias}}}
}

// sent packs a graph and sends it through bytes.
func sent(t testing.TB, g graph.Graph, n travel.Names) *wire.Graph {
	t.Helper()
	w, err := travel.Pack(g, n)
	if err != nil {
		t.Fatal(err)
	}
	b, err := wire.Append(nil, &wire.Submit{Graph: *w})
	if err != nil {
		t.Fatal(err)
	}
	m, err := wire.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return &m.(*wire.Submit).Graph
}

// TestStructure compares what the scheduler plans with what the client would.
func TestStructure(t *testing.T) {
	g := sample(t)
	n := names()
	n.External = external
	w := sent(t, g, n)
	got, err := travel.Unpack(w)
	if err != nil {
		t.Fatal(err)
	}
	want, err := lower.Expand(g)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := lower.Expand(got)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := lower.Text(want), lower.Text(plan); a != b {
		t.Errorf("got\n%swant\n%s", b, a)
	}
	layers, _ := g.Layers()
	there, _ := got.Layers()
	for k, l := range layers {
		m := there[k]
		if m.Token() != l.Token() || m.Content() != l.Content() || travel.LayerID(m) != w.Layers[k].ID || travel.LayerID(l) != 0 {
			t.Errorf("layer %s has another identity", l.Name())
		}
		for i := range l.Len() {
			if m.Key(i).String() != l.Key(i).String() {
				t.Errorf("got key %s want %s", m.Key(i), l.Key(i))
			}
			a, ok := l.OpOf(i).(graph.Sourcer)
			if b, _ := m.OpOf(i).(graph.Sourcer); ok && b.Source(i) != a.Source(i) {
				t.Errorf("got source %v want %v", b.Source(i), a.Source(i))
			}
			if p := l.Pending(i); p != nil {
				if id, ok := travel.ExternalID(m.Pending(i)); !ok || id != p.(pending).id {
					t.Errorf("got id %v", id)
				}
			}
		}
	}
	if _, ok := travel.ExternalID(pending{}); ok {
		t.Error("a value of somebody else's has an id")
	}
}

func TestRun(t *testing.T) {
	n := names()
	n.External = external
	w := sent(t, sample(t), n)
	loader := travel.NewLoader()
	for k := range w.Layers {
		l := &w.Layers[k]
		err := loader.Add(l)
		if (l.Kind == wire.LayerOps || l.Kind == wire.LayerList) != (err == nil) {
			t.Errorf("layer %s: %v", l.Name, err)
		}
	}
	var list, sums wire.LayerID
	for _, l := range w.Layers {
		switch l.Name {
		case "list":
			list = l.ID
		case "sums":
			sums = l.ID
		}
	}
	run := func(id wire.ID, in ...any) any {
		l, i, err := loader.Bind(id)
		if err != nil {
			t.Fatal(err)
		}
		var task graph.Task
		task.Bind(l, i, in, []int32{int32(len(in)), int32(len(in))})
		v, err := exec.Run(t.Context(), l.Op(), &task)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if got := run(wire.ID{Layer: sums, Index: 1}, 3, 4, 100); got != 108 {
		t.Errorf("got %v", got)
	}
	for _, i := range []int32{0, 511, 512, 599} {
		if got := run(wire.ID{Layer: list, Index: i}, 1000); got != 1000+int(i) {
			t.Errorf("task %d: got %v", i, got)
		}
		l, k, _ := loader.Bind(wire.ID{Layer: list, Index: i})
		if want := fmt.Sprintf("task-%d-%s", i%3, key(int(i)).Short()); l.Key(k).String() != want {
			t.Errorf("got key %s want %s", l.Key(k), want)
		}
	}
	for _, id := range []wire.ID{{Layer: list, Index: 600}, {Layer: list, Index: -1}, {Layer: 77}, {Layer: sums, Index: 2}, {Layer: list, Index: 1 << 30}} {
		if _, _, err := loader.Bind(id); !errors.Is(err, graph.ErrGraph) {
			t.Errorf("%v: got %v", id, err)
		}
	}
	if loader.Forget(list); loader.Has(wire.ID{Layer: list}) || loader.Len() != 2 {
		t.Errorf("%d layers are left", loader.Len())
	}
}

// TestSegments adds the segments of a list one by one, without what only the scheduler needs.
func TestSegments(t *testing.T) {
	w := sent(t, graph.Of(calls(t, 1200, inc)), names())
	loader := travel.NewLoader()
	all := w.Layers[0].Segments
	for _, k := range []int{2, 0} {
		l := w.Layers[0]
		s := all[k]
		s.Start, s.Inputs, s.Source, s.NameOf = nil, nil, nil, nil
		l.Segments = []wire.Segment{s}
		if err := loader.Add(&l); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range map[int32]bool{0: true, 511: true, 512: false, 1023: false, 1024: true, 1199: true} {
		id := wire.ID{Layer: w.Layers[0].ID, Index: i}
		l, k, err := loader.Bind(id)
		if loader.Has(id) != want || (err == nil) != want {
			t.Errorf("task %d: %v", i, err)
		} else if want && l.Key(k).String() != "inc-"+key(int(i)).Short() {
			t.Errorf("got key %s", l.Key(k))
		}
	}
	other := w.Layers[0]
	other.Token = key(7)
	if err := loader.Add(&other); !errors.Is(err, graph.ErrClash) {
		t.Errorf("another layer of the id: %v", err)
	}
}

// large is an operation that is only a value.
type large struct{ V []byte }

func (l large) Run(context.Context, *graph.Task) (any, error) { return l.V, nil }
func (l large) ExistingBytes() int64                          { return int64(len(l.V)) }
func (l large) TaskName() string                              { return "large" }

func TestLargeValuesStayOutside(t *testing.T) {
	big := make([]byte, travel.LargeBytes+1)
	var b graph.List
	b.Add(key(0), large{[]byte("small")})
	b.Add(key(1), large{big})
	b.Add(key(2), &apply{inc, "inc"}, graph.Ref{Edge: graph.Self, Index: 0})
	b.Add(key(3), large{big})
	list, err := b.Layer("list")
	if err != nil {
		t.Fatal(err)
	}
	consts := graph.Const("in", graph.Token{}, big, 1)
	n := names()
	var put []wire.ID
	n.Large = func(v any) (wire.ID, error) {
		id := wire.ID{Layer: 99, Index: int32(len(put))}
		put = append(put, id)
		return id, nil
	}
	w := sent(t, graph.Of(list, consts), n)
	g, err := travel.Unpack(w)
	if err != nil {
		t.Fatal(err)
	}
	if len(put) != 3 { // the two tasks with one value share it
		t.Errorf("%d values were put on workers, want 3", len(put))
	}
	for _, l := range w.Layers {
		for _, s := range l.Segments {
			if len(s.Bytes) > 1000 {
				t.Errorf("layer %s has %d bytes", l.Name, len(s.Bytes))
			}
		}
	}
	l := g.Outputs[0].Layer
	loader := travel.NewLoader()
	for k := range w.Layers {
		if w.Layers[k].ID == travel.LayerID(l) {
			if err := loader.Add(&w.Layers[k]); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, want := range []int{0, 1, 1, 1} {
		refs, _ := l.Deps(i, nil, nil)
		if len(refs) != want {
			t.Errorf("task %d needs %v", i, refs)
		}
		if i == 1 || i == 3 {
			m, k, err := loader.Bind(wire.ID{Layer: travel.LayerID(l), Index: int32(i)})
			if err != nil {
				t.Fatal(err)
			}
			var task graph.Task
			task.Bind(m, k, []any{"value"}, []int32{1})
			if v, err := m.Op().Run(t.Context(), &task); v != "value" || err != nil {
				t.Errorf("got %v, %v", v, err)
			}
			if from := l.From(int(refs[0].Edge)); from.Pending(0) == nil {
				t.Errorf("task %d comes from %s", i, from.Name())
			}
		}
	}
}

func TestWhatCannotTravel(t *testing.T) {
	k := len(os.Args)
	c := make(chan int)
	var b graph.List
	b.Add(key(0), &apply{inc, "fine"})
	b.Add(key(1), &apply{fn.Bind(func(c chan int, x int) int { return x }, c), "sender"})
	list, err := b.Layer("list")
	if err != nil {
		t.Fatal(err)
	}
	op := &apply{F: func(x int) int { return x + k }}
	for name, tc := range map[string]struct {
		g    graph.Graph
		want []string
	}{
		"captures": {graph.Of(graph.Must(graph.Spec{Name: "add", Op: op})), []string{"task add-", "apply.F", "TestWhatCannotTravel.func2 at ", "travel_test.go:", "fn.Bind("}},
		"bound":    {graph.Of(list), []string{"task sender-", "TestWhatCannotTravel.func1 (", "travel_test.go:", "chan int"}},
		"held":     {graph.Of(graph.Held("mine", graph.Token{}, []graph.Pending{pending{}})), []string{"mine"}},
		"const":    {graph.Of(graph.Const("in", graph.Unique(), c)), []string{"task in-", "chan int"}},
	} {
		_, err := travel.Pack(tc.g, names())
		if !errors.Is(err, travel.ErrTravel) || !errors.Is(err, exec.ErrSerialize) {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		for _, want := range tc.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", name, err, want)
			}
		}
		if te, ok := errors.AsType[*exec.TaskError](err); name != "held" && (!ok || te.Key.Name == "" || name != "const" && te.Func.Line == 0) {
			t.Errorf("%s: %+v does not name the task", name, te)
		}
	}
}

// TestUnpackRefuses damages the structure in every field.
func TestUnpackRefuses(t *testing.T) {
	n := names()
	n.External = external
	for name, damage := range map[string]func(w *wire.Graph, list, ops *wire.Layer){
		"output":        func(w *wire.Graph, _, _ *wire.Layer) { w.Outputs[0].Layer = 77 },
		"output index":  func(w *wire.Graph, _, _ *wire.Layer) { w.Outputs[0].Index[0] = 600 },
		"output -1":     func(w *wire.Graph, _, _ *wire.Layer) { w.Outputs[0].Index[0] = -1 },
		"id":            func(_ *wire.Graph, l, _ *wire.Layer) { l.ID = 0 },
		"same id":       func(_ *wire.Graph, l, ops *wire.Layer) { l.ID = ops.ID },
		"kind":          func(_ *wire.Graph, l, _ *wire.Layer) { l.Kind = 99 },
		"list as ops":   func(_ *wire.Graph, l, _ *wire.Layer) { l.Kind = wire.LayerOps },
		"space":         func(_ *wire.Graph, l, _ *wire.Layer) { l.Space = []int{601} },
		"negative":      func(_ *wire.Graph, l, _ *wire.Layer) { l.Space = []int{-1} },
		"two axes":      func(_ *wire.Graph, l, _ *wire.Layer) { l.Space = []int{600, 1} },
		"ops space":     func(_ *wire.Graph, _, ops *wire.Layer) { ops.Space = []int{3} },
		"huge space":    func(_ *wire.Graph, _, ops *wire.Layer) { ops.Space = []int{1 << 40} },
		"edge":          func(_ *wire.Graph, _, ops *wire.Layer) { ops.Edges[0].From = 77 },
		"no map":        func(_ *wire.Graph, _, ops *wire.Layer) { ops.Edges[0].Map = nil },
		"map":           func(_ *wire.Graph, _, ops *wire.Layer) { ops.Edges[0].Map = graph.All{N: 7} },
		"segments":      func(_ *wire.Graph, l, _ *wire.Layer) { l.Segments = l.Segments[:1] },
		"order":         func(_ *wire.Graph, l, _ *wire.Layer) { slices.Reverse(l.Segments) },
		"lo":            func(_ *wire.Graph, l, _ *wire.Layer) { l.Segments[1].Lo = 0 },
		"hi":            func(_ *wire.Graph, l, _ *wire.Layer) { l.Segments[1].Hi = 601 },
		"keys":          func(_ *wire.Graph, l, _ *wire.Layer) { l.Segments[0].Keys = l.Segments[0].Keys[1:] },
		"start":         func(_ *wire.Graph, l, _ *wire.Layer) { l.Segments[0].Start[3] = 100 },
		"first start":   func(_ *wire.Graph, l, _ *wire.Layer) { l.Segments[0].Start[0] = 1 },
		"starts":        func(_ *wire.Graph, l, _ *wire.Layer) { l.Segments[0].Start = nil },
		"inputs":        func(_ *wire.Graph, l, _ *wire.Layer) { l.Segments[0].Inputs = nil },
		"input":         func(_ *wire.Graph, l, _ *wire.Layer) { l.Segments[0].Inputs[5].Index = 2 },
		"input edge":    func(_ *wire.Graph, l, _ *wire.Layer) { l.Segments[0].Inputs[5].Edge = 2 },
		"name":          func(_ *wire.Graph, l, _ *wire.Layer) { l.Segments[1].NameOf[0] = 9 },
		"source":        func(_ *wire.Graph, l, _ *wire.Layer) { l.Segments[1].Source[0] = 9 },
		"external":      func(w *wire.Graph, _, _ *wire.Layer) { w.Layers[1].External = nil },
		"list edge":     func(_ *wire.Graph, l, _ *wire.Layer) { l.Edges[1].From = 0 },
		"no list edges": func(_ *wire.Graph, l, _ *wire.Layer) { l.Edges = nil },
	} {
		w := sent(t, sample(t), n)
		var list, ops *wire.Layer
		for k := range w.Layers {
			switch w.Layers[k].Name {
			case "list":
				list = &w.Layers[k]
			case "sums":
				ops = &w.Layers[k]
			case "held":
				w.Layers[1], w.Layers[k] = w.Layers[k], w.Layers[1]
			}
		}
		damage(w, list, ops)
		if g, err := travel.Unpack(w); err == nil {
			if _, err := lower.Expand(g); err == nil {
				t.Errorf("%s: no error", name)
			}
		} else if !errors.Is(err, graph.ErrGraph) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestDamagedSegments flips bytes of operations: an error or something that runs, never a crash.
func TestDamagedSegments(t *testing.T) {
	w := sent(t, graph.Of(calls(t, 20, inc)), names())
	b := w.Layers[0].Segments[0].Bytes
	for i := range b {
		for _, x := range []byte{1, 0x40, 0xff} {
			l := w.Layers[0]
			l.Segments = slices.Clone(l.Segments)
			l.Segments[0].Bytes = slices.Clone(b)
			l.Segments[0].Bytes[i] ^= x
			loader := travel.NewLoader()
			if err := loader.Add(&l); err != nil {
				t.Fatal(err)
			}
			_, _, _ = loader.Bind(wire.ID{Layer: l.ID})
		}
	}
}

// lengths adds the length of a value that it holds, or that comes as a further input, to its input.
type lengths struct{ V []byte }

func (o lengths) Run(_ context.Context, t *graph.Task) (any, error) {
	v := o.V
	if v == nil {
		v = t.Inputs()[1].([]byte)
	}
	return t.Inputs()[0].(int) + len(v), nil
}

func (o lengths) Lift(limit int64, n int) ([]any, graph.Op) {
	if int64(len(o.V)) <= limit || n != 1 {
		return nil, nil
	}
	return []any{o.V}, lengths{}
}

func TestLargeArgumentsAreLifted(t *testing.T) {
	big := make([]byte, travel.LargeBytes+1)
	var b graph.List
	b.Add(key(0), &apply{inc, "inc"})
	for i, v := range [][]byte{big, []byte("small"), big} {
		b.Add(key(i+1), lengths{v}, graph.Ref{Edge: graph.Self, Index: 0})
	}
	list, err := b.Layer("list")
	if err != nil {
		t.Fatal(err)
	}
	n := names()
	put := 0
	n.Large = func(any) (wire.ID, error) { put++; return wire.ID{Layer: 99}, nil }
	w := sent(t, graph.Of(list), n)
	g, err := travel.Unpack(w)
	if err != nil {
		t.Fatal(err)
	}
	loader := travel.NewLoader()
	l := g.Outputs[0].Layer
	for k := range w.Layers {
		if w.Layers[k].ID == travel.LayerID(l) {
			if err := loader.Add(&w.Layers[k]); err != nil {
				t.Fatal(err)
			}
		}
	}
	if put != 1 {
		t.Errorf("the value was put on workers %d times, want once", put)
	}
	for i, want := range []int{0, 2, 1, 2} {
		refs, _ := l.Deps(i, nil, nil)
		if len(refs) != want || want == 2 && (refs[0] != graph.Ref{} || l.From(int(refs[1].Edge)).Pending(0) == nil) {
			t.Errorf("task %d needs %v", i, refs)
		}
		if want != 2 {
			continue
		}
		m, k, err := loader.Bind(wire.ID{Layer: travel.LayerID(l), Index: int32(i)})
		if err != nil {
			t.Fatal(err)
		}
		var task graph.Task
		task.Bind(m, k, []any{100, big}, []int32{2, 2})
		if v, err := m.Op().Run(t.Context(), &task); v != 100+len(big) || err != nil {
			t.Errorf("got %v, %v", v, err)
		}
	}
}

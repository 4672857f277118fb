package lower

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"sheaf/graph"
	"sheaf/internal/graphtest"
)

// TestPlan reads testdata/plan/*.txt; -rewrite writes what is got into the files.
func TestPlan(t *testing.T) {
	datadriven.Walk(t, "testdata/plan", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			g, err := graphtest.Parse(d.Input)
			if err != nil {
				t.Fatal(err)
			}
			p, err := Expand(g)
			if err != nil {
				return "error: " + err.Error()
			}
			return Text(p)
		})
	})
}

type step struct{ Name string }

func (s step) Run(context.Context, *graph.Task) (any, error) { return nil, nil }

func (s step) TaskName() string { return s.Name }

func key(name string) graph.Token {
	h := graph.NewHasher("test")
	h.String(name)
	return h.Sum()
}

func TestCycle(t *testing.T) {
	var b graph.List
	for i, name := range []string{"a", "b", "c", "d"} {
		b.Add(key(name), step{name}, graph.Ref{Edge: graph.Self, Index: []int32{1, 2, 0, 1}[i]})
	}
	l, err := b.Layer("list")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Expand(graph.Graph{Outputs: []graph.Output{{Layer: l, Index: []int32{3}}}})
	if !errors.Is(err, graph.ErrCycle) {
		t.Fatalf("got %v, want ErrCycle", err)
	}
	for _, name := range []string{"a-", "b-", "c-"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%q does not name %s", err, name)
		}
	}
	if strings.Contains(err.Error(), "d-") {
		t.Errorf("%q names d, which is not part of the cycle", err)
	}
}

// TestListsShareTasks: the same task in two lists is one.
func TestListsShareTasks(t *testing.T) {
	make2 := func(extra string) *graph.Layer {
		var b graph.List
		i := b.Add(key("common"), step{"common"})
		b.Add(key(extra), step{extra}, graph.Ref{Edge: graph.Self, Index: int32(i)})
		l, err := b.Layer("list")
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	x, y := make2("x"), make2("y")
	p, err := Expand(graph.Graph{Outputs: []graph.Output{{Layer: x, Index: []int32{1}}, {Layer: y, Index: []int32{1}}}})
	if err != nil {
		t.Fatal(err)
	}
	if p.N != 3 {
		t.Errorf("got %d tasks, want 3:\n%s", p.N, Text(p))
	}
}

func TestLongChainHasNoDeepStack(t *testing.T) {
	const n = 1_000_000
	var b graph.List
	b.Grow(n, n)
	for i := range n {
		h := graph.NewHasher("")
		h.Int(i)
		if i == 0 {
			b.Add(h.Sum(), step{})
		} else {
			b.Add(h.Sum(), step{}, graph.Ref{Edge: graph.Self, Index: int32(i - 1)})
		}
	}
	l, err := b.Layer("chain")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Expand(graph.Graph{Outputs: []graph.Output{{Layer: l, Index: []int32{n - 1}}}})
	if err != nil {
		t.Fatal(err)
	}
	if p.N != n || p.Next[0] != 1 || p.Index[n-1] != n-1 {
		t.Errorf("got %d tasks", p.N)
	}
}

// TestLinearTime: ten times the tasks take about ten times as long.
func TestLinearTime(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	build := func(n int) graph.Graph {
		x := graph.Must(graph.Spec{Name: "x", Op: step{"x"}, Space: []int{n}})
		y := graph.Must(graph.Spec{Name: "y", Op: step{"y"}, Space: []int{n}, Edges: []graph.Edge{{From: x, Map: graph.Each{}}}})
		s, err := graph.Tree(y, graph.TreeSpec{Name: "s", Axes: []int{0}, Every: 8, Combine: step{"c"}, Aggregate: step{"a"}})
		if err != nil {
			t.Fatal(err)
		}
		return graph.Of(s)
	}
	measure := func(n int) time.Duration {
		best := time.Hour
		g := build(n)
		for range 5 {
			start := time.Now()
			if _, err := Expand(g); err != nil {
				t.Fatal(err)
			}
			best = min(best, time.Since(start))
		}
		return best
	}
	small, large := measure(50_000), measure(500_000)
	if large > 40*small {
		t.Errorf("100,000 tasks take %v, 1,000,000 take %v: more than linear", small, large)
	}
}

// TestPlanProperties holds for random graphs: every input comes before its users, uses are the inverse of inputs, and what is
// planned is exactly what the wanted tasks need.
func TestPlanProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		g := randomGraph(rng)
		p, err := Expand(g)
		if err != nil {
			t.Fatal(err)
		}
		need := map[string]bool{}
		var mark func(l *graph.Layer, i int)
		mark = func(l *graph.Layer, i int) {
			if k := l.Key(i).String(); need[k] {
				return
			} else {
				need[k] = true
			}
			refs, _ := l.Deps(i, nil, nil)
			for _, r := range refs {
				mark(l.From(int(r.Edge)), int(r.Index))
			}
		}
		for _, o := range g.Outputs {
			for k := range o.Len() {
				mark(o.Layer, o.At(k))
			}
		}
		if p.N != len(need) {
			t.Fatalf("got %d tasks, want %d", p.N, len(need))
		}
		uses := map[[2]int32]int{}
		for i := range int32(p.N) {
			if !need[p.Key(i).String()] {
				t.Fatalf("%s is not needed", p.Key(i))
			}
			refs, ends := p.Layers[p.Layer[i]].Deps(int(p.Index[i]), nil, nil)
			if got := p.Ends(i, nil); fmt.Sprint(got) != fmt.Sprint(ends) && len(ends) > 0 {
				t.Fatalf("ends of %s: got %v, want %v", p.Key(i), got, ends)
			}
			for k, d := range p.Deps(i) {
				if d >= i {
					t.Fatalf("task %d needs the later task %d", i, d)
				}
				from := p.Layers[p.Layer[i]].From(int(refs[k].Edge))
				if p.Key(d) != from.Key(int(refs[k].Index)) {
					t.Fatalf("input %d of %s: got %s, want %s", k, p.Key(i), p.Key(d), from.Key(int(refs[k].Index)))
				}
				uses[[2]int32{d, i}]++
			}
		}
		for d := range int32(p.N) {
			for _, u := range p.Uses(d) {
				uses[[2]int32{d, u}]--
			}
		}
		for pair, n := range uses {
			if n != 0 {
				t.Fatalf("uses and inputs differ at %v", pair)
			}
		}
	})
}

func randomGraph(rng *rand.Rand) graph.Graph {
	var layers []*graph.Layer
	for k := range 1 + rng.IntN(6) {
		n := 1 + rng.IntN(10)
		var edges []graph.Edge
		for range min(k, rng.IntN(4)) {
			from := layers[rng.IntN(k)]
			m := graph.Table{Start: make([]int32, n+1)}
			for i := range n {
				for range rng.IntN(3) {
					m.Index = append(m.Index, int32(rng.IntN(from.Len())))
				}
				m.Start[i+1] = int32(len(m.Index))
			}
			edges = append(edges, graph.Edge{From: from, Map: m})
		}
		name := fmt.Sprint("l", k)
		layers = append(layers, graph.Must(graph.Spec{Name: name, Op: step{name}, Space: []int{n}, Edges: edges}))
	}
	last := layers[len(layers)-1]
	return graph.Graph{Outputs: []graph.Output{{Layer: last, Index: []int32{int32(rng.IntN(last.Len()))}}, {Layer: layers[rng.IntN(len(layers))]}}}
}

func BenchmarkExpand(b *testing.B) {
	x := graph.Must(graph.Spec{Name: "x", Op: step{"x"}, Space: []int{1000, 1000}})
	m, err := graph.Blockwise([]int{1000, 1000}, []int{1000, 1000}, []int{1, 0})
	if err != nil {
		b.Fatal(err)
	}
	y := graph.Must(graph.Spec{Name: "y", Op: step{"y"}, Space: []int{1000, 1000}, Edges: []graph.Edge{{From: x, Map: graph.Each{}}, {From: x, Map: m}}})
	for b.Loop() {
		if _, err := Expand(graph.Of(y)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2e6, "ns/task")
}

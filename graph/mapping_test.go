package graph_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"sheaf/graph"
	"sheaf/internal/graphtest"
)

func leaf(name string, space ...int) *graph.Layer {
	return graph.Must(graph.Spec{Name: name, Op: graphtest.Op{Name: name}, Space: space})
}

// needs returns what task i of a layer with one edge needs.
func needs(l *graph.Layer, i int) []int {
	refs, ends := l.Deps(i, nil, nil)
	if len(ends) != 1 || int(ends[0]) != len(refs) {
		panic("the ends do not fit")
	}
	in := make([]int, len(refs))
	for k, r := range refs {
		in[k] = int(r.Index)
	}
	return in
}

func drawSpace(t *rapid.T, name string, most int) []int {
	return rapid.SliceOfN(rapid.IntRange(1, 4), 0, most).Draw(t, name)
}

func TestBlockwise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		out := drawSpace(t, "out", 4)
		var in, axes []int
		for range rapid.IntRange(0, 4).Draw(t, "dimensions") {
			a := rapid.IntRange(-1, len(out)-1).Draw(t, "axis")
			n := 1
			if a >= 0 && rapid.Bool().Draw(t, "broadcast") == false {
				n = out[a]
			}
			in, axes = append(in, n), append(axes, a)
		}
		m, err := graph.Blockwise(out, in, axes)
		if err != nil {
			t.Fatal(err)
		}
		l := graph.Must(graph.Spec{Name: "l", Op: graphtest.Op{}, Space: out, Edges: []graph.Edge{{From: leaf("x", in...), Map: m}}})
		for i := range l.Len() {
			at := graph.Unravel(nil, i, out)
			want := make([]int, len(in))
			for a, o := range axes {
				if o >= 0 && in[a] > 1 {
					want[a] = at[o]
				}
			}
			if got := needs(l, i); len(got) != 1 || got[0] != graph.Ravel(want, in) {
				t.Fatalf("task %v: got %v, want %v", at, got, want)
			}
		}
	})
}

func TestWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		out := drawSpace(t, "out", 3)
		var in, axes []int
		var spans [][]graph.Span
		for range rapid.IntRange(0, 3).Draw(t, "dimensions") {
			a := rapid.IntRange(-1, len(out)-1).Draw(t, "axis")
			n := rapid.IntRange(1, 5).Draw(t, "length")
			count := 1
			if a >= 0 {
				count = out[a]
			}
			s := make([]graph.Span, count)
			for k := range s {
				lo := rapid.IntRange(0, n).Draw(t, "lo")
				s[k] = graph.Span{Lo: int32(lo), Hi: int32(rapid.IntRange(lo, n).Draw(t, "hi"))}
			}
			in, axes, spans = append(in, n), append(axes, a), append(spans, s)
		}
		m, err := graph.NewWindow(out, in, axes, spans)
		if err != nil {
			t.Fatal(err)
		}
		l := graph.Must(graph.Spec{Name: "l", Op: graphtest.Op{}, Space: out, Edges: []graph.Edge{{From: leaf("x", in...), Map: m}}})
		for i := range l.Len() {
			at := graph.Unravel(nil, i, out)
			var want []int
			for k := range l.From(0).Len() { // in C order
				inside := true
				for a, c := range graph.Unravel(nil, k, in) {
					s := spans[a][0]
					if axes[a] >= 0 {
						s = spans[a][at[axes[a]]]
					}
					inside = inside && int32(c) >= s.Lo && int32(c) < s.Hi
				}
				if inside {
					want = append(want, k)
				}
			}
			if got := needs(l, i); !slices.Equal(got, want) {
				t.Fatalf("task %v: got %v, want %v", at, got, want)
			}
		}
	})
}

func TestTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		space := rapid.SliceOfN(rapid.IntRange(1, 9), 1, 3).Draw(t, "space")
		var axes, kept []int
		for a, n := range space {
			if rapid.Bool().Draw(t, "reduced") {
				axes = append(axes, a)
			} else {
				kept = append(kept, n)
			}
		}
		in := leaf("x", space...)
		every := rapid.IntRange(2, 5).Draw(t, "every")
		last, err := graph.Tree(in, graph.TreeSpec{Name: "s", Axes: axes, Every: every, Combine: graphtest.Op{}, Aggregate: graphtest.Op{}})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(last.Space(), kept) && len(last.Space())+len(kept) > 0 {
			t.Fatalf("got space %v, want %v", last.Space(), kept)
		}
		seen := make([]int, in.Len())
		var walk func(l *graph.Layer, i int)
		walk = func(l *graph.Layer, i int) {
			if l == in {
				seen[i]++
				return
			}
			n := needs(l, i)
			if len(n) > int(math.Pow(float64(every), float64(len(axes)))) {
				t.Fatalf("a task takes %d blocks", len(n))
			}
			for _, k := range n {
				walk(l.From(0), k)
			}
		}
		for i := range last.Len() {
			walk(last, i)
		}
		for k, n := range seen {
			if n != 1 {
				t.Fatalf("block %d is used %d times", k, n)
			}
		}
	})
}

func TestMappingMistakes(t *testing.T) {
	x := leaf("x", 3, 2)
	must := func(m graph.Mapping, err error) graph.Mapping {
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	other, err := graph.Blockwise([]int{3}, []int{3}, []int{0})
	for name, m := range map[string]graph.Mapping{
		"twins":     graph.Each{},
		"all":       graph.All{N: 5},
		"blockwise": must(other, err),
		"table":     graph.Table{Start: []int32{0, 1}, Index: []int32{6}},
		"starts":    graph.Table{Start: []int32{1, 1}},
		"short":     graph.Table{Start: []int32{0}},
		"none":      nil,
		"window":    graph.Window{},
	} {
		if _, err := graph.New(graph.Spec{Name: "l", Op: graphtest.Op{}, Space: []int{1}, Edges: []graph.Edge{{From: x, Map: m}}}); !errors.Is(err, graph.ErrGraph) {
			t.Errorf("%s: got %v, want ErrGraph", name, err)
		}
	}
	for _, axes := range [][]int{{0}, {0, 5}, {0, -2}, {0, -1}, {0, 1}} {
		if _, err := graph.Blockwise([]int{3, 3}, []int{3, 2}, axes); !errors.Is(err, graph.ErrGraph) {
			t.Errorf("axes %v: got %v, want ErrGraph", axes, err)
		}
	}
	if _, err := graph.NewWindow([]int{1}, []int{2}, []int{0}, [][]graph.Span{{{Lo: 1, Hi: 3}}}); err == nil {
		t.Error("a span outside of the input is taken")
	}
	if _, err := graph.New(graph.Spec{Name: "l"}); !errors.Is(err, graph.ErrGraph) {
		t.Errorf("no operation: got %v", err)
	}
	if _, err := graph.New(graph.Spec{Name: "l", Op: graphtest.Op{}, Space: []int{-1}}); !errors.Is(err, graph.ErrGraph) {
		t.Errorf("negative length: got %v", err)
	}
	if _, err := graph.Tree(x, graph.TreeSpec{Every: 1}); !errors.Is(err, graph.ErrGraph) {
		t.Errorf("tree of ones: got %v", err)
	}
	if _, err := graph.Tree(x, graph.TreeSpec{Every: 2, Axes: []int{2}}); !errors.Is(err, graph.ErrGraph) {
		t.Errorf("tree over no axis: got %v", err)
	}
}

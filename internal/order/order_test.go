package order

import (
	"fmt"
	"testing"

	"sheaf/graph"
	"sheaf/internal/graphtest"
)

func TestEdges(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"x (2)\ny (2)\nz (2) <- x[each], y[each]\nout z", "[]"},
		{"x (2)\nb (8)\ns tree axes=0 every=2 <- b\nz (2) <- x[each], s[0 / 0]\nout z", "[1 0]"},
		{"x (2)\nb (8)\nz (2) <- x[each], b[all], x[each]\nout z", "[1 0 2]"},
		{"b (8)\nx (2)\nz (2) <- b[all], x[each]\nout z", "[]"},
		{"x (0)\ny (0)\nz (0) <- x[each], y[each]\nout z", "[]"},
	} {
		g, err := graphtest.Parse(tc.text)
		if err != nil {
			t.Fatal(err)
		}
		layers, err := g.Layers()
		if err != nil {
			t.Fatal(err)
		}
		orders := Edges(layers)
		if got := fmt.Sprint(orders[len(orders)-1]); got != tc.want {
			t.Errorf("%q: got %s, want %s", tc.text, got, tc.want)
		}
	}
}

// TestWeightsStayFinite: the weights of a deep graph in which all tasks need all others do not overflow.
func TestWeightsStayFinite(t *testing.T) {
	l := graph.Must(graph.Spec{Name: "x", Op: graphtest.Op{}, Space: []int{100}})
	for range 400 {
		l = graph.Must(graph.Spec{Name: "x", Op: graphtest.Op{}, Space: []int{100}, Edges: []graph.Edge{{From: l, Map: graph.All{N: 100}}}})
	}
	cheap := graph.Must(graph.Spec{Name: "c", Op: graphtest.Op{}, Space: []int{100}})
	last := graph.Must(graph.Spec{Name: "z", Op: graphtest.Op{}, Space: []int{100}, Edges: []graph.Edge{{From: cheap, Map: graph.Each{}}, {From: l, Map: graph.Each{}}}})
	layers, err := graph.Of(last).Layers()
	if err != nil {
		t.Fatal(err)
	}
	orders := Edges(layers)
	if got := fmt.Sprint(orders[len(orders)-1]); got != "[1 0]" {
		t.Errorf("got %s, want the deep graph first", got)
	}
}

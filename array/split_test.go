package array

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"sheaf"
	"sheaf/dtype"
	"sheaf/graph"
	"sheaf/internal/codec"
	"sheaf/internal/travel/traveltest"
	"sheaf/ndarray"
)

// sent returns what another process gets of v.
func sent(t interface{ Fatal(...any) }, v any) (any, int) {
	var buf bytes.Buffer
	if err := codec.EncodeFrame(&buf, v); err != nil {
		t.Fatal(err)
	}
	size := buf.Len()
	got, err := codec.DecodeFrame(&buf)
	if err != nil {
		t.Fatal(err)
	}
	return got, size
}

// TestPartsMakeTheSameBlocks: blocks put together from parts that were sent one by one are those that are put together from whole
// blocks, for any two divisions, also with blocks without elements.
func TestPartsMakeTheSameBlocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(0, 12), 1, 3).Draw(t, "shape")
		have, want := make([][]int, len(shape)), make([][]int, len(shape))
		for a, n := range shape {
			have[a] = division(t, n, "have")
			if want[a] = have[a]; rapid.IntRange(0, 3).Draw(t, "cut") > 0 {
				want[a] = division(t, n, "want")
			}
		}
		flat, err := ndarray.Arange(0, float64(product(shape)), 1)
		if err != nil {
			t.Fatal(err)
		}
		all, err := flat.Reshape(shape...)
		if err != nil {
			t.Fatal(err)
		}
		values := make([]any, product(spaceOf(have)))
		for i := range values {
			values[i] = boxFor(t, all, have, graph.Unravel(nil, i, spaceOf(have)))
		}
		from := graph.Must(graph.Spec{Name: "x", Op: deliverOp{}, Space: spaceOf(have), Token: graph.Unique()})
		n := newRechunk(Zeros(Size(shape...), Chunks(anyOf(have)...)).node, want)
		whole, err := (&plan{}).rechunkLayer(from, have, want, n)
		if err != nil {
			t.Fatal(err)
		}
		op := whole.Op().(rechunkOp)
		cutting, err := splitLayer(from, op)
		if err != nil {
			t.Fatal(err)
		}
		op.Parts = true
		splits := make([]*splitBlock, len(values))
		for i, v := range values {
			s, err := cutting.Op().Run(context.Background(), bound(cutting, i, v))
			if err != nil {
				t.Fatal(err)
			}
			splits[i] = s.(*splitBlock)
		}
		for k := range whole.Len() {
			deps, _ := whole.Deps(k, nil, nil)
			var asWhole, here, there, spilled []any
			for _, d := range deps {
				asWhole, here = append(asWhole, values[d.Index]), append(here, splits[d.Index])
				one, _ := sent(t, splits[d.Index].Only(k))
				disk, _ := sent(t, splits[d.Index])
				there, spilled = append(there, one), append(spilled, disk)
			}
			for _, in := range [][]any{asWhole, here, there, spilled} {
				got, err := op.Run(context.Background(), bound(whole, k, in...))
				if err != nil {
					t.Fatal(err)
				}
				if want := boxFor(t, all, want, graph.Unravel(nil, k, spaceOf(want))); !same(t, got.(*ndarray.Array), want) {
					t.Fatalf("block %d: got %v, want %v", k, got, want)
				}
			}
		}
	})
}

func anyOf(chunks [][]int) (out []any) {
	for _, c := range chunks {
		out = append(out, c)
	}
	return out
}

func same(t interface{ Fatal(...any) }, a, b *ndarray.Array) bool {
	x, err := ndarray.Values[float64](a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := ndarray.Values[float64](b)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Equal(x, y) && slices.Equal(a.Shape(), b.Shape())
}

func division(t *rapid.T, n int, label string) []int {
	var out []int
	for left := n; left > 0 || len(out) == 0; {
		c := rapid.IntRange(0, left).Draw(t, label)
		if len(out) > 8 {
			c = left
		}
		out = append(out, c)
		left -= c
	}
	return out
}

func boxFor(t *rapid.T, x *ndarray.Array, chunks [][]int, coords []int) *ndarray.Array {
	lo, hi := make([]int, len(coords)), make([]int, len(coords))
	for a, c := range coords {
		s := starts(chunks[a])
		lo[a], hi[a] = s[c], s[c+1]
	}
	b, err := boxOf(x, lo, hi)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func bound(l *graph.Layer, index int, in ...any) *graph.Task {
	t := &graph.Task{}
	t.Bind(l, index, in, []int32{int32(len(in))})
	return t
}

// TestRechunkSendsParts: on executors of other processes a rechunk of large blocks that many tasks need sends each element once; one
// that joins blocks sends whole ones.
func TestRechunkSendsParts(t *testing.T) {
	x := Arange(0, 512*512, 1.0, Chunks(512*16)).Reshape(512, 512).Rechunk(16, 512).Add(1)
	turned, joined := x.Rechunk(512, 64), x.Rechunk(128, 512)
	for _, c := range []struct {
		x     *Array
		parts bool
	}{{turned, true}, {joined, false}} {
		there, err := planner{}.PlanDistributed([]sheaf.Collection{c.x}, sheaf.Place{Distributed: true})
		if err != nil {
			t.Fatal(err)
		}
		here, err := planner{}.Plan([]sheaf.Collection{c.x})
		if err != nil {
			t.Fatal(err)
		}
		if got := takesParts(t, there[0]); got != c.parts {
			t.Errorf("%v: takes parts elsewhere: %v, want %v", c.x, got, c.parts)
		}
		if takesParts(t, here[0]) {
			t.Errorf("%v: takes parts in one process", c.x)
		}
	}
	block, err := ndarray.Zeros(dtype.Float64, 16, 512)
	if err != nil {
		t.Fatal(err)
	}
	s := &splitBlock{Block: block, Axes: []splitAxis{{Cuts: []int{0, 16}}, {Cuts: []int{0, 64, 128, 512}}}, Space: []int{1, 3}}
	if _, n := sent(t, s.Only(0)); n > 16*64*8+500 {
		t.Errorf("a part of %d bytes takes %d", 16*64*8, n)
	}
	want, err := turned.Compute(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	e, err := traveltest.New()
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	got, err := turned.Compute(sheaf.With(context.Background(), sheaf.On(e)))
	if err != nil {
		t.Fatal(err)
	}
	if !same(t, got, want) {
		t.Error("the values differ from those computed in one process")
	}
}

func takesParts(t *testing.T, g graph.Graph) bool {
	t.Helper()
	layers, err := g.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range layers {
		if p, ok := l.Op().(graph.PartTaker); ok && p.TakesParts(0) {
			return true
		}
	}
	return false
}

package array_test

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sheaf"
	"sheaf/array"
	"sheaf/array/random"
	"sheaf/delayed"
	"sheaf/dtype"
	"sheaf/graph"
	"sheaf/internal/testexec"
	"sheaf/ndarray"
)

func count(n *atomic.Int64) *array.Array {
	return array.FromFunction(func(_ context.Context, b array.Block) (*ndarray.Array, error) {
		n.Add(1)
		return ndarray.Full(dtype.Float64, float64(b.Index), b.Shape...)
	}, array.Size(6, 6), array.Chunks(2, 2))
}

func TestSharedPartsOnce(t *testing.T) {
	testexec.LocalOnly(t, "it counts calls in this process")
	var n atomic.Int64
	x := count(&n)
	lo, hi, err := sheaf.Compute2(ctx, x.Min(), x.Max())
	if err != nil || must(lo.Float64()) != 0 || must(hi.Float64()) != 8 {
		t.Fatalf("got %v, %v, %v", lo, hi, err)
	}
	if got := n.Load(); got != 9 {
		t.Errorf("the blocks were made %d times, want 9", got)
	}
	n.Store(0)
	y := x.Add(x.T()).Sub(x.Mean(array.Axis(0)))
	same(t, "y", y.Sum(), must(ndarray.Scalar(dtype.Float64, 144)), nil)
	if got := n.Load(); got != 9 {
		t.Errorf("the blocks were made %d times, want 9", got)
	}
}

func TestPersist(t *testing.T) {
	testexec.LocalOnly(t, "it counts calls in this process")
	var n atomic.Int64
	x, err := sheaf.Persist(ctx, count(&n).Add(1))
	if err != nil {
		t.Fatal(err)
	}
	if err := sheaf.Wait(ctx, x); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		same(t, "sum", x.Sum(), must(ndarray.Scalar(dtype.Float64, 4*45)), nil)
	}
	same(t, "rows", x.Index(3).T().Sub(x.Index(3)), must(ndarray.Zeros(dtype.Float64, 6)), nil)
	if got := n.Load(); got != 9 {
		t.Errorf("the blocks were made %d times, want 9", got)
	}
	masked := must(x.Index(x.Gt(5)).Persist(ctx))
	known := must(masked.ComputeChunkSizes(ctx))
	if known.Size() != 16 || !slices.Equal(masked.Shape(), []int{-1}) {
		t.Errorf("got sizes %d and %v", known.Size(), masked.Shape())
	}
	same(t, "masked", known.Index(array.S(0, 4)), must(ndarray.Full(dtype.Float64, 6, 4)), nil)
}

// TestOnlyWhatIsNeeded checks that blocks that a slice does not touch are never made.
func TestOnlyWhatIsNeeded(t *testing.T) {
	testexec.LocalOnly(t, "it counts calls in this process")
	var n atomic.Int64
	x := count(&n)
	for want, y := range map[int64]*array.Array{
		3: x.Index(5), 1: x.Add(x).Index(array.S(0, 2), array.S(3, 4)), 2: array.Concatenate([]*array.Array{x, x.Add(1)}, 0).Index(array.S(5, 7), 0),
	} {
		n.Store(0)
		if _, err := y.Compute(ctx); err != nil {
			t.Fatal(err)
		}
		if n.Load() != want {
			t.Errorf("%d blocks were made, want %d", n.Load(), want)
		}
	}
}

func TestDelayed(t *testing.T) {
	x := array.Arange(0, 12, 1, array.Chunks(5)).Add(1)
	parts := must(x.ToDelayed())
	double := func(a *ndarray.Array) (*ndarray.Array, error) { return a.Mul(2) }
	var doubled []*delayed.Value[*ndarray.Array]
	for _, p := range parts {
		doubled = append(doubled, delayed.Call[*ndarray.Array](double, p))
	}
	y := array.FromDelayed(doubled, dtype.Int64, []int{5, 5, 2})
	same(t, "round trip", y.Sub(x.Mul(2)), must(ndarray.Zeros(dtype.Int64, 12)), nil)
	wrong := array.FromDelayed(doubled, dtype.Int64, []int{5, 5, 3})
	if _, err := wrong.Compute(ctx); err == nil || !strings.Contains(err.Error(), "block of shape (2,), declared was (3,)") {
		t.Errorf("got error %v", err)
	}
	unknown := array.FromDelayed(doubled, dtype.Int64, []int{-1, -1, -1})
	same(t, "unknown", must(unknown.ComputeChunkSizes(ctx)), must(must(x.Mul(2).Compute(ctx)).Reshape(12)), nil)
}

func TestUserFunctions(t *testing.T) {
	nd := must(must(ndarray.Arange(24)).Reshape(4, 6))
	x := array.From(nd, array.Chunks(3, 4))
	where := func(ctx context.Context, b *ndarray.Array) (*ndarray.Array, error) {
		block, _ := array.BlockOf(ctx)
		return b.Sub(block.Start[0]*6 + block.Start[1])
	}
	got := must(x.MapBlocks(where).Compute(ctx))
	if v := must(ndarray.Get[int64](got, 3, 4)); v != 0 {
		t.Errorf("got %v", got)
	}
	halves := func(_ context.Context, b *ndarray.Array) (*ndarray.Array, error) {
		return b.Index(ndarray.All, ndarray.S(ndarray.None, ndarray.None, 2))
	}
	same(t, "other chunks", x.MapBlocks(halves, array.Chunks(nil, []int{2, 1})), must(nd.Index(ndarray.All, ndarray.S(0, 6, 2))), nil)
	outer := func(_ context.Context, b ...*ndarray.Array) (*ndarray.Array, error) {
		return must(b[0].ExpandDims(1)).Mul(b[1])
	}
	v := array.Arange(0, 6, 1, array.Chunks(4))
	same(t, "blockwise", array.Blockwise(outer, "ij", []array.Labeled{array.Indexed(x.Index(array.All, 0), "i"), array.Indexed(v, "j")}),
		must(must(must(nd.Index(ndarray.All, 0)).ExpandDims(1)).Mul(must(ndarray.Arange(6)))), nil)
	product := func(_ context.Context, b ...*ndarray.Array) (*ndarray.Array, error) { return b[0].MatMul(b[1]) }
	same(t, "contracted", array.Blockwise(product, "ik", []array.Labeled{array.Indexed(x, "ij"), array.Indexed(x.T(), "jk")}), must(nd.MatMul(nd.T())), nil)
	same(t, "two arrays", array.MapBlocks(sumOf, []*array.Array{x, v}), must(nd.Add(must(ndarray.Arange(6)))), nil)
	top := func(_ context.Context, b *ndarray.Array, axes []int) (*ndarray.Array, error) {
		return b.Max(ndarray.Axis(axes...), ndarray.KeepDims())
	}
	for _, axes := range [][]int{{0}, {1}, {0, 1}} {
		same(t, "reduction", x.Reduction(top, nil, top, array.Axis(axes...), array.SplitEvery(2)), must(nd.Max(ndarray.Axis(axes...))), nil)
		same(t, "kept", x.Reduction(top, nil, top, array.Axis(axes...), array.KeepDims()), must(nd.Max(ndarray.Axis(axes...), ndarray.KeepDims())), nil)
	}
}

// TestBuildCost holds the building of a graph of 4.3 million tasks to the bounds.
func TestBuildCost(t *testing.T) {
	var before, after runtime.MemStats
	best, bytes := time.Hour, ^uint64(0)
	for range 3 {
		runtime.ReadMemStats(&before)
		begin := time.Now()
		x := array.Ones(array.Size(100_000, 100_000), array.Chunks(100, 100))
		g, err := x.Add(x.T()).Sum().Graph()
		if err != nil {
			t.Fatal(err)
		}
		layers := must(g.Layers())
		best = min(best, time.Since(begin))
		runtime.ReadMemStats(&after)
		bytes = min(bytes, after.TotalAlloc-before.TotalAlloc)
		if n := tasks(layers); n < 1_300_000 {
			t.Fatalf("got %d tasks", n)
		}
	}
	if best > 50*time.Millisecond || bytes > 20<<20 {
		t.Errorf("building took %v and %d bytes", best, bytes)
	}
}

func tasks(layers []*graph.Layer) (n int) {
	for _, l := range layers {
		n += l.Len()
	}
	return n
}

func TestEmptyAndScalar(t *testing.T) {
	zero := array.Zeros(array.Size(0, 3), array.Chunks(2, 2))
	same(t, "sum", zero.Sum(), must(ndarray.Scalar(dtype.Float64, 0)), nil)
	same(t, "sum(0)", zero.Sum(array.Axis(0)), must(ndarray.Zeros(dtype.Float64, 3)), nil)
	same(t, "reshape", zero.Reshape(3, 0, 5), must(ndarray.Zeros(dtype.Float64, 3, 0, 5)), nil)
	same(t, "T", zero.Add(1).T(), must(ndarray.Zeros(dtype.Float64, 3, 0)), nil)
	s := array.From(3.5)
	same(t, "0-d", s.Add(s).Sum(), must(ndarray.Scalar(dtype.Float64, 7)), nil)
	same(t, "0-d reshape", s.Reshape(1, 1), must(ndarray.Full(dtype.Float64, 3.5, 1, 1)), nil)
	same(t, "to 0-d", array.Ones(array.Size(1, 1)).Reshape(), must(ndarray.Scalar(dtype.Float64, 1)), nil)
	if all := array.Ones(array.Size(7, 5), array.Chunks(2, -1)).All(); must(must(all.Compute(ctx)).Bool()) != true {
		t.Error("not all ones are true")
	}
}

func TestManyChunksThroughAnIntermediateForm(t *testing.T) {
	const n = 500
	x := random.New(1).Integers(0, 100, array.Size(n, n), array.Chunks(1, n))
	got := must(x.Rechunk(n, 1).Sum(array.Axis(0)).Compute(ctx))
	want := must(x.Sum(array.Axis(0)).Compute(ctx))
	if !must(must(must(got.Eq(want)).All()).Bool()) {
		t.Error("rechunk changed the sums")
	}
}

func TestTimes(t *testing.T) {
	day := 24 * time.Hour
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	x := must(ndarray.From([]time.Time{from, from.Add(day), from.Add(3 * day)}))
	a := array.From(x, array.Chunks(2))
	same(t, "span", a.Max().Sub(a.Min()), must(ndarray.Scalar(dtype.Timedelta, 3*day)), nil)
	same(t, "later", a.Add(day).Gt(a), must(ndarray.Full(dtype.Bool, true, 3)), nil)
	if err := a.Mul(2).Err(); err == nil {
		t.Error("a product of times was accepted")
	}
}

// TestLongExpressions checks chains and sums that are longer than one program can be.
func TestLongExpressions(t *testing.T) {
	x := array.Arange(0, 6, 1, array.Chunks(4))
	chain := x
	for range 20_000 {
		chain = chain.Add(1)
	}
	same(t, "chain", chain, must(must(ndarray.Arange(6)).Add(20_000)), nil)
	sum := x
	for i := range 3000 {
		sum = sum.Add(array.From([]int{i, i, i, i, i, i}, array.Chunks(4)))
	}
	same(t, "sum", sum, must(must(ndarray.Arange(6)).Add(2999*1500)), nil)
	doubled := x
	for range 40 {
		doubled = doubled.Add(doubled)
	}
	same(t, "doubled", doubled, must(must(ndarray.Arange(6)).Mul(1<<40)), nil)
}

// TestResultsAreTheCallers checks that changing a result changes nothing else.
func TestResultsAreTheCallers(t *testing.T) {
	nd := must(ndarray.Arange(5))
	x := array.From(nd)
	kept := must(sheaf.Persist(ctx, x.Add(0)))
	for name, y := range map[string]*array.Array{
		"source": x, "transposed": x.T(), "reversed twice": x.Flip().Flip(), "reshaped": x.Reshape(5, 1), "persisted": kept, "cast": x.AsType(dtype.Int64),
		"identity": x.MapBlocks(func(_ context.Context, b *ndarray.Array) (*ndarray.Array, error) { return b, nil }),
	} {
		out := must(y.Compute(ctx))
		if err := out.Fill(-1); err != nil {
			t.Fatal(err)
		}
		for _, z := range []*array.Array{x, kept} {
			if sum := must(must(z.Sum().Compute(ctx)).Int()); sum != 10 {
				t.Fatalf("%s: the sum is now %d", name, sum)
			}
		}
	}
}

package array_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"sheaf/array"
	"sheaf/cluster/clustertest"
	"sheaf/dtype"
	"sheaf/internal/travel/traveltest"
	"sheaf/ndarray"
)

func TestMain(m *testing.M) {
	clustertest.Executors(m)
	traveltest.Main()
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("sheaf/internal/local.(*Engine).work"))
}

var ctx = context.Background()

// must is for values that are right by construction.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// drawBlocks draws lengths of blocks that add up to n, zero-length ones among them.
func drawBlocks(t *rapid.T, n int, label string) []int {
	var out []int
	for left := n; ; {
		if left == 0 && len(out) > 0 && !rapid.Bool().Draw(t, label+" more") {
			return out
		}
		k := rapid.IntRange(0, left).Draw(t, label)
		out = append(out, k)
		if left -= k; len(out) > 12 {
			return append(out, left)
		}
	}
}

// drawArray draws a small array in memory and the same in chunks.
func drawArray(t *rapid.T, dt dtype.Type, shape []int, label string) (*ndarray.Array, *array.Array) {
	n := 1
	for _, l := range shape {
		n *= l
	}
	vals := make([]float64, n)
	for i := range vals {
		vals[i] = float64(rapid.IntRange(-4, 9).Draw(t, label))
		if dt.IsFloat() && rapid.IntRange(0, 19).Draw(t, label+" special") == 0 {
			vals[i] = []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0.25}[rapid.IntRange(0, 3).Draw(t, label+" which")]
		}
		if dt.IsUnsigned() || dt == dtype.Bool {
			vals[i] = math.Abs(vals[i])
		}
	}
	nd := must(must(ndarray.FromSlice(vals, shape...)).AsType(dt))
	chunks := make([]any, len(shape))
	for a, l := range shape {
		chunks[a] = drawBlocks(t, l, fmt.Sprintf("%s blocks %d", label, a))
	}
	x := array.From(nd, array.Chunks(chunks...))
	if len(shape) == 0 {
		x = array.From(nd)
	}
	if x.Err() != nil {
		t.Fatal(x.Err())
	}
	return nd, x
}

func drawShape(t *rapid.T, label string) []int {
	return rapid.SliceOfN(rapid.IntRange(0, 5), 0, 3).Draw(t, label)
}

var numbers = []dtype.Type{dtype.Float64, dtype.Float32, dtype.Int64, dtype.Int8, dtype.Uint16, dtype.Bool, dtype.Complex128}

// same fails unless x computes to want. Floats may differ in their last digits, because sums depend on the chunks.
func same(t interface {
	Helper()
	Fatalf(string, ...any)
}, what string, x *array.Array, want *ndarray.Array, wantErr error,
) {
	t.Helper()
	got, err := x.Compute(ctx)
	if (err != nil) != (wantErr != nil) {
		t.Fatalf("%s: got error %v, want %v", what, err, wantErr)
	}
	if err != nil {
		return
	}
	if got.DType() != want.DType() || x.DType() != want.DType() {
		t.Fatalf("%s: got %v, declared %v, want %v", what, got.DType(), x.DType(), want.DType())
	}
	if !slices.Equal(got.Shape(), want.Shape()) {
		t.Fatalf("%s: got shape %v, want %v", what, got.Shape(), want.Shape())
	}
	if shape := x.Shape(); !slices.Contains(shape, -1) && !slices.Equal(shape, want.Shape()) {
		t.Fatalf("%s: declared shape %v, want %v", what, shape, want.Shape())
	}
	if diff := difference(got, want); diff > 1e-12 && !(want.DType() == dtype.Float32 && diff < 1e-5) {
		t.Fatalf("%s: got\n%v\nwant\n%v\n(differs by %g)", what, got, want, diff)
	}
}

// difference returns the largest relative difference of elements.
func difference(a, b *ndarray.Array) float64 {
	x, y := flatten(a), flatten(b)
	worst := 0.0
	for i := range x {
		if x[i] == y[i] || math.IsNaN(x[i]) && math.IsNaN(y[i]) {
			continue
		}
		d := math.Abs(x[i]-y[i]) / math.Max(1, math.Abs(y[i]))
		if math.IsNaN(d) {
			d = math.Inf(1)
		}
		worst = math.Max(worst, d)
	}
	return worst
}

// flatten returns the elements as floats, real and imaginary parts one after the other.
func flatten(a *ndarray.Array) []float64 {
	if a.DType().IsComplex() {
		return append(flatten(must(a.Real())), flatten(must(a.Imag()))...)
	}
	if a.DType().IsTemporal() {
		a = must(a.View(dtype.Int64))
	}
	return must(ndarray.Values[float64](must(a.AsType(dtype.Float64))))
}

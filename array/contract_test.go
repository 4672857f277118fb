package array_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sheaf/array"
	"sheaf/dtype"
	"sheaf/ndarray"
)

// TestLongSums has products whose result is small and whose sums go over many blocks: they are cut in groups.
func TestLongSums(t *testing.T) {
	nd := must(must(ndarray.Arange(600)).Reshape(200, 3))
	x := array.From(nd, array.Chunks(5, 2))
	gram := x.T().MatMul(x)
	same(t, "x.T @ x", gram, must(nd.T().MatMul(nd)), nil)
	if plan := gram.Explain(); !strings.Contains(plan, "sum") {
		t.Errorf("40 blocks are multiplied by one task:\n%s", plan)
	}
	bools := must(nd.Gt(300))
	b := array.From(bools, array.Chunks(5, 2))
	same(t, "bools", b.T().MatMul(b), must(bools.T().MatMul(bools)), nil)

	rapid.Check(t, func(t *rapid.T) {
		dt := rapid.SampledFrom(numbers).Draw(t, "dtype")
		k := rapid.IntRange(0, 60).Draw(t, "k")
		na, a := drawArray(t, dt, []int{rapid.IntRange(0, 4).Draw(t, "m"), 2}, "a")
		nl := must(must(must(ndarray.Arange(max(1, k)*2)).AsType(dt)).Reshape(max(1, k), 2))
		l := array.From(nl, array.Chunks(rapid.IntRange(1, 4).Draw(t, "chunk"), 1))
		want, err := nl.MatMul(na.T())
		same(t, "l @ a.T", l.MatMul(a.T()), want, err)
		want, err = nl.T().MatMul(nl)
		same(t, "l.T @ l", l.T().MatMul(l), want, err)
	})
}

// TestProductInMatrices sums over two axes into results of one, two and three dimensions.
func TestProductInMatrices(t *testing.T) {
	nd := must(must(must(ndarray.Arange(240)).AsType(dtype.Float64)).Reshape(4, 5, 12))
	x := array.From(nd, array.Chunks(3, 2, 5))
	for _, axes := range [][]int{{0}, {1}, {2}, {0, 1}, {2, 0}, {0, 1, 2}} {
		want := must(ndarray.TensorDot(nd, nd, axes, axes))
		same(t, "tensordot", array.TensorDot(x, x, axes, axes), want, nil)
		same(t, "used", array.TensorDot(x, x, axes, axes).Add(1), must(want.Add(1)), nil)
	}
}

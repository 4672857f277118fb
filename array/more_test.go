package array_test

import (
	"fmt"
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"sheaf/array"
	"sheaf/dtype"
	"sheaf/ndarray"
)

func TestScansAnyChunks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(0, 6), 1, 3).Draw(t, "shape")
		nx, x := drawArray(t, rapid.SampledFrom(numbers).Draw(t, "dtype"), shape, "x")
		axis := rapid.IntRange(0, len(shape)-1).Draw(t, "axis")
		want, err := nx.CumSum(axis)
		same(t, "cumsum", x.CumSum(axis), want, err)
		want, err = nx.CumProd(axis)
		same(t, "cumprod", x.CumProd(axis), want, err)
		if n := shape[axis]; n > 0 {
			k := rapid.IntRange(-7, 7).Draw(t, "shift")
			items, rest := make([]any, axis+1), make([]any, axis+1)
			for i := range items {
				items[i], rest[i] = ndarray.All, ndarray.All
			}
			s := ((k % n) + n) % n
			items[axis], rest[axis] = ndarray.S(n-s, ndarray.None), ndarray.S(ndarray.None, n-s)
			rolled := must(ndarray.Concatenate([]*ndarray.Array{must(nx.Index(items...)), must(nx.Index(rest...))}, axis))
			same(t, "roll", x.Roll(k, axis), rolled, nil)
		}
		want, err = nx.Repeat(2, axis)
		same(t, "repeat", x.Repeat(2, axis), want, err)
		if nx.DType() != dtype.Complex128 {
			same(t, "unique", x.Unique(), nx.Unique(), nil)
		}
		same(t, "tile", x.Tile(2, 1), must(ndarray.Concatenate([]*ndarray.Array{two(nx), two(nx)}, max(0, nx.Ndim()-2))), nil)
	})
}

func two(x *ndarray.Array) *ndarray.Array {
	if x.Ndim() == 1 {
		return must(x.ExpandDims(0))
	}
	return x
}

func TestPointsAndBlocks(t *testing.T) {
	nd := must(must(ndarray.Arange(30)).Reshape(5, 6))
	x := array.From(nd, array.Chunks(2, 4)).Add(0)
	same(t, "vindex", x.Vindex([]int{0, 4, -1, 2}, []int{5, 0, -6, 3}), must(ndarray.From([]int{5, 24, 24, 15})), nil)
	same(t, "block", x.Block(1, -1), must(nd.Index(ndarray.S(2, 4), ndarray.S(4, 6))), nil)
	same(t, "no points", x.Vindex([]int{}, []int{}).Sum(), must(ndarray.Scalar(dtype.Int64, 0)), nil)
}

func TestNanFunctions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, m := rapid.IntRange(1, 5).Draw(t, "n"), rapid.IntRange(1, 5).Draw(t, "m")
		nx, x := drawArray(t, dtype.Float64, []int{n, m}, "x")
		clean := must(ndarray.Where(must(nx.IsInf()), 2.5, nx))
		x = array.Where(x.IsInf(), 2.5, x)
		missing := must(clean.IsNaN())
		zero := must(ndarray.Where(missing, 0, clean))
		axis := ndarray.Axis(0)
		same(t, "nansum", x.NanSum(array.Axis(0)), must(zero.Sum(axis)), nil)
		same(t, "nanmax", x.NanMax(array.Axis(0)), must(clean.NanMax(axis)), nil)
		count := must(must(must(missing.LogicalNot()).Sum(axis)).AsType(dtype.Float64))
		mean := must(must(zero.Sum(axis)).Div(count))
		same(t, "nanmean", x.NanMean(array.Axis(0)), mean, nil)
		squares := must(must(ndarray.Where(missing, 0, must(must(clean.Sub(mean)).Square()))).Sum(axis))
		same(t, "nanvar", x.NanVar(array.Axis(0)), must(squares.Div(count)), nil)
		same(t, "nanstd", x.NanStd(array.Axis(0), array.KeepDims()), must(must(must(squares.Div(count)).Sqrt()).ExpandDims(0)), nil)
	})
}

func TestCreation(t *testing.T) {
	for _, chunks := range []int{1, 3, 100} {
		c := array.Chunks(chunks)
		same(t, "arange", array.Arange(2, 31, 4, c), must(ndarray.Arange(2, 31, 4)), nil)
		same(t, "arange floats", array.Arange(0.5, -3, -0.25, c), must(ndarray.Arange(0.5, -3, -0.25)), nil)
		same(t, "arange uint8", array.Arange(0, 9, 1, c, array.DType(dtype.Uint8)), must(must(ndarray.Arange(9)).AsType(dtype.Uint8)), nil)
		same(t, "linspace", array.Linspace(0.1, 7, 13, c), must(ndarray.Linspace(0.1, 7, 13, true)), nil)
		same(t, "linspace open", array.Linspace(0.1, 7, 13, c, array.Endpoint(false)), must(ndarray.Linspace(0.1, 7, 13, false)), nil)
		for _, k := range []int{-2, 0, 3} {
			same(t, "eye", array.Eye(5, 7, k, c), must(ndarray.Eye(dtype.Float64, 5, 7, k)), nil)
		}
		same(t, "full", array.Full(7, array.Size(4, 5), c), must(ndarray.Full(dtype.Int64, 7, 4, 5)), nil)
		x := array.Full(7, array.Size(4, 5), c)
		same(t, "like", array.FullLike(x, 2.9), must(ndarray.Full(dtype.Int64, 2, 4, 5)), nil)
	}
	if got := array.Linspace(0, 1, 11, array.Chunks(4)).Index(-1); must(must(got.Compute(ctx)).Float64()) != 1 {
		t.Error("linspace does not end at its end")
	}
	grid := array.MeshGrid("xy", array.Arange(0, 3, 1, array.Chunks(2)), array.Arange(0, 2, 1))
	same(t, "meshgrid x", grid[0], must(ndarray.From([][]int{{0, 1, 2}, {0, 1, 2}})), nil)
	same(t, "meshgrid y", grid[1], must(ndarray.From([][]int{{0, 0, 0}, {1, 1, 1}})), nil)
	same(t, "indices", array.Indices([]int{2, 3}, array.Chunks(2)).Sum(array.Axis(0)), must(ndarray.From([][]int{{0, 1, 2}, {1, 2, 3}})), nil)
	same(t, "tril", array.Ones(array.Size(3, 4), array.Chunks(2)).Tril(0).Sum(array.Axis(1)), must(ndarray.From([]float64{1, 2, 3})), nil)
}

func TestStacks(t *testing.T) {
	a, b := array.Arange(0, 3, 1, array.Chunks(2)), array.Arange(3, 6, 1)
	same(t, "vstack", array.VStack([]*array.Array{a, b}), must(ndarray.From([][]int{{0, 1, 2}, {3, 4, 5}})), nil)
	same(t, "hstack", array.HStack([]*array.Array{a, b}), must(ndarray.Arange(6)), nil)
	same(t, "dstack", array.DStack([]*array.Array{a, b}), must(ndarray.From([][][]int{{{0, 3}, {1, 4}, {2, 5}}})), nil)
	same(t, "promoted", array.HStack([]*array.Array{a, b.AsType(dtype.Float32)}), must(must(ndarray.Arange(6)).AsType(dtype.Float64)), nil)
	same(t, "average", a.Average([]int{1, 1, 2}), must(ndarray.Scalar(dtype.Float64, 1.25)), nil)
	same(t, "diff", array.From([]int{1, 4, 9, 16}, array.Chunks(3)).Diff(2, 0), must(ndarray.From([]int{2, 2})), nil)
	same(t, "ptp", a.Ptp(), must(ndarray.Scalar(dtype.Int64, 2)), nil)
	same(t, "isclose", a.IsClose(a.Add(1e-12), 1e-9, 1e-9, false), must(ndarray.Full(dtype.Bool, true, 3)), nil)
	same(t, "round", array.From([]float64{1.25, -0.35, 2.5}).Round(1), must(must(ndarray.From([]float64{1.25, -0.35, 2.5})).Round(1)), nil)
	if s := fmt.Sprint(array.Ones(array.Size(2, 4), array.Chunks(1, 2))); s == "" {
		t.Error("no text")
	}
}

func TestNumbers(t *testing.T) {
	nd := must(must(ndarray.Arange(30)).Reshape(5, 6))
	x := array.From(nd, array.Chunks(2, 4))
	for name, pair := range map[string][2]any{
		"numblocks": {x.NumBlocks(), []int{3, 2}}, "npartitions": {x.NPartitions(), 6}, "nbytes": {x.Nbytes(), 240}, "itemsize": {x.Itemsize(), 8},
		"chunksize": {x.ChunkSize(), []int{2, 4}}, "shape": {x.Shape(), []int{5, 6}}, "ndim": {x.Ndim(), 2},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s: got %v, want %v", name, pair[0], pair[1])
		}
	}
	cube := x.Reshape(5, 2, 3)
	nc := must(nd.Reshape(5, 2, 3))
	same(t, "swapaxes", cube.SwapAxes(0, -1), must(nc.SwapAxes(0, -1)), nil)
	same(t, "moveaxis", cube.MoveAxis(0, -1), must(nc.MoveAxis(0, -1)), nil)
	same(t, "broadcast_to", x.BroadcastTo([]int{2, 5, 6}, array.Chunks(1, 5, 2)).Sum(array.Axis(0)), must(nd.Mul(2)), nil)
	same(t, "ones_like", array.OnesLike(x).Add(array.ZerosLike(x)).Add(array.EmptyLike(x).Mul(0)), must(ndarray.Ones(dtype.Int64, 5, 6)), nil)
	same(t, "allclose", x.AllClose(x.Add(0.5), 0, 0.1, false), must(ndarray.Scalar(dtype.Bool, false)), nil)
	same(t, "nan_to_num", array.From([]float64{math.NaN(), math.Inf(1), 1}).NanToNum(), must(ndarray.From([]float64{0, math.MaxFloat64, 1})), nil)
	v := array.Arange(0, 4, 1, array.Chunks(3))
	same(t, "outer", v.Outer(v), must(must(ndarray.Arange(4)).Outer(must(ndarray.Arange(4)))), nil)
	same(t, "vdot", array.VDot(x, x), must(ndarray.Scalar(dtype.Int64, 8555)), nil)
	holes := array.From([]float64{math.NaN(), 3, 1, math.NaN(), 9}, array.Chunks(2))
	same(t, "nanargmin", holes.NanArgMin(), must(ndarray.Scalar(dtype.Int64, 2)), nil)
	same(t, "nanargmax", holes.NanArgMax(), must(ndarray.Scalar(dtype.Int64, 4)), nil)
}

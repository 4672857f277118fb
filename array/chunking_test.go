package array_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"sheaf/array"
	"sheaf/dtype"
	"sheaf/ndarray"
)

// The tests of this file hold every operation to one law: however an array is divided into blocks, the result is that of the
// ndarray operation on the whole.

func TestElementwiseAnyChunks(t *testing.T) {
	type binary struct {
		name string
		a    func(x *array.Array, y any) *array.Array
		n    func(x *ndarray.Array, y any) (*ndarray.Array, error)
	}
	ops := []binary{
		{"add", (*array.Array).Add, (*ndarray.Array).Add},
		{"sub", (*array.Array).Sub, (*ndarray.Array).Sub},
		{"mul", (*array.Array).Mul, (*ndarray.Array).Mul},
		{"div", (*array.Array).Div, (*ndarray.Array).Div},
		{"floordiv", (*array.Array).FloorDiv, (*ndarray.Array).FloorDiv},
		{"mod", (*array.Array).Mod, (*ndarray.Array).Mod},
		{"maximum", (*array.Array).Maximum, (*ndarray.Array).Maximum},
		{"fmin", (*array.Array).Fmin, (*ndarray.Array).Fmin},
		{"eq", (*array.Array).Eq, (*ndarray.Array).Eq},
		{"lt", (*array.Array).Lt, (*ndarray.Array).Lt},
		{"and", (*array.Array).LogicalAnd, (*ndarray.Array).LogicalAnd},
		{"hypot", (*array.Array).Hypot, (*ndarray.Array).Hypot},
		{"bitor", (*array.Array).Or, (*ndarray.Array).Or},
	}
	rapid.Check(t, func(t *rapid.T) {
		shape := drawShape(t, "shape")
		other := slices.Clone(shape[rapid.IntRange(0, len(shape)).Draw(t, "drop"):])
		for a := range other {
			if rapid.IntRange(0, 3).Draw(t, "one") == 0 {
				other[a] = 1
			}
		}
		nx, x := drawArray(t, rapid.SampledFrom(numbers).Draw(t, "dtype x"), shape, "x")
		ny, y := drawArray(t, rapid.SampledFrom(numbers).Draw(t, "dtype y"), other, "y")
		op := rapid.SampledFrom(ops).Draw(t, "op")
		want, err := op.n(nx, ny)
		same(t, op.name, op.a(x, y), want, err)
		want, err = op.n(nx, 3)
		same(t, op.name+" 3", op.a(x, 3), want, err)
	})
}

func TestFusedChainAnyChunks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, m := rapid.IntRange(0, 6).Draw(t, "n"), rapid.IntRange(0, 6).Draw(t, "m")
		nx, x := drawArray(t, dtype.Float64, []int{n, n}, "x")
		ny, y := drawArray(t, dtype.Float64, []int{m, n}, "y")
		// (x + x.T - x.mean(0)) * exp(-x²), its sum over an axis, and rows of it reversed beside y.
		got := x.Add(x.T()).Sub(x.Mean(array.Axis(0))).Mul(x.Square().Neg().Exp())
		want := must(must(must(nx.Add(nx.T())).Sub(must(nx.Mean(ndarray.Axis(0))))).Mul(must(must(must(nx.Square()).Neg()).Exp())))
		same(t, "chain", got, want, nil)
		same(t, "chain.sum(1)", got.Sum(array.Axis(1)), must(want.Sum(ndarray.Axis(1))), nil)
		same(t, "chain[::-1].T", got.Index(array.S(array.None, array.None, -1)).T(), must(want.Flip(0)).T(), nil)
		both := array.Concatenate([]*array.Array{got, y.Mul(2)}, 0).Sum(array.Axis(0))
		same(t, "concatenate", both, must(must(ndarray.Concatenate([]*ndarray.Array{want, must(ny.Mul(2))}, 0)).Sum(ndarray.Axis(0))), nil)
	})
}

func TestReductionsAnyChunks(t *testing.T) {
	type reduction struct {
		name string
		a    func(x *array.Array, o ...array.Option) *array.Array
		n    func(x *ndarray.Array, o ...ndarray.Option) (*ndarray.Array, error)
	}
	ops := []reduction{
		{"sum", (*array.Array).Sum, (*ndarray.Array).Sum},
		{"prod", (*array.Array).Prod, (*ndarray.Array).Prod},
		{"min", (*array.Array).Min, (*ndarray.Array).Min},
		{"max", (*array.Array).Max, (*ndarray.Array).Max},
		{"any", (*array.Array).Any, (*ndarray.Array).Any},
		{"all", (*array.Array).All, (*ndarray.Array).All},
		{"mean", (*array.Array).Mean, (*ndarray.Array).Mean},
		{"var", (*array.Array).Var, (*ndarray.Array).Var},
		{"std", (*array.Array).Std, (*ndarray.Array).Std},
		{"count", (*array.Array).CountNonzero, (*ndarray.Array).Count},
		{"argmin", (*array.Array).ArgMin, (*ndarray.Array).ArgMin},
		{"argmax", (*array.Array).ArgMax, (*ndarray.Array).ArgMax},
	}
	rapid.Check(t, func(t *rapid.T) {
		shape := drawShape(t, "shape")
		nx, x := drawArray(t, rapid.SampledFrom(numbers).Draw(t, "dtype"), shape, "x")
		op := rapid.SampledFrom(ops).Draw(t, "op")
		var ao []array.Option
		var no []ndarray.Option
		if len(shape) > 0 && rapid.Bool().Draw(t, "axis") {
			axes := []int{rapid.IntRange(0, len(shape)-1).Draw(t, "which")}
			if op.name[:3] != "arg" && len(shape) > 1 && rapid.Bool().Draw(t, "two") {
				axes = append(axes, (axes[0]+1)%len(shape))
			}
			ao, no = append(ao, array.Axis(axes...)), append(no, ndarray.Axis(axes...))
		}
		if rapid.Bool().Draw(t, "keep") {
			ao, no = append(ao, array.KeepDims()), append(no, ndarray.KeepDims())
		}
		if op.name == "var" || op.name == "std" {
			ao, no = append(ao, array.Ddof(1)), append(no, ndarray.DDof(1))
		}
		if rapid.Bool().Draw(t, "every") {
			ao = append(ao, array.SplitEvery(2))
		}
		want, err := op.n(nx, no...)
		same(t, op.name, op.a(x, ao...), want, err)
	})
}

func TestRechunkChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := drawShape(t, "shape")
		nx, x := drawArray(t, dtype.Int64, shape, "x")
		y := x.Add(0) // not a source, which would only be cut anew
		for step := range 2 {
			chunks := make([]any, len(shape))
			for a, n := range shape {
				chunks[a] = drawBlocks(t, n, fmt.Sprint("new ", step, a))
			}
			if len(shape) > 0 {
				y = y.Rechunk(chunks...)
				for a := range chunks {
					if y.Err() == nil && !slices.Equal(y.Chunks()[a], chunks[a].([]int)) {
						t.Fatalf("axis %d: got chunks %v, want %v", a, y.Chunks()[a], chunks[a])
					}
				}
			}
			same(t, "rechunk", y, nx, nil)
			y = y.Add(step)
			nx = must(nx.Add(step))
		}
	})
}

func TestIndexAnyChunks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(0, 7), 1, 3).Draw(t, "shape")
		nx, x := drawArray(t, dtype.Int64, shape, "x")
		y := x.Add(0)
		for step := range 2 {
			items := drawItems(t, nx.Shape(), step)
			want, err := nx.Index(items...)
			same(t, fmt.Sprint("index ", items), y.Index(items...), want, err)
			if err != nil || want.Ndim() == 0 {
				return
			}
			nx, y = want, y.Index(items...)
		}
	})
}

// drawItems draws index items: ints, slices, new axes, an ellipsis, and at most one list.
func drawItems(t *rapid.T, shape []int, step int) []any {
	var items []any
	list := rapid.IntRange(0, 2*len(shape)).Draw(t, fmt.Sprint("list ", step))
	for a, n := range shape {
		label := fmt.Sprint("item ", step, a)
		bound := rapid.IntRange(-n-2, n+2)
		switch kind := rapid.IntRange(0, 6).Draw(t, label); {
		case a == list:
			k := rapid.IntRange(0, 6).Draw(t, label+" length")
			if n == 0 {
				k = 0
			}
			positions := make([]int, k)
			for i := range positions {
				positions[i] = rapid.IntRange(-n, n-1).Draw(t, label+" position")
			}
			if rapid.Bool().Draw(t, label+" bools") {
				bools := make([]bool, n)
				for i := range bools {
					bools[i] = rapid.Bool().Draw(t, label+" bool")
				}
				items = append(items, bools)
				continue
			}
			items = append(items, positions)
		case kind == 0 && list >= len(shape): // ints beside a list move axes in NumPy
			items = append(items, rapid.IntRange(-n-1, n).Draw(t, label+" int"))
		case kind == 1:
			items = append(items, array.S(bound.Draw(t, label+" start"), bound.Draw(t, label+" stop")))
		case kind == 2:
			s := rapid.SampledFrom([]int{-3, -2, -1, 2, 3}).Draw(t, label+" step")
			items = append(items, array.S(bound.Draw(t, label+" start"), bound.Draw(t, label+" stop"), s))
		case kind == 3:
			items = append(items, array.S(array.None, array.None, -1))
		case kind == 4 && list >= len(shape):
			items = append(items, array.NewAxis, array.All)
		default:
			items = append(items, array.All)
		}
	}
	return items
}

func TestMasksAnyChunks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(0, 5), 1, 3).Draw(t, "shape")
		nx, x := drawArray(t, dtype.Int64, shape, "x")
		limit := rapid.IntRange(-5, 10).Draw(t, "limit")
		want := must(nx.Index(must(nx.Gt(limit))))
		picked := x.Index(x.Gt(limit))
		same(t, "x[x > limit]", picked, want, nil)
		same(t, "its sum", picked.Sum(), must(want.Sum()), nil)
		known := must(picked.ComputeChunkSizes(ctx))
		same(t, "its reverse", known.Index(array.S(array.None, array.None, -1)), must(want.Flip(0)), nil)
		// A lazy list of bools along the first axis, and lazy positions.
		rows := must(must(nx.Reshape(shape[0], -1+b2i(nx.Size() == 0))).Any(ndarray.Axis(1)))
		lazy := array.From(rows, array.Chunks(drawBlocks(t, shape[0], "rows")))
		same(t, "x[rows]", x.Index(lazy), must(nx.Index(rows)), nil)
		if shape[0] > 0 {
			at := must(ndarray.FromSlice([]int{0, -1, shape[0] / 2}, 3))
			same(t, "x[positions]", x.Index(array.From(at, array.Chunks(2))), must(nx.Index(at)), nil)
		}
	})
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestReshapeAnyChunks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shapes := [][]int{{24}, {2, 12}, {4, 6}, {6, 4}, {2, 3, 4}, {4, 3, 2}, {1, 24}, {24, 1}, {8, 3}, {2, 1, 12}, {1, 1, 24, 1}, {3, 8}, {2, 2, 6}}
		from, to := rapid.SampledFrom(shapes).Draw(t, "from"), rapid.SampledFrom(shapes).Draw(t, "to")
		nx, x := drawArray(t, dtype.Int64, from, "x")
		same(t, fmt.Sprint(from, " to ", to), x.Add(0).Reshape(to...), must(nx.Reshape(to...)), nil)
		same(t, "ravel", x.Add(1).Ravel(), must(nx.Add(1)).Ravel(), nil)
	})
}

func TestProductsAnyChunks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := func(label string) int { return rapid.IntRange(0, 4).Draw(t, label) }
		n, k, m, b := l("n"), l("k"), l("m"), l("b")
		dt := rapid.SampledFrom([]dtype.Type{dtype.Float64, dtype.Int8, dtype.Complex128, dtype.Bool}).Draw(t, "dtype")
		nx, x := drawArray(t, dt, []int{n, k}, "x")
		ny, y := drawArray(t, dt, []int{k, m}, "y")
		nb, xb := drawArray(t, dt, []int{b, n, k}, "xb")
		nv, v := drawArray(t, dt, []int{k}, "v")
		finite := func(a *ndarray.Array, x *array.Array) (*ndarray.Array, *array.Array) {
			if !dt.IsInexact() {
				return a, x
			}
			return must(ndarray.Where(must(a.IsFinite()), a, 2)), array.Where(x.IsFinite(), x, 2)
		}
		nx, x = finite(nx, x)
		ny, y = finite(ny, y)
		nb, xb = finite(nb, xb)
		nv, v = finite(nv, v)
		want, err := nx.MatMul(ny)
		same(t, "x @ y", x.MatMul(y), want, err)
		want, err = nb.MatMul(ny)
		same(t, "stack @ y", xb.MatMul(y), want, err)
		want, err = nx.MatMul(nv)
		same(t, "x @ v", x.MatMul(v), want, err)
		want, err = nv.Dot(nv)
		same(t, "v · v", v.Dot(v), want, err)
		want, err = ndarray.TensorDot(nb, nx, []int{1, 2}, []int{0, 1})
		same(t, "tensordot", array.TensorDot(xb, x, []int{1, 2}, []int{0, 1}), want, err)
		want, err = ndarray.TensorDot(nb, nx.T(), []int{1, 2}, []int{1, 0})
		same(t, "tensordot turned", array.TensorDot(xb, x.T(), []int{1, 2}, []int{1, 0}), want, err)
	})
}

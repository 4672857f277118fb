package ndarray_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"sheaf/dtype"
	"sheaf/ndarray"
)

// parts returns the numbers of a float or complex array.
func parts(t testing.TB, a *ndarray.Array) []float64 {
	t.Helper()
	var out []float64
	for c := range ndarray.Elements[complex128](must(a.AsType(dtype.Complex128))(t)) {
		out = append(out, real(c), imag(c))
	}
	return out
}

// near reports an array of another type or shape, or with elements that are further than tol from those wanted,
// relative to their size (for complex numbers, to the size of the whole number). Types without rounding must be equal.
func near(t testing.TB, what string, got, want *ndarray.Array, tol float64) {
	t.Helper()
	if !want.DType().IsInexact() {
		same(t, what, got, want)
		return
	}
	if got.DType() != want.DType() || !slices.Equal(got.Shape(), want.Shape()) {
		t.Errorf("%s: got %v%v want %v%v", what, got.DType(), got.Shape(), want.DType(), want.Shape())
		return
	}
	eps := 2.2e-16
	if want.DType() == dtype.Float32 || want.DType() == dtype.Complex64 {
		eps = 1.2e-7
	}
	g, w := parts(t, got), parts(t, want)
	for i := range w {
		size := math.Hypot(w[i&^1], w[i|1])
		switch {
		case math.IsNaN(w[i]) && math.IsNaN(g[i]), w[i] == g[i]:
		case math.Abs(g[i]-w[i]) <= tol*eps*size && !math.IsInf(size, 0):
		case want.DType().IsComplex() && (math.IsInf(size, 0) || math.IsNaN(size)) && !(math.Abs(g[i]) < math.MaxFloat64):
		default:
			t.Errorf("%s: element %d: got %v want %v", what, i/2, g[i], w[i])
			return
		}
	}
}

// ulps is how far functions may be from NumPy's results: those of complex numbers lose some digits to cancellation.
func ulps(a *ndarray.Array) float64 {
	if a.DType() == dtype.Complex128 {
		return 100
	}
	return 4
}

func TestElementwiseGolden(t *testing.T) {
	var g struct {
		Elementwise []struct {
			Op  string
			In  []string
			Out string
		}
	}
	loadGolden(t, "compute.json.gz", &g)
	for _, c := range g.Elementwise {
		args, what := make([]any, len(c.In)), c.Op
		for i, text := range c.In {
			a := npy(t, text)
			args[i] = a
			what += " " + a.DType().String()
		}
		got, err := ndarray.Apply(c.Op, args...)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		near(t, what, got, npy(t, c.Out), ulps(got))
	}
	if len(g.Elementwise) < 800 {
		t.Errorf("only %d cases", len(g.Elementwise))
	}
}

func TestScalarsGolden(t *testing.T) {
	var g struct {
		Scalars []struct {
			Op, X, Scalar, Out string
			Left               bool
		}
	}
	loadGolden(t, "compute.json.gz", &g)
	scalars := map[string]any{
		"true": true, "int 2": 2, "int -3": -3, "int 300": 300, "int 70000": 70000, "float 2.5": 2.5, "float nan": math.NaN(),
		"complex 1j": 1i,
	}
	for _, c := range g.Scalars {
		x, s := npy(t, c.X), scalars[c.Scalar]
		args := []any{x, s}
		if c.Left {
			args = []any{s, x}
		}
		what := fmt.Sprintf("%s of %v and %s (left: %v)", c.Op, x.DType(), c.Scalar, c.Left)
		got, err := ndarray.Apply(c.Op, args...)
		if c.Op == "power" && !c.Left && err == nil {
			got, err = x.Pow(s)
		}
		if c.Out == "" {
			if err == nil && !(c.Op == "power" && c.Left) { // only Pow looks at the exponents
				t.Errorf("%s: got %v, NumPy refuses it", what, got.DType())
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		near(t, what, got, npy(t, c.Out), 4)
	}
	if len(g.Scalars) < 2000 {
		t.Errorf("only %d cases", len(g.Scalars))
	}
}

// reductions are the methods by NumPy's names.
var reductions = map[string]func(*ndarray.Array, ...ndarray.Option) (*ndarray.Array, error){
	"sum": (*ndarray.Array).Sum, "prod": (*ndarray.Array).Prod, "min": (*ndarray.Array).Min, "max": (*ndarray.Array).Max,
	"any": (*ndarray.Array).Any, "all": (*ndarray.Array).All, "argmin": (*ndarray.Array).ArgMin, "argmax": (*ndarray.Array).ArgMax,
	"mean": (*ndarray.Array).Mean, "var": (*ndarray.Array).Var, "std": (*ndarray.Array).Std,
	"count_nonzero": (*ndarray.Array).Count, "ptp": (*ndarray.Array).Ptp,
}

func TestReduceGolden(t *testing.T) {
	var g struct {
		Reduce []struct {
			Op, X, Out string
			Axis       []int
			Keepdims   bool
			Ddof       float64
		}
	}
	loadGolden(t, "compute.json.gz", &g)
	for _, c := range g.Reduce {
		x := npy(t, c.X)
		var opts []ndarray.Option
		if c.Axis != nil {
			opts = append(opts, ndarray.Axis(c.Axis...))
		}
		if c.Keepdims {
			opts = append(opts, ndarray.KeepDims())
		}
		if c.Ddof != 0 {
			opts = append(opts, ndarray.DDof(c.Ddof))
		}
		what := fmt.Sprintf("%s of %v%v over %v (keepdims: %v, ddof: %v)", c.Op, x.DType(), x.Shape(), c.Axis, c.Keepdims, c.Ddof)
		got, err := reductions[c.Op](x, opts...)
		if c.Out == "" {
			if err == nil {
				t.Errorf("%s: got %v, NumPy refuses it", what, got)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		near(t, what, got, npy(t, c.Out), 64)
	}
	if len(g.Reduce) < 2500 {
		t.Errorf("only %d cases", len(g.Reduce))
	}
}

func TestProductsGolden(t *testing.T) {
	var g struct {
		Products []struct {
			Op  string
			In  []string
			Out string
		}
		Round []struct {
			X, Out   string
			Decimals int
		}
	}
	loadGolden(t, "compute.json.gz", &g)
	for _, c := range g.Products {
		x, y := npy(t, c.In[0]), npy(t, c.In[1])
		var got *ndarray.Array
		var err error
		switch c.Op {
		case "matmul":
			got, err = x.MatMul(y)
		case "dot":
			got, err = x.Dot(y)
		default:
			got, err = ndarray.TensorDot(x, y, []int{1, 0}, []int{0, 1})
		}
		what := fmt.Sprintf("%s of %v%v and %v%v", c.Op, x.DType(), x.Shape(), y.DType(), y.Shape())
		if (c.Out == "") != (err != nil) {
			t.Errorf("%s: got %v, NumPy refuses it: %v", what, err, c.Out == "")
			continue
		}
		if err == nil {
			near(t, what, got, npy(t, c.Out), 256)
		}
	}
	for _, c := range g.Round {
		x := npy(t, c.X)
		near(t, fmt.Sprintf("round of %v to %d", x.DType(), c.Decimals), must(x.Round(c.Decimals))(t), npy(t, c.Out), 2)
	}
	if len(g.Products) < 200 || len(g.Round) < 30 {
		t.Error("golden values are missing")
	}
}

func TestProductsOfViews(t *testing.T) {
	x := must(must(ndarray.Linspace(0, 1, 12*10, true))(t).Reshape(12, 10))(t)
	whole := must(x.T().MatMul(x))(t)
	copied := must(x.T().Copy().MatMul(x.Copy()))(t)
	near(t, "transposed", whole, copied, 8)
	part := must(x.Index(ndarray.S(1, 11, 3), ndarray.S(2, 7)))(t)
	near(t, "sliced", must(part.MatMul(part.T()))(t), must(part.Copy().MatMul(part.T().Copy()))(t), 8)
	back := must(x.Index(ndarray.S(ndarray.None, ndarray.None, -1), ndarray.S(ndarray.None, ndarray.None, -2)))(t)
	near(t, "reversed", must(back.MatMul(back.T()))(t), must(back.Copy().MatMul(back.T().Copy()))(t), 8)
	inf := must(ndarray.From([][]float64{{0, 1}, {1, 1}}))(t)
	if got := must(inf.MatMul([]float64{math.Inf(1), 1}))(t); got.String() != "[nan inf]" {
		t.Errorf("0 times inf: got %v", got)
	}
	if got := must(must(ndarray.From([]int{1, 2}))(t).Outer([]int{3, 4}))(t); got.String() != "[[3 4]\n [6 8]]" {
		t.Errorf("outer: got %v", got)
	}
}

func TestOperationErrors(t *testing.T) {
	x := must(ndarray.New(dtype.Float64, 2, 3))(t)
	n := must(ndarray.From([]uint8{1, 2, 3}))(t)
	b := must(ndarray.From([]bool{true}))(t)
	for _, c := range []struct {
		err   error
		cause error
		want  string
	}{
		{second(x.Add(must(ndarray.New(dtype.Int8, 4))(t))), ndarray.ErrShape, "ndarray: add: ndarray: shapes (2, 3) (4,) cannot be broadcast together"},
		{second(n.Add(300)), ndarray.ErrValue, "ndarray: add: 300 does not fit in uint8"},
		{second(b.Sub(b)), ndarray.ErrDType, "ndarray: subtract: not defined for bool; use logical_xor or not_equal"},
		{second(x.And(x)), ndarray.ErrDType, "ndarray: bitwise_and: not defined for float64"},
		{second(must(n.AsType(dtype.Complex64))(t).Floor()), ndarray.ErrDType, "ndarray: floor: not defined for complex64"},
		{second(ndarray.Apply("frobnicate", x)), ndarray.ErrValue, `ndarray: unknown function "frobnicate"`},
		{second(ndarray.Apply("add", x)), ndarray.ErrValue, "ndarray: add: takes 2 operands, not 1"},
		{second(must(ndarray.From([]int{2}))(t).Pow([]int{-1})), ndarray.ErrValue, "ndarray: power: integers to negative integer powers are not allowed; convert to float64 first"},
		{second(x.Sum(ndarray.Axis(2))), ndarray.ErrAxis, "ndarray: sum: axis 2 is out of bounds for an array of 2 dimensions"},
		{second(x.Sum(ndarray.Axis(0, -2))), ndarray.ErrAxis, "ndarray: sum: axis -2 is given twice"},
		{second(must(ndarray.New(dtype.Int8, 0))(t).Max()), ndarray.ErrValue, "ndarray: max: no elements along the reduced axes of shape (0,), and there is no identity"},
		{second(x.MatMul(x)), ndarray.ErrShape, "ndarray: matmul: shapes (2, 3) and (2, 3) do not fit: 3 columns and 2 rows"},
		{second(x.MatMul(2)), ndarray.ErrShape, "ndarray: matmul: shapes (2, 3) and (); a number is no matrix, use Mul"},
		{second(x.Add("a")), ndarray.ErrDType, "ndarray: a Go string cannot be an element"},
	} {
		if c.err == nil || !errors.Is(c.err, c.cause) || c.err.Error() != c.want {
			t.Errorf("got %v want %s", c.err, c.want)
		}
	}
}

func ExampleArray_Add() {
	x, _ := ndarray.From([]float32{1, 2, 3})
	column, _ := ndarray.From([][]float32{{10}, {20}})
	y, err := x.Add(column)
	fmt.Println(y.Repr(), err)
	y, err = x.Mul(2.5) // a Go float64 is weak: the result stays float32
	fmt.Println(y.DType(), err)
	// Output:
	// array([[11., 12., 13.],
	//        [21., 22., 23.]], dtype=float32) <nil>
	// float32 <nil>
}

func ExampleOption() {
	x, _ := ndarray.FromSlice([]float64{1, 2, 3, 4}, 2, 2)
	s, err := x.Sum(ndarray.Axis(0), ndarray.KeepDims())
	fmt.Println(s, err)
	v, err := x.Std(ndarray.DDof(1))
	fmt.Println(v, err)
	// Output:
	// [[4. 6.]] <nil>
	// 1.2909944487358056 <nil>
}

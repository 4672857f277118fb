package ndarray_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sheaf/dtype"
	"sheaf/ndarray"
)

// model is the naive n-d array that views are compared with: a value for every index.
type model struct {
	shape []int
	at    func(index []int) int64
}

// indices calls f with every index of a shape, in C order.
func indices(shape []int, f func(index []int)) {
	n := 1
	for _, d := range shape {
		n *= d
	}
	index := make([]int, len(shape))
	for range n {
		f(index)
		for k := len(index) - 1; k >= 0; k-- {
			if index[k]++; index[k] < shape[k] {
				break
			}
			index[k] = 0
		}
	}
}

func (m model) values() []int64 {
	v := []int64{}
	indices(m.shape, func(index []int) { v = append(v, m.at(index)) })
	return v
}

// drawView draws an array and a chain of views of it, with the model of the result.
func drawView(t *rapid.T) (*ndarray.Array, model) {
	shape := rapid.SliceOfN(rapid.IntRange(0, 4), 0, 4).Draw(t, "shape")
	n := 1
	for _, d := range shape {
		n *= d
	}
	a, err := ndarray.Arange(n)
	if err == nil {
		a, err = a.Reshape(shape...)
	}
	if err != nil {
		t.Fatal(err)
	}
	m := model{shape, func(index []int) int64 {
		p := 0
		for k, i := range index {
			p = p*shape[k] + i
		}
		return int64(p)
	}}
	for range rapid.IntRange(0, 4).Draw(t, "views") {
		a, m = drawStep(t, a, m)
	}
	return a, m
}

// drawStep draws one view.
func drawStep(t *rapid.T, a *ndarray.Array, m model) (*ndarray.Array, model) {
	var err error
	old := m
	switch kind := rapid.IntRange(0, 5).Draw(t, "kind"); {
	case kind == 0:
		axes := rapid.Permutation(ramp(len(old.shape))).Draw(t, "axes")
		if len(axes) == 0 {
			return a, m
		}
		a, err = a.Transpose(axes...)
		m.shape = make([]int, len(axes))
		for i, axis := range axes {
			m.shape[i] = old.shape[axis]
		}
		m.at = func(index []int) int64 {
			from := make([]int, len(index))
			for i, axis := range axes {
				from[axis] = index[i]
			}
			return old.at(from)
		}
	case kind == 1 && len(old.shape) > 0:
		axis := rapid.IntRange(0, len(old.shape)-1).Draw(t, "axis")
		s := ndarray.S(rapid.IntRange(-5, 5).Draw(t, "start"), rapid.IntRange(-5, 5).Draw(t, "stop"), rapid.SampledFrom([]int{1, 2, -1, -2}).Draw(t, "step"))
		items := make([]any, axis+1)
		for i := range axis {
			items[i] = ndarray.All
		}
		items[axis] = s
		a, err = a.Index(items...)
		start, step, count, _ := s.Resolve(old.shape[axis])
		m.shape = slices.Clone(old.shape)
		m.shape[axis] = count
		m.at = func(index []int) int64 {
			from := slices.Clone(index)
			from[axis] = start + index[axis]*step
			return old.at(from)
		}
	case kind == 2:
		axis := rapid.IntRange(0, len(old.shape)).Draw(t, "new axis")
		a, err = a.ExpandDims(axis)
		m.shape = slices.Insert(slices.Clone(old.shape), axis, 1)
		m.at = func(index []int) int64 { return old.at(slices.Delete(slices.Clone(index), axis, axis+1)) }
	case kind == 3:
		n := rapid.IntRange(0, 3).Draw(t, "repeat")
		a, err = a.BroadcastTo(append([]int{n}, old.shape...)...)
		m.shape = append([]int{n}, old.shape...)
		m.at = func(index []int) int64 { return old.at(index[1:]) }
	case kind == 4:
		a, err = a.Flip()
		m.at = func(index []int) int64 {
			from := slices.Clone(index)
			for k := range from {
				from[k] = old.shape[k] - 1 - from[k]
			}
			return old.at(from)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return a, m
}

func ramp(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

func TestViewsProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, m := drawView(t)
		want := m.values()
		if !slices.Equal(a.Shape(), m.shape) || a.Size() != len(want) {
			t.Fatalf("got shape %v want %v", a.Shape(), m.shape)
		}
		if got := slices.Collect(ndarray.Elements[int64](a)); !slices.Equal(got, want) {
			t.Fatalf("elements: got %v want %v", got, want)
		}
		if got, err := ndarray.Values[int64](a); err != nil || !slices.Equal(got, want) {
			t.Fatalf("values: got %v, %v want %v", got, err, want)
		}
		if got, err := ndarray.Raw[int64](a); err == nil && !slices.Equal(got, want) {
			t.Fatalf("raw: got %v want %v", got, want)
		} else if (err == nil) != a.IsContiguous() {
			t.Fatalf("raw: got %v of an array with contiguous %v", err, a.IsContiguous())
		}
		indices(m.shape, func(index []int) {
			if got, err := ndarray.Get[int64](a, index...); err != nil || got != m.at(index) {
				t.Fatalf("at %v: got %v, %v want %v", index, got, err, m.at(index))
			}
		})
		if got, err := ndarray.Values[int64](a.Ravel()); err != nil || !slices.Equal(got, want) {
			t.Fatalf("ravel: got %v, %v want %v", got, err, want)
		}
		f, err := a.AsType(dtype.Float32)
		if err != nil {
			t.Fatal(err)
		}
		back, err := f.AsType(dtype.Int64)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ndarray.Values[int64](back); err != nil || !slices.Equal(got, want) {
			t.Fatalf("cast: got %v, %v want %v", got, err, want)
		}
		if n := len(want); n > 0 && n%2 == 0 {
			r, err := a.Reshape(2, -1)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := ndarray.Values[int64](r); err != nil || !slices.Equal(got, want) || r.Dim(1) != n/2 {
				t.Fatalf("reshape: got %v, %v want %v", got, err, want)
			}
		}
	})
}

// TestCopyTransposed covers the copies in blocks, of all element sizes.
func TestCopyTransposed(t *testing.T) {
	for _, ty := range []dtype.Type{dtype.Uint8, dtype.Int16, dtype.Float32, dtype.Int64, dtype.Complex128} {
		x := must(must(must(ndarray.Arange(70*45*3))(t).AsType(ty))(t).Reshape(70, 3, 45))(t)
		y := must(x.Transpose(2, 1, 0))(t)
		c := y.Copy()
		if !c.IsContiguous() || y.IsContiguous() {
			t.Fatal("the copy must be contiguous, the view not")
		}
		for _, i := range [][]int{{0, 0, 0}, {44, 2, 69}, {31, 1, 32}, {32, 2, 31}, {33, 0, 64}} {
			got, want := must(c.At(i...))(t), must(x.At(i[2], i[1], i[0]))(t)
			if got != want {
				t.Errorf("%v at %v: got %v want %v", ty, i, got, want)
			}
		}
		same(t, "twice", must(c.Transpose(2, 1, 0))(t).Copy(), x)
	}
}

func TestAccess(t *testing.T) {
	x := must(ndarray.From([][]float64{{1, 2, 3}, {4, 5, 6}}))(t)
	if x.Ndim() != 2 || x.Size() != 6 || x.Nbytes() != 48 || x.SizeBytes() < 48 || x.Dim(-1) != 3 || x.Dim(7) != 0 || x.Len() != 2 {
		t.Errorf("got %d axes, %d elements, %d bytes", x.Ndim(), x.Size(), x.Nbytes())
	}
	if err := x.Set(7, 1, -1); err != nil {
		t.Fatal(err)
	}
	if v := must(x.At(1, 2))(t); v != 7.0 {
		t.Errorf("got %v", v)
	}
	for _, err := range []error{
		second(x.At(2, 0)), second(x.At(0)), second(x.Item()), second(ndarray.Values[float32](x)), second(ndarray.Raw[int64](x)),
		second(ndarray.Raw[float64](x.T())), x.Set("a", 0, 0), x.Set(1, 5, 5), second(ndarray.Get[int8](x, 0, 0)),
		must(ndarray.New(dtype.Uint8, 2))(t).Set(300, 0), second(x.View(dtype.Int8)), second(ndarray.New(dtype.String, 1)),
		second(ndarray.New(dtype.Int8, -1)), second(ndarray.New(dtype.Int8, 1<<40, 1<<40)), second(x.Transpose(0, 0)), second(x.Transpose(1)),
		second(x.Reshape(4, -1)), second(x.Reshape(-1, -1)), second(x.Squeeze(0)), second(x.BroadcastTo(3, 3)), second(x.AsType(dtype.Null)),
		second(ndarray.Concatenate(nil, 0)), second(ndarray.Stack([]*ndarray.Array{x, x.T()}, 0)), second(x.Split(4, 1)),
		second(ndarray.Arange[int]()), second(ndarray.Arange(0, 1, 0)), second(x.MoveAxis(0, 2)), second(x.SwapAxes(-3, 0)),
	} {
		if err == nil || err.Error()[:9] != "ndarray: " {
			t.Errorf("got %v", err)
		}
	}
	when := time.Date(2024, 2, 29, 12, 0, 0, 5, time.UTC)
	d := must(ndarray.From([]time.Time{when, {}}))(t)
	if got := must(d.At(0))(t); got != when || d.String() != "['2024-02-29T12:00:00.000000005'                           'NaT']" {
		t.Errorf("got %v in %v", got, d)
	}
	if got := must(must(ndarray.From(time.Second))(t).Item())(t); got != time.Second {
		t.Errorf("got %v", got)
	}
	if f := must(must(ndarray.From(int8(3)))(t).Float64())(t); f != 3 {
		t.Errorf("got %v", f)
	}
	if n := must(must(ndarray.From(3.9))(t).Int())(t); n != 3 {
		t.Errorf("got %v", n)
	}
	if b := must(must(ndarray.From(2))(t).Bool())(t); !b {
		t.Errorf("got %v", b)
	}
}

func second[T any](_ T, err error) error { return err }

func TestFrom(t *testing.T) {
	type celsius float32
	for _, c := range []struct {
		in   any
		want string
	}{
		{3, "array(3)"},
		{[]celsius{1, 2}, "array([1., 2.], dtype=float32)"},
		{[2][2]int8{{1, 2}, {3, 4}}, "array([[1, 2],\n       [3, 4]], dtype=int8)"},
		{[]any{1, 2.5, true}, "array([1. , 2.5, 1. ])"},
		{[]any{[]int{1}, []float64{2.5}}, "array([[1. ],\n       [2.5]])"},
		{[][]uint16{{}, {}}, "array([], shape=(2, 0), dtype=uint16)"},
		{[][]bool{}, "array([], dtype=float64)"},
		{[]any{}, "array([], dtype=float64)"},
		{[]time.Duration{5}, "array([5], dtype='timedelta64[ns]')"},
		{[]complex64{1i}, "array([0.+1.j], dtype=complex64)"},
	} {
		a, err := ndarray.From(c.in)
		if err != nil || a.Repr() != c.want {
			t.Errorf("%v: got %v, %v want %s", c.in, a, err, c.want)
		}
	}
	for _, c := range []struct {
		in   any
		want string
	}{
		{[][]int{{1}, {2, 3}}, "ndarray: from: slices at depth 1 have 1 and 2 elements"},
		{[]any{1, []int{2}}, "ndarray: from: a slice at depth 1, where others have single values"},
		{[]any{[]int{2}, 1}, "ndarray: from: a single value at depth 1, where others have slices"},
		{[]any{nil}, "ndarray: from: an element is nil"},
		{"text", "ndarray: a Go string cannot be an element"},
		{[]string{"a"}, "ndarray: a Go string cannot be an element"},
		{nil, "ndarray: a Go <nil> cannot be an element"},
		{[]any{time.Time{}, 1.5}, "ndarray: from: elements of datetime64[ns] and float64 have no common type"},
	} {
		if a, err := ndarray.From(c.in); err == nil || err.Error() != c.want {
			t.Errorf("%v: got %v, %v want %s", c.in, a, err, c.want)
		}
	}
	data := []float64{1, 2, 3, 4}
	x := must(ndarray.FromSlice(data, 2, -1))(t)
	data[3] = 9
	if d := cmp.Diff([]float64{1, 2, 3, 9}, must(ndarray.Values[float64](x))(t)); d != "" {
		t.Errorf("FromSlice must share memory: %s", d)
	}
	y := must(ndarray.From(data))(t)
	data[0] = -1
	if v := must(y.At(0))(t); v != 1.0 {
		t.Errorf("From must copy: got %v", v)
	}
}

func TestJoinAndCut(t *testing.T) {
	x := must(must(ndarray.Arange(12))(t).Reshape(4, 3))(t)
	parts := must(x.Split(2, 0))(t)
	same(t, "concatenate of split", must(ndarray.Concatenate(parts, 0))(t), x)
	parts = must(x.SplitAt([]int{1, 1, -1}, 0))(t)
	if len(parts) != 4 || parts[1].Size() != 0 || parts[2].Len() != 2 {
		t.Errorf("got %v", parts)
	}
	same(t, "concatenate of cuts", must(ndarray.Concatenate(parts, 0))(t), x)
	s := must(ndarray.Stack([]*ndarray.Array{x, x}, -1))(t)
	same(t, "stack", must(s.Index(ndarray.Ellipsis, 1))(t).Copy(), x)
	r := must(must(ndarray.From([]int{1, 2}))(t).Repeat(2, 0))(t)
	if r.String() != "[1 1 2 2]" {
		t.Errorf("got %v", r)
	}
	d := must(x.Diagonal(-1))(t)
	if d.String() != "[ 3  7 11]" {
		t.Errorf("got %v", d)
	}
	c := must(d.Reshape(3, 1))(t)
	if n := c.Compact().SizeBytes(); n >= x.SizeBytes() {
		t.Errorf("a compact copy has %d bytes", n)
	}
	z := must(ndarray.FullView(dtype.Float32, 2.5, 1000, 1000))(t)
	if z.SizeBytes() > 200 || must(z.At(999, 999))(t) != float32(2.5) {
		t.Errorf("a broadcast constant has %d bytes", z.SizeBytes())
	}
	if err := must(ndarray.NewUninit(dtype.Float64, 3))(t).Fill(1.5); err != nil {
		t.Error(err)
	}
}

func TestErrorsAreMatched(t *testing.T) {
	x := must(ndarray.New(dtype.Int8, 2, 3))(t)
	_, err := x.BroadcastTo(4, 4)
	if !errors.Is(err, ndarray.ErrShape) || err.Error() != "ndarray: an array of shape (2, 3) cannot be broadcast to (4, 4)" {
		t.Errorf("got %v", err)
	}
}

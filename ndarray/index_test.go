package ndarray_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sheaf/dtype"
	"sheaf/ndarray"
)

// indexItem decodes an item of testdata/index.py.
func indexItem(t *testing.T, kind string, raw json.RawMessage) any {
	t.Helper()
	decode := func(into any) {
		if err := json.Unmarshal(raw, into); err != nil {
			t.Fatalf("%s %s: %v", kind, raw, err)
		}
	}
	switch kind {
	case "int":
		var i int
		decode(&i)
		return i
	case "slice":
		var s [3]*int
		decode(&s)
		out := ndarray.S(ndarray.None, ndarray.None, *s[2])
		if s[0] != nil {
			out.Start = *s[0]
		}
		if s[1] != nil {
			out.Stop = *s[1]
		}
		return out
	case "array":
		var empty struct{ Shape []int }
		if json.Unmarshal(raw, &empty) == nil && empty.Shape != nil {
			return must(ndarray.New(dtype.Int64, empty.Shape...))(t)
		}
		var one []int
		if json.Unmarshal(raw, &one) == nil {
			return one
		}
		var two [][]int
		decode(&two)
		return two
	case "mask":
		m := []bool{}
		decode(&m)
		return m
	case "newaxis":
		return ndarray.NewAxis
	}
	return ndarray.Ellipsis
}

// must returns a function that gives the value or fails the test.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// ints returns the elements of an int64 array.
func ints(t testing.TB, a *ndarray.Array) []int64 {
	t.Helper()
	return must(ndarray.Values[int64](a))(t)
}

func TestIndexGolden(t *testing.T) {
	var cases []struct {
		Shape    []int
		Items    [][2]json.RawMessage
		Get, Set string
	}
	loadGolden(t, "index.json.gz", &cases)
	good := 0
	for i, c := range cases {
		n := 1
		for _, d := range c.Shape {
			n *= d
		}
		x := must(must(ndarray.Arange(n))(t).Reshape(c.Shape...))(t)
		var items []any
		for _, it := range c.Items {
			var kind string
			if err := json.Unmarshal(it[0], &kind); err != nil {
				t.Fatal(err)
			}
			items = append(items, indexItem(t, kind, it[1]))
		}
		got, err := x.Index(items...)
		if c.Get == "" {
			if err == nil {
				t.Errorf("case %d: %v%v: got shape %v, NumPy refuses it", i, c.Shape, items, got.Shape())
			}
			continue
		}
		if err != nil {
			t.Errorf("case %d: %v%v: %v", i, c.Shape, items, err)
			continue
		}
		good++
		want := npy(t, c.Get)
		if !slices.Equal(got.Shape(), want.Shape()) || !slices.Equal(ints(t, got), ints(t, want)) {
			t.Errorf("case %d: %v%v: got %v %v want %v %v", i, c.Shape, items, got.Shape(), got, want.Shape(), want)
		}
		y := x.Copy()
		if err := y.SetIndex(-7, items...); err != nil {
			t.Errorf("case %d: set %v%v: %v", i, c.Shape, items, err)
		}
		if d := cmp.Diff(ints(t, y), ints(t, npy(t, c.Set))); d != "" {
			t.Errorf("case %d: set %v%v: %s", i, c.Shape, items, d)
		}
	}
	if good < 500 {
		t.Errorf("only %d of %d cases have a result", good, len(cases))
	}
}

// TestSliceProperty checks slices against the definition: positions start, start+step, … inside the axis.
func TestSliceProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 8).Draw(t, "n")
		bound := rapid.OneOf(rapid.Just(ndarray.None), rapid.IntRange(-11, 11))
		start, stop := bound.Draw(t, "start"), bound.Draw(t, "stop")
		step := rapid.IntRange(-4, 4).Filter(func(s int) bool { return s != 0 }).Draw(t, "step")
		var want []int
		for i := range n { // walk in the direction of step
			p := i
			if step < 0 {
				p = n - 1 - i
			}
			from := func(b int) int {
				if b < 0 {
					return b + n
				}
				return b
			}
			first, in := 0, true
			if step < 0 {
				first = n - 1
			}
			if start != ndarray.None {
				first = from(start)
				if step > 0 {
					first = max(first, 0)
				} else {
					first = min(first, n-1)
				}
			}
			if stop != ndarray.None {
				in = step > 0 && p < from(stop) || step < 0 && p > from(stop)
			}
			if d := p - first; in && d*step >= 0 && d%step == 0 {
				want = append(want, p)
			}
		}
		from, by, count, err := ndarray.S(start, stop, step).Resolve(n)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for i := range count {
			got = append(got, from+i*by)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("S(%d, %d, %d) of %d: got %v want %v", start, stop, step, n, got, want)
		}
	})
}

func TestIndexErrors(t *testing.T) {
	x := must(must(ndarray.Arange(12))(t).Reshape(3, 4))(t)
	for _, c := range []struct {
		items []any
		cause error
		want  string
	}{
		{[]any{3}, ndarray.ErrIndex, "ndarray: index 3 is out of bounds for axis 0 with length 3"},
		{[]any{0, -5}, ndarray.ErrIndex, "ndarray: index -5 is out of bounds for axis 1 with length 4"},
		{[]any{0, 0, 0}, ndarray.ErrIndex, "ndarray: index: 3 indices for an array of 2 dimensions"},
		{[]any{[]int{7}}, ndarray.ErrIndex, "ndarray: index 7 is out of bounds for axis 0 with length 3"},
		{[]any{[]bool{true}}, ndarray.ErrShape, "ndarray: index: a bool array of shape (1,) does not fit the indexed axes of shape (3,)"},
		{[]any{"a"}, ndarray.ErrIndex, "ndarray: index: a string is no index; use ints, slices, NewAxis, Ellipsis, integer or bool arrays"},
		{[]any{1.5}, ndarray.ErrIndex, "ndarray: index: arrays used as indices must be integer or bool, not float64"},
		{[]any{[]int{0, 1}, []int{0, 1, 2}}, ndarray.ErrIndex, "ndarray: index: arrays used as indices do not fit each other: ndarray: shapes (2,) (3,) cannot be broadcast together"},
		{[]any{ndarray.Ellipsis, ndarray.Ellipsis}, ndarray.ErrIndex, "ndarray: index: more than one Ellipsis"},
		{[]any{ndarray.S(0, 1, 0)}, ndarray.ErrIndex, "ndarray: slice step cannot be zero"},
	} {
		_, err := x.Index(c.items...)
		if err == nil || err.Error() != c.want || !errors.Is(err, c.cause) {
			t.Errorf("%v: got %v want %s", c.items, err, c.want)
		}
	}
	b := must(x.BroadcastTo(2, 3, 4))(t)
	if err := b.SetIndex(1, 0); !errors.Is(err, ndarray.ErrValue) {
		t.Errorf("set on a broadcast view: got %v", err)
	}
}

func TestSetIndex(t *testing.T) {
	x := must(ndarray.New(dtype.Int64, 2, 3))(t)
	if err := x.SetIndex([]int{1, 2, 3}, 1); err != nil {
		t.Fatal(err)
	}
	if err := x.SetIndex([]float64{8.5, 9.5}, ndarray.All, []int{0, 2}); err != nil {
		t.Fatal(err)
	}
	if err := x.SetIndex(x.T(), ndarray.All); !errors.Is(err, ndarray.ErrShape) {
		t.Errorf("shapes that do not fit: got %v", err)
	}
	if d := cmp.Diff([]int64{8, 0, 9, 8, 2, 9}, ints(t, x)); d != "" {
		t.Error(d)
	}
	y := must(ndarray.Arange(5))(t) // overlapping memory
	if err := y.SetIndex(must(y.Index(ndarray.S(0, 4)))(t), ndarray.S(1, 5)); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]int64{0, 0, 1, 2, 3}, ints(t, y)); d != "" {
		t.Error(d)
	}
}

func TestTakeCompressNonZero(t *testing.T) {
	x := must(must(ndarray.Arange(6))(t).Reshape(2, 3))(t)
	if got := must(x.Take([]int{-1, 0}, 1))(t); !slices.Equal(ints(t, got), []int64{2, 0, 5, 3}) {
		t.Errorf("take: got %v", got)
	}
	if got := must(x.Compress([]bool{false, true}, 0))(t); !slices.Equal(ints(t, got), []int64{3, 4, 5}) {
		t.Errorf("compress: got %v", got)
	}
	if got := x.ArgWhere(); got.String() != "[[0 1]\n [0 2]\n [1 0]\n [1 1]\n [1 2]]" {
		t.Errorf("argwhere: got %v", got)
	}
	if got := x.CountNonZero(); got != 5 {
		t.Errorf("count: got %d", got)
	}
	if _, err := x.Take([]float64{1}, 0); !errors.Is(err, ndarray.ErrIndex) {
		t.Errorf("take of floats: got %v", err)
	}
}

func ExampleSlice() {
	x, _ := ndarray.Arange(6)
	for _, s := range []ndarray.Slice{ndarray.S(1, 4), ndarray.S(ndarray.None, ndarray.None, -2), ndarray.S(-2, ndarray.None)} {
		y, err := x.Index(s)
		fmt.Println(s, y, err)
	}
	// Output:
	// 1:4 [1 2 3] <nil>
	// ::-2 [5 3 1] <nil>
	// -2: [4 5] <nil>
}

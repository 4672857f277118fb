package ndarray_test

import (
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"sheaf/dtype"
	"sheaf/ndarray"
)

// drawIntegers draws an array of small integers of a dtype, sometimes a transposed view.
func drawIntegers(t *rapid.T, dt dtype.Type, shape []int, label string) *ndarray.Array {
	n := 1
	for _, l := range shape {
		n *= l
	}
	vals := make([]int64, n)
	for i := range vals {
		vals[i] = int64(i*7%5) - 1
	}
	flip := rapid.Bool().Draw(t, label+" flipped")
	stored := append([]int{}, shape...)
	if k := len(stored); flip && k > 1 {
		stored[k-1], stored[k-2] = stored[k-2], stored[k-1]
	}
	a, err := ndarray.FromSlice(vals, stored...)
	if err == nil {
		a, err = a.AsType(dt)
	}
	if err == nil && flip && len(shape) > 1 {
		a, err = a.SwapAxes(-1, -2)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestProductsInto compares sums of products in one memory with sums of products that are made apart.
func TestProductsInto(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dt := rapid.SampledFrom([]dtype.Type{dtype.Float64, dtype.Float32, dtype.Int8, dtype.Int64, dtype.Bool, dtype.Complex128}).Draw(t, "dtype")
		dim := func(label string) int { return rapid.IntRange(0, 12).Draw(t, label) }
		rows, inner, cols, batch := dim("rows"), dim("inner"), dim("cols"), rapid.IntRange(1, 3).Draw(t, "batch")
		a, b := drawIntegers(t, dt, []int{batch, rows, inner}, "a"), drawIntegers(t, dt, []int{inner, cols}, "b")
		want, err := a.MatMul(b)
		if err != nil {
			t.Fatal(err)
		}
		twice, err := want.Add(want)
		if err != nil {
			t.Fatal(err)
		}
		for name, into := range map[string]func(dst *ndarray.Array, add bool) error{
			"matmul": func(dst *ndarray.Array, add bool) error { return ndarray.MatMulInto(dst, a, b, add) },
			"tensordot": func(dst *ndarray.Array, add bool) error {
				return ndarray.TensorDotInto(dst, a, b, []int{2}, []int{0}, add)
			},
		} {
			dst, err := ndarray.Ones(dt, batch, rows, cols+1) // what was there does not matter
			if err != nil {
				t.Fatal(err)
			}
			wide := dst
			if dst, err = dst.Index(ndarray.All, ndarray.All, ndarray.S(0, cols)); err != nil {
				t.Fatal(err)
			}
			if name == "tensordot" { // only matrices may have gaps between their rows
				dst = dst.Copy()
			}
			if err := into(dst, false); err != nil || fmt.Sprint(dst) != fmt.Sprint(want) {
				t.Fatalf("%s: got\n%v %v\nwant\n%v", name, dst, err, want)
			}
			if err := into(dst, true); err != nil || fmt.Sprint(dst) != fmt.Sprint(twice) {
				t.Fatalf("%s added: got\n%v %v\nwant\n%v", name, dst, err, twice)
			}
			beside, err := wide.Index(ndarray.All, ndarray.All, cols)
			if err != nil || beside.CountNonZero() != batch*rows {
				t.Fatalf("%s wrote beside the rows: %v %v", name, beside, err)
			}
		}
	})
}

func TestProductsIntoErrors(t *testing.T) {
	a, _ := ndarray.Ones(dtype.Float64, 2, 3)
	b, _ := ndarray.Ones(dtype.Float64, 3, 4)
	for _, shape := range [][]int{{2, 3}, {4, 2}, {8}} {
		dst, _ := ndarray.Ones(dtype.Float64, shape...)
		if err := ndarray.MatMulInto(dst, a, b, false); !errors.Is(err, ndarray.ErrShape) {
			t.Errorf("%v: got %v", shape, err)
		}
		if err := ndarray.TensorDotInto(dst, a, b, []int{1}, []int{0}, false); !errors.Is(err, ndarray.ErrShape) {
			t.Errorf("%v: got %v", shape, err)
		}
	}
	dst, _ := ndarray.Ones(dtype.Float64, 2, 4)
	if err := ndarray.MatMulInto(dst, b, a, false); !errors.Is(err, ndarray.ErrShape) {
		t.Errorf("got %v", err)
	}
}

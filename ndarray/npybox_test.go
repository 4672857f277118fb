package ndarray_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"sheaf/dtype"
	"sheaf/ndarray"
)

// TestNpyBoxes writes an array to a file box by box and reads other boxes of it.
func TestNpyBoxes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.npy")
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(0, 7), 0, 3).Draw(t, "shape")
		n := 1
		for _, l := range shape {
			n *= l
		}
		x, err := ndarray.Arange(n)
		if err != nil {
			t.Fatal(err)
		}
		if x, err = x.Reshape(shape...); err != nil {
			t.Fatal(err)
		}
		h, prefix, err := ndarray.NewNpyHeader(dtype.Int64, shape...)
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.Write(prefix); err != nil {
			t.Fatal(err)
		}
		cut := make([]int, len(shape))
		for i, l := range shape {
			cut[i] = rapid.IntRange(0, l).Draw(t, "cut")
		}
		for corner := range 1 << len(shape) { // the boxes around a point
			lo, items := make([]int, len(shape)), make([]any, len(shape))
			for i, l := range shape {
				hi := cut[i]
				if corner>>i&1 == 1 {
					lo[i], hi = cut[i], l
				}
				items[i] = ndarray.S(lo[i], hi)
			}
			part, err := x.Index(items...)
			if err != nil {
				t.Fatal(err)
			}
			if err := h.WriteBox(f, lo, part); err != nil {
				t.Fatal(err)
			}
		}
		all, err := ndarray.Load(path)
		if err != nil || fmt.Sprint(all) != fmt.Sprint(x) {
			t.Fatalf("got\n%v %v\nwant\n%v", all, err, x)
		}
		lo, hi, items := make([]int, len(shape)), make([]int, len(shape)), make([]any, len(shape))
		for i, l := range shape {
			lo[i] = rapid.IntRange(0, l).Draw(t, "lo")
			hi[i] = rapid.IntRange(lo[i], l).Draw(t, "hi")
			items[i] = ndarray.S(lo[i], hi[i])
		}
		got, err := h.ReadBox(f, lo, hi)
		want, _ := x.Index(items...)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%v to %v: got\n%v %v\nwant\n%v", lo, hi, got, err, want)
		}
	})
}

// TestNpyBoxesOfLongRows has runs that are read one by one, runs that share windows, and several windows.
func TestNpyBoxesOfLongRows(t *testing.T) {
	for _, shape := range [][]int{{400, 1500}, {300, 4000}, {3, 90000}} {
		x, err := ndarray.Arange(shape[0] * shape[1])
		if err != nil {
			t.Fatal(err)
		}
		if x, err = x.Reshape(shape...); err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		if err := ndarray.WriteNpy(&file, x); err != nil {
			t.Fatal(err)
		}
		h, err := ndarray.ReadNpyHeader(bytes.NewReader(file.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		got, err := h.ReadBox(bytes.NewReader(file.Bytes()), []int{1, 70}, []int{shape[0], 1100})
		if err != nil {
			t.Fatal(err)
		}
		want, err := x.Index(ndarray.S(1, shape[0]), ndarray.S(70, 1100))
		if err != nil {
			t.Fatal(err)
		}
		eq, err := got.Eq(want)
		if err != nil {
			t.Fatal(err)
		}
		if eq.CountNonZero() != want.Size() {
			t.Errorf("%v: elements differ", shape)
		}
		if _, err := h.ReadBox(bytes.NewReader(file.Bytes()[:file.Len()-8]), []int{1, 0}, shape); !errors.Is(err, ndarray.ErrFormat) {
			t.Errorf("a file that ends early: got %v", err)
		}
		if _, err := h.ReadBox(bytes.NewReader(nil), []int{0, 0}, []int{1, shape[1] + 1}); !errors.Is(err, ndarray.ErrIndex) {
			t.Errorf("outside: got %v", err)
		}
	}
}

package ndarray_test

import (
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"sheaf/dtype"
	"sheaf/ndarray"
)

func TestPooled(t *testing.T) {
	seen := map[unsafe.Pointer]bool{}
	for i := range 200 {
		x := must(ndarray.NewPooled(dtype.Int64, 100, 100))(t)
		v := must(ndarray.Raw[int64](x))(t)
		if len(v) != 10000 {
			t.Fatalf("%d elements", len(v))
		}
		for k := range v {
			v[k] = int64(i)
		}
		seen[unsafe.Pointer(&v[0])] = true
		x.Free()
	}
	if len(seen) > 150 {
		t.Errorf("200 arrays, one after the other, had %d different memories", len(seen))
	}
	small := must(ndarray.NewPooled(dtype.Int8, 3))(t)
	small.Free()
	if _, err := ndarray.NewPooled(dtype.String, 3); err == nil {
		t.Error("strings must be refused")
	}
}

// TestMaskProperty compares masks over the leading axes with the definition, for views of all kinds.
func TestMaskProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, m := drawView(t)
		if len(m.shape) == 0 {
			return
		}
		k := rapid.IntRange(1, len(m.shape)).Draw(t, "axes")
		mask, err := ndarray.New(dtype.Bool, m.shape[:k]...)
		if err != nil {
			t.Fatal(err)
		}
		var want []int64
		n := 0
		indices(m.shape[:k], func(index []int) {
			if !rapid.Bool().Draw(t, "bit") {
				return
			}
			n++
			if err := mask.Set(true, index...); err != nil {
				t.Fatal(err)
			}
			indices(m.shape[k:], func(rest []int) {
				want = append(want, m.at(append(append([]int{}, index...), rest...)))
			})
		})
		got, err := a.Index(mask)
		if err != nil {
			t.Fatal(err)
		}
		v, err := ndarray.Values[int64](got)
		if err != nil || got.Dim(0) != n || len(v) != len(want) {
			t.Fatalf("got %v, %v want %v", v, err, want)
		}
		for i := range want {
			if v[i] != want[i] {
				t.Fatalf("got %v want %v", v, want)
			}
		}
		if mask.CountNonZero() != n || mask.T().CountNonZero() != n || mask.ArgWhere().Dim(0) != n {
			t.Fatalf("counts of %v are not %d", mask, n)
		}
	})
}

package ndarray_test

import (
	"io"
	"testing"

	"sheaf/dtype"
	"sheaf/ndarray"
)

func BenchmarkChunk(b *testing.B) {
	x := must(must(ndarray.Linspace(0, 1, 1000*1000, true))(b).Reshape(1000, 1000))(b)
	small := must(x.Index(ndarray.S(0, 3), ndarray.S(0, 3)))(b)
	order := make([]int, 1000)
	for i := range order {
		order[i] = (i * 7919) % 1000
	}
	mask := must(must(x.Mul(7919))(b).Mod(1))(b)
	mask = must(mask.Lt(0.5))(b)
	half := must(x.AsType(dtype.Float32))(b)
	for _, c := range []struct {
		name string
		run  func() error
	}{
		{"add", func() error { _, err := x.Add(x); return err }},
		{"add scalar", func() error { _, err := x.Add(2); return err }},
		{"add transposed", func() error { _, err := x.Add(x.T()); return err }},
		{"add float32", func() error { _, err := x.Add(half); return err }},
		{"add 3x3", func() error { _, err := small.Add(small); return err }},
		{"exp", func() error { _, err := x.Exp(); return err }},
		{"copy", func() error { x.Copy(); return nil }},
		{"copy transposed", func() error { x.T().Copy(); return nil }},
		{"sum", func() error { _, err := x.Sum(); return err }},
		{"std axis 0", func() error { _, err := x.Std(ndarray.Axis(0)); return err }},
		{"take rows", func() error { _, err := x.Take(order, 0); return err }},
		{"take columns", func() error { _, err := x.Take(order, 1); return err }},
		{"mask", func() error { _, err := x.Index(mask); return err }},
		{"sort", func() error { _, err := x.Sort(0); return err }},
		{"write raw", func() error { return x.WriteRaw(io.Discard) }},
		{"index view", func() error { _, err := x.Index(ndarray.S(0, 10), 3); return err }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := c.run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package store

import (
	"math"
	"testing"
)

// BenchmarkSpill writes values of 4 MiB to disk and reads them again.
func BenchmarkSpill(b *testing.B) {
	const n, size = 32, 4 << 20
	values := make([][]float64, n)
	for k := range values {
		values[k] = make([]float64, size/8)
		for i := range values[k] {
			values[k][i] = math.Sqrt(float64(i * k))
		}
	}
	b.SetBytes(2 * n * size)
	for b.Loop() {
		s := open(b, 1)
		var entries []*Entry
		for _, v := range values {
			entries = append(entries, put(s, v, size, never))
		}
		if _, err := s.Reserve(b.Context(), 1); err != nil {
			b.Fatal(err)
		}
		for _, e := range entries {
			if e.InMemory() {
				b.Fatal("not spilled")
			}
			if _, err := e.Pin(); err != nil {
				b.Fatal(err)
			}
			e.Unpin()
			e.Drop()
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

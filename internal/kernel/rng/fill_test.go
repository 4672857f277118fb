package rng

import (
	"testing"

	"pgregory.net/rapid"
)

// TestFillsAreOneStream splits a stream at random places among scalar draws and bulk fills: the words are always the same.
func TestFillsAreOneStream(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := NewSeedSequence(rapid.Uint64().Draw(t, "seed"))
		one, many := NewPCG64(seed), New(seed)
		for range rapid.IntRange(1, 8).Draw(t, "calls") {
			if u := many.State(); u != one {
				t.Fatalf("state: got %v want %v", u, one)
			}
			buf := make([]uint64, rapid.IntRange(0, 300).Draw(t, "n"))
			many.FillRaw(buf)
			for i, v := range buf {
				if want := one.Uint64(); v != want {
					t.Fatalf("word %d of %d: got %x want %x", i, len(buf), v, want)
				}
			}
			k := rapid.Uint64Range(0, 1000).Draw(t, "advance")
			many = NewFrom(many.State())
			many.src.Advance(k)
			for range k {
				one.Uint64()
			}
			if a, b := many.Uint64(), one.Uint64(); a != b {
				t.Fatalf("after advancing %d: got %x want %x", k, a, b)
			}
		}
	})
}

// TestPortableStreams repeats the golden streams without the vector kernels.
func TestPortableStreams(t *testing.T) {
	restore := forcePortable()
	defer restore()
	t.Run("streams", TestStreams)
	t.Run("fills", TestFillsAreOneStream)
}

func BenchmarkFillUniform(b *testing.B) {
	g, dst := New(NewSeedSequence(1)), make([]float64, 2048)
	b.SetBytes(8 * 2048)
	for b.Loop() {
		g.FillUniform(dst, 0, 10)
	}
}

func BenchmarkFillNormal(b *testing.B) {
	g, dst := New(NewSeedSequence(1)), make([]float64, 2048)
	b.SetBytes(8 * 2048)
	for b.Loop() {
		g.FillNormal(dst)
	}
}

func BenchmarkFillExponential(b *testing.B) {
	g, dst := New(NewSeedSequence(1)), make([]float64, 2048)
	b.SetBytes(8 * 2048)
	for b.Loop() {
		g.FillExponential(dst)
	}
}

func BenchmarkFillIntegers(b *testing.B) {
	g, dst := New(NewSeedSequence(1)), make([]int64, 2048)
	b.SetBytes(8 * 2048)
	for b.Loop() {
		FillIntegers(g, dst, Bounds{Low: 0, Span: 99})
	}
}

func BenchmarkPortableUniform(b *testing.B) {
	defer forcePortable()()
	BenchmarkFillUniform(b)
}

func BenchmarkPortableNormal(b *testing.B) {
	defer forcePortable()()
	BenchmarkFillNormal(b)
}

package codec_test

import (
	"strings"
	"testing"

	"sheaf/internal/codec"
)

type sized struct{ n int64 }

func (s *sized) SizeBytes() int64 { return s.n }

func TestSizeOf(t *testing.T) {
	hundred := strings.Repeat("x", 100)
	loop := &node{}
	loop.next = loop
	wide := make([]string, 10_000)
	for i := range wide {
		wide[i] = hundred
	}
	many := make([]*node, 1000)
	for i := range many {
		many[i] = &node{}
	}
	type holder struct {
		a int
		s *sized
	}
	ints := map[int64]int64{}
	for i := range int64(1000) {
		ints[i] = i
	}
	for _, tc := range []struct {
		v      any
		lo, hi int64
	}{
		{nil, 0, 0},
		{1, 8, 8},
		{uint8(1), 1, 1},
		{hundred, 116, 116},
		{make([]float64, 1000), 8024, 8024},
		{make([]int32, 1000), 4024, 4024},
		{[4]int64{}, 32, 32},
		{[]string{hundred, hundred}, 24 + 2*116, 24 + 2*116},
		{wide, 24 + 10_000*116, 24 + 10_000*116},
		{inner{s: hundred}, 132, 132},
		{&inner{s: hundred}, 140, 140},
		{many, 24 + 1000*32, 24 + 1000*33},
		{loop, 24, 100_000}, // ends
		{&sized{1e9}, 1e9, 1e9},
		{(*sized)(nil), 8, 8},
		{[]any{&sized{1e6}, &sized{1e6}}, 2e6, 2e6 + 100},
		{holder{1, &sized{1e6}}, 1e6, 1e6 + 50},
		{ints, 17_000, 60_000},
		{map[string]string{"a": hundred}, 133, 300},
		{[]any{1, "x", nil}, 24 + 3*16 + 8 + 17, 24 + 3*16 + 8 + 17},
		{struct{ P *int }{new(int)}, 16, 16},
	} {
		if got := codec.SizeOf(tc.v); got < tc.lo || got > tc.hi {
			t.Errorf("SizeOf(%T) = %d, want %d to %d", tc.v, got, tc.lo, tc.hi)
		}
	}
}

func BenchmarkSizeOf(b *testing.B) {
	many := make([]inner, 10_000)
	for _, bc := range []struct {
		name string
		v    any
	}{{"float64", 1.5}, {"string", "abc"}, {"[]float64", make([]float64, 1000)}, {"struct", inner{}}, {"[]struct", many}} {
		b.Run(bc.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				codec.SizeOf(bc.v)
			}
		})
	}
}

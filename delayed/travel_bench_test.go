package delayed_test

import (
	"testing"

	"sheaf/delayed"
	"sheaf/graph"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

// BenchmarkPack packs 100,000 calls inc(i) for a cluster; the goal is 0.4 µs a call.
func BenchmarkPack(b *testing.B) {
	const n = 100_000
	f := delayed.Func(inc)
	roots := make([]*delayed.Value[int], n)
	for i := range roots {
		roots[i] = f.Call[int](i)
	}
	l, err := delayed.Layer("calls", roots...)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		serial := uint64(0)
		names := travel.Names{
			Layer: func() wire.LayerID { serial++; return wire.NewLayerID(1, serial) },
			Large: func(any) (wire.ID, error) { panic("nothing is large") },
		}
		if _, err := travel.Pack(graph.Of(l), names); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/call")
}

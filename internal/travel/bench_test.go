package travel_test

import (
	"testing"

	"sheaf/graph"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

const many = 100_000

// BenchmarkPack packs a list of small calls. The goal is 0.4 µs a task.
func BenchmarkPack(b *testing.B) {
	g := graph.Of(calls(b, many, inc))
	b.ReportAllocs()
	bytes := 0
	for b.Loop() {
		w, err := travel.Pack(g, names())
		if err != nil {
			b.Fatal(err)
		}
		bytes = 0
		for _, s := range w.Layers[0].Segments {
			bytes += len(s.Bytes)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/many, "ns/task")
	b.ReportMetric(float64(bytes)/many, "B/task")
}

func BenchmarkUnpack(b *testing.B) {
	w, err := travel.Pack(graph.Of(calls(b, many, inc)), names())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := travel.Unpack(w); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/many, "ns/task")
}

func BenchmarkLoad(b *testing.B) {
	w, err := travel.Pack(graph.Of(calls(b, many, inc)), names())
	if err != nil {
		b.Fatal(err)
	}
	l := &w.Layers[0]
	b.ReportAllocs()
	for b.Loop() {
		loader := travel.NewLoader()
		if err := loader.Add(l); err != nil {
			b.Fatal(err)
		}
		for i := range int32(many) {
			if _, _, err := loader.Bind(wire.ID{Layer: l.ID, Index: i}); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/many, "ns/task")
}

func BenchmarkError(b *testing.B) {
	err := sampleError()
	for b.Loop() {
		f := travel.EncodeError(err, wire.ID{Layer: 1}, "w", 1)
		if travel.DecodeError(f) == nil {
			b.Fatal("no error")
		}
	}
}

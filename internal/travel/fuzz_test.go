package travel_test

import (
	"testing"

	"sheaf/graph"
	"sheaf/internal/lower"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

// FuzzUnpack reads graphs from any bytes: an error or a graph that can be planned and loaded, never a panic.
func FuzzUnpack(f *testing.F) {
	n := names()
	w, err := travel.Pack(graph.Of(calls(f, 12, inc)), n)
	if err != nil {
		f.Fatal(err)
	}
	b, err := wire.Append(nil, &wire.Submit{Graph: *w})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	small, err := travel.Pack(hello(), n)
	if err != nil {
		f.Fatal(err)
	}
	if b, err = wire.Append(nil, &wire.Submit{Graph: *small}); err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := wire.Parse(b)
		if err != nil {
			return
		}
		s, ok := m.(*wire.Submit)
		if !ok {
			return
		}
		g, err := travel.Unpack(&s.Graph)
		if err != nil {
			return
		}
		tasks := 0
		layers, err := g.Layers()
		if err != nil {
			return
		}
		for _, l := range layers {
			tasks += l.Len()
		}
		if tasks > 10_000 { // a limit of the scheduler's
			return
		}
		if _, err := lower.Expand(g); err != nil {
			return
		}
		loader := travel.NewLoader()
		for k := range s.Graph.Layers {
			l := &s.Graph.Layers[k]
			if loader.Add(l) == nil {
				_, _, _ = loader.Bind(wire.ID{Layer: l.ID})
			}
		}
	})
}

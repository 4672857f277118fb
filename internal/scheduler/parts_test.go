package scheduler

import (
	"fmt"

	"sheaf/graph"
	"sheaf/internal/wire"
)

// shuffle submits senders m0, m1, … and receivers r0, r1, … of which each takes its own part of every sender's value.
func (h *theatre) shuffle(client string, senders, receivers int) {
	h.req++
	layer := func(name string, n int, edges ...wire.Edge) wire.Layer {
		h.layer++
		l := wire.Layer{
			ID: wire.NewLayerID(h.num[client], h.layer), Kind: wire.LayerOps, Name: name, Space: []int{n}, Edges: edges, OutBytes: -1,
			Token: tokenOf(client, h.layer), Content: tokenOf(client, h.layer), Segments: []wire.Segment{{Hi: int32(n), Bytes: []byte{0}}},
		}
		for k := range n {
			id := wire.ID{Layer: l.ID, Index: int32(k)}
			name := fmt.Sprintf("%s%d", name, k)
			h.names[id], h.ids[name] = name, id
			for part := range receivers {
				id.Part = int32(part + 1)
				h.names[id] = fmt.Sprintf("%s/%d", name, part)
				h.ids[h.names[id]] = id
			}
		}
		return l
	}
	m := layer("m", senders)
	r := layer("r", receivers, wire.Edge{From: m.ID, Map: graph.All{N: senders}, Parts: true})
	h.say(client, &wire.Submit{Request: h.req, Graph: wire.Graph{Layers: []wire.Layer{m, r}, Outputs: []wire.Output{{Layer: r.ID, All: true}}}})
}

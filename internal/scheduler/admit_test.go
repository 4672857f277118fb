package scheduler

import (
	"testing"

	"sheaf/graph"
	"sheaf/internal/wire"
)

// A client whose session was lost before it had the answer submits again, and is answered again, without a second run.
func TestSubmittedAgain(t *testing.T) {
	c := newCrew(0, 0)
	var serial uint64
	good := opsGraph(1, &serial, graph.Of(layerOf("x", 3)))
	bad := opsGraph(2, &serial, graph.Of(layerOf("y", 3))) // with ids of another client
	for range 2 {
		for request, g := range []wire.Graph{good, bad} {
			in := []In{{From: "c", Msg: &wire.Submit{Request: uint64(request), Graph: g}}}
			var got []*wire.Admitted
			for _, e := range c.s.Step(c.now, in) {
				if e, ok := e.(*Send); ok {
					if m, ok := e.Msg.(*wire.Admitted); ok {
						got = append(got, m)
					}
				}
			}
			if len(got) != 1 || got[0].Request != uint64(request) || (got[0].Err == "") != (request == 0) || (got[0].Tasks == 3) != (request == 0) {
				t.Errorf("submission %d is answered with %+v", request, got)
			}
		}
	}
	if n := c.s.Info().Graphs; n != 1 {
		t.Errorf("there are %d graphs, want 1", n)
	}
}

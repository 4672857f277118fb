package scheduler

import (
	"errors"
	"fmt"
	"math"

	"sheaf/graph"
	"sheaf/internal/wire"
)

// Limits on what clients and workers may ask for, so that no message makes the scheduler run out of memory.
const (
	layerTasksMax = 1 << 27 // tasks of all layers of a graph, needed or not: four bytes each
	edgesMax      = 1 << 29 // inputs of all tasks of a graph, as far as they can be counted beforehand: eight bytes each
	waitsMax      = 100_000 // calls that are not answered yet
	pluginsMax    = 1000
	timeoutMSMax  = 1 << 40
)

// errLimit is matched by the refusal of what is too large.
var errLimit = errors.New("too large for a scheduler")

// measure refuses graphs that are too large to be expanded.
func measure(g *wire.Graph) error {
	size := make(map[wire.LayerID]int64, len(g.Layers))
	tasks, edges := int64(0), int64(0)
	for k := range g.Layers {
		l := &g.Layers[k]
		n := int64(1)
		for _, d := range l.Space {
			if d < 0 || n > layerTasksMax || int64(d) > layerTasksMax {
				return fmt.Errorf("graph: layer %q has the index space %v: %w", l.Name, l.Space, errLimit)
			}
			n *= int64(d)
		}
		size[l.ID] = n
		tasks += n
		for _, e := range l.Edges {
			switch m := e.Map.(type) {
			case graph.All:
				if m.N > 0 && n > edgesMax/int64(m.N) {
					edges = edgesMax + 1
				} else {
					edges += n * int64(m.N)
				}
			case graph.Table:
				edges += int64(len(m.Index))
			default:
				edges += n
			}
		}
		if tasks > layerTasksMax || edges > edgesMax {
			return fmt.Errorf("graph: with layer %q it has %d tasks and more than %d inputs; at most %d and %d are taken at a time: %w",
				l.Name, tasks, min(edges, edgesMax), layerTasksMax, edgesMax, errLimit)
		}
	}
	return nil
}

// checkOptions refuses options that mean nothing.
func checkOptions(o *wire.Options) error {
	if err := checkSpan(o.Span); err != nil {
		return err
	}
	for _, r := range o.Resources {
		if !(r.Amount >= 0) || math.IsInf(r.Amount, 0) {
			return fmt.Errorf("graph: its tasks need %g of the resource %q: %w", r.Amount, r.Name, graph.ErrGraph)
		}
	}
	if o.TimeoutMS < 0 || o.TimeoutMS > timeoutMSMax {
		return fmt.Errorf("graph: its tasks have %d ms: %w", o.TimeoutMS, graph.ErrGraph)
	}
	return nil
}

// resourcesOf returns those of the resources that a worker says it has which mean something, each once.
func resourcesOf(rs []wire.Resource) []wire.Resource {
	var kept []wire.Resource
	for _, r := range rs {
		if r.Amount > 0 && !math.IsInf(r.Amount, 0) && amount(kept, r.Name) == 0 {
			kept = append(kept, r)
		}
	}
	return kept
}

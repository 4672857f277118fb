//go:build cgo

package dataframe

import (
	"fmt"
	"sync"

	"sheaf"
	"sheaf/graph"
)

// planner plans frames one by one, for this process or for others.
type planner struct{}

var _ sheaf.PlaceAware = planner{}

// Planner returns the planner of all frames.
func (f *Frame) Planner() sheaf.Planner { return planner{} }

// Planner returns the planner of all frames.
func (s *Scalar[T]) Planner() sheaf.Planner { return planner{} }

// Plan makes the graphs for the goroutines of this process.
func (planner) Plan(cs []sheaf.Collection) ([]graph.Graph, error) {
	gs := make([]graph.Graph, len(cs))
	for i, c := range cs {
		var err error
		if gs[i], err = c.Graph(); err != nil {
			return nil, err
		}
	}
	return gs, nil
}

// PlanDistributed makes the graphs for other processes: every fragment is one for a single thread, and what is brought together or sent whole
// fits into the smallest of them.
func (planner) PlanDistributed(cs []sheaf.Collection, where sheaf.Place) ([]graph.Graph, error) {
	gs := make([]graph.Graph, len(cs))
	for i, c := range cs {
		f, ok := c.(interface{ framed() *Frame })
		if !ok {
			return nil, fmt.Errorf("dataframe: a %T is no frame: %w", c, errInternal)
		}
		l, err := f.framed().lowerElsewhere(where.MemoryBytes)
		if err != nil {
			return nil, err
		}
		gs[i] = graph.Of(l.root)
	}
	return gs, nil
}

func (f *Frame) framed() *Frame { return f }

func (s *Scalar[T]) framed() *Frame { return s.frame }

// lowerElsewhere plans the frame for other processes with so much memory for values, 0 if that is not known; once for each.
func (f *Frame) lowerElsewhere(memory int64) (*lowered, error) {
	return f.elsewhere.of(memory).lower(f, func() limits { return distributed(memory) })
}

// plannedFor are a frame's plans for other processes, by the memory that these have.
type plannedFor struct {
	mu sync.Mutex // guards by
	by map[int64]*planned
}

// plansMax is how many of these are remembered: workers come and go, but are alike.
const plansMax = 8

func (p *plannedFor) of(memory int64) *planned {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.by[memory] == nil {
		if p.by == nil || len(p.by) >= plansMax {
			p.by = map[int64]*planned{}
		}
		p.by[memory] = &planned{}
	}
	return p.by[memory]
}

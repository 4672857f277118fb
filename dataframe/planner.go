//go:build cgo

package dataframe

import (
	"fmt"

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

// PlanDistributed makes the graphs for other processes: every fragment is one for a single thread.
func (planner) PlanDistributed(cs []sheaf.Collection) ([]graph.Graph, error) {
	gs := make([]graph.Graph, len(cs))
	for i, c := range cs {
		f, ok := c.(interface{ framed() *Frame })
		if !ok {
			return nil, fmt.Errorf("dataframe: a %T is no frame: %w", c, errInternal)
		}
		l, err := f.framed().lowerElsewhere()
		if err != nil {
			return nil, err
		}
		gs[i] = graph.Of(l.root)
	}
	return gs, nil
}

func (f *Frame) framed() *Frame { return f }

func (s *Scalar[T]) framed() *Frame { return s.frame }

// lowerElsewhere plans the frame for other processes, once.
func (f *Frame) lowerElsewhere() (*lowered, error) { return f.elsewhere.lower(f, distributed) }

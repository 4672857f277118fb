package diagnostics_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sheaf"
	"sheaf/graph"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// work is a collection of three layers: load makes bytes, clean passes on their number, and sum adds.
type work struct {
	Tasks int
	Sleep time.Duration
	Bad   int // the task of clean that fails, if positive
}

type step struct {
	Name  string
	Sleep time.Duration
	Bad   int
}

var errBad = errors.New("bad data")

func (s step) Run(ctx context.Context, t *graph.Task) (any, error) {
	if s.Sleep > 0 {
		select {
		case <-time.After(s.Sleep):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	switch s.Name {
	case "load":
		return make([]byte, 1000), nil
	case "clean":
		if s.Bad > 0 && t.Index == s.Bad {
			return nil, errBad
		}
		return len(t.In(0)[0].([]byte)), nil
	}
	sum := 0
	for _, v := range t.In(0) {
		sum += v.(int)
	}
	return sum, nil
}

func (w work) Graph() (graph.Graph, error) {
	load := graph.Must(graph.Spec{Name: "load", Op: step{"load", w.Sleep, 0}, Space: []int{w.Tasks}})
	clean := graph.Must(graph.Spec{Name: "clean", Op: step{"clean", 0, w.Bad}, Space: []int{w.Tasks}, Edges: []graph.Edge{{From: load, Map: graph.All{N: w.Tasks}}}})
	sum := graph.Must(graph.Spec{Name: "sum", Op: step{"sum", 0, 0}, Edges: []graph.Edge{{From: clean, Map: graph.All{N: w.Tasks}}}})
	return graph.Of(sum), nil
}

func (w work) Finish(_ context.Context, parts []any) (int, error) { return parts[0].(int), nil }

func compute(t testing.TB, w work, opts ...sheaf.Option) {
	t.Helper()
	got, err := sheaf.Compute(t.Context(), w, append(opts, sheaf.Progress(false))...)
	if err != nil || got != 1000*w.Tasks {
		t.Fatalf("got %d, %v, want %d", got, err, 1000*w.Tasks)
	}
}

package node

import (
	"context"
	"testing"

	"sheaf/graph"
	"sheaf/internal/slots"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

// Inc is a task of about a microsecond's work less.
type Inc struct{ By int }

// Run adds to the task's index.
func (o Inc) Run(_ context.Context, t *graph.Task) (any, error) { return t.Index + o.By, nil }

// packed returns a graph in the form in which workers get it.
func packed(b *testing.B, g graph.Graph) *wire.Graph {
	serial := uint64(0)
	w, err := travel.Pack(g, travel.Names{Layer: func() wire.LayerID { serial++; return wire.NewLayerID(1, serial) }})
	if err != nil {
		b.Fatal(err)
	}
	return w
}

// BenchmarkTask is what one tiny task costs the worker, from Compute to Free: of one layer, and of a list whose operations are
// decoded one by one. Divide CPU time by the number of tasks: both cores work.
func BenchmarkTask(b *testing.B) {
	const tasks = 16 << 10
	layer := graph.Of(graph.Must(graph.Spec{Name: "inc", Op: Inc{3}, Space: []int{tasks}}))
	var l graph.List
	for i := range tasks {
		l.Add(graph.Unique(), Inc{i})
	}
	list, err := l.Layer("incs")
	if err != nil {
		b.Fatal(err)
	}
	for name, g := range map[string]graph.Graph{"layer": layer, "list": graph.Of(list)} {
		b.Run(name, func(b *testing.B) {
			w := packed(b, g)
			r := newRig(b, func(c *Config) { c.Program = travel.NewLoader(); c.Slots = slots.NewMemory(16) })
			b.ReportAllocs()
			cpu := cpuTime()
			for i := 0; i < b.N; i += tasks {
				r.tell(&wire.Forget{Layers: []wire.LayerID{w.Layers[0].ID}})
				c := &wire.Compute{Layers: w.Layers, Tasks: make([]wire.Task, tasks)}
				f := &wire.Free{}
				for k := range c.Tasks {
					c.Tasks[k] = wire.Task{ID: id(w.Layers[0].ID, k), Attempt: uint32(i/tasks) + 1, Priority: wire.Priority{Order: int32(k)}}
					f.IDs = append(f.IDs, c.Tasks[k].ID)
				}
				r.tell(c)
				for left := tasks; left > 0; {
					if d, ok := (<-r.told).(*wire.Done); ok {
						left -= len(d.Tasks)
					}
				}
				r.tell(f)
			}
			n := max(b.N, tasks)
			b.ReportMetric(float64(cpuTime()-cpu)/float64((n+tasks-1)/tasks*tasks), "cpu-ns/task")
		})
	}
}

// BenchmarkRoundTrip is one tiny task at a time: from Deliver to Done, with its value freed.
func BenchmarkRoundTrip(b *testing.B) {
	r := newRig(b, nil)
	l := r.layer(1, number)
	for attempt := uint32(1); b.Loop(); attempt++ {
		r.tell(&wire.Free{IDs: []wire.ID{id(l, 0)}}, compute(wire.Task{ID: id(l, 0), Attempt: attempt}))
		for {
			if _, ok := (<-r.told).(*wire.Done); ok {
				break
			}
		}
	}
}

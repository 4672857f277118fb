package worker

import (
	"testing"
	"time"

	"sheaf/internal/wire"
)

// BenchmarkTask is what the machine costs for one short task with one input, from Compute to Free.
func BenchmarkTask(b *testing.B) {
	const batch = 256
	w := New(Config{Hello: wire.WorkerHello{Threads: 2}})
	w.Step(0, []In{&FromScheduler{Msg: &wire.Welcome{Number: 1, Epoch: 1, HeartbeatMS: 1000}}})
	b.ReportAllocs()
	layer, index, now := wire.NewLayerID(1, 1), int32(0), time.Duration(0)
	w.Step(0, []In{&Stored{Values: []wire.Size{{ID: wire.ID{Layer: 9}, Bytes: 8}}}})
	input := []wire.ID{{Layer: 9}}
	var in []In
	for i := 0; i < b.N; i += batch {
		c := &wire.Compute{Tasks: make([]wire.Task, batch)}
		for k := range c.Tasks {
			index++
			c.Tasks[k] = wire.Task{ID: wire.ID{Layer: layer, Index: index}, Attempt: 1, Priority: wire.Priority{Order: index}, Inputs: input}
		}
		now += 100 * time.Microsecond
		in = append(in[:0], &FromScheduler{Msg: c})
		for {
			var ended []Executed
			for _, e := range w.Step(now, in) {
				if x, ok := e.(*Execute); ok {
					ended = append(ended, Executed{ID: x.Task.ID, Attempt: 1, Bytes: 8, Nanos: 1000})
				}
			}
			if len(ended) == 0 {
				break
			}
			in = in[:0]
			for k := range ended {
				in = append(in, &ended[k])
			}
		}
		f := &wire.Free{IDs: make([]wire.ID, batch)}
		for k := range f.IDs {
			f.IDs[k] = c.Tasks[k].ID
		}
		w.Step(now, []In{&FromScheduler{Msg: f}})
	}
	if err := w.Check(); err != nil {
		b.Fatal(err)
	}
}

package scheduler_test

import (
	"fmt"
	"time"

	"sheaf/graph"
	"sheaf/internal/scheduler"
	"sheaf/internal/wire"
)

// A client and a worker join, and one task is run. Whoever drives a scheduler performs its effects.
func ExampleScheduler() {
	s := scheduler.New(scheduler.Config{Cluster: "example"})
	layer := wire.Layer{
		ID: wire.NewLayerID(1, 1), Kind: wire.LayerOps, Name: "x", Token: graph.Unique(), Content: graph.Unique(), Space: []int{1},
		Segments: []wire.Segment{{Hi: 1, Bytes: []byte("op")}},
	}
	submit := &wire.Submit{Request: 1, Graph: wire.Graph{Layers: []wire.Layer{layer}, Outputs: []wire.Output{{Layer: layer.ID, All: true}}}}
	prepared, err := scheduler.Prepare(submit) // in another goroutine
	fmt.Println("prepared:", err)

	x := wire.ID{Layer: layer.ID}
	for k, in := range [][]scheduler.In{
		{{From: "client", Msg: &wire.ClientHello{Version: wire.Version, Executable: "abc"}}},
		{{From: "worker", Msg: &wire.WorkerHello{Version: wire.Version, Name: "w1", Threads: 1, Executable: "abc"}}},
		{{From: "client", Msg: submit, Prepared: prepared}},
		{{From: "worker", Msg: &wire.Done{Tasks: []wire.DoneTask{{ID: x, Attempt: 1, Bytes: 8}}}}},
		{{From: "client", Msg: &wire.Release{IDs: []wire.ID{x}}}},
	} {
		for _, e := range s.Step(time.Duration(k)*time.Millisecond, in) {
			if send, ok := e.(*scheduler.Send); ok {
				fmt.Printf("%s <- %T\n", send.To, send.Msg)
			}
		}
	}
	fmt.Println(s.Check())
	// Output:
	// prepared: <nil>
	// client <- *wire.Welcome
	// client <- *wire.Peers
	// worker <- *wire.Welcome
	// client <- *wire.Admitted
	// worker <- *wire.Compute
	// client <- *wire.Finished
	// worker <- *wire.Free
	// worker <- *wire.Forget
	// <nil>
}

// What a scheduler says for the log of its process is an effect like any other.
func ExampleNote() {
	s := scheduler.New(scheduler.Config{})
	for _, e := range s.Step(0, []scheduler.In{{From: "w", Msg: &wire.WorkerHello{Version: 99, Name: "old"}}}) {
		switch e := e.(type) {
		case *scheduler.Note:
			fmt.Println(e.Text)
		case *scheduler.Drop:
			fmt.Println("drop", e.Peer)
		}
	}
	// Output:
	// w is refused: the worker speaks protocol 99, the scheduler 2; run the same release of sheaf on both
	// drop w
}

func ExampleOverview() {
	s := scheduler.New(scheduler.Config{})
	s.Step(time.Second, []scheduler.In{{From: "w1", Msg: &wire.WorkerHello{Version: wire.Version, Name: "w1", Threads: 2, Executable: "exe"}}})
	s.Step(3*time.Second, nil)
	o := s.Overview(10)
	fmt.Println(len(o.Graphs), len(o.Spans), len(o.Prefixes), len(o.Failures))
	fmt.Println(o.Events[0].Ago, o.Events[0].Text)
	// Output:
	// 0 0 0 0
	// 2s worker w1 joined: 2 threads at
}

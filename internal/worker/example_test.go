package worker_test

import (
	"fmt"
	"time"

	"sheaf/internal/wire"
	"sheaf/internal/worker"
)

func say(effects []worker.Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case *worker.Send:
			fmt.Printf("send %T\n", e.Msg)
		case *worker.Execute:
			fmt.Println("execute", e.Task.ID)
		case *worker.Keep:
			fmt.Println("keep", e.ID)
		case *worker.Fetch:
			fmt.Println("fetch", e.IDs, "from", e.Worker)
		}
	}
}

// A worker joins, fetches the input of its task, runs it, and tells the scheduler.
func ExampleWorker() {
	w := worker.New(worker.Config{Hello: wire.WorkerHello{Name: "w1", Threads: 2}})
	x, y := wire.ID{Layer: wire.NewLayerID(1, 1)}, wire.ID{Layer: wire.NewLayerID(1, 2)}
	say(w.Step(0, []worker.In{&worker.Opened{}}))
	say(w.Step(1*time.Millisecond, []worker.In{&worker.FromScheduler{Msg: &wire.Welcome{Number: 3, Epoch: 1}}}))
	say(w.Step(2*time.Millisecond, []worker.In{&worker.FromScheduler{Msg: &wire.Compute{
		Tasks: []wire.Task{{ID: y, Attempt: 1, Inputs: []wire.ID{x}}},
		Where: []wire.Place{{ID: x, Bytes: 8, Workers: []uint32{7}}},
	}}}))
	say(w.Step(3*time.Millisecond, []worker.In{&worker.Fetched{Worker: 7, Values: []wire.Size{{ID: x, Bytes: 8}}}}))
	say(w.Step(4*time.Millisecond, []worker.In{&worker.Executed{ID: y, Attempt: 1, Bytes: 8}}))
	// Output:
	// send *wire.WorkerHello
	// send *wire.Heartbeat
	// fetch [1.1[0]] from 7
	// keep 1.1[0]
	// execute 1.2[0]
	// send *wire.Holding
	// keep 1.2[0]
	// send *wire.Done
}

func ExampleState() {
	fmt.Println(worker.Wanted, worker.Flight, worker.Held, worker.LongRunning)
	// Output: fetch flight memory long-running
}

package worker

import (
	"slices"
	"testing"
	"time"

	"sheaf/internal/wire"
)

// turnsOf lets tasks of 10 ms run one after the other, and returns whose they were.
func turnsOf(w *Worker, now *time.Duration, first []Effect, n int) (clients []uint32) {
	effects := slices.Clone(first)
	for len(clients) < n {
		var ended []In
		for _, e := range effects {
			if x, ok := e.(*Execute); ok {
				clients = append(clients, x.Task.ID.Layer.Client())
				ended = append(ended, &Executed{ID: x.Task.ID, Attempt: x.Task.Attempt, Bytes: 8, Nanos: 10e6})
			}
		}
		if len(ended) == 0 {
			return clients
		}
		*now += 10 * time.Millisecond
		effects = w.Step(*now, ended)
	}
	return clients
}

// taskOf returns a task of a client.
func taskOf(client uint32, index int32, needs ...wire.Resource) wire.Task {
	return wire.Task{
		ID: wire.ID{Layer: wire.NewLayerID(client, 1), Index: index}, Attempt: 1, Priority: wire.Priority{Order: index},
		Options: wire.TaskOptions{Resources: needs},
	}
}

// TestHeldBackIsNotCharged: a task that must wait for a resource, which an attempt of before still has, costs its client no turns.
func TestHeldBackIsNotCharged(t *testing.T) {
	gpu := wire.Resource{Name: "GPU", Amount: 1}
	w := New(Config{Hello: wire.WorkerHello{Name: "w1", Threads: 2, Resources: []wire.Resource{gpu}}, Ahead: -1})
	now := time.Duration(0)
	w.Step(now, []In{&Opened{}, &FromScheduler{Msg: &wire.Welcome{Number: 1, Epoch: 1, HeartbeatMS: 1000}}})
	old := taskOf(1, 0, gpu)
	w.Step(now, []In{&FromScheduler{Msg: &wire.Compute{Tasks: []wire.Task{old}}}})
	w.Step(now, []In{&FromScheduler{Msg: &wire.Stop{Tasks: []wire.Attempt{{ID: old.ID, Attempt: 1}}}}}) // it goes on, on one of two threads

	c := &wire.Compute{Tasks: []wire.Task{taskOf(1, 1, gpu)}}
	for i := range int32(8) {
		c.Tasks = append(c.Tasks, taskOf(1, 2+i), taskOf(2, 2+i))
	}
	clients := turnsOf(w, &now, w.Step(now, []In{&FromScheduler{Msg: c}}), 10)
	if err := w.Check(); err != nil {
		t.Fatal(err)
	}
	mine := 0
	for _, c := range clients {
		if c == 1 {
			mine++
		}
	}
	if len(clients) != 10 || mine < 4 || mine > 6 {
		t.Errorf("got turns of clients %v, want each to have about half of 10", clients)
	}

	// It starts when the resource is free, in its client's turn.
	started := false
	for range 4 {
		effects := w.Step(now, []In{&Executed{ID: old.ID, Attempt: 1, Err: &wire.Failure{Message: "stopped"}}})
		for _, e := range effects {
			if x, ok := e.(*Execute); ok {
				started = started || x.Task.ID == c.Tasks[0].ID
				old = x.Task
			}
		}
	}
	if !started {
		t.Error("task 1 does not start although what it needs is free")
	}
}

// TestTakenBackIsRefunded: a task that the body gives back is charged once, when it runs.
func TestTakenBackIsRefunded(t *testing.T) {
	w := New(Config{Hello: wire.WorkerHello{Name: "w1", Threads: 1}, Ahead: -1})
	now := time.Duration(0)
	w.Step(now, []In{&Opened{}, &FromScheduler{Msg: &wire.Welcome{Number: 1, Epoch: 1, HeartbeatMS: 1000}}})
	c := &wire.Compute{}
	for i := range int32(8) {
		c.Tasks = append(c.Tasks, taskOf(1, i), taskOf(2, i))
	}
	w.pace = 10e6
	effects := w.Step(now, []In{&FromScheduler{Msg: c}})
	for range 5 { // the first client's first task never begins
		var in []In
		for _, e := range effects {
			x, ok := e.(*Execute)
			switch {
			case !ok:
			case x.Task.ID.Layer.Client() == 1:
				in = append(in, &Unstarted{Tasks: []wire.Attempt{{ID: x.Task.ID, Attempt: 1}}})
			default:
				t.Error("the other client has turns although the first has had none")
				in = append(in, &Executed{ID: x.Task.ID, Attempt: 1, Bytes: 8, Nanos: 10e6})
			}
		}
		if len(in) == 0 {
			t.Fatal("nothing starts")
		}
		effects = w.Step(now, in)
	}
	clients := turnsOf(w, &now, effects, 8)
	if err := w.Check(); err != nil {
		t.Fatal(err)
	}
	if want := []uint32{1, 2, 1, 2, 1, 2, 1, 2}; !slices.Equal(clients, want) {
		t.Errorf("got turns of clients %v, want %v", clients, want)
	}
}

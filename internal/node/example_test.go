package node_test

import (
	"context"
	"fmt"

	"sheaf/graph"
	"sheaf/internal/node"
	"sheaf/internal/slots"
	"sheaf/internal/transport/http"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

type square struct{}

func (square) Run(_ context.Context, t *graph.Task) (any, error) { return t.Index * t.Index, nil }

// A node runs a task that a scheduler sends, and its value can be read.
func ExampleNode() {
	messages := make(chan wire.Message, 100)
	n, err := node.New(node.Config{
		Hello:   wire.WorkerHello{Name: "w1", Threads: 2},
		Send:    func(m wire.Message) { messages <- m },
		Program: travel.NewLoader(),
		Fetcher: http.NewFetcher(http.FetcherConfig{}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer n.Close(context.Background())

	n.Session(true)
	l := wire.NewLayerID(1, 1)
	w, err := travel.Pack(graph.Of(graph.Must(graph.Spec{Name: "square", Op: square{}, Space: []int{10}})),
		travel.Names{Layer: func() wire.LayerID { return l }})
	if err != nil {
		fmt.Println(err)
		return
	}
	task := wire.Task{ID: wire.ID{Layer: l, Index: 7}, Attempt: 1}
	n.Deliver([]wire.Message{&wire.Welcome{Number: 1, Epoch: 1}, &wire.Compute{Layers: w.Layers, Tasks: []wire.Task{task}}})
	for m := range messages {
		if d, ok := m.(*wire.Done); ok {
			fmt.Println("done", d.Tasks[0].ID)
			break
		}
	}
	v, _, err := n.Value(context.Background(), task.ID)
	fmt.Println(v, err)
	// Output:
	// done 1.1[7]
	// 49 <nil>
}

func ExampleConfig() {
	_, err := node.New(node.Config{})
	fmt.Println(err)
	// Output: node: Send, Program and Fetcher must be given
}

func ExampleProgram() {
	var p node.Program = travel.NewLoader()
	_, _, err := p.Bind(wire.ID{Layer: 5})
	fmt.Println(err != nil)
	// Output: true
}

func ExampleFetcher() {
	f := http.NewFetcher(http.FetcherConfig{})
	defer f.Close()
	var peers node.Fetcher = f
	err := peers.Get(context.Background(), "127.0.0.1:1", []wire.ID{{Layer: 5}}, func(id wire.ID, v any, err error) {
		fmt.Println(id, v, err != nil)
	})
	fmt.Println(err != nil)
	// Output:
	// 0.5[0] <nil> true
	// true
}

func ExampleSlots() {
	table := slots.NewMemory(4)
	var s node.Slots = table
	slot := s.Begin(wire.ID{Layer: 5, Index: 3}, 1)
	fmt.Println(table.Read().Running)
	s.End(slot)
	// Output: [{0.5[3] 1}]
}

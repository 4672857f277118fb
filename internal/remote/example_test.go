package remote_test

import (
	"context"
	"errors"
	"fmt"

	"sheaf/graph"
	"sheaf/internal/exec"
	"sheaf/internal/remote"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

// answers is what a scheduler would do: it admits a graph, and says that its only task has failed.
func answers(x **remote.Executor) func(wire.Message) error {
	return func(m wire.Message) error {
		if s, ok := m.(*wire.Submit); ok {
			go (*x).Deliver([]wire.Message{
				&wire.Admitted{Request: s.Request, Tasks: 1},
				&wire.Erred{
					IDs:   []wire.ID{{Layer: s.Graph.Outputs[0].Layer}},
					Cause: wire.Failure{Sort: wire.SortNoWorkers, Key: "two", Message: "nobody is there"},
				},
			})
		}
		return nil
	}
}

func ExampleExecutor() {
	var x *remote.Executor
	x = remote.New(remote.Config{
		Send: answers(&x), Error: travel.DecodeError,
		Pack: func(g graph.Graph, n remote.Names) (*wire.Graph, error) { return travel.Pack(g, travel.Names(n)) },
	})
	x.Welcome(&wire.Welcome{Number: 1})
	r, err := x.Start(context.Background(), graph.Of(graph.Const("two", graph.Token{}, 2)), exec.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = r.Wait(context.Background())
	fmt.Println(errors.Is(err, exec.ErrNoWorkers))
	r.Release()
	x.Close(exec.ErrCancelled)
	// Output: true
}

func ExampleConfig() {
	x := remote.New(remote.Config{}) // a Config without a connection: nothing can be submitted
	_, err := x.Start(context.Background(), graph.Of(graph.Const("two", graph.Token{}, 2)), exec.Options{})
	fmt.Println(errors.Is(err, exec.ErrLost))
	// Output: true
}

func ExampleRun() {
	var x *remote.Executor
	x = remote.New(remote.Config{
		Send: answers(&x), Error: travel.DecodeError,
		Pack: func(g graph.Graph, n remote.Names) (*wire.Graph, error) { return travel.Pack(g, travel.Names(n)) },
	})
	x.Welcome(&wire.Welcome{Number: 1})
	var r *remote.Run
	r, _ = x.Start(context.Background(), graph.Of(graph.Const("two", graph.Token{}, 2)), exec.Options{})
	_, err := r.Output(0, 0)
	fmt.Println(err)
	x.Close(exec.ErrCancelled)
	// Output: client: Output before Wait
}

func ExampleHandle() {
	var x *remote.Executor
	x = remote.New(remote.Config{
		Send: answers(&x), Error: travel.DecodeError,
		Pack: func(g graph.Graph, n remote.Names) (*wire.Graph, error) { return travel.Pack(g, travel.Names(n)) },
	})
	x.Welcome(&wire.Welcome{Number: 1})
	r, _ := x.Start(context.Background(), graph.Of(graph.Const("two", graph.Token{}, 2)), exec.Options{})
	h := r.Handle(0, 0)
	r.Release()
	_, err := h.Wait(context.Background())
	fmt.Println(errors.Is(err, exec.ErrNoWorkers), h.Done())
	h.Release()
	x.Close(exec.ErrCancelled)
	// Output: true true
}

func ExampleNames() {
	serial := uint64(0)
	n := remote.Names{Layer: func() wire.LayerID { serial++; return wire.NewLayerID(7, serial) }}
	w, err := travel.Pack(graph.Of(graph.Const("two", graph.Token{}, 2)), travel.Names(n))
	fmt.Println(w.Outputs[0].Layer, err)
	// Output: 7.1 <nil>
}

func ExampleScatterOptions() {
	x := remote.New(remote.Config{})
	_, err := x.Scatter(context.Background(), []any{1, 2}, remote.ScatterOptions{Broadcast: true})
	fmt.Println(errors.Is(err, exec.ErrLost))
	// Output: true
}

// nowhere is a fetcher without a network.
type nowhere struct{}

func (nowhere) Fetch(_ context.Context, address string, _ []wire.ID, _ func(int, any, error)) error {
	return fmt.Errorf("no way to %s", address)
}

func (nowhere) Put(_ context.Context, address string, items []remote.Item, _ func(int, error)) error {
	return fmt.Errorf("%d values: no way to %s", len(items), address)
}

func ExampleFetcher() {
	var f remote.Fetcher = nowhere{}
	fmt.Println(f.Fetch(context.Background(), "127.0.0.1:1", nil, nil))
	// Output: no way to 127.0.0.1:1
}

func ExampleItem() {
	fmt.Println(nowhere{}.Put(context.Background(), "127.0.0.1:1", []remote.Item{{Value: "x", Bytes: 1}}, nil))
	// Output: 1 values: no way to 127.0.0.1:1
}

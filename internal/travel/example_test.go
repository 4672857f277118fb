package travel_test

import (
	"context"
	"fmt"

	"sheaf/fn"
	"sheaf/graph"
	"sheaf/internal/exec"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

type greet struct{ Text string }

func (g greet) Run(_ context.Context, t *graph.Task) (any, error) {
	return fmt.Sprint(g.Text, " ", t.Index), nil
}

func hello() graph.Graph {
	return graph.Of(graph.Must(graph.Spec{Name: "greet", Op: greet{"hello"}, Space: []int{3}}))
}

func ExampleNames() {
	serial := uint64(0)
	w, err := travel.Pack(hello(), travel.Names{Layer: func() wire.LayerID { serial++; return wire.NewLayerID(1, serial) }})
	fmt.Println(w.Layers[0].ID, w.Layers[0].Name, w.Layers[0].Space, err)
	g, err := travel.Unpack(w)
	fmt.Println(g.Outputs[0].Layer.Len(), travel.LayerID(g.Outputs[0].Layer), err)
	// Output:
	// 1.1 greet [3] <nil>
	// 3 1.1 <nil>
}

func ExampleLoader() {
	w, err := travel.Pack(hello(), travel.Names{Layer: func() wire.LayerID { return wire.NewLayerID(1, 1) }})
	if err != nil {
		fmt.Println(err)
	}
	worker := travel.NewLoader()
	if err := worker.Add(&w.Layers[0]); err != nil {
		fmt.Println(err)
	}
	l, i, err := worker.Bind(wire.ID{Layer: w.Layers[0].ID, Index: 2})
	if err != nil {
		fmt.Println(err)
	}
	var t graph.Task
	t.Bind(l, i, nil, nil)
	v, err := exec.Run(context.Background(), l.Op(), &t)
	fmt.Println(v, err)
	// Output: hello 2 <nil>
}

func ExampleCall() {
	b, err := travel.EncodeCall(fn.Bind(func(k, x int) int { return k * x }, 6), 7)
	if err != nil {
		fmt.Println(err)
	}
	c, err := travel.DecodeCall(b) // in another process
	if err != nil {
		fmt.Println(err)
	}
	v, err := c.Do(context.Background())
	fmt.Println(v, err)
	// Output: 42 <nil>
}

package local_test

import (
	"context"
	"fmt"

	"sheaf/graph"
	"sheaf/internal/exec"
	"sheaf/internal/local"
	"sheaf/internal/lower"
)

type square struct{}

func (square) Run(_ context.Context, t *graph.Task) (any, error) { return t.Index * t.Index, nil }

func plan() *lower.Plan {
	p, err := lower.Expand(graph.Of(graph.Must(graph.Spec{Name: "square", Op: square{}, Space: []int{4}})))
	if err != nil {
		panic(err)
	}
	return p
}

func ExampleEngine() {
	e := local.New(local.Config{Workers: 2})
	defer e.Close()
	r := e.Start(context.Background(), plan(), exec.Options{})
	defer r.Release()
	err := r.Wait(context.Background())
	v, _ := r.Output(0, 3)
	fmt.Println(v, err)
	// Output: 9 <nil>
}

func ExampleConfig() {
	fmt.Println(local.New(local.Config{Workers: 3}).Workers())
	// Output: 3
}

func ExampleRun() {
	e := local.New(local.Config{Synchronous: true})
	r := e.Start(context.Background(), plan(), exec.Options{}) // runs here
	<-r.Done()
	fmt.Println(r.Err())
	r.Release()
	// Output: <nil>
}

func ExampleHandle() {
	ctx := context.Background()
	e := local.New(local.Config{})
	r := e.Start(ctx, plan(), exec.Options{})
	h := r.Handle(0, 2)
	r.Release() // the handle keeps its value
	v, err := h.Wait(ctx)
	fmt.Println(v, err)
	h.Release()
	// Output: 4 <nil>
}

func ExampleSoftener() {
	local.NewSoftener(1 << 40).Press() // tells the collector, unless it has a limit
	fmt.Println("told")
	// Output: told
}

package exec_test

import (
	"context"
	"errors"
	"fmt"

	"sheaf/graph"
	"sheaf/internal/exec"
)

type broken struct{ Panics bool }

func (b broken) Run(context.Context, *graph.Task) (any, error) {
	if b.Panics {
		panic("oh no")
	}
	return nil, errors.New("out of paper")
}

func run(op graph.Op) error {
	var t graph.Task
	t.Bind(graph.Must(graph.Spec{Name: "print", Op: op, Space: []int{3}}), 2, nil, nil)
	_, err := exec.Run(context.Background(), op, &t)
	return err
}

func ExampleTaskError() {
	te, _ := errors.AsType[*exec.TaskError](run(broken{}))
	fmt.Println(te.Key.Name, te.Key.Index, te.Attempt, te.Err)
	// Output: print 2 1 out of paper
}

func ExamplePanicError() {
	pe, ok := errors.AsType[*exec.PanicError](run(broken{Panics: true}))
	fmt.Println(pe, ok)
	// Output: panic: oh no true
}

func ExampleOptions() {
	o := exec.Options{Retries: 3}
	fmt.Println(o.Retries, o.KeepGoing)
	// Output: 3 false
}

package task_test

import (
	"context"
	"fmt"

	"sheaf/internal/task"
)

// place is a worker with one slot.
type place struct{ slots chan struct{} }

func (p place) Info() task.Info { return task.Info{Key: "inc-1f2e3d4c", Attempt: 1, Worker: "w1"} }

func (p place) Block() (resume func()) {
	<-p.slots
	return func() { p.slots <- struct{}{} }
}

func (p place) Secede() error { <-p.slots; return nil }

func (p place) Rejoin(context.Context) error { p.slots <- struct{}{}; return nil }

func ExamplePlace() {
	p := place{make(chan struct{}, 1)}
	p.slots <- struct{}{}
	ctx := task.With(context.Background(), p)
	resume := task.Block(ctx)
	fmt.Println("while it waits:", len(p.slots))
	resume()
	fmt.Println("afterwards:", len(p.slots))
	in, _ := task.Of(ctx)
	_ = in.Secede()
	fmt.Println("after it seceded:", len(p.slots))
	_ = in.Rejoin(ctx)
	task.Block(context.Background())() // outside of tasks
	// Output:
	// while it waits: 0
	// afterwards: 1
	// after it seceded: 0
}

func ExampleInfo() {
	p, ok := task.Of(task.With(context.Background(), place{}))
	i := p.Info()
	fmt.Println(i.Worker, i.Attempt, ok)
	// Output: w1 1 true
}

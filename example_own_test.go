package sheaf_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"sheaf"
	"sheaf/graph"
	"sheaf/internal/event"
)

// rangeOp is an operation that makes the numbers of one part.
type rangeOp struct{ Each int }

func (o rangeOp) Run(_ context.Context, t *graph.Task) (any, error) {
	part := make([]int, o.Each)
	for k := range part {
		part[k] = t.Index*o.Each + k
	}
	return part, nil
}

// Numbers is a collection of one's own: Graph makes it a Collection, Finish a Lazy, Rebuild a Persistable.
type Numbers struct {
	Parts, Each int
	leaves      []*graph.Layer // of a persisted collection
}

func (n Numbers) Graph() (graph.Graph, error) {
	if n.leaves != nil {
		return graph.Of(n.leaves...), nil
	}
	if n.Parts <= 0 {
		return graph.Graph{}, errors.New("numbers: no parts")
	}
	return graph.Of(graph.Must(graph.Spec{Name: "numbers", Op: rangeOp{n.Each}, Space: []int{n.Parts}})), nil
}

func (n Numbers) Finish(_ context.Context, parts []any) ([]int, error) {
	var all []int
	for _, p := range parts {
		all = append(all, p.([]int)...)
	}
	return all, nil
}

func (n Numbers) Rebuild(leaves []*graph.Layer) Numbers {
	n.leaves = leaves
	return n
}

func ExampleCollection() {
	fmt.Print(sheaf.Explain(Numbers{Parts: 3, Each: 2}))
	fmt.Print(sheaf.Explain(Numbers{}))
	// Output:
	// 3 tasks in 1 layers
	// numbers (3) sheaf_test.rangeOp => output
	// error: numbers: no parts
}

func ExampleLazy() {
	fmt.Println(sheaf.Compute(context.Background(), Numbers{Parts: 3, Each: 2}))
	// Output: [0 1 2 3 4 5] <nil>
}

func ExamplePersistable() {
	ctx := context.Background()
	n, err := sheaf.Persist(ctx, Numbers{Parts: 2, Each: 2}) // starts to compute in the background
	if err == nil {
		err = sheaf.Wait(ctx, n)
	}
	fmt.Print(sheaf.Explain(n), err, "\n")
	fmt.Println(sheaf.Compute(ctx, n))
	// Output:
	// 2 tasks in 1 layers
	// numbers (2) held => output
	// <nil>
	// [0 1 2 3] <nil>
}

// shared plans Halves together: what they have in common is one layer.
type shared struct{}

func (shared) Plan(cs []sheaf.Collection) ([]graph.Graph, error) {
	fmt.Println("planning", len(cs), "together")
	gs := make([]graph.Graph, len(cs))
	for k, c := range cs {
		gs[k], _ = c.Graph()
	}
	return gs, nil
}

// Half is a collection that is planned together with others of its kind.
type Half struct{ Numbers }

func (Half) Planner() sheaf.Planner { return shared{} }

func ExamplePlanner() {
	a, b, err := sheaf.Compute2(context.Background(), Half{Numbers{Parts: 1, Each: 2}}, Half{Numbers{Parts: 1, Each: 3}})
	fmt.Println(a, b, err)
	// Output:
	// planning 2 together
	// [0 1] [0 1 2] <nil>
}

func ExamplePlanned() {
	var c sheaf.Collection = Half{}
	p, planned := c.(sheaf.Planned)
	fmt.Println(planned, p.Planner() == shared{})
	// Output: true true
}

// counting is an executor that counts runs and leaves the work to another.
type counting struct {
	sheaf.Executor
	runs int
}

func (c *counting) Start(ctx context.Context, g graph.Graph, o sheaf.RunOptions) (sheaf.Run, error) {
	c.runs++
	return c.Executor.Start(ctx, g, o)
}

func ExampleExecutor() {
	l, err := sheaf.NewLocal(sheaf.LocalConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	c := &counting{Executor: l}
	ctx := sheaf.With(context.Background(), sheaf.On(c))
	_, _ = sheaf.Compute(ctx, Numbers{Parts: 1, Each: 1})
	_, _ = sheaf.Compute(ctx, Numbers{Parts: 1, Each: 1})
	fmt.Println(c.runs)
	// Output: 2
}

func ExampleRun() {
	ctx := context.Background()
	l, err := sheaf.NewLocal(sheaf.LocalConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	g, _ := Numbers{Parts: 2, Each: 2}.Graph()
	run, err := l.Start(ctx, g, sheaf.RunOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer run.Release()
	err = run.Wait(ctx)
	second, _ := run.Output(0, 1)
	fmt.Println(second, err)
	// Output: [2 3] <nil>
}

func ExampleRunOptions() {
	o := sheaf.RunOptions{Priority: 1, Retries: 2, KeepGoing: true}
	fmt.Println(o.Priority, o.Retries, o.KeepGoing)
	// Output: 1 2 true
}

// logger prints the starts of runs.
type logger struct{}

func (logger) Handle(e event.Event) {
	if e.Kind == event.RunStarted {
		fmt.Println("a run of", e.Total, "tasks")
	}
}

func ExampleListener() {
	var l sheaf.Listener = logger{}
	_, _ = sheaf.Compute(context.Background(), Numbers{Parts: 5, Each: 1}, sheaf.Listen(l))
	// Output: a run of 5 tasks
}

func ExampleActionSpec() {
	g, err := Numbers{Parts: 2, Each: 1}.Graph()
	a := sheaf.NewAction(sheaf.ActionSpec{
		Graph: g, Err: err,
		Before: func(context.Context) error { fmt.Println("make a directory"); return nil },
		After: func(_ context.Context, parts []any, err error) error {
			fmt.Println("name", len(parts), "files")
			return err
		},
	})
	fmt.Println(a.Run(context.Background()))
	// Output:
	// make a directory
	// name 2 files
	// <nil>
}

// Described says itself what it is.
type Described struct{ Numbers }

func (Described) Explain() string { return "numbers, as you know them\n" }

func ExampleExplainer() {
	fmt.Print(sheaf.Explain(Described{}))
	// Output: numbers, as you know them
}

func ExampleVisualize() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	err = sheaf.Visualize(filepath.Join(dir, "numbers"), Numbers{Parts: 3, Each: 2})
	files, _ := os.ReadDir(dir)
	for _, f := range files {
		fmt.Println(f.Name())
	}
	fmt.Println(err)
	// Output:
	// numbers.dot
	// numbers.svg
	// <nil>
}

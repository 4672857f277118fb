package diagnostics_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sheaf"
	"sheaf/diagnostics"
)

func ExampleProfiler() {
	var p diagnostics.Profiler
	total, err := sheaf.Compute(context.Background(), work{Tasks: 3}, sheaf.Listen(&p))
	fmt.Println(total, err)
	tasks := map[string]int{}
	for _, r := range p.Results() {
		tasks[r.Layer]++
	}
	fmt.Println(tasks)
	// Output:
	// 3000 <nil>
	// map[clean:3 load:3 sum:1]
}

func ExampleRecord() {
	var p diagnostics.Profiler
	_, _ = sheaf.Compute(context.Background(), work{Tasks: 1}, sheaf.Listen(&p))
	first := p.Results()[0]
	fmt.Println(first.Key.Name, first.Key.Index, first.End.After(first.Start), first.Bytes >= 1000)
	// Output: load 0 true true
}

func ExampleRunRecord() {
	var p diagnostics.Profiler
	_, _ = sheaf.Compute(context.Background(), work{Tasks: 3, Bad: 1}, sheaf.Listen(&p))
	run := p.Runs()[0]
	fmt.Println(run.Ended, run.Err != nil)
	// Output: true true
}

func ExampleResourceProfiler() {
	var p diagnostics.ResourceProfiler
	ctx := sheaf.With(context.Background(), sheaf.Listen(&p)) // for everything that is computed with ctx
	_, err := sheaf.Compute(ctx, work{Tasks: 3})
	fmt.Println(len(p.Results()) > 0, err)
	// Output: true <nil>
}

func ExampleSample() {
	var p diagnostics.ResourceProfiler
	_, _ = sheaf.Compute(context.Background(), work{Tasks: 3}, sheaf.Listen(&p))
	s := p.Results()[0]
	fmt.Println(s.Heap > 0, s.Goroutines > 0)
	// Output: true true
}

func ExampleCallback() {
	c := &diagnostics.Callback{
		Start:  func(_ uint64, layers []diagnostics.Layer, total int) { fmt.Println("start:", total, "tasks") },
		Finish: func(_ uint64, err error) { fmt.Println("finish:", err) },
	}
	_, _ = sheaf.Compute(context.Background(), work{Tasks: 3}, sheaf.Listen(c))
	// Output:
	// start: 7 tasks
	// finish: <nil>
}

func ExampleProgressBar() {
	var out strings.Builder
	bar := &diagnostics.ProgressBar{Out: &out, Width: 100}
	_, _ = sheaf.Compute(context.Background(), work{Tasks: 3}, sheaf.Listen(bar))
	fmt.Println(strings.Contains(out.String(), "load  ▓▓▓▓▓▓▓▓▓▓▓▓▓ 3/3"))
	// Output: true
}

func ExampleReport() {
	var tasks diagnostics.Profiler
	var machine diagnostics.ResourceProfiler
	ctx := sheaf.With(context.Background(), sheaf.Listen(&tasks), sheaf.Listen(&machine))
	_, _ = sheaf.Compute(ctx, work{Tasks: 3})

	path := filepath.Join(os.TempDir(), "sheaf-example-report.html")
	defer os.Remove(path)
	err := diagnostics.WriteHTML(path, &tasks, &machine)
	text, _ := os.ReadFile(path)
	fmt.Println(strings.Contains(string(text), "<title>sheaf report</title>"), err)
	// Output: true <nil>
}

// counter is a listener: it counts tasks.
type counter struct{ done int }

func (c *counter) Handle(e diagnostics.Event) {
	if e.Kind == diagnostics.TasksDone {
		for _, n := range e.Counts {
			c.done += n.Tasks
		}
	}
}

func ExampleListener() {
	var c counter
	_, _ = sheaf.Compute(context.Background(), work{Tasks: 10}, sheaf.Listen(&c))
	fmt.Println(c.done)
	// Output: 21
}

// names is a detailed listener: it gets every task.
type names struct{ seen map[string]bool }

func (n *names) Handle(e diagnostics.Event) {
	for _, t := range e.Tasks {
		n.seen[t.Key().Name] = true
	}
}

func (n *names) Detailed() {}

func ExampleDetailed() {
	n := &names{seen: map[string]bool{}}
	_, _ = sheaf.Compute(context.Background(), work{Tasks: 2}, sheaf.Listen(n))
	fmt.Println(n.seen)
	// Output: map[clean:true load:true sum:true]
}

func ExampleEvent() {
	kinds := map[diagnostics.Kind]string{diagnostics.RunStarted: "started", diagnostics.RunDone: "done"}
	_, _ = sheaf.Compute(context.Background(), work{Tasks: 2}, sheaf.Listen(handler(func(e diagnostics.Event) {
		if text, ok := kinds[e.Kind]; ok {
			fmt.Println(text, e.Version == diagnostics.Version)
		}
	})))
	// Output:
	// started true
	// done true
}

type handler func(e diagnostics.Event)

func (h handler) Handle(e diagnostics.Event) { h(e) }

package sheaf_test

import (
	"context"
	"errors"
	"fmt"

	"sheaf"
	"sheaf/delayed"
	"sheaf/graph"
)

func square(x int) int { return x * x }

// Two results of one run share what they have in common.
func ExampleCompute2() {
	x := delayed.Call[int](square, 3)
	y := delayed.Call[int](square, x)
	a, b, err := sheaf.Compute2(context.Background(), x, y)
	fmt.Println(a, b, err)
	// Output: 9 81 <nil>
}

func ExampleComputeAll() {
	var xs []*delayed.Value[int]
	for i := range 4 {
		xs = append(xs, delayed.Call[int](square, i))
	}
	fmt.Println(sheaf.ComputeAll(context.Background(), xs...))
	// Output: [0 1 4 9] <nil>
}

func ExamplePersist() {
	ctx := context.Background()
	x, err := sheaf.Persist(ctx, delayed.Call[int](square, 4)) // runs in the background
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(delayed.Call[int](square, x).Compute(ctx))
	// Output: 256 <nil>
}

func ExampleTaskError() {
	fail := func(x int) (int, error) { return 0, errors.New("out of paper") }
	_, err := delayed.Call[int](fail, 1).Compute(context.Background())
	if te, ok := errors.AsType[*sheaf.TaskError](err); ok {
		fmt.Println(te.Err, te.Attempt, te.Func.Line > 0)
	}
	// Output: out of paper 1 true
}

func ExamplePanicError() {
	_, err := delayed.Call[int](func() int { panic("no") }).Compute(context.Background())
	if pe, ok := errors.AsType[*sheaf.PanicError](err); ok {
		fmt.Println(pe.Value)
	}
	// Output: no
}

// An executor of one's own has its own workers and memory limit.
func ExampleLocal() {
	l, err := sheaf.NewLocal(sheaf.LocalConfig{Workers: 1, MemoryLimitBytes: 100 << 20})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	fmt.Println(delayed.Call[int](square, 5).Compute(context.Background(), sheaf.On(l)))
	// Output: 25 <nil>
}

// With everything in one goroutine a debugger steps from Compute into the functions.
func ExampleLocalConfig() {
	l, _ := sheaf.NewLocal(sheaf.LocalConfig{Synchronous: true})
	defer l.Close()
	ctx := sheaf.With(context.Background(), sheaf.On(l))
	fmt.Println(delayed.Call[int](square, 6).Compute(ctx))
	// Output: 36 <nil>
}

func ExampleOption() {
	ctx := sheaf.With(context.Background(), sheaf.Retries(3), sheaf.Progress(false))
	tries := 0
	v, err := delayed.Call[int](func() (int, error) {
		if tries++; tries < 3 {
			return 0, errors.New("not yet")
		}
		return tries, nil
	}).Compute(ctx)
	fmt.Println(v, err)
	// Output: 3 <nil>
}

type hello struct{ Name string }

func (h hello) Run(_ context.Context, t *graph.Task) (any, error) {
	fmt.Println("hello", h.Name, t.Index)
	return nil, nil
}

// An action is work that is done for its effect.
func ExampleAction() {
	layer := graph.Must(graph.Spec{Name: "hello", Op: hello{"world"}, Space: []int{1}})
	a := sheaf.NewAction(sheaf.ActionSpec{Graph: graph.Of(layer)})
	fmt.Println(a.Run(context.Background()))
	// Output:
	// hello world 0
	// <nil>
}

package seed

import (
	"context"
	"path/filepath"

	"sheaf"
	"sheaf/client"
	"sheaf/delayed"
)

func init() {
	register(Program{Name: "loops", Title: "Low-Level Interfaces", Run: Loops, Graphs: []string{"loops"}})
	register(Program{Name: "delayed", Title: "Delayed: Lazy", Run: Delayed, Graphs: []string{"delayed"}})
	register(Program{Name: "futures", Title: "Futures: Immediate", Run: Futures})
}

func f(a, b int) int { return a * b }

func g(a, c int) int { return a + c }

func inc(x int) int { return x + 1 }

func add(x, y int) int { return x + y }

// Loops makes the many calls of existing for-loops parallel, one call at a time.
func Loops(ctx context.Context, dir string) ([]any, error) {
	A, B := []int{1, 2, 3, 4}, []int{2, 3, 4, 5}

	var results []*delayed.Value[int]
	for _, a := range A {
		for _, b := range B {
			if a < b {
				c := delayed.Call[int](f, a, b) // add a lazy task
				c = delayed.Call[int](g, a, c)  // add a lazy task
				results = append(results, c)
			}
		}
	}

	all := delayed.Call[[]int](func(xs []int) []int { return xs }, results)
	if err := sheaf.Visualize(filepath.Join(dir, "graphs", "loops.svg"), all); err != nil {
		return nil, err
	}
	vals, err := sheaf.ComputeAll(ctx, results...) // compute all in parallel
	return []any{vals}, err
}

// Delayed does no work before Compute.
func Delayed(ctx context.Context, dir string) ([]any, error) {
	a := delayed.Call[int](inc, 1)    // no work has happened yet
	b := delayed.Call[int](inc, 2)    // no work has happened yet
	c := delayed.Call[int](add, a, b) // no work has happened yet

	if err := sheaf.Visualize(filepath.Join(dir, "graphs", "delayed.svg"), c); err != nil {
		return nil, err
	}
	v, err := c.Compute(ctx) // this triggers all of the above computations
	return []any{v}, err
}

// Futures begin to work when they are submitted.
func Futures(ctx context.Context, _ string) ([]any, error) {
	cl, err := client.Local(ctx)
	if err != nil {
		return nil, err
	}
	defer cl.Close()

	a := cl.Submit[int](inc, 1)    // work starts immediately
	b := cl.Submit[int](inc, 2)    // work starts immediately
	c := cl.Submit[int](add, a, b) // work starts immediately

	v, err := c.Result(ctx) // block until work finishes, then gather the result
	return []any{v}, err
}

package client_test

import (
	"context"
	"fmt"

	"sheaf/client"
	"sheaf/delayed"
)

func Example() {
	ctx := context.Background()
	c, err := client.Local(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	a := c.Submit[int](inc, 1)      // work starts immediately
	b := c.Submit[int](inc, 2)      // work starts immediately
	sum := c.Submit[int](add, a, b) // work starts immediately
	v, err := sum.Result(ctx)       // block until work finishes
	fmt.Println(v, err)
	// Output: 5 <nil>
}

func ExampleClient() {
	ctx := context.Background()
	c, _ := client.Local(ctx, client.Workers(2))
	defer c.Close()
	squares, err := c.Gather(ctx, c.Map[int](func(x int) int { return x * x }, []int{1, 2, 3}))
	fmt.Println(squares, err)
	// Everything lazy runs on the client in its context.
	v, err := delayed.Call[int](inc, 41).Compute(c.Context(ctx))
	fmt.Println(v, err)
	// Output:
	// [1 4 9] <nil>
	// 42 <nil>
}

func ExampleFuture() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()
	f := c.Submit[int](func() (int, error) { return 0, fmt.Errorf("no luck") })
	_, _, _ = c.Wait(ctx, []*client.Future[int]{f})
	fmt.Println(f.Status())
	// Output: error
}

func ExampleStatus() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()
	f := c.Submit[int](inc, 1)
	_, _ = f.Result(ctx)
	fmt.Println(f.Status() == client.Finished)
	// Output: true
}

func ExampleOption() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()
	// Options may stand among the arguments of the function.
	v, err := c.Submit[int](inc, 1, client.Priority(10), client.Retries(2), client.Name("first")).Result(ctx)
	fmt.Println(v, err)
	// Output: 2 <nil>
}

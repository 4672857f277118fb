package ready_test

import (
	"fmt"

	"sheaf/internal/graphtest"
	"sheaf/internal/lower"
	"sheaf/internal/ready"
)

func queue(text string) *ready.Queue {
	g, err := graphtest.Parse(text)
	if err != nil {
		panic(err)
	}
	p, err := lower.Expand(g)
	if err != nil {
		panic(err)
	}
	return ready.New(p)
}

func ExampleQueue() {
	q := queue("x (2)\ns () <- x[all]\nout s")
	fmt.Println(q.Take(nil, 10))
	q.Done(0, nil)
	q.Done(1, nil)
	fmt.Println(q.Take(nil, 10))
	fmt.Println(q.Done(2, nil), q.Left()) // the inputs are not needed any more
	// Output:
	// [0 1]
	// [2]
	// [0 1] 0
}

func ExampleStatus() {
	q := queue("x (1)\ny (1) <- x[0 0]\nout y")
	fmt.Println(q.Status(0) == ready.Ready, q.Status(1) == ready.Waiting)
	// Output: true true
}

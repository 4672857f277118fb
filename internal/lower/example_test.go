package lower_test

import (
	"fmt"

	"sheaf/internal/graphtest"
	"sheaf/internal/lower"
)

func ExamplePlan() {
	g, err := graphtest.Parse("x (4)\ny (2) <- x[0 1 / 2 3]\nout y:1")
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := lower.Expand(g)
	fmt.Print(p.N, " of 6 tasks\n", lower.Text(p), err)
	// Output:
	// 3 of 6 tasks
	// 0 x(2)
	// 1 x(3)
	// 2 y(1) <- 0 1 => output 0
	// <nil>
}

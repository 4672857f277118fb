package graphtest_test

import (
	"fmt"

	"sheaf/graph"
	"sheaf/internal/graphtest"
)

func ExampleOp() {
	g, err := graphtest.Parse("x (2)\ns tree axes=0 every=2 <- x\nout s")
	values, _ := graphtest.Evaluate(g)
	fmt.Println(values, err)
	_, err = graphtest.Parse("y (2) <- x[each]")
	fmt.Println(err)
	fmt.Print(graph.Text(g))
	// Output:
	// [s0(x0(),x1())] <nil>
	// line 1, "y (2) <- x[each]": there is no layer "x"
	// x (2) op
	// s () op <- x[.:2] => output
}

// Command first is the program of the README.
package main

import (
	"context"
	"fmt"

	"sheaf/array"
	"sheaf/array/random"
)

func main() {
	x := random.New(42).Uniform(0, 10, array.Size(10000, 10000), array.Chunks(1000, 1000))
	y := x.Add(x.T()).Sub(x.Mean(array.Axis(0)))
	fmt.Println(y.Sum().Compute(context.Background()))
}

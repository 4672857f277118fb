// Command arrayonly uses arrays and nothing else: the size of its binary is what sheaf costs such a program.
package main

import (
	"context"
	"fmt"
	"os"

	"sheaf/array"
	"sheaf/array/random"
)

func main() {
	x := random.New(42).Uniform(0, 10, array.Size(200, 200), array.Chunks(50, 50))
	y := x.Add(x.T()).Sub(x.Mean(array.Axis(0)))
	out, err := y.Rechunk(100, 20).Exp().Std(array.Axis(0)).Max().Compute(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(out)
}

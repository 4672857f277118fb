package num_test

import (
	"context"
	"encoding/json"
	"fmt"

	"sheaf/dtype"
	"sheaf/internal/kernel/num"
	"sheaf/internal/kernel/rng"
)

// The distance of points from the origin, and the largest of them, in one pass over the chunk.
func ExampleBuilder() {
	var b num.Builder
	x, y := b.Input(dtype.Float64), b.Input(dtype.Float64)
	d := b.Apply(num.Sqrt, b.Apply(num.Add, b.Apply(num.Square, x), b.Apply(num.Square, y)))
	b.Store(d)
	b.Reduce(num.Max, d, 1)
	p, err := b.Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	dist, far := make([]float64, 3), make([]float64, 1)
	err = p.Run(context.Background(), num.Args{
		Shape:   []int{3},
		Inputs:  []num.View{num.ViewOf(dtype.Float64, []float64{3, 5, 8}, 3), num.ViewOf(dtype.Float64, []float64{4, 12, 15}, 3)},
		Outputs: []num.View{num.ViewOf(dtype.Float64, dist, 3), num.ViewOf(dtype.Float64, far)},
	})
	fmt.Println(dist, far[0], err)
	// Output: [5 13 17] 17 <nil>
}

// A program is data: it can be written down, sent, and run elsewhere.
func ExampleProgram() {
	var b num.Builder
	b.Reduce(num.Sum, b.Draw(num.Uniform(0, 1)), 2, 1)
	p, _ := b.Build()
	text, _ := json.Marshal(p)
	var q num.Program
	if err := json.Unmarshal(text, &q); err != nil {
		fmt.Println(err)
	}
	sums := make([]float64, 2)
	err := q.Run(context.Background(), num.Args{
		Shape:   []int{2, 3},
		Draws:   []*rng.Generator{rng.New(rng.NewSeedSequence(42))},
		Outputs: []num.View{num.ViewOf(dtype.Float64, sums, 2)},
	})
	fmt.Printf("%.4f %v %v\n", sums, q.Validate(), err)
	// Output: [2.0714 1.7672] <nil> <nil>
}

func ExampleView() {
	m := num.ViewOf(dtype.Int32, []int32{1, 2, 3, 4, 5, 6}, 2, 3)
	t := m.Transpose()
	out := make([]int32, 6)
	err := num.Copy(context.Background(), num.ViewOf(dtype.Int32, out, 3, 2), t)
	fmt.Println(t.Shape, t.Strides, out, err)
	// Output: [3 2] [1 3] [1 4 2 5 3 6] <nil>
}

func ExampleApply() {
	out := make([]float64, 4)
	column := num.ViewOf(dtype.Float64, []float64{1, 10}, 2, 1)
	row := num.ViewOf(dtype.Float64, []float64{1, 2}, 2)
	err := num.Apply(context.Background(), num.Mul, num.ViewOf(dtype.Float64, out, 2, 2), column, row)
	fmt.Println(out, err)
	// Output: [1 2 10 20] <nil>
}

func ExampleReduction() {
	value, index := make([]int64, 1), make([]int64, 1)
	v := num.ViewOf(dtype.Int64, []int64{3, 9, 2, 9}, 4)
	err := num.Reduce(context.Background(), num.ArgMax, v, []num.View{num.ViewOf(dtype.Int64, value), num.ViewOf(dtype.Int64, index)})
	fmt.Println(num.ArgMax, value[0], index[0], err)
	// Output: argmax 9 1 <nil>
}

func ExampleOp() {
	op, err := num.ParseOp("floor_divide")
	fmt.Println(op == num.FloorDiv, op.Arity(), num.HasLoop(op, dtype.Int8), num.HasLoop(op, dtype.Complex128), err)
	// Output: true 2 true false <nil>
}

func ExampleDistribution() {
	d, err := num.Named("poisson", 3.5)
	fmt.Println(d.Type, err)
	_, err = num.Named("poisson", -1)
	fmt.Println(err)
	// Output:
	// int64 <nil>
	// random: poisson[-1]: the parameters [lam] must be 0 <= lam < 9.2e18
}

func ExampleGather() {
	whole := make([]float64, 12)
	out := num.ViewOf(dtype.Float64, whole, 3, 4)
	corner := num.View{Type: out.Type, Data: num.ViewOf(dtype.Float64, whole[5:], 0).Data, Shape: []int{2, 2}, Strides: out.Strides}
	err := num.Gather(corner, num.ViewOf(dtype.Float64, []float64{1, 2, 3, 4}, 2, 2))
	fmt.Println(whole, err)
	// Output: [0 0 0 0 0 1 2 0 0 3 4 0] <nil>
}

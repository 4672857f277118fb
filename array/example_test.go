package array_test

import (
	"context"
	"fmt"

	"sheaf"
	"sheaf/array"
	"sheaf/array/random"
	"sheaf/dtype"
	"sheaf/ndarray"
)

func ExampleArray() {
	ctx := context.Background()
	x := array.Arange(0, 12, 1, array.Chunks(5)).Reshape(3, 4)
	y := x.Add(x.Mean(array.Axis(0))).Sub(1)
	out, err := y.Compute(ctx)
	fmt.Println(out, err)
	lo, hi, err := sheaf.Compute2(ctx, y.Min(), y.Max()) // one run, the blocks are computed once
	fmt.Println(lo, hi, err)
	// Output:
	// [[ 3.  5.  7.  9.]
	//  [ 7.  9. 11. 13.]
	//  [11. 13. 15. 17.]] <nil>
	// 3.0 17.0 <nil>
}

func ExampleArray_String() {
	x := random.New(42).Uniform(0, 10, array.Size(10000, 10000), array.Chunks(1000, 2500))
	fmt.Println(x)
	// Output:
	// array (10000, 10000) float64, 762.94 MiB
	// chunks 1000 × 2500, 40 blocks of up to 19.07 MiB
	// ┌────┬────┬────┬────┐
	// │    │    │    │    │
	// ├────┼────┼────┼────┤
	// │    │    │    │    │
	// ├────┼────┼────┼────┤
	// │    │    │    │    │
	// ├────┼────┼────┼────┤
	// │    │    │    │    │
	// ├────┼────┼────┼────┤
	// │    │    │    │    │
	// └────┴────┴────┴────┘
}

func ExampleArray_Err() {
	x := array.Ones(array.Size(4, 6))
	bad := x.Reshape(5, 5).Sum() // the first mistake travels in the result
	fmt.Println(bad.Err())
	// Output: array: reshape at example_test.go:50: 24 elements of shape (4, 6) do not fit in shape (5, 5)
}

func ExampleArray_MapBlocks() {
	x := array.Arange(0, 6, 1, array.Chunks(3))
	double := x.MapBlocks(func(_ context.Context, b *ndarray.Array) (*ndarray.Array, error) { return b.Mul(2) })
	out, err := double.Compute(context.Background())
	fmt.Println(out, err)
	// Output: [ 0  2  4  6  8 10] <nil>
}

func ExampleArray_Explain() {
	x := array.Ones(array.Size(100, 100), array.Chunks(50, 50))
	fmt.Print(x.Add(x.T()).Sum().Explain())
	// Output:
	// expression
	//   sum over axis 0, 1 float64 ()
	//   └ add float64 (100, 100) in 2×2 blocks
	//     ├ full(1) float64 (100, 100) in 2×2 blocks  (#1)
	//     └ transpose float64 (100, 100) in 2×2 blocks
	//       └ #1
	// tasks
	//   sum-chunk (2, 2) fused(add sum[0 1])
	//   sum () finish sum <- sum-chunk[.:2 .:2] => output
}

func ExampleOption() {
	x := array.Ones(array.Size(2, 3), array.Chunks(1, 3), array.DType(dtype.Int8))
	out, err := x.Var(array.Axis(0), array.KeepDims(), array.Ddof(1)).Compute(context.Background())
	fmt.Println(out, err)
	// Output: [[0. 0. 0.]] <nil>
}

func ExampleSlice() {
	x := array.Arange(0, 10, 1, array.Chunks(4))
	out, err := x.Index(array.S(array.None, 2, -3)).Compute(context.Background()) // x[:2:-3]
	fmt.Println(out, err)
	// Output: [9 6 3] <nil>
}

func ExampleBlock() {
	corners := array.FromFunction(func(_ context.Context, b array.Block) (*ndarray.Array, error) {
		return ndarray.Full(dtype.Int64, 10*b.Start[0]+b.Start[1], b.Shape...)
	}, array.Size(4, 4), array.Chunks(2, 2), array.DType(dtype.Int64))
	out, err := corners.Compute(context.Background())
	fmt.Println(out, err)
	// Output:
	// [[ 0  0  2  2]
	//  [ 0  0  2  2]
	//  [20 20 22 22]
	//  [20 20 22 22]] <nil>
}

// squares is a reader of a format that sheaf does not know.
type squares struct{ Offset int }

func (s squares) Block(_ context.Context, b array.Block) (*ndarray.Array, error) {
	v := make([]int64, b.Shape[0])
	for i := range v {
		n := int64(b.Start[0] + i + s.Offset)
		v[i] = n * n
	}
	return ndarray.FromSlice(v, len(v))
}

func ExampleBlockSource() {
	x := array.FromBlocks(squares{Offset: 1}, array.Size(7), array.Chunks(3), array.DType(dtype.Int64))
	out, err := x.Index(array.S(4, 7)).Compute(context.Background()) // only two of the three blocks are made
	fmt.Println(out, err)
	// Output: [25 36 49] <nil>
}

func ExampleLabeled() {
	x := array.Arange(0, 4, 1, array.Chunks(2))
	outer := func(_ context.Context, b ...*ndarray.Array) (*ndarray.Array, error) { return b[0].Outer(b[1]) }
	table := array.Blockwise(outer, "ij", []array.Labeled{array.Indexed(x, "i"), array.Indexed(x.Add(1), "j")})
	out, err := table.Compute(context.Background())
	fmt.Println(out, err)
	// Output:
	// [[ 0  0  0  0]
	//  [ 1  2  3  4]
	//  [ 2  4  6  8]
	//  [ 3  6  9 12]] <nil>
}

func ExampleBlockFunc() {
	var larger array.BlockFunc = func(_ context.Context, b ...*ndarray.Array) (*ndarray.Array, error) { return b[0].Maximum(b[1]) }
	x := array.Arange(0, 5, 1, array.Chunks(2))
	out, err := array.MapBlocks(larger, []*array.Array{x, x.Flip()}).Compute(context.Background())
	fmt.Println(out, err)
	// Output: [4 3 2 3 4] <nil>
}

func ExampleReduceFunc() {
	var longest array.ReduceFunc = func(_ context.Context, x *ndarray.Array, axes []int) (*ndarray.Array, error) {
		return x.Max(ndarray.Axis(axes...), ndarray.KeepDims())
	}
	x := array.Arange(0, 8, 1, array.Chunks(3))
	out, err := x.Reduction(longest, longest, longest).Compute(context.Background())
	fmt.Println(out, err)
	// Output: 7 <nil>
}

func ExampleArray_ComputeChunkSizes() {
	ctx := context.Background()
	x := array.Arange(0, 10, 1, array.Chunks(5))
	even := x.Index(x.Mod(2).Eq(0))
	fmt.Println(even.Shape(), even.Index(0).Err())
	known, err := even.ComputeChunkSizes(ctx)
	fmt.Println(known.Chunks(), err)
	// Output:
	// [-1] array: index at example_test.go:159: chunk sizes along axis 0 are unknown; call x.ComputeChunkSizes(ctx) first
	// [[3 2]] <nil>
}

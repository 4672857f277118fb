package array_test

import (
	"context"
	"fmt"
	"testing"

	"sheaf/array"
	"sheaf/array/random"
	"sheaf/ndarray"
)

func TestFirst(t *testing.T) {
	ctx := context.Background()
	x := array.Ones(array.Size(10, 12), array.Chunks(3, 5))
	y := array.From([][]float64{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}, array.Chunks(2, 2))
	r := random.New(42).Uniform(0, 10, array.Size(4, 6), array.Chunks(2, 3))
	fmt.Println(x)
	fmt.Println(random.New(42).Uniform(0, 10, array.Size(10000, 10000), array.Chunks(1000, 1000)))
	for _, z := range []*array.Array{x.Sum(), x.Add(1).Sum(array.Axis(0)), y.T(), y.Transpose().Add(y.Mean(array.Axis(0))),
		y.Std(array.Axis(0), array.KeepDims()), y.ArgMax(), y.ArgMin(array.Axis(1)), y.Rechunk(1, 3), y.Rechunk(3, -1), r, r.Sum(),
		y.MatMul(y), y.Dot(y.Index(0)), y.Index(array.All, 1), y.Index(array.S(array.None, array.None, -1), array.S(1, 3)), y.Index([]int{2, 0, 2}),
		y.Index(y.Gt(4)), y.Ravel(), y.Reshape(9, 1), array.Arange(0, 24, 1, array.Chunks(5)).Reshape(2, 3, 4).Sum(array.Axis(1)), array.Eye(3, 4, 1, array.Chunks(2)),
		array.Concatenate([]*array.Array{y, y.Add(10)}, 1), array.Stack([]*array.Array{y, y.Neg()}, 0), array.Linspace(0, 1, 5, array.Chunks(2)),
		y.MapBlocks(func(ctx context.Context, b *ndarray.Array) (*ndarray.Array, error) { return b.Mul(2) }),
		y.Tril(0), array.Indices([]int{2, 2}),
		y.Reduction(func(_ context.Context, x *ndarray.Array, axes []int) (*ndarray.Array, error) {
			return x.Sum(ndarray.Axis(axes...), ndarray.KeepDims())
		}, nil,
			func(_ context.Context, x *ndarray.Array, axes []int) (*ndarray.Array, error) {
				return x.Sum(ndarray.Axis(axes...), ndarray.KeepDims())
			}),
	} {
		v, err := z.Compute(ctx)
		if err != nil {
			t.Error(err)
			continue
		}
		t.Log(v)
	}
	v, err := y.Index(y.Gt(4)).ComputeChunkSizes(ctx)
	t.Log(v, err)
}

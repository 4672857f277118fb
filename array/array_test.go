package array_test

import (
	"context"
	"testing"

	"sheaf/array"
	"sheaf/array/random"
)

func TestFirst(t *testing.T) {
	ctx := context.Background()
	x := array.Ones(array.Size(10, 12), array.Chunks(3, 5))
	y := array.From([][]float64{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}, array.Chunks(2, 2))
	r := random.New(42).Uniform(0, 10, array.Size(4, 6), array.Chunks(2, 3))
	for _, z := range []*array.Array{x, x.Sum(), x.Add(1).Sum(array.Axis(0)), y.T(), y.Transpose().Add(y.Mean(array.Axis(0))),
		y.Std(array.Axis(0), array.KeepDims()), y.ArgMax(), y.ArgMin(array.Axis(1)), y.Rechunk(1, 3), y.Rechunk(3, -1), r, r.Sum()} {
		v, err := z.Compute(ctx)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(v)
	}
}

//go:build cgo

package dataframe_test

import (
	"context"
	"testing"

	"sheaf/array"
	"sheaf/bag"
	"sheaf/dataframe"
	"sheaf/delayed"
	"sheaf/ndarray"
)

type wholeRow struct{ A int }

func TestWholeOfEverything(t *testing.T) {
	ctx := context.Background()
	k := func(x int) int { return x + 1 }
	x := array.Arange(0, 100, 1, array.Chunks(7)).Add(1)
	v, err := delayed.Call[int](func(a *ndarray.Array) int { return a.Size() }, delayed.Whole[*ndarray.Array](x)).Compute(ctx)
	if err != nil || v != 100 {
		t.Error(v, err)
	}
	b := bag.Range(100, bag.Partitions(7)).Map(k)
	_, _ = b.Compute(ctx)
	v, err = delayed.Call[int](func(a []int) int { return len(a) }, delayed.Whole[[]int](b)).Compute(ctx)
	if err != nil || v != 100 {
		t.Error(v, err)
	}
	v, err = delayed.Call[int](k, delayed.Whole[int](bag.Sum(b))).Compute(ctx)
	if err != nil || v != 5051 {
		t.Error(v, err)
	}
	f := dataframe.FromBag(b.Map(func(i int) wholeRow { return wholeRow{i} }))
	_, _ = f.Compute(ctx)
	v, err = delayed.Call[int](func(a *dataframe.Table) int { return a.Len() }, delayed.Whole[*dataframe.Table](f)).Compute(ctx)
	if err != nil || v != 100 {
		t.Error(v, err)
	}
	w, err := delayed.Call[int64](func(n int64) int64 { return n }, delayed.Whole[int64](f.Size())).Compute(ctx)
	if err != nil || w != 100 {
		t.Error(w, err)
	}
}

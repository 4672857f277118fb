//go:build cgo

package dataframe_test

import (
	"runtime"
	"testing"

	"sheaf"
	"sheaf/client"
	"sheaf/dataframe"
	"sheaf/delayed"
)

func TestFutures(t *testing.T) {
	c, err := client.Local(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx := c.Context(t.Context())
	df := dataframe.FromStructs(records, dataframe.NPartitions(3)).Filter(dataframe.Col("id").Gt(1))
	frames, err := df.ToDelayed()
	if err != nil {
		t.Fatal(err)
	}
	df = dataframe.FromDelayed(frames)
	futures, err := client.Compute(c, frames...)
	if err != nil {
		t.Fatal(err)
	}
	back := dataframe.FromFutures(futures)
	if df, err = sheaf.Persist(ctx, df); err != nil {
		t.Fatal(err)
	}
	if parts, err := client.FuturesOf(df); err != nil || len(parts) != 3 {
		t.Errorf("got %d futures, %v, want 3", len(parts), err)
	}
	n, err := delayed.Call[int]((*dataframe.Table).Len, delayed.FromFuture(futures[1])).Compute(ctx)
	if n != 2 || err != nil {
		t.Errorf("got %d rows in the second future, %v, want 2", n, err)
	}
	clear(futures)
	runtime.GC() // nobody has the futures any more, but the frame stands on them
	all, err := back.Len(ctx)
	if all != 4 || err != nil {
		t.Errorf("got %d rows, %v, want 4", all, err)
	}
}

package cluster_test

import (
	"context"
	"testing"
	"time"

	"sheaf/array"
	"sheaf/cluster"
	"sheaf/cluster/clustertest"
	"sheaf/dtype"
	"sheaf/ndarray"
)

// TestConstantsSurviveWorkers: what a graph brings along is put on workers again when the only one that had it dies.
func TestConstantsSurviveWorkers(t *testing.T) {
	l := clustertest.Local(t, cluster.Config{Workers: 2, Threads: 1})
	c := clustertest.ClientOf(t, l)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	data, err := ndarray.Ones(dtype.Float64, 1000, 1000)
	if err != nil {
		t.Fatal(err)
	}
	x := array.From(data, array.Chunks(500, 500)).MapBlocks(slowly)
	killed := make(chan error, 1)
	go func() {
		time.Sleep(300 * time.Millisecond)
		err := l.Agent().Kill("local-0", "test")
		time.Sleep(200 * time.Millisecond)
		if err == nil {
			err = l.Agent().Kill("local-1", "test")
		}
		killed <- err
	}()
	out, err := x.Sum().Compute(c.Context(ctx))
	if err != nil {
		t.Fatal(err)
	}
	if err := <-killed; err != nil {
		t.Fatal(err)
	}
	if v, err := out.Float64(); err != nil || v != 1e6 {
		t.Errorf("got %v, %v, want 1e6", v, err)
	}
}

func slowly(_ context.Context, b *ndarray.Array) (*ndarray.Array, error) {
	time.Sleep(250 * time.Millisecond)
	return b, nil
}

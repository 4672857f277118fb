package cluster_test

import (
	"context"
	"testing"

	"sheaf"
	"sheaf/client"
	"sheaf/cluster/clustertest"
	"sheaf/delayed"
)

// mapGather measures calls of a function that does nothing, submitted and gathered in one go.
func mapGather(b *testing.B, c *client.Client) {
	const n = 100_000
	xs := make([]int, n)
	for i := range xs {
		xs[i] = i
	}
	ctx := context.Background()
	for b.Loop() {
		futures := c.Map[int](inc, xs, client.Pure(false))
		if _, err := c.Gather(ctx, futures); err != nil {
			b.Fatal(err)
		}
		c.Release(futures)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/n, "us/task")
}

func BenchmarkMapGather(b *testing.B) {
	b.Run("in process", func(b *testing.B) { mapGather(b, clustertest.InProcess(b, 2)) })
	b.Run("processes", func(b *testing.B) { mapGather(b, clustertest.Processes(b, 2)) })
}

func BenchmarkRoundTrip(b *testing.B) {
	ctx := context.Background()
	trip := func(b *testing.B, c *client.Client) {
		for b.Loop() {
			f := c.Submit[int](inc, 1, client.Pure(false))
			if _, err := f.Result(ctx); err != nil {
				b.Fatal(err)
			}
			f.Release()
		}
	}
	b.Run("in process", func(b *testing.B) { trip(b, clustertest.InProcess(b, 2)) })
	b.Run("processes", func(b *testing.B) { trip(b, clustertest.Processes(b, 2)) })
}

func total(xs []int) int { return len(xs) }

// BenchmarkAdmit measures how long it takes until a graph of a million tasks is admitted.
func BenchmarkAdmit(b *testing.B) {
	c := clustertest.Processes(b, 1)
	xs := make([]*delayed.Value[int], 1_000_000)
	for i := range xs {
		xs[i] = delayed.Call[int](inc, i)
	}
	g, err := delayed.Call[int](total, xs).Graph()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		ctx, cancel := context.WithCancel(context.Background())
		run, err := c.Start(ctx, g, sheaf.RunOptions{})
		if err != nil {
			b.Fatal(err)
		}
		if err := run.(interface{ Admitted(context.Context) error }).Admitted(ctx); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		cancel()
		run.Release()
		b.StartTimer()
	}
}

package cluster_test

import (
	"context"
	"testing"

	"sheaf/client"
	"sheaf/cluster/clustertest"
)

func floats(v float64) []float64 {
	x := make([]float64, 12_500_000)
	for i := range x {
		x[i] = v
	}
	return x
}

func length(x []float64) int { return len(x) }

// BenchmarkTransfer measures values of 100 MB that go from one worker to the other, one after the other.
func BenchmarkTransfer(b *testing.B) {
	transfer := func(b *testing.B, c *client.Client, from, to string) {
		ctx := context.Background()
		b.SetBytes(100e6)
		for b.Loop() {
			b.StopTimer()
			x := c.Submit[[]float64](floats, 1.0, client.Pure(false), client.OnWorkers(from))
			if _, _, err := c.Wait(ctx, []*client.Future[[]float64]{x}); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			n := c.Submit[int](length, x, client.Pure(false), client.OnWorkers(to))
			if _, err := n.Result(ctx); err != nil {
				b.Fatal(err)
			}
			x.Release()
			n.Release()
		}
	}
	b.Run("in process", func(b *testing.B) { transfer(b, clustertest.InProcess(b, 2), "worker-0", "worker-1") })
	b.Run("processes", func(b *testing.B) { transfer(b, clustertest.Processes(b, 2), "local-0", "local-1") })
}

package client_test

import (
	"testing"

	"sheaf/client"
	"sheaf/client/clienttest"
	"sheaf/cluster/clustertest"
)

// all waits until all workers have joined.
func all(t testing.TB, c *client.Client, workers int) *client.Client {
	t.Helper()
	if err := c.WaitForWorkers(t.Context(), workers); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMain(m *testing.M) { clustertest.Main(m) }

// TestInProcessCluster runs the suite on clusters whose parts are goroutines, between which everything travels.
func TestInProcessCluster(t *testing.T) {
	clienttest.Run(t, func(t *testing.T, workers int) *client.Client {
		return all(t, clustertest.InProcess(t, workers), workers)
	}, clienttest.Features{Cluster: true})
}

// TestProcesses runs the suite on clusters of worker processes.
func TestProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	clienttest.Run(t, func(t *testing.T, workers int) *client.Client {
		return all(t, clustertest.Processes(t, workers), workers)
	},
		clienttest.Features{Cluster: true, Processes: true})
}

// BenchmarkInProcessRoundTrip is the round trip between goroutines of this process, encoding included.
func BenchmarkInProcessRoundTrip(b *testing.B) { roundTrip(b, clustertest.InProcess(b, 2)) }

// BenchmarkProcessesRoundTrip is the round trip to a worker process.
func BenchmarkProcessesRoundTrip(b *testing.B) { roundTrip(b, clustertest.Processes(b, 2)) }

// BenchmarkInProcessMapGather is 100,000 tiny calls.
func BenchmarkInProcessMapGather(b *testing.B) { mapGather(b, clustertest.InProcess(b, 2)) }

// BenchmarkProcessesMapGather is 100,000 tiny calls on worker processes.
func BenchmarkProcessesMapGather(b *testing.B) { mapGather(b, clustertest.Processes(b, 2)) }

// TestCoordInProcess runs the suite of locks, queues and the like against a scheduler.
func TestCoordInProcess(t *testing.T) {
	clienttest.RunCoord(t, func(t *testing.T, workers int) *client.Client {
		return all(t, clustertest.InProcess(t, workers), workers)
	})
}

// Package clustertest starts clusters for tests, in two lines:
//
//	func TestMain(m *testing.M) { clustertest.Main(m) }
//
//	func TestMine(t *testing.T) {
//		c := clustertest.Processes(t, 2)
//		…
//	}
package clustertest

import (
	"context"
	"log/slog"
	"os"
	"testing"

	"sheaf/client"
	"sheaf/cluster"
)

// Main runs the tests of a package whose test binary can become a worker.
func Main(m *testing.M) {
	cluster.Init()
	os.Exit(m.Run())
}

// Processes starts a cluster of so many single-threaded worker processes and returns a client of it. Both end with the test.
func Processes(t testing.TB, workers int) *client.Client {
	t.Helper()
	return ClientOf(t, Local(t, cluster.Config{Workers: workers, Threads: 1}))
}

// Local starts a cluster of worker processes. It ends with the test.
func Local(t testing.TB, conf cluster.Config) *cluster.Local {
	t.Helper()
	if testing.Verbose() && conf.Logger == nil && os.Getenv("SHEAF_TEST_LOG") != "" {
		conf.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	l, err := cluster.StartLocal(context.Background(), conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(context.Background()); err != nil {
			t.Errorf("closing the cluster: %v", err)
		}
	})
	return l
}

// InProcess starts a cluster of so many workers as goroutines of this process, between which everything travels as between
// processes, and returns a client of it. Both end with the test.
func InProcess(t testing.TB, workers int) *client.Client {
	t.Helper()
	c, err := cluster.StartInProcess(context.Background(), cluster.Config{Workers: workers, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Errorf("closing the cluster: %v", err)
		}
	})
	return ClientOf(t, c)
}

// ClientOf returns a new client of a cluster, when all its workers are there. It ends with the test.
func ClientOf(t testing.TB, of interface {
	Client(context.Context) (*client.Client, error)
},
) *client.Client {
	t.Helper()
	c, err := of.Client(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

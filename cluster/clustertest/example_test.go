package clustertest_test

import (
	"fmt"
	"testing"

	"sheaf/client"
	"sheaf/cluster"
	"sheaf/cluster/clustertest"
)

func TestMain(m *testing.M) { clustertest.Main(m) }

func double(x int) int { return 2 * x }

func total(xs []int) int {
	sum := 0
	for _, x := range xs {
		sum += x
	}
	return sum
}

// work is a program that is tested on all sorts of clusters.
func work(t *testing.T, c *client.Client) {
	t.Helper()
	doubled := c.Map[int](double, []int{1, 2, 3, 4})
	if v, err := c.Submit[int](total, doubled).Result(t.Context()); v != 20 || err != nil {
		t.Errorf("got %d, %v, want 20", v, err)
	}
}

func TestProcesses(t *testing.T) { work(t, clustertest.Processes(t, 2)) }

func TestInProcess(t *testing.T) { work(t, clustertest.InProcess(t, 2)) }

// TestClientsOfOneCluster starts a cluster with a configuration of its own, and two clients of it.
func TestClientsOfOneCluster(t *testing.T) {
	l := clustertest.Local(t, cluster.Config{Workers: 1, Threads: 2})
	work(t, clustertest.ClientOf(t, l))
	work(t, clustertest.ClientOf(t, l))
	info, err := l.Scheduler().Info(t.Context())
	if err != nil || len(info.Workers) != 1 || len(info.Clients) != 2 {
		t.Errorf("got %+v, %v, want one worker and two clients", info, err)
	}
}

// Tests have the examples that these functions need: they take a *testing.T.
func Example() {
	test := func(t *testing.T) {
		c := clustertest.InProcess(t, 2)
		v, err := c.Submit[int](double, 21).Result(t.Context())
		if v != 42 || err != nil {
			t.Error(v, err)
		}
	}
	fmt.Println(testing.RunTests(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: "TestMine", F: test}}))
	// Output: true
}

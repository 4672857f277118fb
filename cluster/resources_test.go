package cluster_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"sheaf/client"
	"sheaf/cluster/clustertest"
	"sheaf/graph"
)

// TestResourcesThatMeanNothing: amounts that nobody can have are refused by a client of this process as by one of a cluster.
func TestResourcesThatMeanNothing(t *testing.T) {
	here, err := client.Local(t.Context(), client.Workers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = here.Close() })
	there := clustertest.InProcess(t, 1)
	for i, amount := range []float64{-1, math.Inf(1), math.NaN()} { // of calls that differ: equal ones are made once
		want := []string{"need -1 of", "need +Inf of", "need NaN of"}[i]
		_, one := here.Submit[int](inc, i, client.Resource("GPU", amount)).Result(t.Context())
		_, other := there.Submit[int](inc, i, client.Resource("GPU", amount)).Result(t.Context())
		if one == nil || other == nil || one.Error() != other.Error() {
			t.Fatalf("%v: locally the error is\n%v\non a cluster\n%v", amount, one, other)
		}
		if !errors.Is(one, graph.ErrGraph) || !errors.Is(other, graph.ErrGraph) || !strings.Contains(one.Error(), want+` the resource "GPU", want 0 or more`) {
			t.Errorf("%v: got %v", amount, one)
		}
	}
}

package cluster_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

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

// TestDeadlineSaysWhatIsMissing: who waits in vain for what no worker has is told so at the end; who waits for something else is not.
func TestDeadlineSaysWhatIsMissing(t *testing.T) {
	c := clustertest.InProcess(t, 1)
	wait := func(f *client.Future[int]) error {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		_, err := f.Result(ctx)
		return err
	}
	if err := wait(c.Submit[int](sleepy, 60_000)); err != context.DeadlineExceeded { //nolint:errorlint // it is to be nothing else
		t.Errorf("with workers: got %v", err)
	}
	err := wait(c.Submit[int](inc, 1, client.Resource("GPU", 1)))
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "GPU") {
		t.Errorf("without a GPU: got %v", err)
	}
	t.Log(err)
}

func sleepy(ctx context.Context, ms int) int {
	select {
	case <-time.After(time.Duration(ms) * time.Millisecond):
	case <-ctx.Done():
	}
	return ms
}

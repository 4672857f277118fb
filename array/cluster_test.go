package array_test

import (
	"context"
	"testing"
	"time"

	"sheaf"
	"sheaf/array"
	"sheaf/cluster/clustertest"
	"sheaf/internal/testexec"
	"sheaf/ndarray"
)

// TestRechunkOnProcesses: an array that is cut otherwise on worker processes, there and back, has the elements that it has here.
func TestRechunkOnProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	testexec.LocalOnly(t, "it starts its own cluster")
	c := clustertest.Processes(t, 2)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	x := array.Arange(0, 1000*700, 1.0, array.Chunks(70_000)).Reshape(1000, 700)
	for name, y := range map[string]*array.Array{
		"turned":         x.Rechunk(100, 700).Add(1).Rechunk(1000, 70),
		"there and back": x.Rechunk(100, 700).Add(1).Rechunk(1000, 70).Mul(2).Rechunk(100, 700),
		"shifted":        x.Rechunk(100, 700).Add(1).Rechunk(90, 300),
		"sums":           x.Rechunk(100, 700).Add(1).Rechunk(1000, 70).Sum(array.Axis(0)),
	} {
		want, err := y.Compute(ctx)
		if err != nil {
			t.Fatal(err)
		}
		got, err := y.Compute(sheaf.With(ctx, sheaf.On(c)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		v, err := ndarray.Values[float64](got)
		if err != nil {
			t.Fatal(err)
		}
		w, err := ndarray.Values[float64](want)
		if err != nil {
			t.Fatal(err)
		}
		if len(v) != len(w) {
			t.Fatalf("%s: got %d elements, want %d", name, len(v), len(w))
		}
		for i := range w {
			if v[i] != w[i] {
				t.Fatalf("%s: element %d is %v, want %v", name, i, v[i], w[i])
			}
		}
	}
}

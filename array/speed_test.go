package array_test

import (
	"context"
	"os"
	"testing"
	"time"

	"sheaf"
	"sheaf/array"
	"sheaf/array/random"
)

// TestSpeed prints the times of the seed's cases when SHEAF_SPEED is set; bench measures them beside their peers.
func TestSpeed(t *testing.T) {
	if os.Getenv("SHEAF_SPEED") == "" {
		t.Skip("SHEAF_SPEED is not set")
	}
	ctx := context.Background()
	draw := func() *array.Array {
		return random.New(1).Uniform(0, 10, array.Size(10000, 10000), array.Chunks(1000, 1000))
	}
	seed := func(x *array.Array) *array.Array { return x.Add(x.T()).Sub(x.Mean(array.Axis(0))) }
	persisted, err := sheaf.Persist(ctx, draw())
	if err != nil {
		t.Fatal(err)
	}
	if err := sheaf.Wait(ctx, persisted); err != nil {
		t.Fatal(err)
	}
	p := persisted
	cases := []struct {
		name string
		x    func() *array.Array
	}{
		{"uniform_sum", func() *array.Array { return draw().Sum() }},
		{"normal_sum", func() *array.Array {
			return random.New(1).Normal(1, 1, array.Size(10000, 10000), array.Chunks(1000, 1000)).Sum()
		}},
		{"seed_sum", func() *array.Array { return seed(draw()).Sum() }},
		{"seed_whole", func() *array.Array { return seed(draw()) }},
		{"seed_persisted", func() *array.Array { return seed(p).Sum() }},
		{"persisted_sum", func() *array.Array { return p.Sum() }},
		{"std_axis0", func() *array.Array { return p.Std(array.Axis(0)) }},
		{"transcend", func() *array.Array { return p.Neg().Exp().Mul(p.Sin()).Add(p.Sqrt()).Sum() }},
		{"rechunk_sum", func() *array.Array { return p.Rechunk(10000, 100).Sum(array.Axis(0)) }},
	}
	for _, c := range cases {
		if only := os.Getenv("SHEAF_SPEED"); only != "1" && only != c.name {
			continue
		}
		best := time.Hour
		for range 3 {
			begin := time.Now()
			if _, err := c.x().Compute(ctx); err != nil {
				t.Fatal(err)
			}
			best = min(best, time.Since(begin))
		}
		t.Logf("%-16s %8.3f s", c.name, best.Seconds())
	}
}

//go:build unix

package array_test

import (
	"context"
	"os"
	"syscall"
	"testing"
	"time"

	"sheaf"
	"sheaf/array"
	"sheaf/array/random"
)

// TestSpeed prints the times of the seed's cases when ARRAY_SPEED is set; bench measures them beside their peers.
func TestSpeed(t *testing.T) {
	if os.Getenv("ARRAY_SPEED") == "" {
		t.Skip("ARRAY_SPEED is not set")
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
		if only := os.Getenv("ARRAY_SPEED"); only != "1" && only != c.name {
			continue
		}
		best, cpu := time.Hour, time.Hour
		for range 3 {
			begin, before := time.Now(), cpuTime()
			if _, err := c.x().Compute(ctx); err != nil {
				t.Fatal(err)
			}
			best, cpu = min(best, time.Since(begin)), min(cpu, cpuTime()-before)
		}
		t.Logf("%-16s %8.3f s, %.3f s on each of 2 cores", c.name, best.Seconds(), cpu.Seconds()/2)
	}
}

// cpuTime returns the processor time of the process so far, which other programs on the machine disturb less than the clock.
func cpuTime() time.Duration {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

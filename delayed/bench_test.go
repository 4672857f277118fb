package delayed_test

import (
	"context"
	"testing"

	"sheaf"
	"sheaf/delayed"
)

func inc(x int) int { return x + 1 }

func add(x, y int) int { return x + y }

func sum(xs []int) int {
	s := 0
	for _, x := range xs {
		s += x
	}
	return s
}

// BenchmarkFan is the case "fan" of the performance goals: independent calls and one that takes them all.
func BenchmarkFan(b *testing.B) {
	const n = 100_000
	for b.Loop() {
		xs := make([]*delayed.Value[int], n)
		for i := range xs {
			xs[i] = delayed.Call[int](inc, i)
		}
		got, err := delayed.Call[int](sum, xs).Compute(context.Background())
		if err != nil || got != n*(n+1)/2 {
			b.Fatal(got, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/task")
}

// BenchmarkChain is the case "chain": one call after the other.
func BenchmarkChain(b *testing.B) {
	const n = 100_000
	for b.Loop() {
		x := delayed.Call[int](inc, 0)
		for range n - 1 {
			x = delayed.Call[int](inc, x)
		}
		got, err := x.Compute(context.Background())
		if err != nil || got != n {
			b.Fatal(got, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/task")
}

// BenchmarkFanTyped is the fan with the calls whose types the compiler checks.
func BenchmarkFanTyped(b *testing.B) {
	const n = 100_000
	for b.Loop() {
		xs := make([]*delayed.Value[int], n)
		for i := range xs {
			xs[i] = delayed.Call1(inc, delayed.Of(i))
		}
		if _, err := sheaf.ComputeAll(context.Background(), xs...); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/task")
}

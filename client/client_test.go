package client_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"sheaf"
	"sheaf/client"
	"sheaf/client/clienttest"
)

func inc(x int) int    { return x + 1 }
func add(x, y int) int { return x + y }

// BenchmarkRoundTrip is the case "round trip" of the performance goals.
func BenchmarkRoundTrip(b *testing.B) {
	ctx := context.Background()
	c, err := client.Local(ctx)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	roundTrip(b, c)
}

func roundTrip(b *testing.B, c *client.Client) {
	i := 0
	for b.Loop() {
		i++
		if v, err := c.Submit[int](inc, i).Result(b.Context()); err != nil || v != i+1 {
			b.Fatal(v, err)
		}
	}
}

// BenchmarkMapGather is the case "map/gather".
func BenchmarkMapGather(b *testing.B) {
	ctx := context.Background()
	c, err := client.Local(ctx)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	mapGather(b, c)
}

func mapGather(b *testing.B, c *client.Client) {
	const n = 100_000
	xs := make([]int, n)
	for b.Loop() {
		for i := range xs {
			xs[i] += n
		}
		if _, err := c.Gather(b.Context(), c.Map[int](inc, xs)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/task")
}

func TestLocal(t *testing.T) {
	defer goleak.VerifyNone(t)
	clienttest.Run(t, func(t *testing.T, workers int) *client.Client {
		c, err := client.Local(t.Context(), client.Workers(workers))
		if err != nil {
			t.Fatal(err)
		}
		return c
	})
}

// What a function captures cannot be compared: calls of one key are the same if they are of the function at one place.
func TestKeyOfClosures(t *testing.T) {
	c, err := client.Local(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	add := func(by int) func(int) int { return func(n int) int { return n + by } }
	first, twin := c.Submit[int](add(1), 5, client.Key("mine")), c.Submit[int](add(1), 5, client.Key("mine"))
	for _, f := range []*client.Future[int]{first, twin} {
		if v, err := f.Result(t.Context()); err != nil || v != 6 {
			t.Errorf("got %d, %v", v, err)
		}
	}
	other := c.Submit[int](func(n int) int { return n - len(t.Name()) }, 5, client.Key("mine"))
	if err := other.Err(); !errors.Is(err, sheaf.ErrClash) || strings.Count(err.Error(), "TestKeyOfClosures") != 2 {
		t.Errorf("another function: %v", err)
	}
}

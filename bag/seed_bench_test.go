package bag_test

import (
	"context"
	"os"
	"testing"

	"sheaf/bag"
)

type account struct {
	ID      int64
	Name    string
	Balance float64
}

// BenchmarkSeed is the bag program of the seed over the files that SHEAF_INTERNAL_SEED_JSON names.
func BenchmarkSeed(b *testing.B) {
	pattern := os.Getenv("SHEAF_INTERNAL_SEED_JSON")
	if pattern == "" {
		b.Skip("SHEAF_INTERNAL_SEED_JSON names no files")
	}
	isAlice := func(r account) bool { return r.Name == "Alice" }
	balance := func(r account) float64 { return r.Balance }
	for b.Loop() {
		total, err := bag.Sum(bag.ReadText(pattern).TryMap(bag.JSON[account]).Filter(isAlice).Map(balance)).Compute(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(total, "answer")
	}
}

package bag_test

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sheaf"
	"sheaf/bag"
)

// words yields the words of a line without a slice of them.
func words(line string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for {
			line = strings.TrimLeft(line, " ")
			if line == "" {
				return
			}
			end := strings.IndexByte(line, ' ')
			if end < 0 {
				end = len(line)
			}
			if !yield(line[:end]) {
				return
			}
			line = line[end:]
		}
	}
}

// textFile writes about n bytes of words, of which low numbers are frequent.
func textFile(b *testing.B, n int) string {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	z := rand.NewZipf(r, 1.1, 4, 50_000)
	var sb strings.Builder
	for sb.Len() < n {
		for range 10 {
			fmt.Fprintf(&sb, "word%d ", z.Uint64())
		}
		sb.WriteByte('\n')
	}
	name := filepath.Join(b.TempDir(), "words.txt")
	if err := os.WriteFile(name, []byte(sb.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	return name
}

func BenchmarkWordCount(b *testing.B) {
	const size = 64 << 20
	name := textFile(b, size)
	b.SetBytes(size)
	for b.Loop() {
		counts := bag.Frequencies(bag.ReadText(name, bag.BlockSize(16<<20)).FlatMap(words))
		if _, err := counts.TopKBy(10, func(kv bag.KV[string, int]) int { return kv.Value }).Compute(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGroupBy(b *testing.B) {
	const n = 1_000_000
	b.SetBytes(8 * n)
	for b.Loop() {
		groups := bag.GroupBy(bag.Range(n, bag.Partitions(8)), func(i int) int { return i % 1000 })
		if got, err := groups.Count().Compute(context.Background()); err != nil || got != 1000 {
			b.Fatal(got, err)
		}
	}
}

func BenchmarkElement(b *testing.B) {
	const n = 10_000_000
	b.SetBytes(8 * n)
	for b.Loop() {
		if _, err := bag.Sum(bag.Range(n, bag.Partitions(8)).Map(func(i int) int { return i * i }).Filter(func(i int) bool { return i%3 == 0 })).Compute(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkShared(b *testing.B) {
	const n = 1_000_000
	for b.Loop() {
		squares := bag.Range(n, bag.Partitions(8)).Map(func(i int) int { return i * i })
		sum, top := bag.Sum(squares), bag.Max(squares)
		if _, _, err := compute2(sum, top); err != nil {
			b.Fatal(err)
		}
	}
}

func compute2(a, b *bag.Item[int]) (int, int, error) {
	return sheaf.Compute2[int, int](context.Background(), a, b)
}

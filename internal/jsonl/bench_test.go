package jsonl_test

import (
	"encoding/json/v2"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"sheaf/internal/jsonl"
)

func benchLines() []string {
	r := rand.New(rand.NewPCG(1, 1))
	tags := []string{"online", "new", "gold", "senior"}
	out := make([]string, 2000)
	for i := range out {
		out[i] = fmt.Sprintf(`{"id": %d, "name": "%s", "balance": %.2f, "tags": ["%s", "%s"], "address": {"street": "%d Main Street", "city": "Geneva", "zip": "%05d"}}`,
			i, []string{"Alice", "Ursula", "Dan"}[r.IntN(3)], r.Float64()*10000, tags[r.IntN(4)], tags[r.IntN(4)], r.IntN(10000), r.IntN(100000))
	}
	return out
}

func benchmark[T any](b *testing.B, decode func(string) (T, error)) {
	lines := benchLines()
	b.SetBytes(int64(len(strings.Join(lines, "\n")) / len(lines)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := decode(lines[i%len(lines)]); err != nil {
			b.Fatal(err)
		}
	}
}

func standard[T any](line string) (v T, err error) {
	err = json.Unmarshal([]byte(line), &v)
	return v, err
}

type wide struct {
	ID      int64
	Name    string
	Balance float64
	Tags    []string
	Address struct{ Street, City, Zip string }
}

func BenchmarkSmall(b *testing.B)   { benchmark(b, jsonl.Decode[small, string]) }
func BenchmarkWide(b *testing.B)    { benchmark(b, jsonl.Decode[wide, string]) }
func BenchmarkAny(b *testing.B)     { benchmark(b, jsonl.Decode[any, string]) }
func BenchmarkSmallV2(b *testing.B) { benchmark(b, standard[small]) }
func BenchmarkAnyV2(b *testing.B)   { benchmark(b, standard[any]) }

package bag_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sheaf"
	"sheaf/bag"
	"sheaf/fn"
)

// golden holds the values that testdata/golden.py got from Dask.
func golden(t *testing.T) map[string]json.RawMessage {
	t.Helper()
	data, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func want[T any](t *testing.T, m map[string]json.RawMessage, key string) (v T) {
	t.Helper()
	if err := json.Unmarshal(m[key], &v); err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	return v
}

// same computes x and compares it with what Dask has under the key.
func same[T any](t *testing.T, m map[string]json.RawMessage, key string, x sheaf.Lazy[T]) {
	t.Helper()
	got, err := sheaf.Compute(context.Background(), x)
	if err != nil {
		t.Errorf("%s: %v", key, err)
		return
	}
	w := want[T](t, m, key)
	if a, ok := any(got).(float64); ok {
		if b := any(w).(float64); math.Abs(a-b) > 1e-12*math.Abs(b) {
			t.Errorf("%s: got %v, want %v", key, a, b)
		}
		return
	}
	if !reflect.DeepEqual(got, w) {
		t.Errorf("%s: %s", key, cmp.Diff(got, w))
	}
}

func mod(n int) func(int) int { return fn.Bind(func(n, x int) int { return x % n }, n) }

func plus(a, b int) int   { return a + b }
func even(x int) bool     { return x%2 == 0 }
func length(s string) int { return len(s) }

func TestSameAsDask(t *testing.T) {
	m := golden(t)
	ints, words := want[[]int](t, m, "ints"), want[[]string](t, m, "words")
	b, w := bag.FromSlice(ints, bag.PartitionSize(8)), bag.FromSlice(words, bag.PartitionSize(17))
	same(t, m, "ints", b)
	same(t, m, "sum", bag.Sum(b))
	same(t, m, "count", b.Count())
	same(t, m, "min", bag.Min(b))
	same(t, m, "max", bag.Max(b, bag.SplitEvery(2)))
	same(t, m, "mean", bag.Mean(b))
	same(t, m, "var", bag.Var(b, bag.SplitEvery(3)))
	same(t, m, "var1", bag.Var(b, bag.Ddof(1)))
	same(t, m, "std", bag.Std(b))
	same(t, m, "any", bag.Any(b.Map(func(x int) bool { return x > 99 })))
	same(t, m, "all", bag.All(b.Map(func(x int) bool { return x < 101 })))
	same(t, m, "topk", bag.TopK(b, 5))
	same(t, m, "topk_key", b.TopKBy(5, func(x int) int { return -x }, bag.SplitEvery(2)))
	same(t, m, "fold", b.Fold(0, plus, plus))
	same(t, m, "filter", b.Filter(even))
	same(t, m, "remove", b.Remove(even))
	same(t, m, "accumulate", b.Accumulate(10, plus))
	same(t, m, "concat", bag.Concat(b, b))
	same(t, m, "range", bag.Range(10, bag.Partitions(3)))
	same(t, m, "flatten", bag.Flatten(bag.FromSlice([][]int{{1, 2}, {}, {3}}, bag.Partitions(2))))
	same(t, m, "pluck", bag.FromSlice([]map[string]int{{"a": 1}, {"b": 2}}).Pluck("a", 0))
	same(t, m, "zip", bag.Zip(b, b.Map(func(x int) int { return x + 1 })).Map(list))
	same(t, m, "product", bag.Product(bag.FromSlice([]int{1, 2, 3}, bag.PartitionSize(2)), bag.FromSlice([]int{10, 20}, bag.Partitions(2))).Map(list))
	same(t, m, "join", bag.Join(w, bag.FromSlice([]string{"fig", "grape", "lime"}), length, length).
		Map(func(p bag.Pair[string, string]) []string { return []string{p.First, p.Second} }))
	sorted(t, m, "distinct", bag.Distinct(w, bag.SplitEvery(2)))
	sorted(t, m, "frequencies", bag.Frequencies(w).Map(func(kv bag.KV[string, int]) any { return []any{kv.Key, float64(kv.Value)} }))
	sorted(t, m, "foldby", b.FoldBy(mod(3), 0, plus, plus).Map(func(kv bag.KV[int, int]) []int { return []int{kv.Key, kv.Value} }))
	sorted(t, m, "groupby", bag.GroupBy(b, mod(4)).Map(func(g bag.Group[int, int]) any {
		slices.Sort(g.Values)
		return []any{g.Key, g.Values}
	}))
	took(t, want[[]int](t, m, "take"), b, 3)
	took(t, want[[]int](t, m, "take_all"), b, 20, bag.Partitions(-1))
	took(t, want[[]string](t, m, "upper"), bag.Str(w).Upper(), 3)
	for i, p := range want[[][]int](t, m, "partitions_2") {
		got, err := b.Repartition(2).Partition(i).Compute(context.Background())
		if err != nil || !slices.Equal(got, p) {
			t.Errorf("partition %d of 2: got %v, %v, want %v", i, got, err, p)
		}
	}
}

func list(p bag.Pair[int, int]) []int { return []int{p.First, p.Second} }

func took[T comparable](t *testing.T, want []T, b *bag.Bag[T], k int, opts ...bag.Option) {
	t.Helper()
	if got, err := b.Take(context.Background(), k, opts...); err != nil || !slices.Equal(got, want) {
		t.Errorf("take: got %v, %v, want %v", got, err, want)
	}
}

// sorted is same for results whose order is not Dask's: both are compared as sorted JSON.
func sorted[T any](t *testing.T, m map[string]json.RawMessage, key string, b *bag.Bag[T]) {
	t.Helper()
	got, err := b.Compute(context.Background())
	if err != nil {
		t.Errorf("%s: %v", key, err)
		return
	}
	lines := func(vs []any) []string {
		var out []string
		for _, v := range vs {
			s, _ := json.Marshal(v)
			out = append(out, string(s))
		}
		slices.Sort(out)
		return out
	}
	var plain []any
	for _, v := range got {
		plain = append(plain, v)
	}
	if diff := cmp.Diff(lines(plain), lines(want[[]any](t, m, key))); diff != "" {
		t.Errorf("%s: %s", key, diff)
	}
}

package bag_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sheaf/bag"
)

func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	for i, text := range []string{
		`{"id": 1, "name": "Alice", "balance": 100}` + "\n" + `{"id": 2, "name": "Bob", "balance": 200}`,
		`{"id": 3, "name": "Alice", "balance": 50.5}`,
	} {
		_ = os.WriteFile(filepath.Join(dir, fmt.Sprint(i, ".json")), []byte(text), 0o600)
	}

	type Record struct {
		Name    string
		Balance float64
	}
	isAlice := func(r Record) bool { return r.Name == "Alice" }
	balance := func(r Record) float64 { return r.Balance }

	total, err := bag.Sum(bag.ReadText(filepath.Join(dir, "*.json")).TryMap(bag.JSON[Record]).Filter(isAlice).Map(balance)).Compute(context.Background())
	fmt.Println(total, err)
	// Output: 150.5 <nil>
}

func ExampleBag() {
	words := bag.Flatten(bag.FromSlice([]string{"to be or", "not to be"}).Map(strings.Fields))
	counts := bag.Frequencies(words)
	top, err := counts.TopKBy(2, func(kv bag.KV[string, int]) int { return kv.Value }).Compute(context.Background())
	fmt.Println(top, err)
	fmt.Println(counts)
	// Output:
	// [{to 2} {be 2}] <nil>
	// Bag[bag.KV[string,int]](frequencies, 1 partitions)
}

func ExampleItem() {
	mean := bag.Mean(bag.Range(10)).Apply(func(m float64) string { return fmt.Sprintf("%.1f on average", m) })
	s, err := mean.Compute(context.Background())
	fmt.Println(s, err)
	// Output: 4.5 on average <nil>
}

func ExampleOption() {
	b := bag.Range(10, bag.Partitions(3))
	v, err := bag.Var(b, bag.Ddof(1), bag.SplitEvery(2)).Compute(context.Background())
	fmt.Printf("%d partitions, %.3f %v\n", b.NPartitions(), v, err)
	// Output: 3 partitions, 9.167 <nil>
}

func ExamplePair() {
	b := bag.Zip(bag.FromSlice([]string{"a", "b"}), bag.Range(2))
	v, err := b.Compute(context.Background())
	fmt.Println(v[1].First, v[1].Second, err)
	// Output: b 1 <nil>
}

func ExampleKV() {
	sums := bag.Range(10).FoldBy(func(i int) bool { return i%2 == 0 }, 0,
		func(sum, i int) int { return sum + i }, func(a, b int) int { return a + b })
	v, err := sums.Compute(context.Background())
	for _, kv := range v {
		fmt.Println("even:", kv.Key, "sum:", kv.Value, err)
	}
	// Output:
	// even: true sum: 20 <nil>
	// even: false sum: 25 <nil>
}

func ExampleGroup() {
	groups := bag.GroupBy(bag.FromSlice([]string{"fig", "kiwi", "plum"}), func(s string) int { return len(s) }, bag.Partitions(1))
	v, err := groups.Compute(context.Background())
	for _, g := range v {
		fmt.Println(g.Key, g.Values, err)
	}
	// Output:
	// 3 [fig] <nil>
	// 4 [kiwi plum] <nil>
}

func ExampleStrings() {
	v, err := bag.Str(bag.FromSlice([]string{" Hello ", "world"})).Strip().Compute(context.Background())
	fmt.Printf("%q %v\n", v, err)
	// Output: ["Hello" "world"] <nil>
}

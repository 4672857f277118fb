package delayed_test

import (
	"context"
	"fmt"

	"sheaf"
	"sheaf/delayed"
)

// The for-loops of a program that calls f and g on many pairs.
func Example() {
	f := func(a, b int) int { return a * b }
	g := func(a, c int) int { return a + c }
	var results []*delayed.Value[int]
	for _, a := range []int{1, 2, 3} {
		for _, b := range []int{1, 2, 3} {
			if a < b {
				c := delayed.Call[int](f, a, b)
				c = delayed.Call[int](g, a, c)
				results = append(results, c)
			}
		}
	}
	vals, err := sheaf.ComputeAll(context.Background(), results...)
	fmt.Println(vals, err)
	// Output: [3 4 8] <nil>
}

func ExampleValue() {
	v := delayed.Call[[]string](func(n int) []string { return make([]string, n) }, 3)
	n, err := delayed.Call[int](func(s []string) int { return len(s) }, v).Compute(context.Background())
	fmt.Println(n, err)
	// Output: 3 <nil>
}

func ExampleFunction() {
	square := delayed.Func(func(x int) int { return x * x }, delayed.Pure(), delayed.Name("square"))
	a, b := square.Call[int](3), square.Call[int](3)
	fmt.Println(a.Key() == b.Key())
	// Output: true
}

func ExampleOption() {
	f := delayed.Func(func(x int) int { return x }, delayed.Name("identity"))
	fmt.Println(f.Call[int](3).Key()[:9])
	// Output: identity-
}

func ExampleResults() {
	divmod := func(a, b int) (int, int) { return a / b, a % b }
	r := delayed.Func(divmod).Outputs(17, 5)
	q, m, err := sheaf.Compute2(context.Background(), r.At[int](0), r.At[int](1))
	fmt.Println(q, m, err)
	// Output: 3 2 <nil>
}

func ExampleFinisher() {
	var join delayed.Finisher[string] = finishText{}
	s, err := join.Finish(context.Background(), []any{"a", "b"})
	fmt.Println(s, err)
	// Output: ab <nil>
}

// finishText joins texts.
type finishText struct{}

func (finishText) Finish(_ context.Context, parts []any) (string, error) {
	s := ""
	for _, p := range parts {
		s += p.(string)
	}
	return s, nil
}

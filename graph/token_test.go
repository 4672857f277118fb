package graph_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sheaf/graph"
)

func inc(x int) int { return x + 1 }

func apply[T any](x T) T { return x }

type method struct{ K int }

func (m method) Add(x int) int { return m.K + x }

// content is all kinds of values in exported and unexported fields.
type content struct {
	A     int
	b     []float64
	c     map[string]any
	d     *content
	e     any
	f     func(int) int
	g     [2]bool
	h     complex128
	texts []string
	inner struct{ x, y uint8 }
}

func example() content {
	loop := &content{A: 7}
	loop.d = loop
	return content{
		A: 1, b: []float64{1, math.Inf(1), math.NaN()}, c: map[string]any{"x": 1, "y": []string{"z"}, "w": nil, "v": loop}, d: loop,
		e: uint16(3), f: inc, g: [2]bool{true, false}, h: 1i, texts: []string{"a", "bc"}, inner: struct{ x, y uint8 }{1, 2},
	}
}

// op is an operation with content.
type op struct{ c content }

func (op) Run(context.Context, *graph.Task) (any, error) { return nil, nil }

func tokenOf(v any) graph.Token {
	h := graph.NewHasher("test")
	h.Any(v)
	return h.Sum()
}

// contents are values that all mean something else, and have content that can be named.
func contents() []any {
	small := func(f func(c *content)) content {
		c := example()
		f(&c)
		return c
	}
	return []any{
		nil, 0, 1, int32(1), int64(1), uint(1), 1.0, float32(1), "1", []byte("1"),
		[]string{"1"},
		[]string{"", "1"},
		[]string{"1", ""},
		true, false, complex(1, 0),
		[]float64{1},
		[]float64{},
		[]int{1},
		[1]int{1},
		map[int]int{1: 1},
		map[int]int{1: 2},
		map[int]int{},
		math.Copysign(0, -1),
		struct{ X int }{1},
		struct{ Y int }{1},
		&struct{ X int }{1},
		[]any{1, "1"},
		[]any{"1", 1},
		[]any{[]any{1}, 2},
		[]any{[]any{1, 2}},
		inc, apply[int], apply[string], method.Add, strings.ToUpper, func(x int) int { return x - 1 }, func(x int) int { return x - 2 },
		example(), small(func(c *content) { c.b[1] = 2 }), small(func(c *content) { c.inner.y = 3 }), small(func(c *content) { c.f = nil }),
		small(func(c *content) { c.d = nil }), small(func(c *content) { c.d.d = nil }), small(func(c *content) { c.texts[1] = "bd" }),
		graph.Must(graph.Spec{Name: "x", Op: op{example()}, Space: []int{3}}).Token(),
	}
}

func TestDifferentContent(t *testing.T) {
	seen := map[graph.Token]int{}
	for k, v := range contents() {
		tok := tokenOf(v)
		if tok.IsZero() {
			t.Errorf("value %d has no token", k)
		}
		if other, ok := seen[tok]; ok {
			t.Errorf("values %d and %d (%v) have one token", other, k, v)
		}
		seen[tok] = k
		if again := tokenOf(contents()[k]); again != tok {
			t.Errorf("value %d (%T) has another token the second time", k, v)
		}
	}
}

// TestSameInAnotherProcess starts this test again and compares the tokens.
func TestSameInAnotherProcess(t *testing.T) {
	var b strings.Builder
	for _, v := range contents() {
		fmt.Fprintln(&b, tokenOf(v))
	}
	const asked = "TEST_SHEAF_TOKENS"
	if os.Getenv(asked) != "" {
		fmt.Println("tokens:\n" + b.String() + "end")
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^TestSameInAnotherProcess$")
	cmd.Env = append(os.Environ(), asked+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, got, _ := strings.Cut(string(out), "tokens:\n")
	got, _, ok := strings.Cut(got, "end")
	if !ok || got != b.String() {
		t.Errorf("got\n%swant\n%s", got, b.String())
	}
}

func TestUnique(t *testing.T) {
	k := 3
	deep := any(0)
	for range 200_000 {
		deep = &struct{ X any }{deep}
	}
	for name, v := range map[string]any{
		"closure": func(x int) int { return x + k }, "method value": method{k}.Add, "channel": make(chan int), "closure in a field": content{f: func(x int) int { return x + k }},
		"closure in a map": map[string]any{"f": func() int { return k }}, "very deep": deep,
	} {
		if one, other := tokenOf(v), tokenOf(v); one == other {
			t.Errorf("%s: two tokens are equal", name)
		}
	}
	seen := map[graph.Token]bool{}
	for range 100_000 {
		seen[graph.Unique()] = true
	}
	if len(seen) != 100_000 {
		t.Errorf("got %d unique tokens of 100000", len(seen))
	}
}

// TestSharedValuesCostOnce: a value that is reached by many ways is walked once.
func TestSharedValuesCostOnce(t *testing.T) {
	type node struct{ Left, Right *node }
	n := &node{}
	for range 60 {
		n = &node{n, n}
	}
	if one, other := tokenOf(n), tokenOf(n); one != other {
		t.Error("tokens differ")
	}
	slices := []any{1}
	for range 60 {
		slices = []any{slices, slices}
	}
	slices[0] = slices
	tokenOf(slices)
	maps := map[string]any{}
	maps["self"] = maps
	if one, other := tokenOf(maps), tokenOf(maps); one != other {
		t.Error("tokens of a map that holds itself differ")
	}
}

func TestHasherIsAStream(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 9000), 0, 6).Draw(t, "parts")
		a, b := graph.NewHasher("x"), graph.NewHasher("x")
		for _, p := range parts {
			a.Bytes(p)
			b.Bytes(append([]byte(nil), p...))
		}
		if a.Sum() != b.Sum() {
			t.Fatal("equal content, different tokens")
		}
		c := graph.NewHasher("x")
		for _, p := range parts {
			c.String(string(p))
		}
		if len(parts) > 0 && c.Sum() == b.Sum() {
			t.Fatal("strings and bytes are not told apart")
		}
	})
}

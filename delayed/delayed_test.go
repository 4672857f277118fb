package delayed_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"sheaf"
	"sheaf/cluster/clustertest"
	"sheaf/delayed"
	"sheaf/graph"
	"sheaf/internal/testexec"
	"sheaf/internal/travel/traveltest"
)

func TestMain(m *testing.M) {
	clustertest.Executors(m)
	traveltest.Main()
	goleak.VerifyTestMain(m)
}

func compute[T any](t *testing.T, v *delayed.Value[T], want T) {
	t.Helper()
	got, err := v.Compute(t.Context())
	if err != nil {
		t.Fatalf("Compute: %v", err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

var errNegative = errors.New("negative")

func root(ctx context.Context, x float64) (float64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if x < 0 {
		return 0, errNegative
	}
	return x / 2, nil
}

func TestCall(t *testing.T) {
	a, b := delayed.Call[int](inc, 1), delayed.Call[int](inc, 2)
	compute(t, delayed.Call[int](add, a, b), 5)
	compute(t, delayed.Call[float64](root, 4.0), 2)
	compute(t, delayed.Call[float64](root, 4), 2) // a whole number fits a float64
	compute(t, delayed.Call[string](fmt.Sprintf, "%d-%d", a, 7), "2-7")
	compute(t, delayed.Call[string](fmt.Sprint), "")
	compute(t, delayed.Call[struct{}](func() {}), struct{}{})
	compute(t, delayed.Call[struct{}](func() error { return nil }), struct{}{})
	compute(t, delayed.Call[any](func(x any) any { return x }, nil), nil)
	compute(t, delayed.Call[*int](func(p *int) *int { return p }, nil), nil)
	compute(t, delayed.Call[string](time.Duration.String, time.Second), "1s")
}

func TestTyped(t *testing.T) {
	one, two := delayed.Of(1), delayed.Of(2)
	half := func(_ context.Context, x int) (float64, error) { return float64(x) / 2, nil }
	compute(t, delayed.Call0(func() int { return 7 }), 7)
	compute(t, delayed.Call1(inc, one), 2)
	compute(t, delayed.Call2(add, one, two), 3)
	compute(t, delayed.Call3(func(a, b, c int) int { return a*100 + b*10 + c }, one, two, one), 121)
	compute(t, delayed.Call4(func(a, b, c, d int) int { return a*1000 + b*100 + c*10 + d }, one, two, one, two), 1212)
	compute(t, delayed.Try0(func(context.Context) (int, error) { return 7, nil }), 7)
	compute(t, delayed.Try1(half, two), 1)
	compute(t, delayed.Try2(func(_ context.Context, a, b int) (int, error) { return a - b, nil }, one, two), -1)
	compute(t, delayed.Try3(func(_ context.Context, a, b, c int) (int, error) { return a - b - c, nil }, one, two, two), -3)
	compute(t, delayed.Try4(func(_ context.Context, a, b, c, d int) (int, error) { return a - b - c - d, nil }, one, two, two, two), -5)
	compute(t, delayed.Call1(func(err error) bool { return err == nil }, delayed.Of[error](nil)), true)
	if err := delayed.Call1[int, int](nil, one).Err(); err == nil || !strings.Contains(err.Error(), "nil") {
		t.Errorf("a nil function: %v", err)
	}
}

type point struct{ X, Y int }

type lazyPoint struct{ X, Y any }

func TestNestedArguments(t *testing.T) {
	two := delayed.Call[int](inc, 1)
	compute(t, delayed.Call[int](sum, []*delayed.Value[int]{two, two}), 4)
	compute(t, delayed.Call[int](sum, []any{two, 5}), 7)
	compute(t, delayed.Call[int](func(a [2]int) int { return a[0] - a[1] }, [2]any{two, 5}), -3)
	compute(t, delayed.Call[int](func(m map[string][]int) int { return sum(m["a"]) }, map[string]any{"a": []any{two, 1}}), 3)
	compute(t, delayed.Call[int](func(p point) int { return p.X * p.Y }, lazyPoint{two, 10}), 20)
	compute(t, delayed.Call[string](func(v any) string { return fmt.Sprint(v) }, []any{two, "x", []any{two}}), "[2 x [2]]")
	compute(t, delayed.Call[int](func(p lazyPoint) int { return p.X.(int) + p.Y.(int) }, lazyPoint{two, two}), 4)
}

func TestWrongCalls(t *testing.T) {
	three := delayed.Call[string](strings.ToUpper, "three")
	for _, c := range []struct {
		v    interface{ Err() error }
		want string
	}{
		{delayed.Call[int](inc), "0 arguments given, it takes 1"},
		{delayed.Call[int](inc, 1, 2), "2 arguments given, it takes 1"},
		{delayed.Call[string](fmt.Sprintf), "it takes at least 1"},
		{delayed.Call[int](inc, "x"), "argument 1: string given, want int"},
		{delayed.Call[int](inc, 1.5), "1.5 (float64) does not fit a int"},
		{delayed.Call[uint8](func(x uint8) uint8 { return x }, 256), "256 (int) does not fit a uint8"},
		{delayed.Call[uint](func(x uint) uint { return x }, -1), "-1 (int) does not fit a uint"},
		{delayed.Call[int](inc, nil), "nil given, want int"},
		{delayed.Call[int](inc, three), "a lazy string given, want int"},
		{delayed.Call[int](sum, []any{1, three}), "argument 1: element 1: a lazy string given"},
		{delayed.Call[int](sum, map[string]any{"a": three}), "a map with lazy values given"},
		{delayed.Call[string](inc, 1), "it returns int, not string"},
		{delayed.Call[int](func() (int, string) { return 0, "" }), "it has 2 results"},
		{delayed.Call[int](func() {}), "it has no result"},
		{delayed.Call[int]("inc"), "string is not a function"},
		{delayed.Call[int](nil), "<nil> is not a function"},
		{delayed.Call[int]((func())(nil)), "the function is nil"},
		{delayed.Call[any](fmt.Sprint, collection{}), "delayed.Whole"},
		{delayed.Call[int](inc, delayed.Call[int](inc, "deep")), "argument 1: string given"},
		{delayed.Of(point{}).Field[int]("Z"), "no such exported field"},
		{delayed.Of(point{}).Field[string]("X"), "it is int, not string"},
		{delayed.Of(3).Index[int](0), "int has no elements"},
		{delayed.Of([]int{3}).Index[string](0), "elements of []int are not string"},
		{delayed.Func(inc).Outputs(1).At[int](1), "result 1 is asked for, it has 1"},
	} {
		err := c.v.Err()
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "delayed_test.go:") {
			t.Errorf("got  %v\nwant ... %s, with this file and a line", err, c.want)
		}
	}
	if _, err := delayed.Call[int](inc, "x").Compute(t.Context()); err == nil {
		t.Error("computing a wrong call succeeded")
	}
	if _, err := sheaf.ComputeAll(t.Context(), delayed.Of(1), delayed.Call[int](inc, "x")); err == nil {
		t.Error("computing a wrong call among others succeeded")
	}
}

type collection struct{}

func (collection) Graph() (graph.Graph, error) { return graph.Graph{}, nil }

func TestPure(t *testing.T) {
	var calls atomic.Int64
	pure := delayed.Func(inc, delayed.Pure())
	if a, b := pure.Call[int](1), pure.Call[int](1); a.Key() != b.Key() {
		t.Errorf("equal pure calls have keys %s and %s", a.Key(), b.Key())
	}
	if a, b := pure.Call[int](1), pure.Call[int](2); a.Key() == b.Key() {
		t.Error("different calls have one key")
	}
	if a, b := pure.Call[int](pure.Call[int](1)), pure.Call[int](pure.Call[int](1)); a.Key() != b.Key() {
		t.Error("equal calls of equal calls differ")
	}
	if a, b := delayed.Call[int](inc, 1), delayed.Call[int](inc, 1); a.Key() == b.Key() {
		t.Error("impure calls share a key")
	}
	capturing := delayed.Func(func() int { return int(calls.Add(1)) }, delayed.Pure())
	if a, b := capturing.Call[int](), capturing.Call[int](); a.Key() == b.Key() {
		t.Error("calls of a function that captures share a key")
	}
	counted.Store(0)
	f := delayed.Func(count, delayed.Pure())
	got, err := sheaf.ComputeAll(t.Context(), f.Call[int](3), f.Call[int](3), f.Call[int](4))
	if err != nil || !reflect.DeepEqual(got, []int{3, 3, 4}) || !ran(2) {
		t.Errorf("got %v, %v in %d calls, want 2 calls", got, err, counted.Load())
	}
}

var counted atomic.Int64

func count(x int) int { counted.Add(1); return x }

// ran reports whether counted functions ran so often, as far as that can be seen from here.
func ran(want int64) bool { return counted.Load() == want || !testexec.SameProcess() }

func TestSharedOnce(t *testing.T) {
	counted.Store(0)
	a := delayed.Call[int](count, 3)
	compute(t, delayed.Call[int](add, a, delayed.Call[int](add, a, a)), 9)
	if !ran(1) {
		t.Errorf("a shared call ran %d times", counted.Load())
	}
	x, y, err := sheaf.Compute2(t.Context(), a, delayed.Call[int](inc, a))
	if err != nil || x != 3 || y != 4 || !ran(2) {
		t.Errorf("Compute2 = %d, %d, %v in %d calls", x, y, err, counted.Load()-1)
	}
}

func TestKeyClash(t *testing.T) {
	a := delayed.Func(inc, delayed.Key("k")).Call[int](1)
	b := delayed.Func(inc, delayed.Key("k")).Call[int](2)
	if _, _, err := sheaf.Compute2(t.Context(), a, b); !errors.Is(err, sheaf.ErrClash) {
		t.Errorf("one key for two calls: %v", err)
	}
	if x, y, err := sheaf.Compute2(t.Context(), a, a); err != nil || x != 2 || y != 2 {
		t.Errorf("the same call twice: %v, %v, %v", x, y, err)
	}
}

func TestOutputs(t *testing.T) {
	counted.Store(0)
	r := delayed.Func(func(a, b int) (int, string, error) { counted.Add(1); return a / b, fmt.Sprint(a % b), nil }).Outputs(7, 2)
	if r.Len() != 2 {
		t.Errorf("Len() = %d", r.Len())
	}
	q, m, err := sheaf.Compute2(t.Context(), r.At[int](0), r.At[string](1))
	if err != nil || q != 3 || m != "1" || !ran(1) {
		t.Errorf("got %v, %v, %v in %d calls", q, m, err, counted.Load())
	}
}

func TestAccess(t *testing.T) {
	p := delayed.Call[point](func(x int) point { return point{x, 2 * x} }, 4)
	compute(t, p.Field[int]("Y"), 8)
	compute(t, delayed.Of(&point{1, 2}).Field[int]("X"), 1)
	compute(t, delayed.Of([]string{"a", "b"}).Index[string](-1), "b")
	compute(t, delayed.Of(map[string]int{"a": 1}).Index[int]("a"), 1)
	compute(t, delayed.Of[any](map[string]any{"a": []any{1, 2}}).Index[any]("a").Index[int](1), 2)
	for _, v := range []*delayed.Value[int]{
		delayed.Of([]int{1}).Index[int](1), delayed.Of([]int{1}).Index[int]("a"), delayed.Of(map[string]int{}).Index[int]("a"),
		delayed.Of[any](3).Index[int](0), delayed.Of[any](nil).Index[int](0), delayed.Of[any](3).Field[int]("X"),
		delayed.Of((*point)(nil)).Field[int]("X"), delayed.Of[any]([]any{"x"}).Index[int](0),
	} {
		if _, err := v.Compute(t.Context()); err == nil {
			t.Errorf("%v succeeded", v)
		}
	}
}

func TestErrors(t *testing.T) {
	_, err := delayed.Call[float64](root, -1).Compute(t.Context())
	te, ok := errors.AsType[*sheaf.TaskError](err)
	if !ok || !errors.Is(err, errNegative) || !strings.HasSuffix(te.Func.File, "delayed_test.go") || te.Key.Name != "root" {
		t.Errorf("got %v, want a TaskError of root", err)
	}
	v := delayed.Call[int](inc, delayed.Call[int](func(m map[string]int) int { m["x"] = 1; return 0 }, map[string]int(nil)))
	_, err = v.Compute(t.Context())
	te, ok = errors.AsType[*sheaf.TaskError](err)
	if !ok || !strings.Contains(te.Stack, "delayed_test.go") || !strings.Contains(err.Error(), "nil map") {
		t.Errorf("a panic gave %v", err)
	}
	_, err = delayed.Call[int](func() int { panic(errNegative) }).Compute(t.Context())
	if !errors.Is(err, errNegative) {
		t.Errorf("a panic with an error does not match it: %v", err)
	}
}

func TestCancel(t *testing.T) {
	testexec.LocalOnly(t, "its function closes a channel of this process")
	ctx, cancel := context.WithCancel(t.Context())
	started := make(chan struct{})
	v := delayed.Call[int](func(ctx context.Context) (int, error) {
		close(started)
		<-ctx.Done()
		return 0, ctx.Err()
	})
	go func() { <-started; cancel() }()
	if _, err := v.Compute(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := delayed.Of(1).Compute(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("with a cancelled context: %v", err)
	}
}

func TestHangingFunctionIsNamed(t *testing.T) {
	l, err := sheaf.NewLocal(sheaf.LocalConfig{Grace: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	gate := make(chan struct{})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err = delayed.Call[int](func() int { <-gate; return 1 }).Compute(ctx, sheaf.On(l))
	if err == nil || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "delayed_test.go:") {
		t.Errorf("got %v, want the function's line", err)
	}
	close(gate)
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestWholeAndPersist(t *testing.T) {
	a := delayed.Call[int](inc, 41)
	compute(t, delayed.Call[int](inc, delayed.Whole[int](a)), 43)
	p, err := sheaf.Persist(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	if err := sheaf.Wait(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	compute(t, p, 42)
	compute(t, delayed.Call[int](add, p, delayed.Call[int](inc, p)), 85)
	failed, err := sheaf.Persist(t.Context(), delayed.Call[float64](root, -1))
	if err != nil {
		t.Fatal(err)
	}
	if err := sheaf.Wait(t.Context(), failed); !errors.Is(err, errNegative) {
		t.Errorf("Wait for a failed value: %v", err)
	}
	if _, err := delayed.Call[string](fmt.Sprint, failed).Compute(t.Context()); !errors.Is(err, errNegative) {
		t.Errorf("on a failed value: %v", err)
	}
}

func TestNilValue(t *testing.T) {
	var v *delayed.Value[int]
	if v.Err() == nil || delayed.Call[int](inc, v).Err() == nil {
		t.Error("a nil value is not refused")
	}
}

// TestAnyGraph computes random graphs lazily and directly.
func TestAnyGraph(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var lazy []*delayed.Value[int]
		var plain []int
		for range rapid.IntRange(1, 60).Draw(r, "calls") {
			if len(lazy) == 0 || rapid.Bool().Draw(r, "leaf") {
				x := rapid.IntRange(-5, 5).Draw(r, "x")
				lazy, plain = append(lazy, delayed.Call[int](inc, x)), append(plain, x+1)
				continue
			}
			i := rapid.IntRange(0, len(lazy)-1).Draw(r, "i")
			j := rapid.IntRange(0, len(lazy)-1).Draw(r, "j")
			switch rapid.IntRange(0, 2).Draw(r, "kind") {
			case 0:
				lazy = append(lazy, delayed.Call[int](add, lazy[i], lazy[j]))
			case 1:
				lazy = append(lazy, delayed.Call2(add, lazy[i], lazy[j]))
			default:
				lazy = append(lazy, delayed.Call[int](sum, []*delayed.Value[int]{lazy[i], lazy[j]}))
			}
			plain = append(plain, plain[i]+plain[j])
		}
		got, err := sheaf.ComputeAll(context.Background(), lazy...)
		if err != nil || !reflect.DeepEqual(got, plain) {
			r.Fatalf("got %v, %v, want %v", got, err, plain)
		}
	})
}

func total(names []string, xs []int, k int) string {
	sum := k
	for _, x := range xs {
		sum += x
	}
	return fmt.Sprint(len(names[0]), sum)
}

// TestLargeArguments passes arguments that do not travel with the call, shared by two calls.
func TestLargeArguments(t *testing.T) {
	xs := make([]int, 100_000)
	for i := range xs {
		xs[i] = i % 3
	}
	names := []string{strings.Repeat("x", 50_000)}
	k := delayed.Call[int](inc, 9)
	compute(t, delayed.Call[string](total, names, xs, k), "50000 100009")
	compute(t, delayed.Call[string](total, names, xs[:3], delayed.Call[int](inc, k)), "50000 14")
	compute(t, delayed.Call[int](sum, []any{k, len(xs)}), 100_010)
	compute(t, delayed.Call[int](func(a, b []int) int { return len(a) + len(b) }, delayed.Of(xs), xs), 200_000)
}

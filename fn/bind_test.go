package fn_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"sheaf/fn"
)

type scaler struct{ k float64 }

func (s scaler) Scale(x float64) float64 { return s.k * x }

func (s *scaler) Context(ctx context.Context, x float64) (float64, error) { return s.k * x, ctx.Err() }

func scaled(k, x int) int { return k * x }

var errBoom = errors.New("boom")

func TestBind(t *testing.T) {
	ctx := t.Context()
	for name, tc := range map[string]struct {
		f    any
		args []any
		want string
	}{
		"0":          {fn.Bind0(func(k int) int { return k }, 3), nil, "[3]"},
		"1":          {fn.Bind(scaled, 3), []any{4}, "[12]"},
		"2":          {fn.Bind2(func(k, x, y int) string { return fmt.Sprint(k, x, y) }, 3), []any{4, 5}, "[3 4 5]"},
		"3":          {fn.Bind3(func(k, x, y, z int) string { return fmt.Sprint(k, x, y, z) }, 3), []any{4, 5, 6}, "[3 4 5 6]"},
		"err 0":      {fn.Bind0Err(func(k int) (int, error) { return k, errBoom }, 3), nil, "[3 boom]"},
		"err 1":      {fn.BindErr(func(k, x int) (int, error) { return k * x, errBoom }, 3), []any{4}, "[12 boom]"},
		"err 2":      {fn.Bind2Err((*scaler).Context, &scaler{2}), []any{ctx, 4.0}, "[8 <nil>]"},
		"err 3":      {fn.Bind3Err(func(k string, x, y, z int) (string, error) { return fmt.Sprint(k, x, y, z), nil }, "k"), []any{4, 5, 6}, "[k4 5 6 <nil>]"},
		"method":     {fn.Bind(scaler.Scale, scaler{3}), []any{2.0}, "[6]"},
		"any":        {fn.BindFunc[func(int) string](func(a, b string, x int) string { return a + b + fmt.Sprint(x) }, "a", "b"), []any{1}, "[ab1]"},
		"any nil":    {fn.BindFunc[func(int) string](func(e error, x int) string { return fmt.Sprint(e, x) }, nil), []any{1}, "[<nil> 1]"},
		"any varied": {fn.BindFunc[func(...string) string](func(sep string, all ...string) string { return strings.Join(all, sep) }, "-"), []any{"x", "y"}, "[x-y]"},
		"nested":     {fn.Bind(fn.Bind2(func(a, b, x int) int { return 100*a + 10*b + x }, 1), 2), []any{3}, "[123]"},
	} {
		v := reflect.ValueOf(tc.f)
		args := make([]reflect.Value, len(tc.args))
		for i, a := range tc.args {
			args[i] = reflect.ValueOf(a)
		}
		var got []any
		for _, r := range v.Call(args) {
			got = append(got, r.Interface())
		}
		if fmt.Sprint(got) != tc.want {
			t.Errorf("%s: got %v, want %s", name, got, tc.want)
		}
		if err := fn.Check(tc.f); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, ok := fn.Symbol(tc.f); ok {
			t.Errorf("%s has a symbol", name)
		}
		b := fn.BindingOf(v)
		if b == nil {
			t.Errorf("%s is not known as bound", name)
			continue
		}
		again, err := b.Func()
		if err != nil || reflect.TypeOf(again) != v.Type() {
			t.Errorf("%s: made %T again, want %v; %v", name, again, v.Type(), err)
		}
		if s := fn.SourceOf(tc.f); !strings.HasSuffix(s.File, "bind_test.go") && !strings.HasSuffix(s.File, "fn_test.go") {
			t.Errorf("%s: got source %v", name, s)
		}
	}
}

// repeated makes functions that capture type parameters and a value.
type repeated[T any] struct{ Times int }

func (r repeated[T]) Func() func(T) []T {
	return func(v T) []T {
		var out []T
		for range r.Times {
			out = append(out, v)
		}
		return out
	}
}

type static struct{}

func (static) Func() func(int) int { return inc }

type noFunction struct{}

func (noFunction) Func() int { return 3 }

type none struct{}

func (none) Func() func() { return nil }

func TestMake(t *testing.T) {
	f := fn.Make(repeated[string]{2})
	if got := f("x"); len(got) != 2 || fn.Check(f) != nil {
		t.Errorf("got %v, %v", got, fn.Check(f))
	}
	b := fn.BindingOf(reflect.ValueOf(f))
	again, err := b.Func()
	if err != nil || len(again.(func(string) []string)("y")) != 2 {
		t.Errorf("got %v, %v", again, err)
	}
	if s := fn.SourceOf(f); !strings.Contains(s.Name, "repeated") {
		t.Errorf("got %v", s)
	}
	if _, ok := fn.Symbol(fn.Make(static{})); !ok {
		t.Error("a function that travels by itself has no symbol")
	}
	if n, nothing := fn.Make(noFunction{}), fn.Make(none{}); n != 3 || nothing != nil {
		t.Error("got something else than was made")
	}
	g := fn.Bind(fn.Bind2(func(r func(int) []int, a, b int) int { return len(r(a + b)) }, fn.Make(repeated[int]{5})), 1)
	if got := g(2); got != 5 || fn.Check(g) != nil {
		t.Errorf("got %d", got)
	}
}

func ExampleMake() {
	pairs := fn.Make(repeated[string]{2})
	fmt.Println(pairs("a"), fn.Check(pairs))
	// Output: [a a] <nil>
}

func TestBindFuncRefuses(t *testing.T) {
	for name, f := range map[string]func(){
		"no function": func() { fn.BindFunc[func()](3) },
		"no type":     func() { fn.BindFunc[int](func(int) {}, 3) },
		"too many":    func() { fn.BindFunc[func(int) int](scaled, 1, 2) },
		"other type":  func() { fn.BindFunc[func(int) int](scaled, "1") },
		"nil":         func() { fn.BindFunc[func(int) int](scaled, nil) },
		"result":      func() { fn.BindFunc[func(int) string](scaled, 1) },
		"argument":    func() { fn.BindFunc[func(string) int](scaled, 1) },
	} {
		func() {
			defer func() {
				if err, ok := recover().(error); !ok || !strings.Contains(err.Error(), "BindFunc") {
					t.Errorf("%s: got %v", name, err)
				}
			}()
			f()
			t.Errorf("%s: no panic", name)
		}()
	}
}

// TestBindingsAreCollected makes many bound functions and waits until what is known of them is gone.
func TestBindingsAreCollected(t *testing.T) {
	type big struct{ b [1 << 10]byte }
	keep := fn.Bind(func(b *big, x int) int { return len(b.b) + x }, &big{})
	const n = 10_000
	for i := range n {
		f := fn.Bind(func(b *big, x int) int { return len(b.b) + x }, &big{})
		if got := f(i); got != 1<<10+i {
			t.Fatal(got)
		}
	}
	for start := time.Now(); fn.BindingsLen() > n/10; time.Sleep(time.Millisecond) {
		runtime.GC()
		if time.Since(start) > 10*time.Second {
			t.Fatalf("%d bindings are left", fn.BindingsLen())
		}
	}
	if keep(1) != 1<<10+1 || fn.BindingOf(reflect.ValueOf(keep)) == nil {
		t.Error("a binding in use is gone")
	}
}

func TestCheck(t *testing.T) {
	k := len(os.Args)
	s := scaler{2}
	for name, tc := range map[string]struct {
		f      any
		want   []string
		method bool
	}{
		"captures":     {func(x int) int { return x + k }, []string{"fn_test.TestCheck.func1 at ", "bind_test.go:", "captures variables", "fn.Bind("}, false},
		"method value": {s.Scale, []string{"fn_test.scaler.Scale at ", "method value", "fn.Bind(T.Method, t)"}, true},
		"generic":      {inside[string](), []string{"captures its type parameters"}, false},
		"bound":        {fn.Bind(func(x, y int) int { return x + y + k }, 3), []string{"captures variables"}, false},
	} {
		err := fn.Check(tc.f)
		ce, ok := errors.AsType[*fn.CaptureError](err)
		if !ok || ce.Method != tc.method {
			t.Errorf("%s: got %#v", name, err)
			continue
		}
		for _, want := range tc.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", name, err, want)
			}
		}
	}
	for _, f := range []any{nil, 3, (func())(nil)} {
		if err := fn.Check(f); err == nil {
			t.Errorf("%v: no error", f)
		}
	}
	for name, f := range named() {
		if err := fn.Check(f); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func inside[T any]() func(T) T { return func(x T) T { return x } }

func TestLookup(t *testing.T) {
	for name, f := range named() {
		s, _ := fn.Symbol(f)
		v, err := fn.Lookup(s, reflect.TypeOf(f))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if fn.Object(v) != fn.Object(reflect.ValueOf(f)) {
			t.Errorf("%s: another function", name)
		}
	}
	s, _ := fn.Symbol(inc)
	v, err := fn.Lookup(s, reflect.TypeFor[func(int) int]())
	if err != nil || v.Interface().(func(int) int)(3) != 4 {
		t.Errorf("got %v, %v", v, err)
	}
	name, place, _ := strings.Cut(s, "@")
	for _, wrong := range []string{"", "x", name, name + "@", name + "@zz", name + "@0", name + "@-" + place, name + "@" + place + "0", "x@" + place, name + "@7fffffffffffffff"} {
		if v, err := fn.Lookup(wrong, reflect.TypeFor[func(int) int]()); !errors.Is(err, fn.ErrSymbol) {
			t.Errorf("%q: got %v, %v", wrong, v, err)
		}
	}
	for _, typ := range []reflect.Type{nil, reflect.TypeFor[int]()} {
		if _, err := fn.Lookup(s, typ); !errors.Is(err, fn.ErrSymbol) {
			t.Errorf("as %v: got %v", typ, err)
		}
	}
}

func FuzzLookup(f *testing.F) {
	for _, g := range named() {
		s, _ := fn.Symbol(g)
		f.Add(s)
	}
	f.Add("sheaf/fn_test.inc@123")
	f.Fuzz(func(t *testing.T, s string) {
		v, err := fn.Lookup(s, reflect.TypeFor[func(int) int]())
		if err == nil {
			if again, ok := fn.Symbol(v.Interface()); !ok || again != s && !strings.Contains(s, "@") {
				t.Errorf("%q gave %q", s, again)
			}
		}
	})
}

func BenchmarkBind(b *testing.B) {
	for b.Loop() {
		fn.Bind(scaled, 3)
	}
}

func ExampleBind() {
	k := 3
	times := fn.Bind(func(k, x int) int { return k * x }, k)
	fmt.Println(times(4), fn.Check(times))
	// Output: 12 <nil>
}

func ExampleCaptureError() {
	k := len(os.Args)
	err := fn.Check(func(x int) int { return k * x })
	ce, ok := errors.AsType[*fn.CaptureError](err)
	fmt.Println(ok, ce.Method, strings.Contains(err.Error(), "fn.Bind("))
	// Output: true false true
}

func ExampleBinding() {
	b := fn.BindingOf(reflect.ValueOf(fn.Bind(scaled, 3)))
	f, err := b.Func()
	fmt.Println(f.(func(int) int)(5), err)
	// Output: 15 <nil>
}

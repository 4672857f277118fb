package codec_test

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"sheaf/fn"
	"sheaf/internal/codec"
)

type work struct {
	Name  string
	F     func(int) int
	same  func(int) int
	other any
	typed mapper
}

type mapper func(string) string

// generic makes functions in generic code.
type generic[T any] struct{ Add T }

func (g generic[T]) Func() func(T) []T { return func(v T) []T { return []T{v, g.Add} } }

func generics[T any](v T) func(T) []T { return fn.Make(generic[T]{v}) }

type onlyThere struct {
	N    int
	next *onlyThere
}

type onlyHere[T any] struct{ V T }

func double(x int) int { return 2 * x }

func same[T any](x T) T { return x }

type pairOf struct{ a, b int }

func (p *pairOf) Plus(x int) int { return p.a + p.b + x }

// sent is what the other process decodes without ever having encoded anything like it.
func sent() []any {
	p := &pairOf{1, 2}
	plus := fn.Bind((*pairOf).Plus, p)
	return []any{
		work{"a", double, double, strings.ToUpper, strings.ToLower},
		[]any{onlyThere{1, &onlyThere{N: 2}}, onlyHere[map[string]onlyThere]{map[string]onlyThere{"x": {N: 3}}}, struct{ X, y int }{4, 5}},
		[]any{plus, plus, p},
		fn.Bind(fn.Bind2(func(a, b, x int) int { return 100*a + 10*b + x }, 1), 2),
		fn.BindFunc[func(int) string](func(a string, b []any, x int) string { return fmt.Sprint(a, b, x) }, "a", []any{1, "b"}),
		map[string]any{"f": same[string], "g": same[onlyThere]},
		[]error{io.EOF, errSentinel, fmt.Errorf("wrapped: %w", errSentinel), errors.Join(io.EOF, os.ErrNotExist), &url.Error{Op: "get", Err: errMade}},
		reflect.TypeFor[onlyHere[int]](),
		generics("made"),
	}
}

var (
	errSentinel = errors.New("sentinel")
	errMade     = fmt.Errorf("made at %s", strings.Repeat("run time", min(1, len(os.Args))))
)

// say prints what sent's values are, by using them.
func say(all []any) string {
	var b strings.Builder
	w := all[0].(work)
	fmt.Fprintln(&b, w.Name, w.F(3), w.same(4), w.other.(func(string) string)("x"), w.typed("Y"))
	l := all[1].([]any)
	fmt.Fprintln(&b, l[0].(onlyThere).next.N, l[1].(onlyHere[map[string]onlyThere]).V["x"].N, l[2].(struct{ X, y int }).y)
	f := all[2].([]any)
	p := f[2].(*pairOf)
	p.a = 10
	fmt.Fprintln(&b, f[0].(func(int) int)(3), f[1].(func(int) int)(4), fn.Object(reflect.ValueOf(f[0])) == fn.Object(reflect.ValueOf(f[1])))
	fmt.Fprintln(&b, all[3].(func(int) int)(3), all[4].(func(int) string)(5))
	m := all[5].(map[string]any)
	fmt.Fprintln(&b, m["f"].(func(string) string)("s"), m["g"].(func(onlyThere) onlyThere)(onlyThere{N: 7}).N)
	e := all[6].([]error)
	fmt.Fprintln(&b, e[0] == io.EOF, e[1] == errSentinel, errors.Is(e[2], errSentinel), e[2], //nolint:errorlint // identity
		errors.Is(e[3], io.EOF) && errors.Is(e[3], os.ErrNotExist), errors.Is(e[4], errMade), e[4])
	fmt.Fprintln(&b, all[7], all[8].(func(string) []string)("is"), fn.Check(all[8]))
	return b.String()
}

func TestFuncs(t *testing.T) {
	want := say(sent())
	var got []any
	for _, v := range sent() {
		b, err := codec.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		back, err := codec.Unmarshal(b)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, back)
	}
	if s := say(got); s != want {
		t.Errorf("got\n%swant\n%s", s, want)
	}
	if err := fn.Check(got[3]); err != nil {
		t.Errorf("a bound function is none after the journey: %v", err)
	}
}

// TestAnotherProcess decodes in a fresh process of this executable, which has met none of the types.
func TestAnotherProcess(t *testing.T) {
	const asked = "TEST_SHEAF_CODEC_DECODE"
	if path := os.Getenv(asked); path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		v, err := codec.Unmarshal(data)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(say(v.([]any))) {
			fmt.Print("said ", line)
		}
		return
	}
	data, err := codec.Marshal(sent())
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/sent"
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^TestAnotherProcess$")
	cmd.Env = append(os.Environ(), asked+"="+path)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var got strings.Builder
	for line := range strings.Lines(string(out)) {
		if s, ok := strings.CutPrefix(line, "said "); ok {
			got.WriteString(s)
		}
	}
	if want := say(sent()); got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
}

func TestCapturesNameTheCure(t *testing.T) {
	k := len(os.Args)
	_, err := codec.Marshal(&work{Name: "w", F: func(x int) int { return x + k }})
	if _, ok := errors.AsType[*fn.CaptureError](err); !ok || !errors.Is(err, codec.ErrUnsupported) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"codec_test.work.F: ", "TestCapturesNameTheCure.func", "funcs_test.go:", "fn.Bind("} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	c := make(chan int)
	_, err = codec.Marshal([]any{fn.Bind(func(c chan int, x int) int { return x }, c)})
	if !errors.Is(err, codec.ErrUnsupported) || !strings.Contains(err.Error(), "funcs_test.go:") {
		t.Errorf("got %v", err)
	}
	m := map[string]func() int{}
	m["x"] = fn.Bind0(func(m map[string]func() int) int { return len(m) }, m)
	if b, err := codec.Marshal(m); err == nil {
		if _, err := codec.Unmarshal(b); err != nil {
			t.Error(err)
		}
	}
}

func TestUnknownFuncsAndTypes(t *testing.T) {
	b, err := codec.Marshal(any(double))
	if err != nil {
		t.Fatal(err)
	}
	for i := range b {
		for _, x := range []byte{1, 0x80, 0xff} {
			damaged := append([]byte(nil), b...)
			damaged[i] ^= x
			if v, err := codec.Unmarshal(damaged); err == nil {
				if f, ok := v.(func(int) int); !ok || f(3) == 0 {
					t.Errorf("byte %d ^ %x: got %T", i, x, v)
				}
			}
		}
	}
	made := reflect.StructOf([]reflect.StructField{{Name: "Made", Type: reflect.TypeFor[int]()}})
	if _, err := codec.Marshal(reflect.Zero(made).Interface()); err != nil {
		t.Error(err)
	}
}

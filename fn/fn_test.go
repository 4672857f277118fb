package fn_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sheaf/fn"
)

func inc(x int) int { return x + 1 }

func identity[T any](x T) T { return x }

type counter struct{ n int }

func (c counter) Value() int { return c.n }
func (c *counter) Inc()      { c.n++ }

type box[T any] struct{ v T }

func (b box[T]) Get() T { return b.v }

// holder has functions in fields of all kinds.
type holder struct {
	Public  func(int) int
	private func(int) int
	inner   struct{ f func(int) int }
	iface   any
}

var package1 = func(x int) int { return x * 2 }

// named are functions that mean the same in every process of this program.
func named() map[string]any {
	return map[string]any{
		"top":            inc,
		"library":        strings.ToUpper,
		"literal":        func(x int) int { return x - 1 },
		"other literal":  func(x int) int { return x - 2 },
		"variable":       package1,
		"expression":     counter.Value,
		"pointer":        (*counter).Inc,
		"int":            identity[int],
		"string":         identity[string],
		"struct":         identity[counter],
		"generic method": box[float64].Get,
	}
}

func TestSymbolsOfNamedFunctions(t *testing.T) {
	seen := map[string]string{}
	for name, f := range named() {
		s, ok := fn.Symbol(f)
		if !ok {
			t.Errorf("%s: no symbol", name)
		}
		if other, twice := seen[s]; twice {
			t.Errorf("%s and %s have one symbol %s", name, other, s)
		}
		seen[s] = name
		if again, _ := fn.Symbol(named()[name]); again != s {
			t.Errorf("%s: got %s and %s", name, s, again)
		}
	}
}

func TestCapturesHaveNoSymbol(t *testing.T) {
	k := len(os.Args)
	c := counter{k}
	var nilFunc func()
	for name, f := range map[string]any{
		"closure": func(x int) int { return x + k }, "method value": c.Value, "pointer method value": c.Inc, "generic method value": box[int]{k}.Get,
		"nil": nilFunc, "no function": 3, "nothing": nil,
	} {
		if s, ok := fn.Symbol(f); ok {
			t.Errorf("%s: got %s, want none", name, s)
		}
	}
}

// TestUnexportedField reads functions out of fields that reflection guards; it holds rawValue to reflect.Value's layout.
func TestUnexportedField(t *testing.T) {
	k := len(os.Args)
	h := holder{Public: inc, private: inc, iface: inc}
	h.inner.f = inc
	want, _ := fn.Symbol(inc)
	captured := holder{Public: func(x int) int { return x + k }, private: func(x int) int { return x + k }}
	for name, v := range map[string]reflect.Value{"value": reflect.ValueOf(h), "pointed to": reflect.ValueOf(&h).Elem()} {
		for _, f := range []reflect.Value{v.Field(0), v.Field(1), v.Field(2).Field(0), v.Field(3).Elem()} {
			if s, ok := fn.SymbolOf(f); !ok || s != want {
				t.Errorf("%s: got %q, %t, want %q", name, s, ok, want)
			}
		}
	}
	for name, v := range map[string]reflect.Value{"value": reflect.ValueOf(captured), "pointed to": reflect.ValueOf(&captured).Elem()} {
		for i := range 2 {
			if s, ok := fn.SymbolOf(v.Field(i)); ok {
				t.Errorf("%s: a function that captures has the symbol %s", name, s)
			}
		}
	}
}

// TestSymbolsInAnotherProcess compares with a second process of this program.
func TestSymbolsInAnotherProcess(t *testing.T) {
	const asked = "TEST_SHEAF_SYMBOLS"
	if os.Getenv(asked) != "" {
		for name, f := range named() {
			s, _ := fn.Symbol(f)
			fmt.Printf("symbol %s=%s\n", name, s)
		}
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^TestSymbolsInAnotherProcess$")
	cmd.Env = append(os.Environ(), asked+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "symbol "); ok {
			name, s, _ := strings.Cut(rest, "=")
			got[name] = s
		}
	}
	for name, f := range named() {
		if s, _ := fn.Symbol(f); got[name] != s {
			t.Errorf("%s: got %q there and %q here", name, got[name], s)
		}
	}
}

func TestSourceOf(t *testing.T) {
	s := fn.SourceOf(inc)
	if s.Name != "sheaf/fn_test.inc" || filepath.Base(s.File) != "fn_test.go" || s.Line == 0 || s.Short() != "fn_test.inc" {
		t.Errorf("got %+v", s)
	}
	if got := s.String(); !strings.HasPrefix(got, "sheaf/fn_test.inc (") || !strings.Contains(got, "fn_test.go:") {
		t.Errorf("got %s", got)
	}
	if s := fn.SourceOf(func() {}); !strings.Contains(s.Name, "TestSourceOf.func") {
		t.Errorf("got %+v", s)
	}
	for v, want := range map[any]string{nil: "nil", 3: "int", counter{}: "fn_test.counter"} {
		if s := fn.SourceOf(v); s.Name != want || s.File != "" || s.String() != want {
			t.Errorf("%v: got %+v, want %s", v, s, want)
		}
	}
}

func ExampleSource() {
	s := fn.SourceOf(strings.ToUpper)
	fmt.Println(s.Short(), filepath.Base(s.File))
	// Output: strings.ToUpper strings.go
}

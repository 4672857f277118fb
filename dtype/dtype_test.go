package dtype_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"sheaf/dtype"
)

//go:embed testdata/golden.json
var goldenJSON []byte

// golden are NumPy's answers, made by testdata/golden.py.
type golden struct {
	Promote map[string]map[string]string
	Cast    map[string]map[string]bool
	Weak    map[string]map[string]string
	Sqrt    map[string]string
	Divide  map[string]string
	Sum     map[string]string
	Mean    map[string]string
	Code    map[string]string
	Size    map[string]int
}

func load(t *testing.T) golden {
	t.Helper()
	var g golden
	if err := json.Unmarshal(goldenJSON, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// name is the type's name, or "" when the operation is an error.
func name(t dtype.Type, err error) string {
	if err != nil || t == dtype.Invalid {
		return ""
	}
	return t.String()
}

func TestPromoteGolden(t *testing.T) {
	g := load(t)
	n := 0
	for _, a := range dtype.All() {
		for _, b := range dtype.All() {
			got := name(dtype.Promote(a, b))
			if want := g.Promote[a.String()][b.String()]; got != want {
				t.Errorf("Promote(%v, %v): got %q want %q", a, b, got, want)
			}
			if got, want := dtype.CanCast(a, b), g.Cast[a.String()][b.String()]; got != want {
				t.Errorf("CanCast(%v, %v): got %v want %v", a, b, got, want)
			}
			n++
		}
	}
	if n != 15*15 {
		t.Errorf("compared %d pairs, want %d", n, 15*15)
	}
}

func scalar(t *testing.T, key string) any {
	t.Helper()
	if s, ok := strings.CutPrefix(key, "int:"); ok {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return map[string]any{"bool": true, "int": 1, "float": 1.5, "complex": 1i}[key]
}

func TestPromoteScalarGolden(t *testing.T) {
	g := load(t)
	for typ, cases := range g.Weak {
		a, err := dtype.Parse(typ)
		if err != nil {
			t.Fatal(err)
		}
		for key, want := range cases {
			v := scalar(t, key)
			if got := name(dtype.PromoteScalar(a, v)); got != want {
				t.Errorf("PromoteScalar(%v, %s): got %q want %q", a, key, got, want)
			}
			if got := name(dtype.ResultType(a, v)); got != want {
				t.Errorf("ResultType(%v, %s): got %q want %q", a, key, got, want)
			}
		}
	}
}

func TestRulesGolden(t *testing.T) {
	g := load(t)
	for _, a := range dtype.All() {
		s := a.String()
		if got, want := name(dtype.ForFloat(a), nil), g.Sqrt[s]; got != want {
			t.Errorf("ForFloat(%v): got %q want %q", a, got, want)
		}
		if got, want := name(dtype.ForDivide(a), nil), g.Divide[s]; got != want {
			t.Errorf("ForDivide(%v): got %q want %q", a, got, want)
		}
		if want := g.Sum[s]; want != "" && dtype.ForSum(a).String() != want {
			t.Errorf("ForSum(%v): got %v want %q", a, dtype.ForSum(a), want)
		}
		if want := g.Mean[s]; want != "" && dtype.ForMean(a).String() != want {
			t.Errorf("ForMean(%v): got %v want %q", a, dtype.ForMean(a), want)
		}
		if got, want := a.Code(), g.Code[s]; got != want {
			t.Errorf("%v.Code(): got %q want %q", a, got, want)
		}
		if got, want := a.Size(), g.Size[s]; got != want {
			t.Errorf("%v.Size(): got %d want %d", a, got, want)
		}
	}
}

func TestParse(t *testing.T) {
	for ty := dtype.Bool; ty <= dtype.Null; ty++ {
		if got, err := dtype.Parse(ty.String()); err != nil || got != ty {
			t.Errorf("Parse(%q): got %v, %v", ty, got, err)
		}
		if c := ty.Code(); c != "" {
			if got, err := dtype.Parse(c); err != nil || got != ty {
				t.Errorf("Parse(%q): got %v, %v want %v", c, got, err, ty)
			}
		}
		text, err := json.Marshal(ty)
		if err != nil {
			t.Fatal(err)
		}
		var back dtype.Type
		if err := json.Unmarshal(text, &back); err != nil || back != ty {
			t.Errorf("JSON %s: got %v, %v want %v", text, back, err, ty)
		}
	}
	for _, bad := range []string{"", "float16", ">f8", "invalid", "f16", "int128", "<"} {
		if got, err := dtype.Parse(bad); err == nil {
			t.Errorf("Parse(%q): got %v, want an error", bad, got)
		}
	}
}

func TestPredicates(t *testing.T) {
	for _, a := range dtype.All() {
		k := a.Kind()
		for _, c := range []struct {
			name      string
			got, want bool
		}{
			{"IsBool", a.IsBool(), k == 'b'},
			{"IsInteger", a.IsInteger(), k == 'i' || k == 'u'},
			{"IsSigned", a.IsSigned(), k == 'i'},
			{"IsUnsigned", a.IsUnsigned(), k == 'u'},
			{"IsFloat", a.IsFloat(), k == 'f'},
			{"IsComplex", a.IsComplex(), k == 'c'},
			{"IsInexact", a.IsInexact(), k == 'f' || k == 'c'},
			{"IsNumeric", a.IsNumeric(), strings.ContainsRune("iufc", rune(k))},
			{"IsTemporal", a.IsTemporal(), k == 'M' || k == 'm'},
			{"IsArray", a.IsArray(), true},
		} {
			if c.got != c.want {
				t.Errorf("%v.%s: got %v want %v", a, c.name, c.got, c.want)
			}
		}
	}
	for ty := dtype.String; ty <= dtype.Null; ty++ {
		if ty.IsArray() || ty.Kind() != 0 {
			t.Errorf("%v: an array must not hold it", ty)
		}
	}
}

func TestOf(t *testing.T) {
	for want, got := range map[dtype.Type][]dtype.Type{
		dtype.Bool:       {dtype.Of[bool]()},
		dtype.Int64:      {dtype.Of[int64](), dtype.Of[int]()},
		dtype.Uint64:     {dtype.Of[uint64](), dtype.Of[uint]()},
		dtype.Int8:       {dtype.Of[int8]()},
		dtype.Uint16:     {dtype.Of[uint16]()},
		dtype.Float32:    {dtype.Of[float32]()},
		dtype.Complex128: {dtype.Of[complex128]()},
		dtype.Datetime:   {dtype.Of[time.Time]()},
		dtype.Timedelta:  {dtype.Of[time.Duration]()},
		dtype.String:     {dtype.Of[string]()},
		dtype.Binary:     {dtype.Of[[]byte]()},
		dtype.Invalid:    {dtype.Of[struct{}](), dtype.Of[any]()},
	} {
		for _, g := range got {
			if g != want {
				t.Errorf("Of: got %v want %v", g, want)
			}
		}
	}
}

func TestPromoteFrames(t *testing.T) {
	for _, c := range []struct {
		a, b dtype.Type
		want string
	}{
		{dtype.String, dtype.String, "string"},
		{dtype.Null, dtype.Float32, "float32"},
		{dtype.List, dtype.Null, "list"},
		{dtype.String, dtype.Int8, ""},
		{dtype.Invalid, dtype.Invalid, ""},
		{dtype.Type(200), dtype.Int8, ""},
	} {
		if got := name(dtype.Promote(c.a, c.b)); got != c.want {
			t.Errorf("Promote(%v, %v): got %q want %q", c.a, c.b, got, c.want)
		}
	}
}

func ExampleType() {
	t, err := dtype.Parse("<f4")
	fmt.Println(t, t.Size(), t.IsFloat(), err)
	// Output: float32 4 true <nil>
}

func ExamplePromote() {
	t, _ := dtype.Promote(dtype.Int64, dtype.Float32)
	fmt.Println(t)
	_, err := dtype.Promote(dtype.Datetime, dtype.Float64)
	fmt.Println(err)
	// Output:
	// float64
	// dtype: float64 and datetime64[ns] have no common type; convert one of them first
}

func ExamplePromoteScalar() {
	t, _ := dtype.PromoteScalar(dtype.Float32, 2.5) // weak: adapts to the array
	fmt.Println(t)
	t, _ = dtype.PromoteScalar(dtype.Float32, int64(2)) // strong: counts as an int64 array
	fmt.Println(t)
	_, err := dtype.PromoteScalar(dtype.Uint8, 300)
	fmt.Println(err)
	// Output:
	// float32
	// float64
	// dtype: 300 does not fit in uint8
}

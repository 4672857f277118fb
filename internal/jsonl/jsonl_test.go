package jsonl_test

import (
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sheaf/internal/jsonl"
)

type address struct {
	Street string `json:"street"`
	City   string
	Zip    string
}

type base struct {
	ID   int `json:"id"`
	Note *string
}

// Base is embedded, which needs an exported name.
type Base base

type account struct {
	Base
	Name    string             `json:"name,omitempty"`
	Balance float64            `json:"balance"`
	Tags    []string           `json:"tags"`
	Addr    address            `json:"address"`
	Other   []address          `json:"other"`
	Ptr     *address           `json:"ptr"`
	Any     any                `json:"any"`
	M       map[string]float64 `json:"m"`
	MA      map[string]any
	I8      int8
	U       uint64
	U8      uint8
	F32     float32
	B       bool
	When    time.Time `json:"when"`
	Bytes   []byte
	Arr     [2]int
	FirstNm string
	Matrix  [][]int
	Flags   []bool
	_       int
	private [0]int //lint:ignore U1000 it must be ignored
	Skip    int    `json:"-"`
	Rec     *account
}

type small struct {
	ID      int64
	Name    string
	Balance float64
}

var lines = []string{
	`{"id": 1, "name": "Ünal", "balance": 5272.07, "tags": ["online", "new"], "address": {"street": "1 \"Main\"", "city": "G", "zip": "1"}}`,
	`{"id":2,"name":"a\u00e9\ud83d\ude00\n","balance":-1.5e300,"tags":[],"other":[{"street":"x"},{},{},{},{"zip":"9"}]}`,
	`{"name":"x","id":3,"unknown":{"a":[1,2,{"b":null}],"c":"\\"},"also":[true,false,null,-0.5E+2],"ptr":{"city":"P"}}`,
	`{"ID":4,"NAME":"upper","first_nm":"f","firstnm":1}`,
	`{"id":5,"first-nm":"f","any":{"k":[1,"s",null,{"z":{}}]},"m":{"a":1,"b":2.5},"MA":{"x":[]}}`,
	`{"I8":127,"U":18446744073709551615,"U8":255,"F32":3.4e38,"B":true,"when":"2026-11-22T01:02:03Z","Bytes":"aGk=","Arr":[1,2]}`,
	`{"I8":128}`, `{"U8":-1}`, `{"id":1.5}`, `{"id":1e3}`, `{"id":"1"}`, `{"id":null,"name":null,"balance":null,"tags":null,"ptr":null,"any":null}`,
	`{"id":-0}`, `{"U":-0}`, `{"id":01}`, `{"balance":01.5}`, `{"balance":.5}`, `{"balance":1.}`, `{"balance":-}`, `{"balance":1e999}`,
	`{"id":1,"id":2}`, `{"x":1,"x":2}`, `{"name":"` + "\xff" + `"}`, `{"unk":"` + "\xff" + `"}`, `{"name":"\ud800"}`, `{"name":"a` + "\x01" + `"}`,
	`{"id":9223372036854775807}`, `{"id":9223372036854775808}`, `{"id":-9223372036854775808}`, `{"id":-9223372036854775809}`,
	``, ` `, `null`, `[]`, `{}`, ` { } `, `{"id":1} x`, `{"id":1}}`, `{"id":1`, `{"id":`, `{"id"`, `{"i`, `{`, `{"id":1,}`, `{,"id":1}`, `{"id" 1}`,
	`{"n\u0061me":"esc"}`, "\t{\"id\" :\r\n 7 , \"name\": \"ws\" }\r\n", `{"balance":123456789012345678901234567890}`, `{"balance":0.1234567890123456789}`,
	`{"balance":9007199254740993}`, `{"balance":4.35,"F32":0.1}`, `{"balance":-0.0}`, `{"Rec":{"Rec":{"name":"deep"}}}`, `{"Matrix":[[1],[],null,[2,3]],"Flags":[true,null]}`,
	`{"unk":tru}`, `{"unk":"\x"}`, `{"unk":[1,]}`, `{"unk":{"a"}}`, `{"unk":1e}`, `{"unk":-}`, `{"unk":00}`, `"string"`, `17`, `-1.5`, `true`, `{"private":5,"Skip":6}`,
}

// check compares one line with encoding/json/v2, for one type.
func check[T any](t *testing.T, line string) {
	t.Helper()
	got, err := jsonl.Decode[T](line)
	var want T
	werr := json.Unmarshal([]byte(line), &want, json.MatchCaseInsensitiveNames(true))
	if err == nil && errors.Is(werr, jsontext.ErrDuplicateName) {
		// Among ignored members duplicates are allowed here.
		want = *new(T)
		werr = json.Unmarshal([]byte(line), &want, json.MatchCaseInsensitiveNames(true), jsontext.AllowDuplicateNames(true))
	}
	if (err == nil) != (werr == nil) {
		t.Fatalf("%T from %q: got error %v, want %v", got, line, err, werr)
	}
	if err != nil {
		var e *jsonl.Error
		if !errors.As(err, &e) || e.Line < 1 || e.Column < 1 || e.Error() == "" {
			t.Fatalf("%T from %q: got error %#v", got, line, err)
		}
		return
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%T from %q: %s", got, line, cmp.Diff(got, want, cmp.Exporter(func(reflect.Type) bool { return true })))
	}
}

func checkAll(t *testing.T, line string) {
	t.Helper()
	check[account](t, line)
	check[small](t, line)
	check[any](t, line)
	check[map[string]any](t, line)
	check[map[string]string](t, line)
	check[[]any](t, line)
	check[[]small](t, line)
	check[*small](t, line)
	check[float64](t, line)
	check[int64](t, line)
	check[string](t, line)
	check[struct {
		A int `json:"id,string"`
	}](t, line)
	check[struct {
		FooBar int `json:"first_nm"`
		Foobar int `json:"FIRSTNM"`
	}](t, line)
}

func TestAgainstStandardLibrary(t *testing.T) {
	for range 3 { // the second time, members are where they were before
		for _, line := range lines {
			checkAll(t, line)
		}
	}
	for _, line := range lines { // one shape remembered, others met
		for range 60 {
			check[account](t, line)
		}
	}
}

func TestEveryPrefixAndChange(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, line := range lines {
		for i := range line {
			check[account](t, line[:i])
			check[small](t, line[:i])
			bad := []byte(line)
			bad[i] = `"\{}[],:0-9.eE tnf`[r.IntN(18)]
			check[account](t, string(bad))
			check[any](t, string(bad))
			check[small](t, string(bad))
		}
	}
}

func TestRandomDocuments(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		checkAll(t, document(r, 4))
	}
}

var names = []string{"id", "name", "balance", "tags", "address", "other", "any", "m", "MA", "I8", "unknown", "x", "Rec", "city", "FirstNm", "first_nm", "é"}

func document(r *rand.Rand, depth int) string {
	space := strings.Repeat(" ", r.IntN(2))
	n := r.IntN(6)
	if depth == 0 {
		n = r.IntN(4)
	}
	switch n {
	case 0:
		return []string{"null", "true", "false"}[r.IntN(3)]
	case 1:
		return fmt.Sprint(r.IntN(1000) - 500)
	case 2:
		return fmt.Sprint(math.Float64frombits(r.Uint64() &^ (1 << 62)))
	case 3:
		b, _ := json.Marshal(strings.Repeat([]string{"a", `"`, `\`, "\n", "ü", "😀", "text "}[r.IntN(7)], r.IntN(12)))
		return string(b)
	case 4:
		var parts []string
		for range r.IntN(5) {
			parts = append(parts, space+document(r, depth-1)+space)
		}
		return "[" + strings.Join(parts, ",") + "]"
	default:
		var parts []string
		for range r.IntN(6) {
			parts = append(parts, space+`"`+names[r.IntN(len(names))]+`":`+space+document(r, depth-1))
		}
		return "{" + strings.Join(parts, ","+space) + space + "}"
	}
}

func FuzzDecode(f *testing.F) {
	for _, line := range lines {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		check[account](t, line)
		check[small](t, line)
		check[any](t, line)
		check[map[string]float64](t, line)
	})
}

func TestErrorsSayWhere(t *testing.T) {
	for _, tc := range []struct{ line, want string }{
		{`{"id": 1, "balance": "much"}`, `json: column 22: "much" does not fit float64 in balance`},
		{`{"id": 1,` + "\n" + ` "name": 7}`, `json: line 2 column 10: 7 does not fit string in name`},
		{`{"address": {"zip": [1]}}`, `json: column 21: [1] does not fit string in address.zip`},
	} {
		_, err := jsonl.Decode[account](tc.line)
		if err == nil || err.Error() != tc.want {
			t.Errorf("got %v, want %s", err, tc.want)
		}
	}
	_, err := jsonl.Decode[account](`{"id": 1, name: 2}`)
	var e *jsonl.Error
	if !errors.As(err, &e) || e.Column != 12 {
		t.Errorf("got %v", err)
	}
}

func TestNoAllocations(t *testing.T) {
	line := `{"id": 0, "name": "Ursula", "balance": 5272.07, "tags": ["online", "new"], "address": {"street": "4705 Main Street", "city": "Geneva"}}`
	if n := testing.AllocsPerRun(100, func() {
		if v, err := jsonl.Decode[small](line); err != nil || v.Name != "Ursula" {
			t.Fatal(v, err)
		}
	}); n > 0 {
		t.Errorf("%v allocations a record, want none", n)
	}
}

func TestConcurrentLearning(t *testing.T) {
	type fresh struct{ A, B, C int }
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 3000 {
				line := fmt.Sprintf(`{"A":%d,"B":2,"u%d":0}`, i, i%100)
				if g%2 == 0 {
					line = fmt.Sprintf(`{ "C":3,"A":%d}`, i)
				}
				if v, err := jsonl.Decode[fresh](line); err != nil || v.A != i {
					t.Errorf("got %v, %v", v, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestBytesAreCopied(t *testing.T) {
	b := []byte(`{"name":"abc"}`)
	v, err := jsonl.Decode[small](b)
	copy(b, "xxxxxxxxxxxxxx")
	if err != nil || v.Name != "abc" {
		t.Errorf("got %v, %v", v, err)
	}
}

func Example() {
	type Record struct {
		Name    string
		Balance float64
	}
	r, err := jsonl.Decode[Record](`{"id": 7, "name": "Alice", "balance": 100.5, "tags": ["new"]}`)
	fmt.Println(r.Name, r.Balance, err)
	_, err = jsonl.Decode[Record](`{"name": "Bob", "balance": "a lot"}`)
	fmt.Println(err)
	// Output:
	// Alice 100.5 <nil>
	// json: column 28: "a lot" does not fit float64 in balance
}

func ExampleError() {
	_, err := jsonl.Decode[map[string]int](`{"a": 1, "b": 2.5}`)
	var e *jsonl.Error
	fmt.Println(errors.As(err, &e), e.Column)
	// Output: true 15
}

func ExampleDecoder() {
	d := jsonl.For[struct{ A []int }]()
	v, err := d.Decode(`{"a": [1, 2, 3]}`)
	fmt.Println(v.A, err)
	// Output: [1 2 3] <nil>
}

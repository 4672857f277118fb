package frame

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/google/go-cmp/cmp"

	"sheaf/internal/blockio"
)

// jsonTable makes a table of files, cut into blocks.
func jsonTable(t testing.TB, files []blockio.File, blocksize int64, o JSONOptions) *jsonInput {
	t.Helper()
	format, err := SniffJSON(t.Context(), files, o)
	if err != nil {
		t.Fatal(err)
	}
	return JSON(JSONSource{Blocks: blockio.Blocks(files, blocksize, ""), Format: format}).(*jsonInput)
}

func TestJSONTypes(t *testing.T) {
	text := `{"id": 1, "f": 1, "s": "x", "b": true, "d": "2018-01-02", "t": "2018-01-02T03:04:05Z", "tags": ["a", "b"], "in": {"x": 1, "y": ["q"]}, "mix": 1, "n": null}
{"id": -9223372036854775808, "f": 2.5e3, "s": "esc \" \\ \/ \b\f\n\r\t \u00e9 \ud83d\ude00 \ud800!", "b": false, "d": null, "in": {"y": [], "x": null, "new": 1}, "tags": [null, "a much longer string than twelve"], "mix": {"a": [1, "z"]}, "extra": [[{}]]}

  {}
{"s": "2018-01-02", "tags": [], "in": null, "mix": "text", "id": 1, "id": 2, "ll": [[1, 2], [], null, [3]], "ls": [{"k": 1}, {"k": null}, null, {}]}`
	for _, size := range []int64{0, 1, 100} {
		in := jsonTable(t, save(t, ".json", text), size, JSONOptions{})
		want := "id: type=int64, nullable|f: type=float64, nullable|s: type=utf8, nullable|b: type=bool, nullable|d: type=date32, nullable|t: type=timestamp[us, tz=UTC], nullable|" +
			"tags: type=list<item: utf8, nullable>, nullable|in: type=struct<x: int64 nullable, y: list<item: utf8, nullable> nullable, new: int64 nullable>, nullable|mix: type=utf8, nullable|n: type=utf8, nullable|" +
			"extra: type=list<item: list<item: utf8, nullable>, nullable>, nullable|ll: type=list<item: list<item: int64, nullable>, nullable>, nullable|ls: type=list<item: struct<k: int64 nullable>, nullable>, nullable"
		var got []string
		for _, f := range in.src.Format.Schema.Fields() {
			got = append(got, f.String())
		}
		if diff := cmp.Diff(strings.Split(want, "|"), got); diff != "" {
			t.Fatalf("(-want +got)\n%s", diff)
		}
		p := pool(t, Options{Databases: 1})
		rows := p.show(t, "FROM t", map[string]Input{"t": in}, in.src.Format.Schema)
		wantRows := []map[string]any{
			{"b": true, "d": "2018-01-02", "extra": nil, "f": 1.0, "id": 1.0, "in": map[string]any{"new": nil, "x": 1.0, "y": []any{"q"}}, "ll": nil, "ls": nil, "mix": "1", "n": nil, "s": "x", "t": "2018-01-02T03:04:05Z", "tags": []any{"a", "b"}},
			{"b": false, "d": nil, "extra": []any{[]any{"{}"}}, "f": 2500.0, "id": -9223372036854775808.0, "in": map[string]any{"new": 1.0, "x": nil, "y": []any{}}, "ll": nil, "ls": nil, "mix": `{"a": [1, "z"]}`, "n": nil, "s": "esc \" \\ / \b\f\n\r\t é 😀 \uFFFD!", "t": nil, "tags": []any{nil, "a much longer string than twelve"}},
			{"b": nil, "d": nil, "extra": nil, "f": nil, "id": nil, "in": nil, "ll": nil, "ls": nil, "mix": nil, "n": nil, "s": nil, "t": nil, "tags": nil},
			{
				"b": nil, "d": nil, "extra": nil, "f": nil, "id": 2.0, "in": nil, "mix": "text", "n": nil, "s": "2018-01-02", "t": nil, "tags": []any{},
				"ll": []any{[]any{1.0, 2.0}, []any{}, nil, []any{3.0}}, "ls": []any{map[string]any{"k": 1.0}, map[string]any{"k": nil}, nil, map[string]any{"k": nil}},
			},
		}
		var gotRows []map[string]any
		for line := range strings.Lines(rows) {
			var m map[string]any
			if err := json.Unmarshal([]byte(line), &m); err != nil {
				t.Fatal(err)
			}
			gotRows = append(gotRows, m)
		}
		if diff := cmp.Diff(wantRows, gotRows); diff != "" {
			t.Errorf("blocksize %d (-want +got)\n%s", size, diff)
		}
	}
}

func TestJSONErrors(t *testing.T) {
	good := strings.Repeat(`{"a": 1, "b": ["x"], "c": {"k": 1.5}}`+"\n", 3)
	for _, c := range []struct{ line, want string }{
		{`{"a": 1.5}`, `FILE:4 column a: 1.5 is not a int64 (type guessed from the first 2 rows)`},
		{`{"a": "x"}`, `FILE:4 column a: "x" is not a int64 (type guessed from the first 2 rows)`},
		{`{"a": 9223372036854775808}`, `FILE:4 column a: "9223372036854775808" does not fit int64 (type guessed from the first 2 rows)`},
		{`{"b": {"x": 1}}`, `FILE:4 column b: {"x": 1} is not a list<item: utf8, nullable> (type guessed from the first 2 rows)`},
		{`{"c": {"k": true}}`, `FILE:4 column c: true is not a struct<k: float64 nullable> (type guessed from the first 2 rows)`},
		{`{"a": 1,}`, `FILE:4: malformed JSON at column 9 near "}"`},
		{`{"a": 01}`, `FILE:4: malformed JSON at column 7 near "01}"`},
		{`{"a": tru}`, `FILE:4: malformed JSON at column 7 near "tru}"`},
		{`{"z": "open`, `FILE:4: malformed JSON at column 12 near ""`},
		{`{"a": 1} x`, `FILE:4: malformed JSON at column 10 near "x"`},
		{`[1]`, `FILE:4: malformed JSON at column 1 near "[1]"`},
		{`{"b": ["` + "\xff" + `"]}`, `FILE:4 column b: "` + "\uFFFD" + `" is not UTF-8`},
		{`{"b": ["\ud8zz"]}`, `FILE:4: malformed JSON at column 9 near "\\ud8zz\"]}"`},
		{`{"z": ` + strings.Repeat("[", 300), `FILE:4: malformed JSON at column 206 near "[[[[[[[[[[[[[[[[[[[[[[[["`},
	} {
		files := save(t, ".json", good+c.line+"\n"+good)
		in := jsonTable(t, files, 0, JSONOptions{SampleRows: 2})
		p := pool(t, Options{Databases: 1})
		_, err := p.Query(t.Context(), "FROM t", map[string]Input{"t": in}, nil)
		want := "read json: " + strings.ReplaceAll(c.want, "FILE", files[0].Path)
		if err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", c.line, err, want)
		}
	}
}

func TestJSONSampleErrors(t *testing.T) {
	for text, want := range map[string]string{
		"{\"a\": 1}\n{\"a\": }\n": "FILE:2: malformed JSON at column 7",
		"[1, 2]\n":                "FILE:1: a line of the file is not an object: [1, 2]",
		"\n\n":                    "no line holds an object",
		"{\"a\": 1} {}\n":         "FILE:1: malformed JSON at column 10",
	} {
		files := save(t, ".json", text)
		_, err := SniffJSON(t.Context(), files, JSONOptions{})
		if want = strings.ReplaceAll(want, "FILE", files[0].Path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
	if _, err := SniffJSON(t.Context(), save(t, ".json", "{\"a\": 1}"), JSONOptions{ParseDates: []string{"b"}}); err == nil || !strings.Contains(err.Error(), `no member "b"`) {
		t.Errorf("got %v", err)
	}
}

func TestJSONTypesByOption(t *testing.T) {
	o := JSONOptions{
		Types:      map[string]arrow.DataType{"a": arrow.PrimitiveTypes.Float32, "z": arrow.BinaryTypes.String, "y": arrow.PrimitiveTypes.Int8},
		ParseDates: []string{"d"},
	}
	in := jsonTable(t, save(t, ".json", `{"a": 1, "d": "2018-01-02"}`+"\n"+`{"y": 3}`), 0, o)
	in.src.FileColumn, in.src.As = "path", []string{"c0", "c1", "c2", "c3"}
	p := pool(t, Options{Databases: 1})
	got := p.show(t, "SELECT c0, c1, c2, c3, path LIKE '%0.json' AS p FROM t", map[string]Input{"t": in}, nil)
	want := `{"c0":1,"c1":"2018-01-02T00:00:00","c2":null,"c3":null,"p":true}
{"c0":null,"c1":null,"c2":3,"c3":null,"p":true}
`
	if got != want {
		t.Errorf("got %s want %s", got, want)
	}
}

func TestJSONManyRows(t *testing.T) {
	var text strings.Builder
	sum := 0
	for i := range 120_000 {
		fmt.Fprintf(&text, `{"id": %d, "tags": ["t%d", null, "a longer tag number %d"], "in": {"x": %d}}`+"\n", i, i%7, i, i)
		sum += i
	}
	p := pool(t, Options{Databases: 1, Threads: 2})
	for _, size := range []int64{0, 300_000} {
		in := jsonTable(t, save(t, ".json", text.String()), size, JSONOptions{})
		got := p.show(t, `SELECT sum(id)::BIGINT AS id, sum("in".x)::BIGINT AS x, sum(len(tags)) ::BIGINT AS l, count(tags[2]) AS n, count(DISTINCT tags[3]) AS d FROM t`, map[string]Input{"t": in}, nil)
		if want := fmt.Sprintf(`{"d":120000,"id":%d,"l":360000,"n":0,"x":%d}`+"\n", sum, sum); got != want {
			t.Errorf("blocksize %d: got %s want %s", size, got, want)
		}
	}
}

// FuzzJSON holds the reader against encoding/json: what one reads the other reads, with equal strings and numbers.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"s":"x","f":1}`, `{"s":"\u00e9\n","f":-1.5e3,"l":[1,null]}`, `{"z":{"a":[1,{"b":"c"}]}}`, "{}\n\n{}", `{"s":"\`, `{"f":1e}`, `{"s":1,"s":"y"}`, "{\"s\":\"\xc3\"}"} {
		f.Add([]byte(s))
	}
	p, err := Open(Options{Databases: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { p.Close() })
	format := &JSONFormat{Schema: schemaOf(field("s", arrow.BinaryTypes.String), field("f", arrow.PrimitiveTypes.Float64), field("l", arrow.ListOf(arrow.PrimitiveTypes.Float64))), Guessed: make([]bool, 3)}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<12 {
			t.Skip("long")
		}
		files := save(t, ".json", string(data))
		got, err := p.Query(t.Context(), "SELECT s, f FROM t", map[string]Input{"t": JSON(JSONSource{Blocks: blockio.Blocks(files, 0, ""), Format: format})}, nil)
		var bad *DataError
		if err != nil && !errors.As(err, &bad) {
			t.Fatal(err)
		}
		want := [][]any{}
		for line := range strings.Lines(strings.TrimPrefix(string(data), "\xef\xbb\xbf")) {
			if strings.Trim(line, " \t\r\n") == "" {
				continue
			}
			var m map[string]json.RawMessage
			if json.Unmarshal([]byte(line), &m) != nil || strings.TrimSpace(line)[0] != '{' {
				if err == nil && !strings.Contains(line, "\x00") {
					t.Fatalf("read %q, which encoding/json refuses", line)
				}
				return
			}
			row := []any{nil, nil}
			if raw := strings.TrimSpace(string(m["s"])); raw != "" && raw != "null" {
				s := raw
				if raw[0] == '"' {
					if json.Unmarshal([]byte(raw), &s) != nil {
						return
					}
				}
				row[0] = s
			}
			if raw := m["f"]; raw != nil && strings.TrimSpace(string(raw)) != "null" {
				var x float64
				if json.Unmarshal(raw, &x) != nil {
					return // not a number, or too large for encoding/json
				}
				row[1] = x
			}
			want = append(want, row)
		}
		if err != nil {
			return // invalid UTF-8, a list where another type is declared, a name that differs in case: all refusals are fine
		}
		if diff := cmp.Diff(want, cells(got)); diff != "" && !strings.Contains(string(data), "\\u") {
			t.Fatalf("%q (-want +got)\n%s", data, diff)
		}
	})
}

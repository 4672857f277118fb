package frame

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/go-cmp/cmp"

	"sheaf/internal/blockio"
)

// save writes texts to files called 0.csv, 1.csv, … (or as the names say) and lists them.
func save(t testing.TB, ext string, texts ...string) []blockio.File {
	t.Helper()
	dir := t.TempDir()
	var files []blockio.File
	for i, text := range texts {
		path := filepath.Join(dir, fmt.Sprint(i)+ext)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := blockio.Expand(path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f...)
	}
	return files
}

// csvTable makes a table of files, cut into blocks.
func csvTable(t testing.TB, files []blockio.File, blocksize int64, o CSVOptions) *csvInput {
	t.Helper()
	format, err := SniffCSV(t.Context(), files, o)
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := blockio.CSVBlocks(t.Context(), blockio.Blocks(files, blocksize, ""), o.Dialect())
	if err != nil {
		t.Fatal(err)
	}
	return CSV(CSVSource{Blocks: blocks, Format: format}).(*csvInput)
}

type csvCase struct {
	Name, Text string
	Options    struct {
		Sep, Comment string
		Skiprows     int
		NaValues     []string `json:"na_values"`
		KeepDefault  *bool    `json:"keep_default_na"`
	}
	Columns []string
	Rows    [][]any
}

func (c csvCase) options() CSVOptions {
	o := CSVOptions{SkipRows: c.Options.Skiprows, NullValues: c.Options.NaValues, KeepDefaultNulls: c.Options.KeepDefault}
	if c.Options.Sep != "" {
		o.Comma = c.Options.Sep[0]
	}
	if c.Options.Comment != "" {
		o.Comment = c.Options.Comment[0]
	}
	return o
}

// cells takes batches apart into Go values; numbers become float64 as in JSON.
func cells(batches []arrow.RecordBatch) [][]any {
	rows := [][]any{}
	for _, b := range batches {
		for i := range int(b.NumRows()) {
			var row []any
			for _, c := range b.Columns() {
				var v any
				if c.IsValid(i) {
					switch x := c.(type) {
					case *array.Int64:
						v = float64(x.Value(i))
					case *array.Float64:
						v = x.Value(i)
						if math.IsInf(x.Value(i), 0) {
							v = strings.ToLower(strings.TrimPrefix(fmt.Sprint(x.Value(i)), "+"))
						}
					case *array.Boolean:
						v = x.Value(i)
					default:
						v = c.ValueStr(i)
					}
				}
				row = append(row, v)
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func TestCSVLikePandas(t *testing.T) {
	data, err := os.ReadFile("testdata/csv.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []csvCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	p := pool(t, Options{Databases: 1})
	for _, c := range cases {
		for _, size := range []int64{0, 1, 5} {
			in := csvTable(t, save(t, ".csv", c.Text), size, c.options())
			var names []string
			for _, f := range in.src.Format.Schema.Fields() {
				names = append(names, f.Name)
			}
			if diff := cmp.Diff(c.Columns, names); diff != "" {
				t.Errorf("%s: columns (-pandas +got)\n%s", c.Name, diff)
			}
			got, err := p.Query(t.Context(), "FROM t", map[string]Input{"t": in}, nil)
			if err != nil {
				t.Errorf("%s: %v", c.Name, err)
				continue
			}
			if diff := cmp.Diff(c.Rows, cells(got)); diff != "" {
				t.Errorf("%s, blocksize %d: rows (-pandas +got)\n%s", c.Name, size, diff)
			}
		}
	}
}

func TestCSVGuesses(t *testing.T) {
	text := "b,i,f,d,t,z,n,s,e,u,m\n" +
		"true,1,1.5,2018-01-02,2018-01-02 03:04:05.5,2018-01-02T03:04:05Z,2018-01-02 03:04:05.123456789,x,,9223372036854775808,2018-01-02\n" +
		"false,,2,2018-01-03,2018-01-03,2018-01-02T03:04:05+02:00,2018-01-02 03:04:05,1,,1,2018-01-02 00:00\n"
	in := csvTable(t, save(t, ".csv", text), 0, CSVOptions{ParseDates: []string{"m"}})
	var got []string
	for _, f := range in.src.Format.Schema.Fields() {
		got = append(got, f.Type.String())
	}
	want := []string{"bool", "int64", "float64", "date32", "timestamp[us]", "timestamp[us, tz=UTC]", "timestamp[ns]", "utf8", "utf8", "utf8", "timestamp[us]"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	p := pool(t, Options{Databases: 1})
	rows := p.show(t, "FROM t", map[string]Input{"t": in}, in.src.Format.Schema)
	wantRows := `{"b":true,"d":"2018-01-02","e":null,"f":1.5,"i":1,"m":"2018-01-02T00:00:00","n":"2018-01-02T03:04:05.123456789","s":"x","t":"2018-01-02T03:04:05.5","u":"9223372036854775808","z":"2018-01-02T03:04:05Z"}
{"b":false,"d":"2018-01-03","e":null,"f":2,"i":null,"m":"2018-01-02T00:00:00","n":"2018-01-02T03:04:05","s":"1","t":"2018-01-03T00:00:00","u":"1","z":"2018-01-02T01:04:05Z"}
`
	if rows != wantRows {
		t.Errorf("got %s\nwant %s", rows, wantRows)
	}
}

func TestCSVTypesByOption(t *testing.T) {
	types := map[string]arrow.DataType{
		"i8": arrow.PrimitiveTypes.Int8, "u64": arrow.PrimitiveTypes.Uint64, "f32": arrow.PrimitiveTypes.Float32,
		"dec": &arrow.Decimal128Type{Precision: 10, Scale: 2}, "cat": &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String},
		"ms": arrow.FixedWidthTypes.Timestamp_ms, "time": arrow.FixedWidthTypes.Time64us, "zip": arrow.BinaryTypes.String, "big": &arrow.Decimal128Type{Precision: 38, Scale: 10},
	}
	types["ms"] = &arrow.TimestampType{Unit: arrow.Millisecond}
	text := "i8,u64,f32,dec,cat,ms,time,zip,big\n-128,18446744073709551615,1.25,-12.5,a,1969-12-31 23:59:59.999,12:34:56.789,007,1234567890123456789012345678.0123456789\n,,,,a,,,,\n"
	in := csvTable(t, save(t, ".csv", text), 0, CSVOptions{Types: types})
	p := pool(t, Options{Databases: 1})
	got := p.show(t, "FROM t", map[string]Input{"t": in}, in.src.Format.Schema)
	want := `{"big":"1234567890123456789012345678.0123456789","cat":"a","dec":"-12.5","f32":1.25,"i8":-128,"ms":"1969-12-31T23:59:59.999","time":"12:34:56.789","u64":18446744073709551615,"zip":"007"}
{"big":null,"cat":"a","dec":null,"f32":null,"i8":null,"ms":null,"time":null,"u64":null,"zip":null}
`
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestCSVErrors(t *testing.T) {
	long := strings.Repeat("1,x\n", 300_000)
	for _, c := range []struct {
		name, text string
		o          CSVOptions
		want       string
	}{
		{"type", "a,b\n" + strings.Repeat("1,2\n", 3) + "5,N539UA\n", CSVOptions{SampleRows: 2}, `read csv: FILE:5 column b: "N539UA" is not a int64 (type guessed from the first 2 rows)`},
		{"type far away", "a,b\n" + long + "1.5,x\n", CSVOptions{}, `read csv: FILE:300002 column a: "1.5" is not a int64 (type guessed from the first 10,000 rows)`},
		{"given type", "a\nx\n", CSVOptions{Types: map[string]arrow.DataType{"a": arrow.PrimitiveTypes.Float64}}, `read csv: FILE:2 column a: "x" is not a float64`},
		{"range", "a\n1\n300\n", CSVOptions{Types: map[string]arrow.DataType{"a": arrow.PrimitiveTypes.Uint8}}, `read csv: FILE:3 column a: "300" does not fit uint8`},
		{"fields", "a,b\n1,2\n1,2,3,4\n", CSVOptions{}, `read csv: FILE:3: 4 fields, but there are 2 columns`},
		{"open quote", "a,b\n1,2\n3,\"x\n4,5\n", CSVOptions{}, `read csv: FILE:3: the quote opened at column 3 is never closed`},
		{"after a quote", "a,b\n1,\"x\"y\n", CSVOptions{}, `read csv: FILE:2 column b: text after a closing quote at column 6: "x"y`},
		{"utf-8", "a,b\n1,caf\xe9\n", CSVOptions{}, `read csv: FILE:2 column b: "caf` + "\uFFFD" + `" is not UTF-8`},
		{"decimal digits", "a\n1.234\n", CSVOptions{Types: map[string]arrow.DataType{"a": &arrow.Decimal128Type{Precision: 5, Scale: 2}}}, `read csv: FILE:2 column a: "1.234" does not fit decimal(5, 2)`},
		{"no such day", "a\n2018-02-30\n", CSVOptions{Types: map[string]arrow.DataType{"a": arrow.FixedWidthTypes.Date32}}, `read csv: FILE:2 column a: "2018-02-30" is not a date`},
	} {
		p := pool(t, Options{Databases: 1})
		files := save(t, ".csv", c.text)
		in := csvTable(t, files, 0, c.o)
		_, err := p.Query(t.Context(), "FROM t", map[string]Input{"t": in}, nil)
		want := strings.ReplaceAll(c.want, "FILE", files[0].Path)
		if err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", c.name, err, want)
		}
		var data *DataError
		if !errors.As(err, &data) {
			t.Errorf("%s: got %T, want a *DataError", c.name, err)
		}
		// The database goes on working.
		if got := p.show(t, "SELECT 1 AS a", nil, nil); got != "{\"a\":1}\n" {
			t.Errorf("%s: afterwards got %s", c.name, got)
		}
	}
}

func TestCSVBadOptions(t *testing.T) {
	files := save(t, ".csv", "a,b\n1,2\n", "", "\n\n")
	for _, c := range []struct {
		files []blockio.File
		o     CSVOptions
		want  string
	}{
		{files, CSVOptions{Comma: '\n'}, "cannot separate fields"},
		{files, CSVOptions{Comma: '"'}, "cannot quote"},
		{files, CSVOptions{Comment: ','}, "cannot begin comments"},
		{files, CSVOptions{Types: map[string]arrow.DataType{"c": arrow.PrimitiveTypes.Int8}}, `no column "c" to give a type; the columns are a, b`},
		{files, CSVOptions{Names: []string{"x"}}, "1 names are given for 2 columns"},
		{files, CSVOptions{SkipRows: -1}, "negative"},
		{files[1:2], CSVOptions{}, "the file is empty"},
		{files[2:], CSVOptions{}, "there is no header"},
		{nil, CSVOptions{}, "no files"},
	} {
		if _, err := SniffCSV(t.Context(), c.files, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: got %v, want %q", c.o, err, c.want)
		}
	}
}

func TestCSVOtherHeader(t *testing.T) {
	p := pool(t, Options{Databases: 1})
	in := csvTable(t, save(t, ".csv", "a,b\n1,2\n", "b,a\n3,4\n"), 0, CSVOptions{})
	_, err := p.Query(t.Context(), "FROM t", map[string]Input{"t": in}, nil)
	if want := `1.csv: the header is ["b" "a"], that of the first file ["a" "b"]`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestCSVFilesAndProjection(t *testing.T) {
	p := pool(t, Options{Databases: 1, Threads: 2})
	in := csvTable(t, save(t, ".csv", "a,b,c\n1,x,2\n", "", "a,b,c\n", "a,b,c\n3,y,bad\n"), 0, CSVOptions{})
	in.src.FileColumn = "path"
	// Column c of the last file does not fit its type, but is not asked for.
	got := p.show(t, "SELECT sum(a) AS a, max(b) AS b, count(DISTINCT path) AS n, bool_and(path LIKE '%.csv') AS ok FROM t", map[string]Input{"t": in}, nil)
	if want := `{"a":"4","b":"y","n":2,"ok":true}` + "\n"; got != want {
		t.Errorf("got %s want %s", got, want)
	}
	if got := p.show(t, "SELECT count(*) AS n FROM t", map[string]Input{"t": in}, nil); got != "{\"n\":2}\n" {
		t.Errorf("got %s", got)
	}
}

func TestCSVCompressedAndLong(t *testing.T) {
	// Long enough for many buffers, with fields longer than one.
	var text strings.Builder
	text.WriteString("a,b\n")
	want := 0
	for i := range 200_000 {
		fmt.Fprintf(&text, "%d,\"row, %d\"\n", i, i)
		want += i
	}
	big := strings.Repeat("x\n\"\"", 800_000)
	text.WriteString("0,\"" + big + "\"\n")
	var packed strings.Builder
	w, err := blockio.Compress(&packed, blockio.Zstd)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text.String())); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	p := pool(t, Options{Databases: 1, Threads: 2})
	for _, files := range [][]blockio.File{save(t, ".csv", text.String()), save(t, ".csv.zst", packed.String())} {
		for _, size := range []int64{0, 100_000, 1_000_000} {
			in := csvTable(t, files, size, CSVOptions{})
			got := p.show(t, "SELECT sum(a)::BIGINT AS s, count(*) AS n, max(length(b)) AS l, count(DISTINCT b) AS d FROM t", map[string]Input{"t": in}, nil)
			if w := fmt.Sprintf(`{"d":200001,"l":%d,"n":200001,"s":%d}`+"\n", 3*800_000, want); got != w {
				t.Errorf("%s, blocksize %d: got %s want %s", files[0].Path, size, got, w)
			}
		}
	}
}

// FuzzCSV compares the C reader with the Go one that samples, for any bytes.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a,\"b\"\n\"x\"\"\n\",y\n", "a\n\n\"\"\n", "a,b\r\n1\r\n", "a;b\n#c\n1,2", "\"", "a,b\n\"x\"y,1\n", "a\n" + strings.Repeat("é", 40) + "\n"} {
		f.Add([]byte(s), int64(4), byte(0))
	}
	p, err := Open(Options{Databases: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { p.Close() })
	f.Fuzz(func(t *testing.T, data []byte, blocksize int64, comment byte) {
		if len(data) > 1<<12 {
			t.Skip("long")
		}
		o := CSVOptions{Comment: comment, AllStrings: true, KeepDefaultNulls: new(bool)}
		files := save(t, ".csv", string(data))
		format, err := SniffCSV(t.Context(), files, o)
		if err != nil {
			return
		}
		blocks, err := blockio.CSVBlocks(t.Context(), blockio.Blocks(files, blocksize, ""), o.Dialect())
		if err != nil {
			t.Fatal(err)
		}
		as := make([]string, format.Schema.NumFields())
		for i := range as {
			as[i] = fmt.Sprintf("c%d", i)
		}
		got, err := p.Query(t.Context(), "FROM t", map[string]Input{"t": CSV(CSVSource{Blocks: blocks, Format: format, As: as})}, nil)
		want, refused := referenceRows(data, o, format.Schema.NumFields())
		var bad *DataError
		if err != nil {
			if !errors.As(err, &bad) {
				t.Fatalf("got %v", err)
			}
			if !refused {
				t.Fatalf("refused %q: %v; the reference reads %q", data, err, want)
			}
			return
		}
		if refused {
			t.Fatalf("read %q, which the reference refuses", data)
		}
		if diff := cmp.Diff(want, cells(got)); diff != "" {
			t.Fatalf("%q, blocksize %d (-want +got)\n%s", data, blocksize, diff)
		}
	})
}

// referenceRows reads strings with the automaton of the block splitter, one byte at a time.
func referenceRows(data []byte, o CSVOptions, ncols int) (rows [][]any, refused bool) {
	rows = [][]any{}
	text := strings.TrimPrefix(string(data), "\xef\xbb\xbf")
	header := true
	for text != "" {
		if o.Comment != 0 && text[0] == o.Comment {
			_, text, _ = strings.Cut(text, "\n")
			continue
		}
		line, fields, bad := referenceRecord(text)
		if line == "\n" || line == "\r\n" || line == "\r" {
			text = text[len(line):]
			continue
		}
		text = text[len(line):]
		if header {
			header = false
			continue
		}
		if bad || len(fields) > ncols {
			return nil, true
		}
		row := make([]any, ncols)
		for i, f := range fields {
			if row[i] = f; !utf8String(f) {
				return nil, true
			}
		}
		rows = append(rows, row)
	}
	return rows, false
}

func utf8String(s string) bool { return strings.ToValidUTF8(s, "") == s }

func referenceRecord(text string) (line string, fields []string, bad bool) {
	var field []byte
	inside, begun, closed := false, false, false
	put := func() {
		fields = append(fields, string(field))
		field, begun, closed = nil, false, false
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		next := byte(0)
		if i+1 < len(text) {
			next = text[i+1]
		}
		end := i+1 == len(text)
		switch {
		case inside && c == '"' && next == '"' && !end:
			field = append(field, c)
			i++
		case inside && c == '"':
			inside, closed = false, true
		case inside:
			field = append(field, c)
		case c == ',':
			put()
		case c == '\n':
			put()
			return text[:i+1], fields, bad
		case c == '\r' && (next == '\n' || end):
			if end {
				put()
				return text, fields, bad
			}
		case closed:
			bad = true
		case c == '"' && !begun:
			inside, begun = true, true
		default:
			field, begun = append(field, c), true
		}
	}
	put()
	return text, fields, bad || inside
}

// Short decimals take a path of their own; strconv is the judge.
func TestCSVShortNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	var text strings.Builder
	text.WriteString("a\n")
	var want []float64
	for len(want) < 30_000 {
		b := make([]byte, 1+r.IntN(10))
		for i := range b {
			b[i] = "0123456789012345.-+e"[r.IntN(20)]
		}
		x, err := strconv.ParseFloat(string(b), 64)
		if err != nil {
			continue
		}
		text.Write(b)
		text.WriteByte('\n')
		want = append(want, x)
	}
	in := csvTable(t, save(t, ".csv", text.String()), 0, CSVOptions{Types: map[string]arrow.DataType{"a": arrow.PrimitiveTypes.Float64}})
	got, err := pool(t, Options{Databases: 1}).Query(t.Context(), "FROM t", map[string]Input{"t": in}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range got[0].Column(0).(*array.Float64).Float64Values() {
		if x != want[i] || math.Signbit(x) != math.Signbit(want[i]) {
			t.Fatalf("row %d of %q: got %v want %v", i, strings.Fields(text.String())[i+1], x, want[i])
		}
	}
	for _, bad := range []string{".", "-", "1.2.3", "1-2", "--1", "1e", "+-1", "1,5", "12a", "-.", "1..2", "1/2", "1:2", "\x80"} {
		in := csvTable(t, save(t, ".csv", "a\n\""+bad+"\"\n"), 0, CSVOptions{Types: map[string]arrow.DataType{"a": arrow.PrimitiveTypes.Float64}})
		if got, err := pool(t, Options{Databases: 1}).Query(t.Context(), "FROM t", map[string]Input{"t": in}, nil); err == nil {
			t.Errorf("%q was read as %v", bad, got[0].Column(0))
		}
	}
}

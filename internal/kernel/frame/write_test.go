package frame

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"sheaf/internal/blockio"
)

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func textBatch(t *testing.T) (*arrow.Schema, arrow.RecordBatch) {
	schema := schemaOf(
		field("b", arrow.FixedWidthTypes.Boolean), field("i", arrow.PrimitiveTypes.Int8), field("f", arrow.PrimitiveTypes.Float64), field("s", arrow.BinaryTypes.String),
		field("d", arrow.FixedWidthTypes.Date32), field("t", &arrow.TimestampType{Unit: arrow.Microsecond}), field("z", &arrow.TimestampType{Unit: arrow.Second, TimeZone: "Europe/Berlin"}),
		field("m", &arrow.Decimal128Type{Precision: 5, Scale: 2}), field("l", arrow.ListOf(arrow.BinaryTypes.String)),
		field("o", arrow.StructOf(field("x", arrow.PrimitiveTypes.Float32), field("y", arrow.FixedWidthTypes.Boolean))),
		field("c", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}), field("n", arrow.Null),
	)
	return schema, fromJSON(t, schema, `[
		{"b":true,"i":-5,"f":1,"s":"a, \"b\"\n","d":"2018-01-02","t":"2018-01-02T03:04:05.5","z":"2018-07-01T10:00:00Z","m":"1.50","l":["p",null,"q\""],"o":{"x":0.1,"y":true},"c":"red"},
		{"b":false,"i":5,"f":1e-7,"s":"","d":"1969-12-31","t":"2018-01-02","z":"2018-01-01T00:00:00Z","m":"-0.05","l":[],"o":{"x":null,"y":false},"c":null},
		{}]`)
}

func TestWriteCSV(t *testing.T) {
	schema, b := textBatch(t)
	path := filepath.Join(t.TempDir(), "x.csv")
	if _, err := WriteCSV(t.Context(), path, schema, Seq(b), CSVWriteOptions{}); err != nil {
		t.Fatal(err)
	}
	want := `b,i,f,s,d,t,z,m,l,o,c,n
True,-5,1.0,"a, ""b""
",2018-01-02,2018-01-02 03:04:05.5,2018-07-01 12:00:00+02:00,1.5,"[""p"",null,""q\""""]","{""x"":0.1,""y"":true}",red,
False,5,1e-07,"",1969-12-31,2018-01-02 00:00:00,2018-01-01 01:00:00+01:00,-0.05,[],"{""x"":null,""y"":false}",,
,,,,,,,,,,,
`
	if got := readText(t, path); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if _, err := WriteCSV(t.Context(), path, schema, Seq(b.NewSlice(1, 2)), CSVWriteOptions{Comma: ';', NoHeader: true, Null: "NA", QuoteAll: true}); err != nil {
		t.Fatal(err)
	}
	want = `"False";"5";"1e-07";"";"1969-12-31";"2018-01-02 00:00:00";"2018-01-01 01:00:00+01:00";"-0.05";"[]";"{""x"":null,""y"":false}";NA;NA` + "\n"
	if got := readText(t, path); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	one := schemaOf(field("a", arrow.BinaryTypes.String))
	if _, err := WriteCSV(t.Context(), path, one, Seq(fromJSON(t, one, `[{"a":"x"},{"a":null},{"a":"NA"}]`)), CSVWriteOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := readText(t, path); got != "a\nx\n\"\"\nNA\n" {
		t.Errorf("got %q", got)
	}
	if _, err := WriteCSV(t.Context(), path, one, Seq(), CSVWriteOptions{Comma: '"'}); err == nil {
		t.Error("a quote was taken as separator")
	}
}

func TestWriteJSON(t *testing.T) {
	schema, b := textBatch(t)
	path := filepath.Join(t.TempDir(), "x.json")
	if _, err := WriteJSON(t.Context(), path, schema, Seq(b), JSONWriteOptions{}); err != nil {
		t.Fatal(err)
	}
	want := `{"b":true,"i":-5,"f":1.0,"s":"a, \"b\"\n","d":"2018-01-02","t":"2018-01-02T03:04:05.5","z":"2018-07-01T12:00:00+02:00","m":1.5,"l":["p",null,"q\""],"o":{"x":0.1,"y":true},"c":"red","n":null}
{"b":false,"i":5,"f":1e-07,"s":"","d":"1969-12-31","t":"2018-01-02T00:00:00","z":"2018-01-01T01:00:00+01:00","m":-0.05,"l":[],"o":{"x":null,"y":false},"c":null,"n":null}
{"b":null,"i":null,"f":null,"s":null,"d":null,"t":null,"z":null,"m":null,"l":null,"o":null,"c":null,"n":null}
`
	if got := readText(t, path); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	odd := schemaOf(field("f", arrow.PrimitiveTypes.Float64), field("s", arrow.BinaryTypes.String), field("x", arrow.BinaryTypes.Binary))
	builder := array.NewRecordBuilder(memory.DefaultAllocator, odd)
	builder.Field(0).(*array.Float64Builder).AppendValues([]float64{math.NaN(), math.Inf(-1)}, nil)
	builder.Field(1).(*array.StringBuilder).AppendValues([]string{"\xff", "\x00é"}, nil)
	builder.Field(2).(*array.BinaryBuilder).AppendValues([][]byte{{0, 1}, nil}, nil)
	if _, err := WriteJSON(t.Context(), path, odd, Seq(builder.NewRecordBatch()), JSONWriteOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := readText(t, path); got != "{\"f\":null,\"s\":\"\uFFFD\",\"x\":\"AAE=\"}\n{\"f\":null,\"s\":\"\\u0000é\",\"x\":\"\"}\n" {
		t.Errorf("got %s", got)
	}
}

// What is written is read back as it was, compressed too.
func TestTextRoundTrip(t *testing.T) {
	p := pool(t, Options{Databases: 1})
	r := rand.New(rand.NewPCG(5, 6))
	schema := schemaOf(
		field("i", arrow.PrimitiveTypes.Int64), field("f", arrow.PrimitiveTypes.Float64), field("b", arrow.FixedWidthTypes.Boolean), field("d", arrow.FixedWidthTypes.Date32),
		field("t", &arrow.TimestampType{Unit: arrow.Microsecond}), field("z", &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}), field("g", arrow.PrimitiveTypes.Float64),
	)
	builder := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for range 5000 {
		for c := range 6 {
			if c == 3 { // years of four digits
				builder.Field(c).(*array.Date32Builder).Append(arrow.Date32(r.IntN(40_000)))
				continue
			}
			random(builder.Field(c), r, 0)
		}
		builder.Field(6).(*array.Float64Builder).Append(math.Float64frombits(r.Uint64() &^ (1 << 62))) // no NaN
	}
	b := builder.NewRecordBatch()
	for _, ext := range []string{"", ".gz", ".zst"} {
		path := filepath.Join(t.TempDir(), "x"+ext)
		if _, err := WriteCSV(t.Context(), path, schema, Seq(b), CSVWriteOptions{}); err != nil {
			t.Fatal(err)
		}
		files, err := blockio.Expand(path)
		if err != nil {
			t.Fatal(err)
		}
		csv := csvTable(t, files, 0, CSVOptions{})
		got, err := p.Query(t.Context(), "FROM t", map[string]Input{"t": csv}, csv.src.Format.Schema)
		if err != nil {
			t.Fatal(err)
		}
		if !sameRows(b, got[0]) {
			t.Errorf("csv%s: other rows came back, with schema %v", ext, got[0].Schema())
		}
		if _, err := WriteJSON(t.Context(), path, schema, Seq(b), JSONWriteOptions{}); err != nil {
			t.Fatal(err)
		}
		if files, err = blockio.Expand(path); err != nil {
			t.Fatal(err)
		}
		lines := jsonTable(t, files, 0, JSONOptions{})
		if got, err = p.Query(t.Context(), "FROM t", map[string]Input{"t": lines}, lines.src.Format.Schema); err != nil {
			t.Fatal(err)
		}
		if !sameRows(b, got[0]) {
			t.Errorf("json%s: other rows came back, with schema %v", ext, got[0].Schema())
		}
	}
}

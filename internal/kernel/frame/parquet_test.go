package frame

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
)

// parquetFile writes batches to a temporary file.
func parquetFile(t testing.TB, name string, o ParquetWriteOptions, schema *arrow.Schema, batches ...arrow.RecordBatch) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	info, err := WriteParquet(t.Context(), path, schema, Seq(batches...), o)
	if err != nil {
		t.Fatal(err)
	}
	rows := int64(0)
	for _, b := range batches {
		rows += b.NumRows()
	}
	st, err := os.Stat(path)
	if err != nil || info != (WriteInfo{Path: path, Rows: rows, Bytes: st.Size()}) {
		t.Fatalf("got %+v %v, want %d rows", info, err, rows)
	}
	return path
}

func TestParquetRoundTrip(t *testing.T) {
	p := pool(t, Options{Databases: 1})
	r := rand.New(rand.NewPCG(3, 4))
	for _, dt := range everyType() {
		if notInParquet(dt) != nil || dt.ID() == arrow.FLOAT16 {
			continue
		}
		switch dt.ID() {
		case arrow.DECIMAL32, arrow.DECIMAL64, arrow.FIXED_SIZE_LIST, arrow.EXTENSION:
			continue // read back as a decimal128, a list, a fixed-size binary
		}
		schema := schemaOf(field("i", arrow.PrimitiveTypes.Int32), field("v", dt))
		builder := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		for i := range 3000 {
			builder.Field(0).(*array.Int32Builder).Append(int32(i))
			random(builder.Field(1), r, 0)
		}
		b := builder.NewRecordBatch()
		same := true // the format keeps the type
		switch dt := dt.(type) {
		case *arrow.Date64Type, *arrow.LargeListType:
			same = false
		case *arrow.Time32Type:
			same = dt.Unit != arrow.Second
		case *arrow.TimestampType:
			same = dt.Unit != arrow.Second
		case *arrow.DictionaryType:
			same = dt.ValueType.ID() == arrow.STRING
		}
		path := parquetFile(t, "x.parquet", ParquetWriteOptions{Compression: "zstd", RowGroupRows: 1000}, schema, b)
		meta, err := ReadParquetMeta(t.Context(), []string{path})
		if err != nil {
			t.Errorf("%v: %v", dt, err)
			continue
		}
		if len(meta.Files[0].RowGroups) != 3 || meta.Files[0].Rows != 3000 || same != arrow.TypeEqual(meta.Schema.Field(1).Type, dt) {
			t.Errorf("%v: got %d row groups of %v", dt, len(meta.Files[0].RowGroups), meta.Schema.Field(1).Type)
		}
		direct, err := ReadParquet(t.Context(), path, []int{1}, []string{"v", "i"})
		if err != nil {
			t.Errorf("%v: %v", dt, err)
			continue
		}
		if part := b.NewSlice(1000, 2000); same && (len(direct) != 1 || direct[0].NumRows() != 1000 || !sameValues(part.Column(1), direct[0].Column(0))) {
			t.Errorf("%v: the Arrow reader does not give the row group back", dt)
		}
		in := Parquet(ParquetSource{Parts: []ParquetPart{{Path: path}}, Schema: meta.Schema})
		got, err := p.Query(t.Context(), "SELECT i, v FROM t", map[string]Input{"t": in}, schema)
		if err != nil {
			t.Errorf("%v: %v", dt, err)
			continue
		}
		if len(got) != 1 || !sameValues(b.Column(1), got[0].Column(1)) {
			t.Errorf("%v: DuckDB does not give the values back", dt)
		}
	}
}

// sameValues compares as text, for types whose builders and readers differ in nullability of children.
func sameValues(a, b arrow.Array) bool {
	if a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		if isNull(a, i) != isNull(b, i) || (!isNull(a, i) && a.ValueStr(i) != b.ValueStr(i)) {
			return false
		}
	}
	return true
}

func TestParquetPartsAndStatistics(t *testing.T) {
	schema := schemaOf(field("a", arrow.PrimitiveTypes.Int64), field("s", arrow.BinaryTypes.String), field("f", arrow.PrimitiveTypes.Float64), field("d", arrow.FixedWidthTypes.Date32), field("U", arrow.PrimitiveTypes.Uint32))
	b := fromJSON(t, schema, `[{"a":1,"s":"x","f":1.5,"d":"1970-01-02","U":4294967295},{"a":2,"s":"y","f":-1,"d":"1970-01-11","U":1},{"a":3},{"a":null,"s":"z","f":0}]`)
	path := parquetFile(t, "a.parquet", ParquetWriteOptions{RowGroupRows: 2}, schema, b)
	other := parquetFile(t, "b.parquet", ParquetWriteOptions{}, schema, b.NewSlice(0, 1))
	meta, err := ReadParquetMeta(t.Context(), []string{path, other})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]ParquetStats{
		"a": {Min: int64(1), Max: int64(2), HasMinMax: true}, "s": {Min: "x", Max: "y", HasMinMax: true}, "f": {Min: -1.0, Max: 1.5, HasMinMax: true},
		"d": {Min: int64(1), Max: int64(10), HasMinMax: true}, "U": {Min: uint64(1), Max: uint64(4294967295), HasMinMax: true},
	}
	if diff := cmp.Diff(want, meta.Files[0].RowGroups[0].Stats); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := meta.Files[0].RowGroups[1].Stats["d"]; got != (ParquetStats{Nulls: 2}) {
		t.Errorf("got %+v", got)
	}
	p := pool(t, Options{Databases: 1})
	src := ParquetSource{Schema: meta.Schema, FileColumn: "path", As: []string{"c0", "c1", "c2", "c3", "c4"}}
	for _, c := range []struct {
		parts []ParquetPart
		want  string
	}{
		{[]ParquetPart{{Path: path}, {Path: other}}, "1 2 3 NULL 1"},
		{[]ParquetPart{{Path: path, Rows: [][2]int64{meta.Files[0].RowRange(1)}}, {Path: other}}, "3 NULL 1"},
		{[]ParquetPart{{Path: other}, {Path: path, Rows: [][2]int64{{0, 1}, {1, 2}}}}, "1 1 2"},
		{[]ParquetPart{{Path: path, Rows: [][2]int64{{3, 4}, {0, 1}}}}, "1 NULL"},
		{[]ParquetPart{{Path: path, Rows: [][2]int64{}}}, ""},
		{nil, ""},
	} {
		src.Parts = c.parts
		got, err := p.Query(t.Context(), "SELECT c0 FROM t WHERE path LIKE '%parquet' AND (c4 IS NULL OR c4 > 0)", map[string]Input{"t": Parquet(src)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var vals []string
		for _, b := range got {
			for i := range int(b.NumRows()) {
				vals = append(vals, strings.ReplaceAll(b.Column(0).ValueStr(i), "(null)", "NULL"))
			}
		}
		if s := strings.Join(vals, " "); s != c.want {
			t.Errorf("%v: got %s want %s", c.parts, s, c.want)
		}
	}
}

func TestParquetErrors(t *testing.T) {
	ab := schemaOf(field("a", arrow.PrimitiveTypes.Int64), field("tail", arrow.PrimitiveTypes.Int64))
	ac := schemaOf(field("a", arrow.PrimitiveTypes.Int64), field("tail", arrow.BinaryTypes.String), field("c", arrow.PrimitiveTypes.Int8))
	x := parquetFile(t, "x.parquet", ParquetWriteOptions{}, ab)
	y := parquetFile(t, "y.parquet", ParquetWriteOptions{}, ac)
	_, err := ReadParquetMeta(t.Context(), []string{x, y})
	if want := "read parquet: " + y + " differs from " + x + ": column tail is utf8, not int64; column c is new"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	_, err = ReadParquetMeta(t.Context(), []string{y, x})
	if err == nil || !strings.HasSuffix(err.Error(), "column tail is int64, not utf8; column c is missing") {
		t.Errorf("got %v", err)
	}
	bad := filepath.Join(t.TempDir(), "bad.parquet")
	if err := os.WriteFile(bad, []byte("this is no parquet file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadParquetMeta(t.Context(), []string{bad}); err == nil || !strings.Contains(err.Error(), bad) {
		t.Errorf("got %v", err)
	}
	if _, err := ReadParquet(t.Context(), x, nil, []string{"zz"}); err == nil || !strings.Contains(err.Error(), `no column "zz"`) {
		t.Errorf("got %v", err)
	}
	dur := schemaOf(field("d", arrow.ListOf(arrow.FixedWidthTypes.Duration_s)))
	if _, err := WriteParquet(t.Context(), bad, dur, Seq(), ParquetWriteOptions{}); err == nil || !strings.Contains(err.Error(), "column d: Parquet has no type for duration[s]") {
		t.Errorf("got %v", err)
	}
	if _, err := WriteParquet(t.Context(), bad, ab, Seq(), ParquetWriteOptions{Compression: "rar"}); err == nil || !strings.Contains(err.Error(), `unknown compression "rar"`) {
		t.Errorf("got %v", err)
	}
}

// failing gives one batch and then an error.
func failing(b arrow.RecordBatch, err error) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		if yield(b, nil) {
			yield(nil, err)
		}
	}
}

func TestWritersLeaveNoPartialFile(t *testing.T) {
	schema, batches := numbers(t, 10, 10)
	broken := errors.New("the source broke")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	type writer func(ctx context.Context, path string, in iter.Seq2[arrow.RecordBatch, error]) (WriteInfo, error)
	for name, write := range map[string]writer{
		"parquet": func(ctx context.Context, path string, in iter.Seq2[arrow.RecordBatch, error]) (WriteInfo, error) {
			return WriteParquet(ctx, path, schema, in, ParquetWriteOptions{})
		},
		"csv": func(ctx context.Context, path string, in iter.Seq2[arrow.RecordBatch, error]) (WriteInfo, error) {
			return WriteCSV(ctx, path, schema, in, CSVWriteOptions{})
		},
		"json": func(ctx context.Context, path string, in iter.Seq2[arrow.RecordBatch, error]) (WriteInfo, error) {
			return WriteJSON(ctx, path, schema, in, JSONWriteOptions{})
		},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "out")
		if _, err := write(t.Context(), path, failing(batches[0], broken)); !errors.Is(err, broken) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v", name, err)
		}
		if _, err := write(cancelled, path, Seq(batches...)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", name, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
			t.Errorf("%s: left behind %v %v", name, left, err)
		}
		if _, err := write(t.Context(), filepath.Join(dir, "no", "out"), Seq(batches...)); !errors.Is(err, os.ErrNotExist) || strings.Contains(err.Error(), ".tmp") {
			t.Errorf("%s: got %v", name, err)
		}
		if info, err := write(t.Context(), path, Seq(batches...)); err != nil || info.Rows != 10 {
			t.Errorf("%s: got %+v %v", name, info, err)
		}
	}
}

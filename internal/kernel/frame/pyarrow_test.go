package frame

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/go-cmp/cmp"
)

// plain takes a value apart into what encoding/json makes of the golden file.
func plain(a arrow.Array, i int) any {
	if isNull(a, i) {
		return nil
	}
	switch x := a.(type) {
	case *array.Float64:
		if math.IsNaN(x.Value(i)) {
			return nil
		}
		return json.Number(appendFloat(nil, x.Value(i), 64, csvText))
	case *array.Timestamp:
		return json.Number(ints([]int64{int64(x.Value(i))})(nil, 0))
	case *array.Boolean:
		return x.Value(i)
	case *array.Struct:
		m := map[string]any{}
		for c := range x.NumField() {
			m[x.DataType().(*arrow.StructType).Field(c).Name] = plain(x.Field(c), i)
		}
		return m
	case *array.List:
		out := []any{}
		from, to := x.ValueOffsets(i)
		for k := from; k < to; k++ {
			out = append(out, plain(x.ListValues(), int(k)))
		}
		return out
	case *array.Int64, *array.Int32, *array.Uint8:
		return json.Number(a.ValueStr(i))
	case *array.Time64:
		return x.Value(i).ToTime(arrow.Microsecond).Format("15:04:05.999999")
	case *array.Decimal128:
		return x.Value(i).ToString(2)
	}
	return a.ValueStr(i)
}

// A file that pyarrow wrote is read the same by DuckDB and by the Arrow library, types included.
func TestParquetFromPyarrow(t *testing.T) {
	text, err := os.ReadFile("testdata/pyarrow.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct{ Rows []map[string]any }
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&golden); err != nil {
		t.Fatal(err)
	}
	const path = "testdata/pyarrow.parquet"
	meta, err := ReadParquetMeta(t.Context(), []string{path})
	if err != nil {
		t.Fatal(err)
	}
	p := pool(t, Options{Databases: 1})
	in := Parquet(ParquetSource{Parts: []ParquetPart{{Path: path}}, Schema: meta.Schema})
	byDuckDB, err := p.Query(t.Context(), "FROM t", map[string]Input{"t": in}, meta.Schema)
	if err != nil {
		t.Fatal(err)
	}
	byArrow, err := ReadParquet(t.Context(), path, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, batches := range map[string][]arrow.RecordBatch{"duckdb": byDuckDB, "arrow": byArrow} {
		var rows []map[string]any
		for _, b := range batches {
			for i := range int(b.NumRows()) {
				row := map[string]any{}
				for c, f := range b.Schema().Fields() {
					row[f.Name] = plain(b.Column(c), i)
				}
				rows = append(rows, row)
			}
		}
		if diff := cmp.Diff(golden.Rows, rows); diff != "" {
			t.Errorf("%s (-pyarrow +got)\n%s", name, diff)
		}
	}
	if tz := meta.Schema.Field(6).Type.(*arrow.TimestampType); tz.TimeZone != "Europe/Berlin" || byDuckDB[0].Schema().Field(4).Type.ID() != arrow.DICTIONARY {
		t.Errorf("got %v", byDuckDB[0].Schema())
	}
}

//go:build cgo

package dataframe

import (
	"fmt"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"sheaf"
)

// everyType makes a table with a column of each type that Arrow programs use, and a key to sort by.
func everyType(t *testing.T) *Table {
	t.Helper()
	columns := []struct {
		name   string
		typ    arrow.DataType
		values []string
	}{
		{"key", arrow.PrimitiveTypes.Int64, []string{"3", "1", "2", "5", "4"}},
		{"i8", arrow.PrimitiveTypes.Int8, []string{"-1", "2", "(null)", "4", "5"}},
		{"u64", arrow.PrimitiveTypes.Uint64, []string{"18446744073709551615", "0", "1", "2", "3"}},
		{"f32", arrow.PrimitiveTypes.Float32, []string{"1.5", "(null)", "2.5", "-3", "0"}},
		{"large", arrow.BinaryTypes.LargeString, []string{"a", "b", "(null)", "d", "e"}},
		{"view", arrow.BinaryTypes.StringView, []string{"a", "b", "(null)", "a string that is too long to stand inside", "e"}},
		{"dict", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, []string{"x", "y", "x", "(null)", "y"}},
		{"date64", arrow.FixedWidthTypes.Date64, []string{"2020-01-01", "1969-12-31", "(null)", "2020-01-02", "2020-01-03"}},
		{"ns", &arrow.TimestampType{Unit: arrow.Nanosecond}, []string{"2020-01-01 00:00:00.123456789", "(null)", "2020-01-01 00:00:01", "2020-01-01 00:00:02", "1960-01-01 00:00:03"}},
		{"zone", &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "Europe/Berlin"}, []string{"2020-07-01 00:00:00Z", "2020-07-01 00:00:01Z", "(null)", "2020-01-01 00:00:02Z", "2020-01-01 00:00:03Z"}},
		{"dec", &arrow.Decimal128Type{Precision: 20, Scale: 3}, []string{"1.500", "-2.125", "(null)", "12345678901234.567", "0.001"}},
		{"dur", &arrow.DurationType{Unit: arrow.Millisecond}, []string{"1500ms", "(null)", "-1ms", "0ms", "3600000ms"}},
		{"time", arrow.FixedWidthTypes.Time64us, []string{"01:02:03", "(null)", "23:59:59.5", "00:00:00", "12:00:00"}},
		{"bin", arrow.BinaryTypes.Binary, []string{"AAEC", "(null)", "/w==", "", "AA=="}},
	}
	var fields []arrow.Field
	var arrays []arrow.Array
	for _, c := range columns {
		b := array.NewBuilder(memory.DefaultAllocator, c.typ)
		for _, v := range c.values {
			if v == "(null)" {
				b.AppendNull()
			} else if err := b.AppendValueFromString(v); err != nil {
				t.Fatalf("%s %q: %v", c.name, v, err)
			}
		}
		fields = append(fields, arrow.Field{Name: c.name, Type: c.typ, Nullable: true})
		arrays = append(arrays, b.NewArray())
	}
	list := array.NewListBuilder(memory.DefaultAllocator, arrow.PrimitiveTypes.Int32)
	for i := range 5 {
		if i == 2 {
			list.AppendNull()
			continue
		}
		list.Append(true)
		for k := range i {
			list.ValueBuilder().(*array.Int32Builder).Append(int32(k))
		}
	}
	fields = append(fields, arrow.Field{Name: "list", Type: list.Type(), Nullable: true})
	arrays = append(arrays, list.NewArray())
	schema := arrow.NewSchema(fields, nil)
	return newTable(schema, []arrow.RecordBatch{array.NewRecordBatch(schema, arrays, 5)})
}

// TestTypesSurvive sends every type through sorts, shuffles, merges and filters: the exact Arrow types and values come back.
func TestTypesSurvive(t *testing.T) {
	x := everyType(t)
	want, err := x.Select("key")
	if err != nil || want.Len() != 5 {
		t.Fatal(err)
	}
	sorted := compute(t, x.Frame().SortValues("key"))
	view := x.Schema().FieldIndices("view")[0]
	fields := x.Schema().Fields()
	fields[view].Type = arrow.BinaryTypes.String // the only type that does not stay
	if !sameColumns(sorted.Schema(), arrow.NewSchema(fields, nil)) {
		t.Fatalf("got  %v\nwant %v", sorted.Schema(), x.Schema())
	}
	for i, row := range []int{1, 2, 0, 4, 3} {
		for c := range int(x.NumCols()) {
			a, k := sorted.cell(c, i)
			b, l := x.cell(c, row)
			if fmt.Sprint(valueAt(a, k)) != fmt.Sprint(valueAt(b, l)) {
				t.Errorf("row %d, column %s: got %v, want %v", i, x.Schema().Field(c).Name, valueAt(a, k), valueAt(b, l))
			}
		}
	}
	text := sorted.Format(1000, 100)
	for name, f := range map[string]*Frame{
		"filter":      FromArrow(x, NPartitions(3)).Filter(Col("key").Gt(0)),
		"merge":       FromArrow(x, NPartitions(2)).Merge(FromArrow(x, NPartitions(2)).Select("key"), On("key"), Shuffle()),
		"broadcast":   FromArrow(x, NPartitions(2)).Merge(FromArrow(x, NPartitions(2)).Select("key"), On("key"), Broadcast()),
		"repartition": FromArrow(x, NPartitions(2)).Repartition(4),
		"concat":      Concat(FromArrow(x).Filter(Col("key").Le(2)), FromArrow(x).Filter(Col("key").Gt(2))),
		"group":       FromArrow(x, NPartitions(3)).GroupBy("key").First().Select(asAny(x.Columns())...),
		"distinct":    FromArrow(x, NPartitions(3)).DropDuplicates([]string{"key"}),
	} {
		for mode, l := range modes() {
			got, err := sheaf.Compute[*Table](t.Context(), lowerWith(f.SortValues("key"), l))
			if err != nil {
				t.Errorf("%s, %s: %v", name, mode, err)
				continue
			}
			if s := got.Format(1000, 100); s != text && name != "group" {
				t.Errorf("%s, %s: got\n%s\nwant\n%s", name, mode, s, text)
			}
			if name != "group" && !sameColumns(got.Schema(), sorted.Schema()) {
				t.Errorf("%s, %s: got %v", name, mode, got.Schema())
			}
		}
	}
	for _, key := range []string{"i8", "u64", "f32", "large", "view", "dict", "date64", "ns", "zone", "dec", "dur", "time", "bin"} {
		for mode, l := range modes() {
			sizes, err := sheaf.Compute[*Table](t.Context(), lowerWith(FromArrow(x, NPartitions(3)).GroupBy(key).KeepNulls().Size().Agg(Sum("size")), l))
			if err != nil || sizes.batches[0].Column(0).ValueStr(0) != "5" {
				t.Errorf("group by %s, %s: %v, %v", key, mode, sizes, err)
			}
			if out, err := sheaf.Compute[*Table](t.Context(), lowerWith(FromArrow(x, NPartitions(3)).SortValues(Desc(key)), l)); err != nil || out.Len() != 5 {
				t.Errorf("sort by %s, %s: %v, %v", key, mode, out, err)
			}
		}
	}
}

func asAny(names []string) []any {
	out := make([]any, len(names))
	for i, n := range names {
		out[i] = n
	}
	return out
}

func TestNothing(t *testing.T) {
	x := everyType(t)
	for name, f := range map[string]*Frame{
		"no rows": x.Head(0).Frame(), "no partitions": x.Frame().Partitions(), "filtered": x.Frame().Filter(Col("key").Gt(100)),
		"false": x.Frame().Filter(Lit(false)), "no structs": FromStructs([]account{}).Rename(map[string]string{"balance": "key"}),
	} {
		if n, err := f.Len(t.Context()); n != 0 || err != nil {
			t.Errorf("%s: got %d rows, %v", name, n, err)
		}
		for what, g := range map[string]*Frame{"group": f.GroupBy("key").Size(), "sort": f.SortValues("key"), "head": f.Head(3), "merge": f.Merge(x.Frame(), On("key"))} {
			if name == "no structs" && what == "merge" {
				continue
			}
			if out := compute(t, g); out.Len() != 0 || len(out.Columns()) == 0 {
				t.Errorf("%s, %s: got %v", name, what, out)
			}
		}
		if got := rowsOf(t, f.Agg(Size(), Sum("key").As("s"), Max("key").As("m"))); name != "no structs" && fmt.Sprint(got) != "[0 0 <nil>]" {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

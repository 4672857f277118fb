package frame

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/extensions"
	"github.com/apache/arrow-go/v18/arrow/float16"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/arrow/memory/mallocator"
)

// everyType is the list of types that pass through DuckDB and come back as they were.
func everyType() []arrow.DataType {
	dict := func(index arrow.DataType) arrow.DataType {
		return &arrow.DictionaryType{IndexType: index, ValueType: arrow.BinaryTypes.String}
	}
	list := arrow.ListOf(arrow.PrimitiveTypes.Int16)
	structs := arrow.StructOf(field("a", arrow.PrimitiveTypes.Int32), field("b", arrow.BinaryTypes.String), field("c", arrow.FixedWidthTypes.Boolean))
	return []arrow.DataType{
		arrow.Null, arrow.FixedWidthTypes.Boolean,
		arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64,
		arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Uint64,
		arrow.FixedWidthTypes.Float16, arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64,
		arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.Binary, arrow.BinaryTypes.LargeBinary,
		&arrow.FixedSizeBinaryType{ByteWidth: 5}, &arrow.FixedSizeBinaryType{ByteWidth: 16},
		arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Date64,
		arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Time32ms, arrow.FixedWidthTypes.Time64us, arrow.FixedWidthTypes.Time64ns,
		&arrow.TimestampType{Unit: arrow.Second}, &arrow.TimestampType{Unit: arrow.Millisecond}, &arrow.TimestampType{Unit: arrow.Microsecond}, &arrow.TimestampType{Unit: arrow.Nanosecond},
		&arrow.TimestampType{Unit: arrow.Second, TimeZone: "Europe/Berlin"}, &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"},
		&arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "America/New_York"}, &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "+02:00"},
		arrow.FixedWidthTypes.Duration_s, arrow.FixedWidthTypes.Duration_ms, arrow.FixedWidthTypes.Duration_us, arrow.FixedWidthTypes.Duration_ns,
		arrow.FixedWidthTypes.MonthDayNanoInterval,
		&arrow.Decimal128Type{Precision: 4, Scale: 2}, &arrow.Decimal128Type{Precision: 9, Scale: 0}, &arrow.Decimal128Type{Precision: 18, Scale: 5}, &arrow.Decimal128Type{Precision: 38, Scale: 10},
		&arrow.Decimal32Type{Precision: 3, Scale: 1}, &arrow.Decimal32Type{Precision: 9, Scale: 2}, &arrow.Decimal64Type{Precision: 12, Scale: 3},
		dict(arrow.PrimitiveTypes.Int8), dict(arrow.PrimitiveTypes.Uint16), dict(arrow.PrimitiveTypes.Int32), dict(arrow.PrimitiveTypes.Int64),
		&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.PrimitiveTypes.Int64},
		list, arrow.LargeListOf(arrow.BinaryTypes.String), arrow.FixedSizeListOf(3, arrow.PrimitiveTypes.Float32), arrow.ListOf(list),
		structs, arrow.ListOf(structs), arrow.StructOf(field("l", list), field("s", structs)), arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64),
		arrow.FixedSizeListOf(2, structs), arrow.FixedSizeListOf(2, arrow.FixedSizeListOf(2, arrow.BinaryTypes.String)),
		extensions.NewUUIDType(),
	}
}

// random appends a value that survives DuckDB: times in whole microseconds, durations in days at most.
func random(b array.Builder, r *rand.Rand, depth int) {
	if b.Type().ID() == arrow.NULL || (r.IntN(5) == 0 && depth >= 0) {
		b.AppendNull()
		return
	}
	n := r.Int64N(2_000_000) - 1_000_000
	text := strings.Repeat("é", r.IntN(3)) + strings.Repeat("x", r.IntN(3)*r.IntN(10))
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(n > 0)
	case *array.Int8Builder:
		b.Append(int8(n))
	case *array.Int16Builder:
		b.Append(int16(n))
	case *array.Int32Builder:
		b.Append(int32(n))
	case *array.Int64Builder:
		b.Append(n)
	case *array.Uint8Builder:
		b.Append(uint8(n))
	case *array.Uint16Builder:
		b.Append(uint16(n))
	case *array.Uint32Builder:
		b.Append(uint32(n))
	case *array.Uint64Builder:
		b.Append(uint64(n))
	case *array.Float16Builder:
		b.Append(float16.New(float32(n) / 16))
	case *array.Float32Builder:
		b.Append(float32(n) / 3)
	case *array.Float64Builder:
		b.Append(float64(n) / 3)
	case *array.StringBuilder:
		b.Append(text)
	case *array.LargeStringBuilder:
		b.Append(text)
	case *array.BinaryBuilder:
		b.Append([]byte(text))
	case *array.FixedSizeBinaryBuilder:
		b.Append([]byte(fmt.Sprintf("%016d", n+1_000_000))[:b.Type().(*arrow.FixedSizeBinaryType).ByteWidth])
	case *array.Date32Builder:
		b.Append(arrow.Date32(n))
	case *array.Date64Builder:
		b.Append(arrow.Date64(n * 86_400_000))
	case *array.Time32Builder:
		b.Append(arrow.Time32((n + 1_000_000) % 86_400))
	case *array.Time64Builder:
		b.Append(arrow.Time64((n + 1_000_000) * 1000))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(n * 1000))
	case *array.DurationBuilder:
		b.Append(arrow.Duration(n * 1000))
	case *array.MonthDayNanoIntervalBuilder:
		b.Append(arrow.MonthDayNanoInterval{Months: int32(n % 100), Days: int32(n % 17), Nanoseconds: n * 1000})
	default:
		randomOther(b, r, n, depth)
	}
}

func randomOther(b array.Builder, r *rand.Rand, n int64, depth int) {
	switch b := b.(type) {
	case *array.Decimal128Builder:
		v := decimal128.FromI64(n % 9999)
		if b.Type().(*arrow.Decimal128Type).Precision == 38 {
			v = v.Mul(decimal128.FromI64(1_000_000_000_000_000_000)).Mul(decimal128.FromI64(1_000_000_000_000_000))
		}
		b.Append(v)
	case *array.ListBuilder:
		b.Append(true)
		for range r.IntN(4) {
			random(b.ValueBuilder(), r, depth+1)
		}
	case *array.LargeListBuilder:
		b.Append(true)
		for range r.IntN(4) {
			random(b.ValueBuilder(), r, depth+1)
		}
	case *array.FixedSizeListBuilder:
		b.Append(true)
		for range b.Type().(*arrow.FixedSizeListType).Len() {
			random(b.ValueBuilder(), r, depth+1)
		}
	case *array.MapBuilder:
		b.Append(true)
		for i := range r.IntN(3) {
			b.KeyBuilder().(*array.StringBuilder).Append(fmt.Sprint("key", i))
			random(b.ItemBuilder(), r, depth+1)
		}
	case *array.StructBuilder:
		b.Append(true)
		for i := range b.NumField() {
			random(b.FieldBuilder(i), r, depth+1)
		}
	case *array.BinaryDictionaryBuilder:
		if err := b.AppendString([]string{"", "red", "a colour with a long name", "green"}[r.IntN(4)]); err != nil {
			panic(err)
		}
	default:
		text := fmt.Sprint(n % 50)
		if b.Type().Name() == "extension" || b.Type().ID() == arrow.EXTENSION {
			text = fmt.Sprintf("%08x-0000-0000-0000-%012x", uint32(n), uint32(n)*7)
		}
		if err := b.AppendValueFromString(text); err != nil {
			panic(err)
		}
	}
}

func TestEveryTypeComesBack(t *testing.T) {
	checked := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer checked.AssertSize(t, 0)
	for name, mem := range map[string]memory.Allocator{"go": checked, "malloc": mallocator.NewMallocator()} {
		p := pool(t, Options{Databases: 1, Allocator: mem})
		r := rand.New(rand.NewPCG(1, 2))
		for _, dt := range everyType() {
			schema := schemaOf(field("i", arrow.PrimitiveTypes.Int32), field("v", dt))
			builder := array.NewRecordBuilder(mem, schema)
			for i := range 7000 {
				builder.Field(0).(*array.Int32Builder).Append(int32(i))
				random(builder.Field(1), r, 0)
			}
			whole := builder.NewRecordBatch()
			builder.Release()
			for _, cut := range [][2]int64{{0, 7000}, {0, 0}, {1, 2}, {13, 6001}, {2047, 4096 + 9}} {
				part := whole.NewSlice(cut[0], cut[1])
				got, err := p.Query(t.Context(), "SELECT i, v FROM t", map[string]Input{"t": Batches(schema, part)}, schema)
				if err != nil {
					t.Fatalf("%s, %v: %v", name, dt, err)
				}
				if len(got) != 1 || !sameRows(part, got[0]) {
					t.Errorf("%s, %v rows %v:\ngot  %.300v\nwant %.300v", name, dt, cut, got, part)
				}
				for _, b := range got {
					b.Release()
				}
				part.Release()
			}
			whole.Release()
		}
	}
}

// sameRows compares values; dictionaries may list theirs in another order.
func sameRows(want, got arrow.RecordBatch) bool {
	if !want.Schema().Equal(got.Schema()) || want.NumRows() != got.NumRows() {
		return false
	}
	for i, w := range want.Columns() {
		g := got.Column(i)
		if w.DataType().ID() != arrow.DICTIONARY {
			if !array.Equal(w, g) {
				return false
			}
			continue
		}
		for k := range w.Len() {
			if w.IsNull(k) != g.IsNull(k) || (w.IsValid(k) && w.ValueStr(k) != g.ValueStr(k)) {
				return false
			}
		}
	}
	return true
}

func TestTypesThatNeedACast(t *testing.T) {
	p := pool(t, Options{Databases: 1})
	zone := &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "Europe/Berlin"}
	want := arrow.NewSchema([]arrow.Field{
		{Name: "sum", Type: arrow.PrimitiveTypes.Int64},
		field("u", arrow.BinaryTypes.String), field("e", arrow.BinaryTypes.String),
		field("z", zone), field("f", arrow.PrimitiveTypes.Float64), field("n", arrow.PrimitiveTypes.Int16), field("b", arrow.BinaryTypes.String),
	}, nil)
	got := p.show(t, `SELECT sum(range), '00000000-0000-0000-0000-000000000001'::UUID, 'x'::ENUM('y','x'), TIMESTAMPTZ '2018-07-01 12:00:00+02', 1.5::DECIMAL(3,1), NULL, '0101'::BIT FROM range(10)`, nil, want)
	if w := `{"b":"0101","e":"x","f":1.5,"n":null,"sum":45,"u":"00000000-0000-0000-0000-000000000001","z":"2018-07-01T12:00:00+02:00"}` + "\n"; got != w {
		t.Errorf("got %s want %s", got, w)
	}
}

func TestWantedTypeErrors(t *testing.T) {
	p := pool(t, Options{Databases: 1})
	for _, c := range []struct {
		sql  string
		want arrow.Field
		text string
	}{
		{"SELECT 300", field("a", arrow.PrimitiveTypes.Int8), "out of range"},
		{"SELECT 170141183460469231731687303715884105727", field("a", arrow.PrimitiveTypes.Int64), "out of range"},
		{"SELECT 170141183460469231731687303715884105727", field("a", &arrow.Decimal128Type{Precision: 38}), "more than 38 digits"},
		{"SELECT NULL", arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int8}, "column a has 1 nulls and is declared without"},
		{"SELECT 'x'", field("a", arrow.PrimitiveTypes.Int8), "Could not convert string 'x' to INT8"},
		{"SELECT 1, 2", field("a", arrow.PrimitiveTypes.Int8), "the query has 2 columns, 1 are wanted"},
		{"SELECT 1", field("a", &arrow.Decimal256Type{Precision: 60}), "no DuckDB counterpart"},
		{"SELECT INTERVAL 1 MONTH", field("a", arrow.FixedWidthTypes.Duration_s), "no fixed duration"},
		{"SELECT [1]", field("a", arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int32)), "length of the wanted fixed-size list"},
		{"SELECT 'abc'::BLOB", field("a", &arrow.FixedSizeBinaryType{ByteWidth: 2}), "length of the wanted fixed-size binary"},
		{"SELECT a FROM", field("a", arrow.PrimitiveTypes.Int8), "parser error"},
		{"SELECT zonee FROM (SELECT 1 AS zone)", field("a", arrow.PrimitiveTypes.Int8), `"zonee" not found`},
		{"FROM missing", field("a", arrow.PrimitiveTypes.Int8), "missing does not exist"},
		{"SELECT * FROM sheaf_scan(7::UBIGINT)", field("a", arrow.PrimitiveTypes.Int8), "own tables only"},
	} {
		_, err := p.Query(t.Context(), c.sql, nil, schemaOf(c.want))
		if err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got %v, want %q", c.sql, err, c.text)
		}
	}
}

func TestInputErrors(t *testing.T) {
	p := pool(t, Options{Databases: 1})
	ns := schemaOf(field("a", &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "UTC"}))
	b := array.NewRecordBuilder(memory.DefaultAllocator, ns)
	b.Field(0).(*array.TimestampBuilder).Append(1)
	nanos := b.NewRecordBatch()
	ints := fromJSON(t, schemaOf(field("a", arrow.PrimitiveTypes.Int64)), `[{"a":1}]`)
	wide := schemaOf(field("a", &arrow.Decimal256Type{Precision: 60}))
	for _, c := range []struct {
		in   Input
		text string
	}{
		{Batches(ns, nanos), "has nanoseconds"},
		{Batches(ns, ints), "column a is int64 in a batch and timestamp[ns, tz=UTC] in the schema"},
		{Batches(schemaOf(), ints), "a batch has 1 columns, its schema 0"},
		{Batches(wide), "no DuckDB counterpart"},
		{Batches(schemaOf(field("A", arrow.PrimitiveTypes.Int8), field("a", arrow.PrimitiveTypes.Int8))), "duplicate column name"},
		{SQL("SELECT nothing"), `"nothing" was not found`},
	} {
		if _, err := p.Query(t.Context(), "FROM t", map[string]Input{"t": c.in}, nil); err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("got %v, want %q", err, c.text)
		}
	}
}

// Types that can be read but not be asked for, and dictionaries with nulls among their values.
func TestInputOnlyTypes(t *testing.T) {
	mem := memory.DefaultAllocator
	views := array.NewStringViewBuilder(mem)
	views.AppendValues([]string{"short", "", "longer than twelve bytes", "x"}, []bool{true, true, true, false})
	blobs := array.NewBinaryViewBuilder(mem)
	blobs.AppendValues([][]byte{{1}, []byte("more than twelve bytes of it"), nil, {2}}, []bool{true, true, false, true})
	months := array.NewMonthIntervalBuilder(mem)
	months.AppendValues([]arrow.MonthInterval{1, -2, 3, 4}, []bool{true, true, false, true})
	days := array.NewDayTimeIntervalBuilder(mem)
	days.AppendValues([]arrow.DayTimeInterval{{Days: 1, Milliseconds: 500}, {}, {Days: -1}, {Milliseconds: 1}}, nil)
	dict := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint8, ValueType: arrow.BinaryTypes.LargeString}
	index, _, err := array.FromJSON(mem, arrow.PrimitiveTypes.Uint8, strings.NewReader("[2, 1, 0, null]"))
	if err != nil {
		t.Fatal(err)
	}
	values, _, err := array.FromJSON(mem, arrow.BinaryTypes.LargeString, strings.NewReader(`["red", null, "a long name of a colour"]`))
	if err != nil {
		t.Fatal(err)
	}
	columns := []arrow.Array{views.NewArray(), blobs.NewArray(), months.NewArray(), days.NewArray(), array.NewDictionaryArray(dict, index, values)}
	var fields []arrow.Field
	for i, c := range columns {
		fields = append(fields, field(fmt.Sprintf("c%d", i), c.DataType()))
	}
	schema := schemaOf(fields...)
	p := pool(t, Options{Databases: 1})
	b := array.NewRecordBatch(schema, columns, 4).NewSlice(0, 4)
	got := p.show(t, "SELECT c0, octet_length(c1) AS c1, c2::VARCHAR AS c2, c3::VARCHAR AS c3, c4 FROM t", map[string]Input{"t": Batches(schema, b)}, nil)
	want := `{"c0":"short","c1":1,"c2":"1 month","c3":"1 day 00:00:00.5","c4":"a long name of a colour"}
{"c0":"","c1":28,"c2":"-2 months","c3":"00:00:00","c4":null}
{"c0":"longer than twelve bytes","c1":null,"c2":null,"c3":"-1 day","c4":"red"}
{"c0":null,"c1":1,"c2":"4 months","c3":"00:00:00.001","c4":null}
`
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if _, err := p.Query(t.Context(), "SELECT c2 FROM t", map[string]Input{"t": Batches(schema, b)}, schemaOf(fields[2])); err == nil || !strings.Contains(err.Error(), "use month_day_nano_interval") {
		t.Errorf("got %v", err)
	}
}

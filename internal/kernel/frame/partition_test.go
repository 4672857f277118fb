package frame

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
)

func TestPartitionEveryType(t *testing.T) {
	checked := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer checked.AssertSize(t, 0)
	r := rand.New(rand.NewPCG(7, 8))
	for _, dt := range everyType() {
		schema := schemaOf(field("i", arrow.PrimitiveTypes.Int32), field("k", arrow.BinaryTypes.String), field("v", dt))
		builder := array.NewRecordBuilder(checked, schema)
		for i := range 500 {
			builder.Field(0).(*array.Int32Builder).Append(int32(i))
			random(builder.Field(1), r, 0)
			random(builder.Field(2), r, 0)
		}
		whole := builder.NewRecordBatch()
		builder.Release()
		part := whole.NewSlice(37, 461)
		for _, n := range []int{1, 2, 7, 1000} {
			parts, err := Partition(part, []string{"k"}, n)
			if err != nil {
				t.Fatalf("%v: %v", dt, err)
			}
			home := map[string]int{}
			seen := 0
			for p, b := range parts {
				last := int32(-1)
				for i := range int(b.NumRows()) {
					row := b.Column(0).(*array.Int32).Value(i)
					src := int(row) - 37
					if row <= last {
						t.Fatalf("%v: part %d is out of order", dt, p)
					}
					last = row
					seen++
					for c := 1; c < 3; c++ {
						if isNull(part.Column(c), src) != isNull(b.Column(c), i) || part.Column(c).ValueStr(src) != b.Column(c).ValueStr(i) {
							t.Fatalf("%v: row %d column %d is %s, want %s", dt, row, c, b.Column(c).ValueStr(i), part.Column(c).ValueStr(src))
						}
					}
					key := b.Column(1).ValueStr(i)
					if at, ok := home[key]; ok && at != p {
						t.Fatalf("%v: key %q is in parts %d and %d", dt, key, at, p)
					}
					home[key] = p
				}
				b.Release()
			}
			if len(parts) != n || seen != int(part.NumRows()) {
				t.Errorf("%v: got %d parts with %d rows", dt, len(parts), seen)
			}
		}
		part.Release()
		whole.Release()
	}
}

// The hashes are part of the wire between processes: they must not change by accident.
func TestHashRowsIsStable(t *testing.T) {
	schema := schemaOf(field("i", arrow.PrimitiveTypes.Int64), field("s", arrow.BinaryTypes.String), field("f", arrow.PrimitiveTypes.Float64))
	b := fromJSON(t, schema, `[{"i":0,"s":"","f":0},{"i":1,"s":"Alice","f":1.5},{"i":-1,"s":"a text of more than twelve bytes","f":-2},{}]`)
	for key, want := range map[string][]uint64{
		"i": {0x5692161d100b05e5, 0xdbd238973a2b148a, 0x0, nullHash},
		"s": {0x2d06800538d394c2, 0xe63dcccc5e4138f0, 0xf32dad5615756adb, nullHash},
		"f": {0x5692161d100b05e5, 0x4bfcc7fa2a8ce632, 0x2e93af687320886e, nullHash},
	} {
		got, err := HashRows(b, []string{key})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", key, diff)
		}
	}
}

func TestHashRowsEquality(t *testing.T) {
	hash := func(dt arrow.DataType, rows string) []uint64 {
		h, err := HashRows(fromJSON(t, schemaOf(field("k", dt)), rows), []string{"k"})
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	numbers := `[{"k":-5},{"k":null},{"k":100}]`
	texts := `[{"k":"x"},{"k":null},{"k":"y"},{"k":"x"}]`
	dict := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	if diff := cmp.Diff(hash(arrow.PrimitiveTypes.Int8, numbers), hash(arrow.PrimitiveTypes.Int64, numbers)); diff != "" {
		t.Errorf("int8 and int64\n%s", diff)
	}
	if diff := cmp.Diff(hash(dict, texts), hash(arrow.BinaryTypes.LargeString, texts)); diff != "" {
		t.Errorf("dictionary and large string\n%s", diff)
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, schemaOf(field("k", arrow.PrimitiveTypes.Float64)))
	b.Field(0).(*array.Float64Builder).AppendValues([]float64{0, math.Copysign(0, -1), math.NaN(), math.Float64frombits(0x7ff8000000000123)}, nil)
	h, err := HashRows(b.NewRecordBatch(), []string{"k"})
	if err != nil || h[0] != h[1] || h[2] != h[3] || h[0] == h[2] {
		t.Errorf("got %x %v", h, err)
	}
}

func TestPartitionIsEven(t *testing.T) {
	_, batches := numbers(t, 100_000, 100_000)
	for _, keys := range [][]string{{"a"}, {"s"}, {"a", "s"}} {
		parts, err := Partition(batches[0], keys, 16)
		if err != nil {
			t.Fatal(err)
		}
		for p, b := range parts {
			if n := b.NumRows(); n < 5_700 || n > 6_800 { // 6250 ± 7 standard deviations
				t.Errorf("keys %v: part %d has %d rows", keys, p, n)
			}
		}
	}
}

func TestPartitionErrors(t *testing.T) {
	schema := schemaOf(field("a", arrow.ListOf(arrow.PrimitiveTypes.Int8)), field("b", arrow.PrimitiveTypes.Int8), field("b", arrow.PrimitiveTypes.Int8))
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema).NewRecordBatch()
	for _, c := range []struct {
		keys []string
		n    int
		want string
	}{
		{[]string{"a"}, 2, "values of type list<item: int8, nullable> cannot be keys"},
		{nil, 2, "no keys"},
		{[]string{"c"}, 2, `there are 0 columns "c"`},
		{[]string{"b"}, 2, `there are 2 columns "b"`},
		{[]string{"a"}, 0, "0 parts"},
	} {
		if _, err := Partition(b, c.keys, c.n); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got %v, want %q", c.keys, err, c.want)
		}
	}
}

func BenchmarkPartition(b *testing.B) {
	_, batches := numbers(b, 1_000_000, 1_000_000)
	b.SetBytes(1_000_000 * 36)
	for b.Loop() {
		if _, err := Partition(batches[0], []string{"a"}, 32); err != nil {
			b.Fatal(err)
		}
	}
}

//go:build cgo

package dataframe

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sheaf/dtype"
)

type cellRow struct {
	K string     `sheaf:"k"`
	V *float64   `sheaf:"v"`
	N *int       `sheaf:"n"`
	B bool       `sheaf:"b"`
	T *time.Time `sheaf:"t"`
}

func holes() *Frame {
	f := func(x float64) *float64 { return &x }
	n := func(x int) *int { return &x }
	at := time.Date(2021, 3, 4, 5, 6, 7, 890_000_000, time.UTC)
	return FromStructs([]cellRow{
		{"a", f(1), n(1), true, &at}, {"b", nil, n(2), false, nil}, {"a", f(4), nil, true, &at}, {"c", f(math.NaN()), n(4), true, nil}, {"b", f(-2), n(5), true, &at},
	}, NPartitions(2))
}

// one returns the only row of a frame as text.
func one(t *testing.T, f *Frame) string {
	t.Helper()
	rows := rowsOf(t, f)
	if len(rows) != 1 {
		t.Fatalf("got %d rows", len(rows))
	}
	return rows[0]
}

func rowsOf(t *testing.T, f *Frame) []string {
	t.Helper()
	x := compute(t, f)
	var out []string
	for i := range x.Len() {
		s := ""
		for c := range int(x.NumCols()) {
			arr, k := x.cell(c, i)
			s += fmt.Sprint(valueAt(arr, k)) + " "
		}
		out = append(out, s[:len(s)-1])
	}
	return out
}

func TestTotals(t *testing.T) {
	df := holes().Filter(Col("k").Ne("c")).Drop("t")
	for _, tc := range []struct {
		frame *Frame
		want  string
	}{
		{df.Sum(), "3 8 3"},
		{df.Count(), "4 3 3 4"},
		{df.Mean(), fmt.Sprint(1.0, " ", 8.0/3, " ", 0.75)},
		{df.Min(), "a -2 1 false"},
		{df.Max(), "b 4 5 true"},
		{df.Prod(), "-8 10 0"},
		{df.Any(), "true true true"},
		{df.All(), "true true false"},
		{df.Select("v").Var(), "9"},
		{df.Select("v").Std(DDof(0)), fmt.Sprint(math.Sqrt(6))},
		{df.Select("v").Sem(), fmt.Sprint(math.Sqrt(3))},
		{df.Select("v").Median(), "1"},
		{df.Select("v").Quantile(0.25), "-0.5"},
		{df.Nunique(), "2 3 3 2"},
	} {
		if got := one(t, tc.frame); got != tc.want {
			t.Errorf("got %s, want %s\n%s", got, tc.want, tc.frame.Explain())
		}
	}
	v := df.Col("v")
	for name, tc := range map[string]struct {
		s    *Scalar[float64]
		want float64
	}{
		"sum": {v.Sum(), 3}, "mean": {v.Mean(), 1}, "var": {v.Var(), 9}, "std": {v.Std(), 3}, "median": {v.Median(), 1}, "quantile": {v.Quantile(1), 4},
		"none": {df.Filter(Col("v").Gt(100)).Col("v").Mean(), math.NaN()},
	} {
		if got, err := tc.s.Compute(t.Context()); err != nil || got != tc.want && !(math.IsNaN(got) && math.IsNaN(tc.want)) {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, tc.want)
		}
	}
	for name, tc := range map[string]struct {
		s    *Scalar[int64]
		want int64
	}{"count": {v.Count(), 3}, "nunique": {v.Nunique(), 3}, "size": {df.Size(), 4}} {
		if got, err := tc.s.Compute(t.Context()); err != nil || got != tc.want {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, tc.want)
		}
	}
	k := df.Col("k")
	if got := fmt.Sprint(rowsOf(t, k.Unique()), rowsOf(t, k.ValueCounts()), " ", k.Name(), " ", k.Frame().Columns()); got != "[a b] [a 2 b 2] k [k]" {
		t.Errorf("got %s", got)
	}
}

// TestNaN holds the kernel to IEEE 754, and to NaN not being null.
func TestNaN(t *testing.T) {
	v := Col("v")
	for _, tc := range []struct {
		cond Expr
		want int64
	}{
		{v.Gt(0), 2},
		{v.Ge(-100), 3},
		{v.Lt(100), 3},
		{v.Eq(v), 3},
		{v.Ne(v), 1},
		{v.Gt(0).Not(), 2},
		{v.IsNaN(), 1},
		{v.IsNull(), 1},
		{v.Le(v), 3},
		{v.Ge(v), 3},
		{v.IsFinite(), 3},
		{Lit(0).Lt(v), 2},
		{v.Between(-5, 5), 3},
	} {
		if got, err := holes().Filter(tc.cond).Size().Compute(t.Context()); got != tc.want || err != nil {
			t.Errorf("%v: got %d rows, %v, want %d", tc.cond, got, err, tc.want)
		}
	}
	zero := Col("n").Mul(0)
	if got := rowsOf(t, holes().Select(zero.Div(0).As("a"), Col("n").Div(0).As("b"), Col("n").FloorDiv(0).As("c")).Head(1)); got[0] != "NaN +Inf <nil>" {
		t.Errorf("got %v", got)
	}
	if got := one(t, holes().Agg(Sum("v"), Mean("v"), Var("v"), Count("v"))); got != "NaN NaN NaN 4" {
		t.Errorf("got %v", got)
	}
}

func TestNulls(t *testing.T) {
	df := holes()
	for _, tc := range []struct {
		frame *Frame
		want  string
	}{
		{df.DropNull(), "[a 1 1 true 2021-03-04 05:06:07.89 +0000 UTC b -2 5 true 2021-03-04 05:06:07.89 +0000 UTC]"},
		{df.DropNull("n").Select("n"), "[1 2 4 5]"},
		{df.FillNull(0).Select("v", "n"), "[1 1 0 2 4 0 NaN 4 -2 5]"},
		{df.FillNull("x").Select("k", "n").Head(3).Tail(1), "[a <nil>]"},
		{df.NSmallest(2, "n").Select("n"), "[1 2]"},
		{df.SortValues(Desc("n")).Select("n"), "[5 4 2 1 <nil>]"},
		{df.SortValues("n").Select("n"), "[1 2 4 5 <nil>]"},
		{df.SetIndex("n").ResetIndex().Select("n"), "[1 2 4 5 <nil>]"},
		{df.Pipe(func(f *Frame) *Frame { return f.Head(1) }).Select("k"), "[a]"},
		{df.Select(Coalesce(Col("n"), -1).As("c"), Greatest(Col("n"), 3).As("g"), Least(Col("n"), 3).As("l")).Head(3), "[1 3 1 2 3 2 -1 3 3]"},
		{df.Select(Col("k").TryCast(dtype.Int64).As("x")).DropDuplicates(nil), "[<nil>]"},
		{df.Select(Col("k").Replace(map[any]any{"a": "z", "b": "y"})), "[z y z c y]"},
		{df.Select(Col("n").In(1, nil).As("x")), "[true false true false false]"},
		{df.Select(Col("n").NotIn(1, 2).As("x")), "[false false true true true]"},
		{df.Partitions(1).Select("n"), "[<nil> 4 5]"},
	} {
		if got := fmt.Sprint(rowsOf(t, tc.frame)); got != tc.want {
			t.Errorf("got  %s\nwant %s\n%s", got, tc.want, tc.frame.Explain())
		}
	}
}

func TestDTypes(t *testing.T) {
	df := holes()
	if got := fmt.Sprint(df.DTypes()); got != "[string float64 int64 bool datetime64[ns]]" {
		t.Errorf("got %s", got)
	}
	g := df.Cast(map[string]dtype.Type{"n": dtype.Int32, "b": dtype.Int8, "v": dtype.String})
	if got := fmt.Sprint(g.DTypes()); got != "[string string int32 int8 datetime64[ns]]" {
		t.Errorf("got %s", got)
	}
	x := compute(t, g.Assign("m", Col("n").Add(1)).Assign("f", Col("n").Div(2)).Assign("h", Col("b").Mul(1.5)))
	if got := x.Schema().String(); compute(t, x.Frame()).Schema().String() != got {
		t.Errorf("got %s", got)
	}
	for name, want := range map[string]string{"m": "int32", "f": "float64", "h": "float64"} {
		f, _ := x.Schema().FieldsByName(name)
		if f[0].Type.String() != want {
			t.Errorf("%s is %v, want %s", name, f[0].Type, want)
		}
	}
	if err := df.Cast(map[string]dtype.Type{"x": dtype.Int8}).Err(); err == nil {
		t.Error("a column that does not exist was cast")
	}
}

func TestMoreStrings(t *testing.T) {
	type row struct{ S string }
	s := Col("S").Str()
	f := FromStructs([]row{{"héllo wörld"}, {"12³"}}).Select(
		s.Cat("-", "x", Col("S")).As("cat"), s.Words().Str().Join("+").As("join"), s.Match("h|1").As("match"), s.FullMatch("[0-9³]+").As("full"),
		s.IsDecimal().As("dec"), s.IsNumeric().As("num"), s.Pad(14, "both", "*").As("pad"), s.ByteLen().As("bytes"), s.ContainsFold("WÖ").As("fold"),
		s.MatchesFold("L+").As("mfold"), s.Get(-1).As("last"), s.Get(50).As("none"), s.Split(" ").Str().Get(1).As("second"))
	got := fmt.Sprint(rowsOf(t, f))
	const want = "[héllo wörld-x-héllo wörld héllo+wörld true false false false *héllo wörld** 13 true true d <nil> wörld " +
		"12³-x-12³ 12³ true true false true *****12³****** 4 false false ³ <nil> <nil>]"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestMoreTimes(t *testing.T) {
	type row struct{ A, B string }
	a, b := Col("A").Str().ToDatetime("%d.%m.%Y %H:%M"), Col("B").Str().TryToDatetime("")
	f := FromStructs([]row{{"31.12.2020 23:30", "2021-01-02"}, {"01.01.2021 00:00", "never"}}).Assign("p", a).Assign("q", b)
	d := Col("q").Sub(Col("p"))
	got := fmt.Sprint(rowsOf(t, f.Select(Col("p").Dt().Time().As("time"), d.Dt().TotalSeconds().As("s"), d.Dt().Days().As("d"), Col("p").Dt().Nanosecond().As("ns"),
		Col("p").Dt().Epoch("s").As("epoch"), Col("p").Add(90*time.Minute).Dt().Hour().As("later"), Col("p").Gt("2020-12-31 23:59").As("new"),
		Col("p").Dt().TzLocalize("Europe/Berlin").Dt().TzConvert("UTC").Dt().Hour().As("utc"), d.Mul(2).Dt().TotalSeconds().As("twice"))))
	const want = "[23h30m0s 88200 1 0 1609457400 1 false 22 176400 0s <nil> <nil> 0 1609459200 1 true 23 <nil>]"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestVisualize(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.dot")
	if err := holes().GroupBy("k").Sum().Visualize(path); err != nil {
		t.Fatal(err)
	}
	if err := holes().Col("v").Visualize(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		t.Error(err)
	}
}

func TestTablePrints(t *testing.T) {
	var rows []struct {
		Name string
		X    float64
		Long string
	}
	for i := range 30 {
		rows = append(rows, struct {
			Name string
			X    float64
			Long string
		}{fmt.Sprint("日本", i), float64(i) * 1e-7, "a\nb\tc and so on and so forth until it is longer than a column may be"})
	}
	got := compute(t, FromStructs(rows)).Format(70, 20)
	const want = `Name               X  Long
string       float64  string
日本0   0.000000e+00  a⏎b c and so on and so forth until it i…
日本1   1.000000e-07  a⏎b c and so on and so forth until it i…`
	if len(got) < len(want) {
		t.Fatal(got)
	}
	lines := 0
	for i, r := range got {
		if r == '\n' {
			if lines++; lines == 4 {
				if got[:i] != want {
					t.Errorf("got\n%s\nwant\n%s", got[:i], want)
				}
				break
			}
		}
	}
}

//go:build cgo

package dataframe

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"sheaf"
	"sheaf/dtype"
	"sheaf/graph"
)

// golden is testdata/golden.json, which testdata/golden.py makes with pandas.
type golden struct {
	Inputs map[string]struct {
		Columns []string
		Types   map[string]string
		Rows    [][]any
	}
	Cases map[string]struct {
		Columns   []string
		Rows      [][]any
		Unordered bool
	}
}

func readGolden(t testing.TB) golden {
	t.Helper()
	data, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// input makes one of the tables.
func (g golden) input(t testing.TB, name string) *Table {
	t.Helper()
	in := g.Inputs[name]
	var fields []arrow.Field
	for _, c := range in.Columns {
		types := map[string]arrow.DataType{
			"string": arrow.BinaryTypes.String, "int64": arrow.PrimitiveTypes.Int64, "double": arrow.PrimitiveTypes.Float64,
			"bool": arrow.FixedWidthTypes.Boolean, "timestamp[us]": &arrow.TimestampType{Unit: arrow.Microsecond},
		}
		fields = append(fields, arrow.Field{Name: c, Type: types[in.Types[c]], Nullable: true})
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	for _, row := range in.Rows {
		for i, v := range row {
			switch b := b.Field(i).(type) {
			case *array.StringBuilder:
				if s, ok := v.(string); ok {
					b.Append(s)
					continue
				}
			case *array.Int64Builder:
				if x, ok := v.(float64); ok {
					b.Append(int64(x))
					continue
				}
			case *array.Float64Builder:
				if x, ok := v.(float64); ok {
					b.Append(x)
					continue
				}
			case *array.BooleanBuilder:
				if x, ok := v.(bool); ok {
					b.Append(x)
					continue
				}
			case *array.TimestampBuilder:
				if s, ok := v.(string); ok {
					at, err := time.Parse("2006-01-02 15:04:05.999999", s)
					if err != nil {
						t.Fatal(err)
					}
					b.Append(arrow.Timestamp(at.UnixMicro()))
					continue
				}
			}
			b.Field(i).AppendNull()
		}
	}
	return newTable(arrow.NewSchema(fields, nil), []arrow.RecordBatch{b.NewRecordBatch()})
}

// goldenCases are the same operations as in golden.py.
func goldenCases(df, other *Frame) map[string]*Frame {
	g := df.GroupBy("g").Cols("i", "x")
	cases := map[string]*Frame{
		"groupby_sum": g.Sum(), "groupby_mean": g.Mean(), "groupby_count": g.Count(), "groupby_min": g.Min(), "groupby_max": g.Max(),
		"groupby_var": g.Var(), "groupby_std": g.Std(), "groupby_sem": g.Sem(), "groupby_median": g.Median(), "groupby_nunique": g.Nunique(),
		"groupby_first": g.First(), "groupby_last": g.Last(), "groupby_prod": df.GroupBy("g").Col("x").Prod(),
		"groupby_size":      df.GroupBy("g").Size(),
		"groupby_two":       df.GroupBy("g", "h").Col("x").Mean(),
		"groupby_keepnulls": df.GroupBy("g").KeepNulls().Col("i").Sum(),
		"groupby_var0":      df.GroupBy("h").Col("x").Var(DDof(0)),
		"groupby_quantile":  df.GroupBy("h").Col("x").Quantile(0.3),
		"groupby_text": df.GroupBy("h").Agg(Min("s").As("min"), Max("s").As("max"), First("s").As("first"), Last("s").As("last"),
			Nunique("s").As("nunique")),
		"groupby_hour":  df.GroupBy(Col("t").Dt().Hour().As("hour")).Col("x").Count(),
		"groupby_any":   df.GroupBy("g").Col("b").Any(),
		"groupby_all":   df.GroupBy("g").Col("b").All(),
		"totals":        df.Agg(Sum("i"), Mean("x"), Std("x"), Nunique("g"), Count("s"), Min("t"), Max("t"), Median("x")),
		"merge_semi":    df.Select("g", "h", "x").Merge(other, On("g"), How("semi")),
		"merge_anti":    df.Select("g", "h", "x").Merge(other, On("g"), How("anti")),
		"sort":          df.SortValues("g", Desc("x")).Select("g", "x", "i"),
		"sort_stable":   df.SortValues("h").Select("h", "s"),
		"head":          df.Head(7).Select("i", "s"),
		"tail":          df.Tail(7).Select("i", "s"),
		"nlargest":      df.NLargest(5, "x").Select("x", "h"),
		"distinct":      df.DropDuplicates([]string{"g", "h"}).Select("g", "h", "i"),
		"distinct_last": df.DropDuplicates([]string{"g"}, KeepLast()).Select("g", "i"),
		"distinct_all":  df.Select("g", "b").DropDuplicates(nil),
		"value_counts":  df.ValueCounts("g"),
		"concat":        Concat(df.Select("g", "i"), other.Select("g", "x")),
		"describe":      df.Select("i", "x").Describe(),
		"expressions":   df.Select(goldenExpressions()...),
		"strings":       df.Select(goldenStrings()...),
		"times":         df.Select(goldenTimes()...),
	}
	for _, how := range []string{"inner", "left", "right", "outer"} {
		cases["merge_"+how] = df.Select("g", "h", "x").Merge(other, On("g"), How(how))
		cases["merge_keys_"+how] = df.Select("g", "h").Merge(other, LeftOn("h"), RightOn("k"), How(how), Suffixes("_l", "_r"))
	}
	return cases
}

func goldenExpressions() []any {
	i, h, x, b, g := Col("i"), Col("h"), Col("x"), Col("b"), Col("g")
	return []any{
		i.Add(1).As("add"), i.Mul(x).As("mul"), x.RSub(2.5).As("sub"), i.Div(When(h.Eq(0), 7).Otherwise(h)).As("div"), i.Neg().As("neg"),
		i.Mod(7).As("mod"), i.FloorDiv(7).As("floordiv"), i.Mod(-7).As("modneg"), i.FloorDiv(-7).As("floordivneg"),
		x.Mod(3).As("modx"), x.Abs().As("abs"), x.Round(1).As("round"), x.Clip(-2.5, 3).As("clip"), x.Pow(2).As("pow"),
		x.Gt(0).As("gt"), g.Eq("red").As("eq"), i.Between(-5, 20).As("between"), x.Gt(0).And(b).As("and"), x.Gt(0).Or(b).As("or"), b.Not().As("not"),
		g.In("red", "cyan").As("isin"), i.IsNull().As("isnull"), i.FillNull(-1).As("fill"), x.Where(x.Gt(0), 0.0).As("where"), x.Mask(x.Gt(0), 0.0).As("mask"),
		x.FillNull(0).Cast(dtype.Int64).As("cast"), i.Cast(dtype.String).As("text"),
	}
}

func goldenStrings() []any {
	s := Col("s").Str()
	return []any{
		s.Len().As("len"), s.Lower().As("lower"), s.Upper().As("upper"), s.Capitalize().As("cap"), s.Title().As("title"), s.SwapCase().As("swap"),
		s.Strip().As("strip"), s.LStrip().As("lstrip"), s.RStrip().As("rstrip"), s.Strip("xa").As("stripx"), s.Contains("al").As("contains"),
		s.Matches(`\d{2}`).As("matches"), s.StartsWith("a").As("starts"), s.EndsWith("a").As("ends"), s.Replace("a", "_").As("replace"),
		s.ReplaceRegex(`(\d)`, `<\1>`).As("regex"), s.Find("e").As("find"), s.Count("a").As("count"), s.Slice(1, 4).As("slice"),
		s.Slice(-3, -1).As("sliceneg"), s.Slice(2, nil).As("slicefrom"), s.Slice(nil, -2).As("sliceto"), s.Get(1).As("get"), s.ZFill(5).As("zfill"),
		s.LJust(6).As("ljust"), s.RJust(6).As("rjust"), s.Center(7).As("center"), s.Repeat(2).As("repeat"), s.IsAlpha().As("alpha"),
		s.IsDigit().As("digit"), s.IsAlnum().As("alnum"), s.IsSpace().As("space"), s.IsUpper().As("isupper"), s.IsLower().As("islower"),
		s.Extract(`([a-z])(\d+)`, 2).As("extract"), s.RemovePrefix("a").As("removeprefix"), s.RemoveSuffix("a").As("removesuffix"),
		s.Split(".").Str().Get(0).As("first"),
	}
}

func goldenTimes() []any {
	t := Col("t").Dt()
	return []any{
		t.Year().As("year"), t.Month().As("month"), t.Day().As("day"), t.Hour().As("hour"), t.Minute().As("minute"), t.Second().As("second"),
		t.Microsecond().As("micro"), t.DayOfWeek().As("dow"), t.DayOfYear().As("doy"), t.Quarter().As("quarter"), t.Week().As("week"),
		t.ISOYear().As("isoyear"), t.DaysInMonth().As("dim"), t.IsMonthStart().As("ms"), t.IsMonthEnd().As("me"), t.IsQuarterStart().As("qs"),
		t.IsQuarterEnd().As("qe"), t.IsYearStart().As("ys"), t.IsYearEnd().As("ye"), t.IsLeapYear().As("leap"), t.Date().As("date"),
		t.Floor("15min").As("floor"), t.Ceil("h").As("ceil"), t.Round("h").As("roundh"), t.Normalize().As("norm"), t.Strftime("%Y/%m/%d %H:%M").As("strf"),
		t.DayName().As("name"), t.MonthName().As("mname"), t.TzLocalize("UTC").Dt().TzConvert("Europe/Berlin").Dt().Hour().As("berlin"),
	}
}

// modes are ways to lower a plan that small tables would not take by themselves.
func modes() map[string]limits {
	d := defaults()
	tight := d
	tight.gather, tight.broadcast, tight.memory, tight.part, tight.splitEvery, tight.fuse = 0, 0, 4096, 512, 2, 0
	return map[string]limits{"usual": d, "shuffled": tight}
}

// lowerWith plans a frame in a mode.
func lowerWith(f *Frame, l limits) *plannedAs {
	if f.err != nil {
		return &plannedAs{f, nil, f.err}
	}
	lo, err := lower(f.node, l)
	return &plannedAs{f, lo, err}
}

type plannedAs struct {
	frame *Frame
	low   *lowered
	err   error
}

func (p *plannedAs) Graph() (graph.Graph, error) {
	if p.err != nil {
		return graph.Graph{}, p.err
	}
	return graph.Of(p.low.root), nil
}

func (p *plannedAs) Finish(ctx context.Context, parts []any) (*Table, error) {
	return p.frame.Finish(ctx, parts)
}

func TestPandasAgrees(t *testing.T) {
	g := readGolden(t)
	df, other := g.input(t, "df"), g.input(t, "other")
	for _, parts := range []int{1, 5} {
		for mode, l := range modes() {
			for name, f := range goldenCases(fromTable("df", df, parts), fromTable("other", other, min(parts, 2))) {
				t.Run(fmt.Sprintf("%s/%d/%s", name, parts, mode), func(t *testing.T) {
					want, ok := g.Cases[name]
					if !ok {
						t.Fatal("no such case in golden.json")
					}
					p := lowerWith(f, l)
					got, err := sheaf.Compute[*Table](t.Context(), p)
					if err != nil {
						t.Fatal(err)
					}
					unordered := want.Unordered || mode == "shuffled" && strings.HasPrefix(name, "distinct")
					if diff := tableDiff(got, want.Columns, want.Rows, unordered); diff != "" {
						t.Errorf("%s\ngot\n%s\n%s", diff, got.Format(200, 70), p.low.explain(f.node))
					}
				})
			}
		}
	}
}

// tableDiff names the first difference of a table from the rows that pandas gives.
func tableDiff(got *Table, columns []string, rows [][]any, unordered bool) string {
	if strings.Join(got.Columns(), ",") != strings.Join(columns, ",") {
		return fmt.Sprintf("got columns %v, want %v", got.Columns(), columns)
	}
	if got.Len() != len(rows) {
		return fmt.Sprintf("got %d rows, want %d", got.Len(), len(rows))
	}
	mine := make([][]any, got.Len())
	for i := range mine {
		mine[i] = make([]any, len(columns))
		for c := range columns {
			arr, k := got.cell(c, i)
			mine[i][c] = plainCell(valueAt(arr, k), arr.DataType())
		}
	}
	theirs := append([][]any(nil), rows...)
	if unordered {
		byText := func(rows [][]any) {
			sort.SliceStable(rows, func(i, j int) bool { return rowText(rows[i]) < rowText(rows[j]) })
		}
		byText(mine)
		byText(theirs)
	}
	for i := range mine {
		for c := range columns {
			if !sameCell(mine[i][c], theirs[i][c]) {
				return fmt.Sprintf("row %d, column %s: got %v (%T), want %v", i, columns[c], mine[i][c], mine[i][c], theirs[i][c])
			}
		}
	}
	return ""
}

func rowText(row []any) string {
	parts := make([]string, len(row))
	for i, v := range row {
		if f, ok := v.(float64); ok {
			v = fmt.Sprintf("%.6f", f)
		}
		parts[i] = fmt.Sprint(v)
	}
	return strings.Join(parts, "|")
}

// plainCell brings a cell into the form of golden.json.
func plainCell(v any, dt arrow.DataType) any {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case int32:
		return float64(v)
	case float64:
		switch {
		case math.IsNaN(v):
			return nil
		case math.IsInf(v, 1):
			return "inf"
		case math.IsInf(v, -1):
			return "-inf"
		}
	case time.Time:
		if dt.ID() == arrow.DATE32 {
			return v.Format("2006-01-02")
		}
		return v.Format("2006-01-02 15:04:05.999999")
	}
	return v
}

func sameCell(a, b any) bool {
	if x, ok := a.(float64); ok {
		y, ok := b.(float64)
		return ok && math.Abs(x-y) <= 1e-9*max(1, math.Abs(y))
	}
	if y, ok := b.(string); ok { // pandas writes microseconds with trailing zeros
		if x, ok := a.(string); ok && len(y) == len("2006-01-02 15:04:05.000000") && y[4] == '-' {
			return strings.TrimRight(y, "0") == strings.TrimRight(x, "0") || strings.TrimRight(strings.TrimRight(y, "0"), ".") == x
		}
	}
	return a == b
}

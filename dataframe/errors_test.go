//go:build cgo

package dataframe

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/dtype"
)

func taxi() *Frame {
	type trip struct {
		Pickup string  `sheaf:"pickup"`
		Zone   int     `sheaf:"zone"`
		Fare   float64 `sheaf:"fare"`
	}
	return FromStructs([]trip{{"2018-01-01", 1, 2.5}, {"2018-01-02", 2, 3.5}})
}

func TestReport(t *testing.T) {
	f := taxi().GroupBy("zonee").Mean()
	b, ok := errors.AsType[*BuildError](f.Err())
	if !ok {
		t.Fatalf("got %T", f.Err())
	}
	site := b.Site
	if !strings.HasPrefix(site, "errors_test.go:") {
		t.Errorf("got the site %s", site)
	}
	const text = `dataframe: groupby at SITE: column "zonee" not found (columns: pickup, zone, fare; did you mean "zone"?)`
	if got := strings.ReplaceAll(b.Error(), site, "SITE"); got != text {
		t.Errorf("got  %s\nwant %s", got, text)
	}
	const report = "error: groupby: column \"zonee\" not found\n   --> SITE   columns: pickup, zone, fare; did you mean \"zone\"?"
	if got := strings.ReplaceAll(b.Report(), site, "SITE"); got != report {
		t.Errorf("got  %s\nwant %s", got, report)
	}
	if _, err := f.Head(3).Assign("x", 1).Compute(t.Context()); err != f.Err() {
		t.Errorf("the first mistake is not the one that Compute returns: %v", err)
	}
}

func TestMistakes(t *testing.T) {
	df := taxi()
	fare, pickup := Col("fare"), Col("pickup")
	for _, tc := range []struct {
		frame *Frame
		kind  error
		want  string
	}{
		{df.Select("fares"), ErrColumn, `: column "fares" not found (columns: pickup, zone, fare; did you mean "fare"?)`},
		{df.Select("fare", "fare"), ErrArgument, `column "fare" would exist twice`},
		{df.Select(3), ErrArgument, "a column is a name or an expression, not a int"},
		{df.Select(Lit(3)), ErrArgument, "the expression 3 needs a name; use As"},
		{df.Filter(Col("pickups").Eq("x")), ErrColumn, `did you mean "pickup"?`},
		{df.Filter(fare), ErrType, "a filter needs a condition: fare is float64"},
		{df.Filter(pickup.Gt(3)), ErrType, "cannot compare: pickup is string, 3 (int64); cast one of them"},
		{df.Filter(fare.Gt("x")), ErrType, "cannot compare: fare is float64"},
		{df.Assign("y", pickup.Add(1)), ErrType, "+ needs numbers: pickup is string, 1 (int64)"},
		{df.Assign("y", fare.Str().Len()), ErrType, "Str() functions need strings: fare is float64 in len"},
		{df.Assign("y", pickup.Dt().Year()), ErrType, "read the column with ParseDates"},
		{df.Assign("y", fare.And(true)), ErrType, "and needs conditions"},
		{df.Assign("y", struct{}{}), ErrArgument, "a value of type struct {} cannot stand in an expression"},
		{df.Assign("y", df), ErrArgument, "a frame stands in an expression; use dataframe.Col"},
		{df.Assign("Fare", 1), ErrArgument, `columns "fare" and "Fare" differ only in the case`},
		{df.Assign("y", Expr{}), ErrArgument, "an empty expression"},
		{df.Assign("y", Col("t").Dt().Floor("month")), ErrColumn, ""},
		{df.Assign("y", pickup.Str().ToDatetime("").Dt().Floor("month")), ErrArgument, `frequency "month" is not a fixed one`},
		{df.Filter(pickup.Str().ToDatetime("").Gt("soon")), ErrType, `"soon" is not a time`},
		{df.Assign("y", fare.Cast(dtype.Datetime)), ErrType, "fare is float64 cannot be cast to datetime[us]"},
		{df.Assign("y", fare.Cast(dtype.Struct)), ErrArgument, "use CastArrow"},
		{df.Rename(map[string]string{"fair": "f"}), ErrColumn, `did you mean "fare"?`},
		{df.Rename(map[string]string{"fare": "zone"}), ErrArgument, `column "zone" would exist twice`},
		{df.Drop("zones"), ErrColumn, `did you mean "zone"?`},
		{df.GroupBy().Sum(), ErrArgument, "there is no key"},
		{df.GroupBy("zone").Col("fair").Sum(), ErrColumn, `did you mean "fare"?`},
		{df.GroupBy("zone").Col("pickup").Mean(), ErrType, "mean needs numbers: pickup is string"},
		{df.GroupBy("zone").Agg(), ErrArgument, "there is no aggregate"},
		{df.GroupBy("zone").Agg(Sum("fare"), Sum("fare")), ErrArgument, `column "fare_sum" would exist twice`},
		{df.GroupBy("zone").Var(NPartitions(2)), ErrArgument, "NPartitions is no option of var, which takes DDof"},
		{df.GroupBy("zone").Quantile(2), ErrArgument, "quantile 2 is outside of 0 to 1"},
		{df.Merge(df, On("zones")), ErrColumn, `column "zones" not found in the left table`},
		{df.Merge(df.Rename(map[string]string{"zone": "z"}), On("zone")), ErrColumn, "in the right table"},
		{df.Merge(df, How("middle")), ErrArgument, `"middle" is no merge`},
		{df.Merge(df, LeftOn("zone")), ErrArgument, "1 keys on the left and 0 on the right"},
		{df.Merge(df, LeftOn("zone"), RightOn("pickup")), ErrType, "cannot join on zone and pickup: int64 and string have no common type; cast one of them"},
		{df.Merge(df, On("zone"), Suffixes("", "")), ErrArgument, "choose other Suffixes"},
		{df.Merge(df.Select("zone").Rename(map[string]string{"zone": "other"})), ErrArgument, "no column in common; use LeftOn and RightOn"},
		{df.SortValues(), ErrArgument, "no column to sort by"},
		{df.SortValues(Desc("fair")), ErrColumn, `did you mean "fare"?`},
		{df.Head(-1), ErrArgument, "-1 rows cannot be kept"},
		{df.DropDuplicates([]string{"x"}), ErrColumn, `column "x" not found`},
		{df.Repartition(0), ErrArgument, "0 partitions are not possible"},
		{df.Partitions(5), ErrArgument, "partition 5 does not exist; there are 1"},
		{df.Loc(1, 2), ErrArgument, "the frame has no index; use SetIndex"},
		{df.SetIndex("zonne"), ErrColumn, `did you mean "zone"?`},
		{df.SetIndex("zone", Divisions(3, 1)), ErrArgument, "divisions must ascend: 3 stands before 1"},
		{df.Select("pickup").Describe(), ErrArgument, "there is no numeric column"},
		{Concat(df, df.Assign("zone", "x")), ErrType, `column "zone": int64 and string have no common type; cast one of them`},
		{Concat(), ErrArgument, "nothing to concatenate"},
		{FromStructs([]int{1}), ErrArgument, "rows are structs, not int"},
		{FromStructs([]struct{ C chan int }{}), ErrArgument, "field C: a chan int cannot be a column"},
		{df.MapPartitions(nil), ErrArgument, "the function is nil"},
		{df.FillNull(struct{}{}), ErrArgument, "no column can hold {}"},
	} {
		err := tc.frame.Err()
		if err == nil || !errors.Is(err, tc.kind) || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "dataframe: ") {
			t.Errorf("got  %v\nwant %v matching %v", err, tc.want, tc.kind)
		}
		if err != nil && !strings.Contains(err.Error(), " at errors_test.go:") {
			t.Errorf("no place in %v", err)
		}
	}
	if err := df.ToArray("pickup").Err(); err != nil {
		t.Log(err)
	} else if _, err := df.ToArray("pickup").Compute(t.Context()); !errors.Is(err, ErrType) {
		t.Errorf("got %v", err)
	}
}

func TestErrorsOfRuns(t *testing.T) {
	df := taxi()
	boom := func(_ context.Context, b arrow.RecordBatch) (arrow.RecordBatch, error) {
		if b.NumRows() > 0 {
			panic("boom")
		}
		return b, nil
	}
	for _, tc := range []struct {
		frame *Frame
		want  []string
	}{
		{df.Assign("y", Col("pickup").Cast(dtype.Int64)), []string{"conversion", `Could not convert string '2018-01-01' to INT64`}},
		{df.Assign("y", Col("zone").Add(int64(9223372036854775807))), []string{"out of range", "Overflow"}},
		{df.MapPartitions(boom), []string{"boom", "TestErrorsOfRuns", "errors_test.go"}},
		{
			df.MapPartitions(func(_ context.Context, b arrow.RecordBatch) (arrow.RecordBatch, error) { return b, nil }, Schema(df.Drop("fare").Schema())),
			[]string{"mappartitions: partition 0 has the columns pickup string, zone int64, fare float64, not pickup string, zone int64"},
		},
	} {
		_, err := tc.frame.Compute(t.Context())
		for _, w := range tc.want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("got %v\nwant …%s…", err, w)
				break
			}
		}
	}
	if _, err := df.Assign("n", nil).Select("n").Collect[struct{ N int }](t.Context()); err == nil || !strings.Contains(err.Error(), "use *int") {
		t.Errorf("got %v", err)
	}
	if _, err := df.Collect[struct{ Zzone int }](t.Context()); !errors.Is(err, ErrColumn) {
		t.Errorf("got %v", err)
	}
}

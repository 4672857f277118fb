//go:build cgo

package dataframe_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf"
	"sheaf/dataframe"
	"sheaf/dtype"
)

// A Record is a line of the examples' file.
type Record struct {
	Timestamp string  `sheaf:"timestamp"`
	ID        int     `sheaf:"id"`
	Name      string  `sheaf:"name"`
	Balance   float64 `sheaf:"balance"`
}

var records = []Record{
	{"2018-01-01 10:00:00", 1, "Alice", 100.5},
	{"2018-01-01 10:30:00", 2, "Bob", -20},
	{"2018-01-02 09:00:00", 3, "Alice", 50},
	{"2018-01-02 11:15:00", 4, "Charlie", 7.25},
	{"2018-01-03 23:59:59", 5, "Bob", 30},
}

func show(t *dataframe.Table, err error) {
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(t)
}

func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	if err := dataframe.FromStructs(records, dataframe.NPartitions(3)).ToCSV(filepath.Join(dir, "2018-*.csv")).Run(ctx); err != nil {
		panic(err)
	}

	df := dataframe.ReadCSV(filepath.Join(dir, "2018-*.csv"), dataframe.ParseDates("timestamp"), dataframe.BlockSize(64e6))
	fmt.Println(df)
	show(df.GroupBy("name").Col("balance").Mean().Compute(ctx))
	// Output:
	// dataframe: 4 columns, 3 partitions
	//   timestamp  datetime[us]
	//   id         int64
	//   name       string
	//   balance    float64
	// name     balance
	// string   float64
	// Alice      75.25
	// Bob         5.00
	// Charlie     7.25
	// [3 rows x 2 columns]
}

func ExampleFrame() {
	ctx := context.Background()
	df := dataframe.FromStructs(records)
	alice := df.Filter(dataframe.Col("name").Eq("Alice"))
	alice, err := sheaf.Persist(ctx, alice) // starts now, in the background
	if err != nil {
		panic(err)
	}
	for rec, err := range alice.Rows[Record](ctx) {
		fmt.Println(rec, err)
	}
	n, err := alice.Len(ctx)
	fmt.Println(n, err)
	// Output:
	// {2018-01-01 10:00:00 1 Alice 100.5} <nil>
	// {2018-01-02 09:00:00 3 Alice 50} <nil>
	// 2 <nil>
}

func ExampleFrame_Explain() {
	df := dataframe.FromStructs(records).Assign("cents", dataframe.Col("balance").Mul(100))
	fmt.Print(df.Filter(dataframe.Col("cents").Gt(0)).GroupBy("name").Col("cents").Sum().Explain())
	// Output:
	// plan
	//   group by name: sum(cents) as cents
	//   └ filter (cents > 0)
	//     └ select timestamp, id, name, balance, (balance * 100) as cents
	//       └ fromstructs [timestamp, id, name, balance]
	// optimized
	//   group by name: sum(cents) as cents
	//   └ select name, (balance * 100) as cents
	//     └ filter ((balance * 100) > 0)
	//       └ fromstructs [name, balance] where ((balance * 100) > 0)
	// fragment 1: groupby, 1 tasks
	//   -- t0 = fromstructs (each)
	//   SELECT "name", coalesce("__0_sum", 0)::DOUBLE AS "cents"
	//   FROM (
	//     SELECT "name", sum("cents")::DOUBLE AS "__0_sum"
	//     FROM (
	//       SELECT "name", ("balance" * 100::DOUBLE) AS "cents"
	//       FROM "t0"
	//       WHERE ((("balance" * 100::DOUBLE) > 0::DOUBLE) AND ("balance" * 100::DOUBLE) <= 'inf'::DOUBLE)
	//     )
	//     GROUP BY "name"
	//   )
	//   ORDER BY "name" ASC NULLS LAST
}

func ExampleExpr() {
	balance := dataframe.Col("balance")
	df := dataframe.FromStructs(records).Select(
		"name",
		balance.Div(3).Round(2).As("third"),
		balance.Between(0, 60).As("small"),
		dataframe.When(balance.Lt(0), "debt").Otherwise("fine").As("state"),
		balance.Cast(dtype.Int64).As("whole"),
	)
	show(df.Compute(context.Background()))
	// Output:
	// name       third  small  state   whole
	// string   float64  bool   string  int64
	// Alice      33.50  false  fine      100
	// Bob        -6.67  false  debt      -20
	// Alice      16.67  true   fine       50
	// Charlie     2.42  true   fine        7
	// Bob        10.00  true   fine       30
	// [5 rows x 5 columns]
}

func ExampleStrExpr() {
	name := dataframe.Col("name").Str()
	show(dataframe.FromStructs(records).Select(name.Upper().As("upper"), name.Len().As("len"), name.Slice(0, 2).As("start")).Head(2).Compute(context.Background()))
	// Output:
	// upper     len  start
	// string  int64  string
	// ALICE       5  Al
	// BOB         3  Bo
	// [2 rows x 3 columns]
}

func ExampleDtExpr() {
	at := dataframe.Col("timestamp").Str().ToDatetime("").Dt()
	show(dataframe.FromStructs(records).Select(at.DayName().As("day"), at.Hour().As("hour"), at.Floor("15min").As("quarter")).Tail(2).Compute(context.Background()))
	// Output:
	// day         hour  quarter
	// string     int32  datetime[us]
	// Tuesday       11  2018-01-02 11:15:00
	// Wednesday     23  2018-01-03 23:45:00
	// [2 rows x 3 columns]
}

func ExampleChoice() {
	b := dataframe.Col("balance")
	grade := dataframe.When(b.Ge(100), "A").When(b.Ge(30), "B").Otherwise("C")
	show(dataframe.FromStructs(records).GroupBy(grade.As("grade")).Size().Compute(context.Background()))
	// Output:
	// grade    size
	// string  int64
	// A           1
	// B           2
	// C           2
	// [3 rows x 2 columns]
}

func ExampleGrouped() {
	df := dataframe.FromStructs(records, dataframe.NPartitions(2))
	show(df.GroupBy("name").Cols("id", "balance").Max().Compute(context.Background()))
	// Output:
	// name        id  balance
	// string   int64  float64
	// Alice        3   100.50
	// Bob          5    30.00
	// Charlie      4     7.25
	// [3 rows x 3 columns]
}

func ExampleAgg() {
	df := dataframe.FromStructs(records, dataframe.NPartitions(2))
	show(df.GroupBy("name").Agg(dataframe.Sum("balance"), dataframe.Count("id").As("n"), dataframe.First("timestamp").As("first")).Compute(context.Background()))
	// Output:
	// name     balance_sum      n  first
	// string       float64  int64  string
	// Alice         150.50      2  2018-01-01 10:00:00
	// Bob            10.00      2  2018-01-01 10:30:00
	// Charlie         7.25      1  2018-01-02 11:15:00
	// [3 rows x 4 columns]
}

func ExampleFrame_Merge() {
	type city struct {
		Name, City string
	}
	cities := dataframe.FromStructs([]city{{"Alice", "Bern"}, {"Dan", "Oslo"}}).Rename(map[string]string{"Name": "name", "City": "city"})
	df := dataframe.FromStructs(records).Select("name", "id").Merge(cities, dataframe.On("name"), dataframe.How("left"))
	show(df.SortValues("id").Compute(context.Background()))
	// Output:
	// name        id  city
	// string   int64  string
	// Alice        1  Bern
	// Bob          2  null
	// Alice        3  Bern
	// Charlie      4  null
	// Bob          5  null
	// [5 rows x 3 columns]
}

func ExampleSeries() {
	balance := dataframe.FromStructs(records).Col("balance")
	values, err := balance.Values[float64](context.Background())
	fmt.Println(values, err)
	// Output:
	// [100.5 -20 50 7.25 30] <nil>
}

func ExampleScalar() {
	balance := dataframe.FromStructs(records).Col("balance")
	lo, hi, err := sheaf.Compute2[float64, float64](context.Background(), balance.Min[float64](), balance.Max[float64]())
	fmt.Println(lo, hi, err)
	// Output:
	// -20 100.5 <nil>
}

func ExampleTable() {
	t, err := dataframe.FromStructs(records).Compute(context.Background())
	if err != nil {
		panic(err)
	}
	var table arrow.Table = t // it is one
	fmt.Println(table.NumRows(), table.Schema().Field(3).Type)
	fmt.Println(t.Head(2).Format(36, 20)) // fitted to 36 characters
	// Output:
	// 5 float64
	// timestamp            …  balance
	// string                  float64
	// 2018-01-01 10:00:00  …    100.5
	// 2018-01-01 10:30:00  …    -20.0
	// [2 rows x 4 columns], 2 columns not shown
}

func ExampleSortKey() {
	df := dataframe.FromStructs(records).SortValues("name", dataframe.Desc("balance")).Select("name", "balance")
	show(df.Head(3).Compute(context.Background()))
	// Output:
	// name    balance
	// string  float64
	// Alice     100.5
	// Alice      50.0
	// Bob        30.0
	// [3 rows x 2 columns]
}

func ExampleOption() {
	df := dataframe.FromStructs(records, dataframe.NPartitions(2))
	fmt.Println(df.NPartitions(), df.Repartition(5).NPartitions())
	// Output:
	// 2 5
}

func ExampleFrame_Loc() {
	ctx := context.Background()
	df, err := dataframe.FromStructs(records).SetIndex("id", dataframe.NPartitions(2)).ComputeDivisions(ctx)
	if err != nil {
		panic(err)
	}
	fmt.Println(df.Divisions())
	show(df.Loc(4, nil).Select("id", "name").Compute(ctx))
	// Output:
	// [1 3 5]
	//    id  name
	// int64  string
	//     4  Charlie
	//     5  Bob
	// [2 rows x 2 columns]
}

func ExampleFrame_MapPartitions() {
	df := dataframe.FromStructs(records, dataframe.NPartitions(2)).MapPartitions(
		func(_ context.Context, part arrow.RecordBatch) (arrow.RecordBatch, error) {
			return part.NewSlice(0, min(part.NumRows(), 1)), nil // the first row of each
		})
	show(df.Select("name", "id").Compute(context.Background()))
	// Output:
	// name       id
	// string  int64
	// Alice       1
	// Alice       3
	// [2 rows x 2 columns]
}

func ExampleFuture() {
	df := dataframe.FromStructs(records, dataframe.NPartitions(2))
	parts, err := df.ToDelayed()
	if err != nil {
		panic(err)
	}
	n, err := dataframe.FromDelayed(parts).Len(context.Background())
	fmt.Println(len(parts), n, err)
	// Output:
	// 2 5 <nil>
}

func ExampleBuildError() {
	df := dataframe.FromStructs(records).GroupBy("nam").Mean()
	var mistake *dataframe.BuildError
	fmt.Println(errors.As(df.Err(), &mistake), errors.Is(df.Err(), dataframe.ErrColumn))
	fmt.Println(mistake.Err)
	// Output:
	// true true
	// column "nam" not found (columns: timestamp, id, name, balance; did you mean "name"?)
}

//go:build cgo

package dataframe

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"sheaf"
)

// chain applies random operations to a frame. Results are compared as sets of rows where an operation promises no order.
func chain(t *rapid.T, df, other *Frame) (f *Frame, text string, ordered bool) {
	f, ordered = df, true
	steps := rapid.IntRange(1, 3).Draw(t, "steps")
	for range steps {
		switch op := rapid.SampledFrom([]string{"filter", "assign", "sort", "group", "first", "distinct", "merge", "head", "concat", "repartition", "median"}).Draw(t, "op"); op {
		case "filter":
			f = f.Filter(Col("x").Gt(rapid.Float64Range(-10, 10).Draw(t, "bound")).Or(Col("i").IsNull()))
			text += ".filter"
		case "assign":
			f = f.Assign("x", Col("x").Mul(2).Add(Col("i").FillNull(1)))
			text += ".assign"
		case "sort":
			f = f.SortValues("g", Desc("i"), "x", "b")
			text += ".sort"
		case "group":
			f = f.GroupBy("g", "b").KeepNulls().Agg(Sum("i").As("i"), Mean("x").As("x"), Var("x").As("v"), Count("x").As("n")).Drop("n", "v")
			text, ordered = text+".group", true
		case "median":
			f = f.GroupBy("g", "b").Agg(Median("x").As("x"), Nunique("i").As("i"))
			text, ordered = text+".median", true
		case "first":
			if !ordered {
				continue
			}
			f = f.GroupBy("g").Agg(First("i").As("i"), Last("x").As("x"), First("b").As("b"))
			text += ".first"
		case "distinct":
			if !ordered {
				continue // which of the duplicates is kept depends on the order
			}
			f = f.DropDuplicates([]string{"g", "b"}).SortValues("g", "b", "i", "x")
			text += ".distinct"
		case "merge":
			how := rapid.SampledFrom([]string{"inner", "left", "outer", "semi", "anti"}).Draw(t, "how")
			f = f.Merge(other.Select("g", "k"), On("g"), How(how))
			if f.Has("k") {
				f = f.Drop("k")
			}
			text, ordered = text+"."+how, false
		case "head":
			if !ordered {
				continue
			}
			f = f.Head(rapid.IntRange(0, 30).Draw(t, "n"))
			text += ".head"
		case "concat":
			f = Concat(f, f.Filter(Col("i").Gt(0)))
			text += ".concat"
		case "repartition":
			f = f.Repartition(rapid.IntRange(1, 9).Draw(t, "parts"))
			text += ".repartition"
		}
		f = f.Select("g", "b", "i", "x")
	}
	return f, text, ordered
}

// TestPartitioningChangesNothing compares random plans over one partition with the same plans over several, planned as usual and with
// every exchange forced to be a shuffle.
func TestPartitioningChangesNothing(t *testing.T) {
	g := readGolden(t)
	df, other := g.input(t, "df"), g.input(t, "other")
	rapid.Check(t, func(rt *rapid.T) {
		// The same choices are drawn for both plans, by building them from one table of partitions that is exchanged below.
		parts := rapid.IntRange(2, 7).Draw(rt, "partitions")
		seed := rapid.Uint64().Draw(rt, "plan")
		build := func(parts int) (*Frame, string, bool) {
			var f *Frame
			var text string
			var ordered bool
			gen := rapid.Custom(func(t *rapid.T) int {
				f, text, ordered = chain(t, fromTable("df", df, parts), fromTable("other", other, min(parts, 3)))
				return 0
			})
			gen.Example(int(seed >> 1))
			return f, text, ordered
		}
		one, text, ordered := build(1)
		many, _, _ := build(parts)
		want, err := sheaf.Compute[*Table](t.Context(), lowerWith(one, modes()["usual"]))
		if err != nil {
			rt.Fatalf("%s: %v\n%s", text, err, one.Explain())
		}
		for mode, l := range modes() {
			p := lowerWith(many, l)
			got, err := sheaf.Compute[*Table](t.Context(), p)
			if err != nil {
				rt.Fatalf("%s, %s: %v", text, mode, err)
			}
			var rows [][]any
			for i := range want.Len() {
				row := make([]any, want.NumCols())
				for c := range row {
					arr, k := want.cell(c, i)
					row[c] = plainCell(valueAt(arr, k), arr.DataType())
				}
				rows = append(rows, row)
			}
			if diff := tableDiff(got, want.Columns(), rows, !ordered || mode == "shuffled"); diff != "" {
				rt.Fatalf("%s over %d partitions, %s: %s\ngot\n%s\nwant\n%s\n%s", text, parts, mode, diff, got.Format(100, 80), want.Format(100, 80), p.low.explain(many.node))
			}
		}
	})
}

func TestEqualPlansHaveEqualKeys(t *testing.T) {
	dir := days(t, 20)
	build := func() *Frame {
		return ReadCSV(dir + "/*.csv").Filter(Col("id").Gt(3)).GroupBy("name").Col("balance").Mean()
	}
	a, err := build().lower()
	if err != nil {
		t.Fatal(err)
	}
	b, err := build().lower()
	if err != nil {
		t.Fatal(err)
	}
	if a.root.Token() != b.root.Token() {
		t.Errorf("equal plans have the keys %v and %v", a.root.Token(), b.root.Token())
	}
	c, err := build().Head(3).lower()
	if err != nil {
		t.Fatal(err)
	}
	if a.root.Token() == c.root.Token() {
		t.Error("different plans have one key")
	}
	d, err := ReadCSV(dir + "/*.csv").Filter(Col("id").Gt(4)).GroupBy("name").Col("balance").Mean().lower()
	if err != nil || d.root.Token() == a.root.Token() {
		t.Errorf("different conditions have one key, %v", err)
	}
}

func ExampleFrame_ToDelayed() {
	df := FromStructs([]account{{"a", 1, nil}}, NPartitions(1))
	parts, err := df.ToDelayed()
	fmt.Println(len(parts), err)
	// Output:
	// 1 <nil>
}

type account struct {
	Name    string  `sheaf:"name"`
	Balance float64 `sheaf:"balance"`
	N       *int    `sheaf:"n"`
}

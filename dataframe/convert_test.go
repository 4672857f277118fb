//go:build cgo

package dataframe

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf"
	"sheaf/array"
	"sheaf/bag"
	"sheaf/delayed"
	"sheaf/dtype"
	"sheaf/internal/testexec"
	"sheaf/ndarray"
)

type point struct {
	ID int      `sheaf:"id"`
	X  float64  `sheaf:"x"`
	S  *string  `sheaf:"s"`
	L  []string `sheaf:"l"`
}

func points(n int) []point {
	out := make([]point, n)
	for i := range out {
		out[i] = point{ID: i, X: float64(i) / 4}
		if i%3 == 0 {
			s := fmt.Sprint("s", i)
			out[i].S, out[i].L = &s, []string{s, "y"}
		}
	}
	return out
}

func TestStructsThereAndBack(t *testing.T) {
	rows := points(50)
	df := FromStructs(rows, NPartitions(4)).Filter(Col("id").Ge(10))
	got, err := df.Collect[point](t.Context())
	if err != nil || len(got) != 40 {
		t.Fatalf("got %d rows, %v", len(got), err)
	}
	i := 0
	for p, err := range df.Rows[point](t.Context()) {
		want := rows[i+10]
		if err != nil || p.ID != want.ID || p.X != want.X || (p.S == nil) != (want.S == nil) || p.S != nil && *p.S != *want.S || len(p.L) != len(want.L) {
			t.Fatalf("row %d: got %+v, %v, want %+v", i, p, err, want)
		}
		if fmt.Sprint(p.ID, p.X, p.L) != fmt.Sprint(got[i].ID, got[i].X, got[i].L) {
			t.Fatalf("row %d: Rows gives %+v, Collect %+v", i, p, got[i])
		}
		i++
	}
	if i != 40 {
		t.Errorf("got %d rows, want 40", i)
	}
	for range df.Rows[point](t.Context()) {
		break // leaving early must not hang
	}
	maps, err := df.Head(1).Collect[map[string]any](t.Context())
	if err != nil || maps[0]["id"] != int64(10) || maps[0]["s"] != nil {
		t.Errorf("got %v, %v", maps, err)
	}
	if small, err := df.Assign("id", Col("id").Add(1000)).Collect[struct{ ID int8 }](t.Context()); err == nil || !strings.Contains(err.Error(), "1010 does not fit a int8") {
		t.Errorf("got %v, %v", small, err)
	}
}

func TestBags(t *testing.T) {
	df := FromStructs(points(30), NPartitions(3))
	b := df.ToBag[point]()
	if b.NPartitions() != 3 {
		t.Errorf("got %d partitions, want 3", b.NPartitions())
	}
	total, err := bag.Sum(b.Map(func(p point) float64 { return p.X })).Compute(t.Context())
	if err != nil || total != 435.0/4 {
		t.Errorf("got %v, %v", total, err)
	}
	back := FromBag(b.Filter(func(p point) bool { return p.ID%2 == 0 }))
	if n, err := back.Len(t.Context()); n != 15 || err != nil {
		t.Errorf("got %d rows, %v, want 15", n, err)
	}
	if _, err := FromBag(bag.Range(3)).Compute(t.Context()); !errors.Is(err, ErrArgument) {
		t.Errorf("got %v", err)
	}
	if _, err := df.Drop("nope").ToBag[point]().Compute(t.Context()); err == nil || !strings.Contains(err.Error(), `"nope" not found`) {
		t.Errorf("got %v", err)
	}
}

func TestArrays(t *testing.T) {
	df := FromStructs(points(30), NPartitions(3))
	x := df.ToArray("id", "x")
	out, err := x.Compute(t.Context())
	if err != nil || fmt.Sprint(out.Shape()) != "[30 2]" || out.DType() != dtype.Float64 {
		t.Fatalf("got %v, %v", out, err)
	}
	if v, _ := out.At(29, 1); v != 29.0/4 {
		t.Errorf("got %v", v)
	}
	sum, err := df.Col("x").ToArray().Sum().Compute(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := sum.Item(); v != 435.0/4 {
		t.Errorf("got %v", v)
	}
	holes, err := df.Assign("h", Col("x").NullIf(0)).ToArray("h").Compute(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := holes.At(0); !math.IsNaN(v.(float64)) {
		t.Errorf("got %v, want NaN", v)
	}
	if _, err := df.Assign("h", Col("id").NullIf(0)).ToArray("h").Compute(t.Context()); !errors.Is(err, ErrType) || !strings.Contains(err.Error(), "column h has nulls") {
		t.Errorf("got %v", err)
	}
	back := FromArray(array.Ones(array.Size(10, 2), array.Chunks(4, 2)), "a", "b")
	table, err := back.Sum().Compute(t.Context())
	if err != nil || back.NPartitions() != 3 || table.batches[0].Column(1).ValueStr(0) != "10" {
		t.Errorf("got %v, %v", table, err)
	}
	if err := FromArray(array.Ones(array.Size(10, 2), array.Chunks(4, 1)), "a", "b").Err(); err == nil || !strings.Contains(err.Error(), "rechunk it to one") {
		t.Errorf("got %v", err)
	}
	var _ *ndarray.Array = out
}

func TestDelayed(t *testing.T) {
	df := FromStructs(points(30), NPartitions(3))
	parts, err := df.Filter(Col("x").Gt(1)).ToDelayed()
	if err != nil || len(parts) != 3 {
		t.Fatalf("got %d parts, %v", len(parts), err)
	}
	for i, p := range parts {
		parts[i] = delayed.Call[*Table](func(x *Table) (*Table, error) { return x.Select("id") }, p)
	}
	back := FromDelayed(parts)
	if got := strings.Join(back.Columns(), ","); got != "id" {
		t.Errorf("got columns %s", got)
	}
	if n, err := back.Len(t.Context()); n != 25 || err != nil {
		t.Errorf("got %d rows, %v, want 25", n, err)
	}
	mixed := append(parts[:2:2], delayed.Call[*Table](func(x *Table) (*Table, error) { return x.Filter(Col("x").Gt(0)) }, delayed.Of(df.mustCompute(t))))
	if _, err := FromDelayed(mixed).Compute(t.Context()); !errors.Is(err, ErrType) || !strings.Contains(err.Error(), "partition 2 has the columns") {
		t.Errorf("got %v", err)
	}
	if _, err := FromDelayed(nil).Compute(t.Context()); !errors.Is(err, ErrArgument) {
		t.Errorf("got %v", err)
	}
}

func (f *Frame) mustCompute(t *testing.T) *Table { return compute(t, f) }

func TestPersist(t *testing.T) {
	testexec.LocalOnly(t, "it counts calls in this process")
	calls := make(chan int, 100)
	df := FromStructs(points(30), NPartitions(3)).MapPartitions(func(_ context.Context, b arrow.RecordBatch) (arrow.RecordBatch, error) {
		calls <- 1
		return b, nil
	})
	<-calls // to learn the columns
	held, err := sheaf.Persist(t.Context(), df)
	if err != nil {
		t.Fatal(err)
	}
	if err := sheaf.Wait(t.Context(), held); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if n, err := held.Len(t.Context()); n != 30 || err != nil {
			t.Errorf("got %d, %v", n, err)
		}
	}
	if len(calls) != 3 {
		t.Errorf("the function was called %d times for 3 partitions", len(calls))
	}
}

func TestIndex(t *testing.T) {
	rows := points(100)
	for i := range rows {
		rows[i].ID = i * 37 % 100
	}
	df := FromStructs(rows, NPartitions(5))
	for name, f := range map[string]*Frame{
		"found": df.SetIndex("id"), "given": df.SetIndex("id", Divisions(0, 30, 60, 99)),
		"sorted": df.SortValues("id").Repartition(4).SetIndex("id", Sorted()),
	} {
		known, err := f.ComputeDivisions(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		div := known.Divisions()
		if len(div) != known.NPartitions()+1 || div[0] != int64(0) || div[len(div)-1] != int64(99) {
			t.Errorf("%s: got divisions %v", name, div)
		}
		ids, err := known.Col("id").Values[int](t.Context())
		if err != nil || len(ids) != 100 {
			t.Fatalf("%s: %d rows, %v", name, len(ids), err)
		}
		for i, id := range ids {
			if id != i {
				t.Fatalf("%s: row %d has id %d", name, i, id)
			}
		}
		part := known.Loc(31, 35)
		if part.NPartitions() >= known.NPartitions() {
			t.Errorf("%s: Loc computes %d of %d partitions", name, part.NPartitions(), known.NPartitions())
		}
		ids, err = part.Col("id").Values[int](t.Context())
		if err != nil || fmt.Sprint(ids) != "[31 32 33 34 35]" {
			t.Errorf("%s: got %v, %v", name, ids, err)
		}
		if ids, err := f.Loc(98, nil).Col("id").Values[int](t.Context()); err != nil || fmt.Sprint(ids) != "[98 99]" {
			t.Errorf("%s: got %v, %v", name, ids, err)
		}
	}
	if _, err := df.SetIndex("id", Sorted()).ComputeDivisions(t.Context()); err == nil || !strings.Contains(err.Error(), "the rows are not sorted by id") {
		t.Errorf("got %v", err)
	}
}

// TestConvertedPlans: what other graphs take from a frame may run in other processes, so none of it is a query on all processors of this one.
func TestConvertedPlans(t *testing.T) {
	type row struct {
		A    int64 `sheaf:"a"`
		Size int64 `sheaf:"size"`
	}
	f := ReadParquet(writtenParquet(t)).GroupBy("a").Agg(Size())
	if l, err := f.lower(); err != nil || !l.root.Op().(*fragment).Wide {
		t.Fatalf("a small aggregate over Parquet is not one fragment here: %v", err)
	}
	parts, err := f.ToDelayed()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]sheaf.Collection{"delayed": parts[0], "bag": f.ToBag[row](), "array": f.ToArray("a")} {
		g, err := c.Graph()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		layers, err := g.Layers()
		if err != nil {
			t.Fatal(err)
		}
		fragments := 0
		for _, l := range layers {
			for i := range l.Len() {
				if p, ok := l.OpOf(i).(*fragment); ok {
					fragments++
					if p.Wide {
						t.Errorf("%s: %s wants all threads of a process", name, l.TaskName(i))
					}
				}
			}
		}
		if fragments == 0 {
			t.Errorf("%s: found no fragment among %d layers", name, len(layers))
		}
	}
	want, err := f.Compute(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows, err := f.ToBag[row]().Compute(t.Context())
	if err != nil || len(rows) != want.Len() {
		t.Errorf("got %d rows and %v, want %d", len(rows), err, want.Len())
	}
}

//go:build cgo

package dataframe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sheaf"
	"sheaf/cluster/clustertest"
	"sheaf/dtype"
	"sheaf/internal/travel/traveltest"
)

func TestMain(m *testing.M) {
	clustertest.Executors(m)
	traveltest.Main()
	code := m.Run()
	if code == 0 {
		time.Sleep(50 * time.Millisecond)
		// The workers of the default executor wait for work as long as the process lives.
		if err := goleak.Find(goleak.IgnoreAnyFunction("sheaf/internal/local.(*Engine).work"), goleak.IgnoreAnyFunction("sheaf/internal/local.(*Engine).loop")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// files writes files into a temporary directory and returns it.
func files(t testing.TB, contents map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range contents {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// days makes the seed's CSV files in small, with quoted newlines in one column.
func days(t testing.TB, rows int) string {
	contents := map[string]string{}
	names := []string{"Alice", "Bob", "Charlie"}
	for d := range 3 {
		var b strings.Builder
		b.WriteString("timestamp,id,name,balance,note\n")
		for i := range rows {
			at := time.Date(2018, 1, d+1, 0, 0, i, 0, time.UTC)
			note := ""
			if i%7 == 0 {
				note = fmt.Sprintf("\"line %d\nand \"\"more\"\", yes\"", i)
			}
			fmt.Fprintf(&b, "%s,%d,%s,%d.25,%s\n", at.Format(time.DateTime), i, names[(i+d)%3], i*(d+1), note)
		}
		contents[fmt.Sprintf("2018-01-%02d.csv", d+1)] = b.String()
	}
	return files(t, contents)
}

func compute(t testing.TB, f *Frame) *Table {
	t.Helper()
	out, err := f.Compute(t.Context())
	if err != nil {
		t.Fatalf("%v\n%s", err, f.Explain())
	}
	return out
}

func TestSeedProgram(t *testing.T) {
	dir := days(t, 500)
	for _, size := range []int64{0, 100, 3000, 64e6} {
		df := ReadCSV(filepath.Join(dir, "2018-*-*.csv"), ParseDates("timestamp"), BlockSize(size))
		got := compute(t, df.GroupBy("name").Col("balance").Mean()).String()
		if size == 0 {
			firstSeed = got
		}
		if got != firstSeed {
			t.Errorf("block size %d: got\n%s\nwant\n%s", size, got, firstSeed)
		}
		notes := compute(t, df.Filter(Col("note").Str().Contains("and \"more\"")).Agg(Size()))
		if n := notes.batches[0].Column(0).ValueStr(0); n != fmt.Sprint(3*72) {
			t.Errorf("block size %d: got %s notes, want %d", size, n, 3*72)
		}
		if n, err := df.Len(t.Context()); n != 1500 || err != nil {
			t.Errorf("got %d rows, %v", n, err)
		}
	}
}

var firstSeed string

func TestRoundTrips(t *testing.T) {
	g := readGolden(t)
	table := g.input(t, "df")
	for _, parts := range []int{1, 4} {
		df := fromTable("df", table, parts)
		dir := t.TempDir()
		for name, write := range map[string]*sheaf.Action{
			"parquet": df.ToParquet(filepath.Join(dir, "parquet")), "parquet1": df.ToParquet(filepath.Join(dir, "one.parquet"), SingleFile()),
			"zstd": df.ToParquet(filepath.Join(dir, "zstd", "x-*.parquet"), Compression("zstd"), RowGroupRows(5)),
			"csv":  df.ToCSV(filepath.Join(dir, "csv")), "csv1": df.ToCSV(filepath.Join(dir, "one.csv.gz")), "csvstar": df.ToCSV(filepath.Join(dir, "star-*.csv")),
			"json": df.ToJSON(filepath.Join(dir, "json")), "json1": df.ToJSON(filepath.Join(dir, "one.json.zst")),
		} {
			if err := write.Run(t.Context()); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		for name, back := range map[string]*Frame{
			"parquet": ReadParquet(filepath.Join(dir, "parquet")), "parquet1": ReadParquet(filepath.Join(dir, "one.parquet")),
			"zstd": ReadParquet(filepath.Join(dir, "zstd", "x-*.parquet")),
			"csv":  ReadCSV(filepath.Join(dir, "csv", "*.csv"), ParseDates("t")), "csv1": ReadCSV(filepath.Join(dir, "one.csv.gz"), ParseDates("t")),
			"csvstar": ReadCSV(filepath.Join(dir, "star-*.csv")),
			"json":    ReadJSON(filepath.Join(dir, "json", "*.json")), "json1": ReadJSON(filepath.Join(dir, "one.json.zst"), ParseDates("t")),
		} {
			got := compute(t, back.Select("g", "h", "i", "x", "b", "t"))
			want, _ := table.Select("g", "h", "i", "x", "b", "t")
			if a, b := got.Format(200, 100), want.Format(200, 100); a != b {
				t.Errorf("%s of %d: got\n%s\nwant\n%s", name, parts, a, b)
			}
		}
		left, err := filepath.Glob(filepath.Join(dir, "*", ".*"))
		if hidden, _ := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left)+len(hidden) > 0 {
			t.Errorf("left behind: %v %v %v", left, hidden, err)
		}
	}
}

func TestWriteFailureLeavesNothing(t *testing.T) {
	dir := days(t, 50)
	bad := filepath.Join(dir, "2018-01-03.csv")
	data, err := os.ReadFile(bad)
	if err != nil {
		t.Fatal(err)
	}
	data = append(data, []byte("2018-01-03 00:01:00,oops,Bob,1.5,\n")...)
	if err := os.WriteFile(bad, data, 0o666); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	df := ReadCSV(filepath.Join(dir, "*.csv"))
	err = df.ToParquet(out).Run(t.Context())
	const want = `2018-01-03.csv:60 column id: "oops" is not a int64 (type guessed from the first 50 rows) in partition 2; set dataframe.Types("id", dtype.String)`
	if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "io_test.go:") {
		t.Errorf("got  %v\nwant …%s", err, want)
	}
	if left, _ := filepath.Glob(filepath.Join(out, "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if left, _ := filepath.Glob(filepath.Join(out, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	ok := compute(t, ReadCSV(filepath.Join(dir, "*.csv"), Types("id", dtype.String)).Filter(Col("id").Eq("oops")))
	if ok.Len() != 1 {
		t.Errorf("got %d rows with Types, want 1", ok.Len())
	}
}

func TestStaleFiles(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	table := readGolden(t).input(t, "df")
	if err := fromTable("df", table, 4).ToCSV(out).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := fromTable("df", table, 2)
	if err := again.ToCSV(out).Run(t.Context()); !errors.Is(err, ErrExists) {
		t.Errorf("got %v, want %v", err, ErrExists)
	}
	if err := again.ToCSV(out, Overwrite()).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := ReadCSV(filepath.Join(out, "*.csv")).Len(t.Context()); n != table.Len() || err != nil {
		t.Errorf("got %d rows, %v, want %d", n, err, table.Len())
	}
}

func TestParquetSkipsRowGroups(t *testing.T) {
	type row struct {
		N    int       `sheaf:"n"`
		S    string    `sheaf:"s"`
		Time time.Time `sheaf:"t"`
	}
	var rows []row
	for i := range 1000 {
		rows = append(rows, row{i, fmt.Sprintf("%04d", i), time.Date(2020, 1, 1, i, 0, 0, 0, time.UTC)})
	}
	path := filepath.Join(t.TempDir(), "x.parquet")
	if err := FromStructs(rows).ToParquet(path, SingleFile(), RowGroupRows(100)).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	df := ReadParquet(path, BlockSize(1))
	if n := df.NPartitions(); n != 10 {
		t.Errorf("got %d partitions, want one a row group, 10", n)
	}
	for _, tc := range []struct {
		cond Expr
		skip int
		rows int
	}{
		{Col("n").Ge(950), 9, 50},
		{Col("n").Lt(100).Or(Col("n").Eq(555)), 8, 101},
		{Col("s").Between("0300", "0399"), 9, 100},
		{Col("t").Lt("2020-01-02"), 9, 24},
		{Col("t").Ge(time.Date(2020, 1, 1, 250, 0, 0, 500, time.UTC)), 0, 749},
		{Col("n").Gt(5000), 10, 0},
		{Col("n").IsNull(), 10, 0},
		{Col("n").In(3, 4, 999), 8, 3},
		{Col("n").Add(1).Ge(950), 0, 51},
		{Col("n").Gt(899.5), 9, 100},
	} {
		f := df.Filter(tc.cond)
		got := compute(t, f)
		if got.Len() != tc.rows {
			t.Errorf("%v: got %d rows, want %d", tc.cond, got.Len(), tc.rows)
		}
		want := fmt.Sprintf("without %d row groups", tc.skip)
		if tc.skip > 0 && !strings.Contains(f.Explain(), want) {
			t.Errorf("%v: want %q in\n%s", tc.cond, want, f.Explain())
		}
	}
}

func TestBadFiles(t *testing.T) {
	dir := files(t, map[string]string{
		"quote.csv": "a,b\n1,2\n3,\"x\n", "fields.csv": "a,b\n1,2\n3,4,5\n", "empty.csv": "", "bad.json": "{\"a\": 1}\n{\"a\": oops}\n", "no.parquet": "PAR1",
	})
	table := readGolden(t).input(t, "df")
	for name, f := range map[string]*Frame{"one": table.Frame().Select("g"), "two": table.Frame().Select("h")} {
		if err := f.ToParquet(filepath.Join(dir, "mixed", name+"-*.parquet")).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, tc := range []struct {
		frame *Frame
		want  []string
	}{
		{ReadCSV(in("2018-*.csv")), []string{"dataframe: read csv at io_test.go:", "no file matches", "2018-*.csv", "exists and has"}},
		{ReadCSV(in("empty.csv")), []string{"read csv", "empty.csv: the file is empty, so it has no columns"}},
		{ReadCSV(in("quote.csv")), []string{"quote.csv:3", "never closed"}},
		{ReadCSV(in("fields.csv")), []string{"fields.csv:3", "3 fields, but there are 2 columns"}},
		{ReadCSV(in("fields.csv"), Types("c", dtype.Int64)), []string{`no column "c"`, "a, b"}},
		{ReadCSV(in("fields.csv"), On("a")), []string{"On is no option of read csv, which takes BlockSize"}},
		{ReadJSON(in("bad.json")), []string{"bad.json:2"}},
		{ReadParquet(in("no.parquet")), []string{"no.parquet"}},
		{ReadParquet(in("mixed/*.parquet")), []string{"two-0.parquet differs from", "column g is missing; column h is new"}},
	} {
		_, err := tc.frame.Compute(t.Context())
		for _, w := range tc.want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("got %v\nwant …%s…", err, w)
				break
			}
		}
	}
}

func TestUnwritable(t *testing.T) {
	dir := files(t, map[string]string{"file": ""})
	err := readGolden(t).input(t, "df").Frame().ToCSV(filepath.Join(dir, "file", "out")).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "dataframe: write csv: ") || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("got %v", err)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ReadCSV(filepath.Join(days(t, 10), "*.csv")).Compute(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

//go:build cgo && unix

package dataframe

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"sheaf"
	"sheaf/cluster/clustertest"
	"sheaf/internal/testexec"
)

// clusterDir is where functions on workers leave word for the test, which is in another process.
const clusterDir = "SHEAF_TEST_SHUFFLE_DIR"

// noted appends the process that runs it to a file, and passes its rows on.
func noted(_ context.Context, b arrow.RecordBatch) (arrow.RecordBatch, error) {
	if b.NumRows() == 0 {
		return b, nil // the call by which the columns are learnt
	}
	f, err := os.OpenFile(filepath.Join(os.Getenv(clusterDir), "senders"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	_, err = fmt.Fprintln(f, os.Getpid())
	return b, err
}

// deadly kills the first process of all that runs it, after a while in which others can get further.
func deadly(_ context.Context, b arrow.RecordBatch) (arrow.RecordBatch, error) {
	dir := os.Getenv(clusterDir)
	if _, err := os.Stat(filepath.Join(dir, "armed")); err != nil || b.NumRows() == 0 {
		return b, nil
	}
	f, err := os.OpenFile(filepath.Join(dir, "killed"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return b, nil // somebody was
	}
	fmt.Fprintln(f, os.Getpid())
	f.Close()
	time.Sleep(50 * time.Millisecond)
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// manyRows returns two tables that have nulls, and keys that occur many times.
func manyRows(rows int) (*Table, *Table) {
	b := array.NewInt64Builder(memory.DefaultAllocator)
	v := array.NewFloat64Builder(memory.DefaultAllocator)
	s := array.NewStringBuilder(memory.DefaultAllocator)
	for i := range rows {
		if i%97 == 0 {
			b.AppendNull()
		} else {
			b.Append(int64(i*7919) % 1009)
		}
		v.Append(float64(i) / 8)
		s.Append(fmt.Sprint("name ", i%31))
	}
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "k", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "v", Type: arrow.PrimitiveTypes.Float64, Nullable: true}, {Name: "s", Type: arrow.BinaryTypes.String, Nullable: true},
	}, nil)
	left := newTable(schema, []arrow.RecordBatch{array.NewRecordBatch(schema, []arrow.Array{b.NewArray(), v.NewArray(), s.NewArray()}, int64(rows))})
	for i := range 1009 {
		b.Append(int64(i))
		v.Append(float64(i))
	}
	narrow := arrow.NewSchema([]arrow.Field{{Name: "k", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "w", Type: arrow.PrimitiveTypes.Float64, Nullable: true}}, nil)
	return left, newTable(narrow, []arrow.RecordBatch{array.NewRecordBatch(narrow, []arrow.Array{b.NewArray(), v.NewArray()}, 1009)})
}

// shuffling are limits by which everything is shuffled, to memory or to disk.
func shuffling(disk string) limits {
	l := distributed(0)
	l.gather, l.part, l.broadcast, l.disk = 1, 200_000, 0, disk
	return l
}

// verbs that shuffle.
func shuffles(left, right *Table) map[string]*Frame {
	f, g := fromTable("left", left, 8).MapPartitions(noted), fromTable("right", right, 3)
	return map[string]*Frame{
		"merge":       f.Merge(g, On("k")),
		"outer merge": f.Merge(g, On("k"), How("outer")),
		"two merges":  f.Merge(g, On("k")).Merge(g.Rename(map[string]string{"w": "u"}), On("k")),
		"sort":        f.SortValues("v"),
		"set index":   f.SetIndex("k"),
		"median":      f.GroupBy("k").Agg(Median("v")),
		"group by":    f.GroupBy("k", "s").Agg(Sum("v"), Size()),
		"distinct":    f.Select("k", "s").DropDuplicates(nil),
	}
}

// bag of rows as text, in the order of the text.
func sortedRows(t *testing.T, x *Table) []string {
	t.Helper()
	var rows []string
	for _, b := range x.batches {
		for i := range int(b.NumRows()) {
			var cells []string
			for _, c := range b.Columns() {
				cells = append(cells, c.ValueStr(i))
			}
			rows = append(rows, strings.Join(cells, "|"))
		}
	}
	slices.Sort(rows)
	return rows
}

// TestShufflesOnProcesses: every verb that shuffles gives on worker processes the rows that it gives here, from memory and from disk.
func TestShufflesOnProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	testexec.LocalOnly(t, "it starts its own cluster")
	t.Setenv(clusterDir, t.TempDir())
	left, right := manyRows(20_000)
	c := clustertest.Processes(t, 2)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for name, f := range shuffles(left, right) {
		for _, disk := range []string{"auto", "disk"} {
			t.Run(name+"/"+disk, func(t *testing.T) {
				p := lowerWith(f, shuffling(disk))
				want, err := sheaf.Compute[*Table](ctx, p)
				if err != nil {
					t.Fatal(err)
				}
				got, err := sheaf.Compute[*Table](sheaf.With(ctx, sheaf.On(c)), p)
				if err != nil {
					t.Fatal(err)
				}
				if w, g := sortedRows(t, want), sortedRows(t, got); len(w) == 0 || !slices.Equal(g, w) {
					t.Errorf("got %d rows, want %d, or others", len(g), len(w))
				}
				if name == "sort" && !slices.IsSorted(floats(got, 1)) {
					t.Error("the rows are not sorted")
				}
			})
		}
	}
}

func floats(x *Table, column int) (out []float64) {
	for _, b := range x.batches {
		out = append(out, b.Column(column).(*array.Float64).Float64Values()...)
	}
	return out
}

// TestKilledInAShuffle is case 24: a worker that dies after it has sent some of what it made, while it computes receivers, costs only
// the senders' outputs that it held. The rows are those of a quiet run.
func TestKilledInAShuffle(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	testexec.LocalOnly(t, "it starts its own cluster")
	dir := t.TempDir()
	t.Setenv(clusterDir, dir)
	left, right := manyRows(20_000)
	c := clustertest.Processes(t, 2)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for _, disk := range []string{"memory", "disk"} {
		t.Run(disk, func(t *testing.T) {
			_ = os.Remove(filepath.Join(dir, "killed"))
			f := fromTable("left "+disk, left, 8).MapPartitions(noted).Merge(fromTable("right", right, 3), On("k")).MapPartitions(deadly)
			p := lowerWith(f, shuffling(disk))
			want, err := sheaf.Compute[*Table](ctx, p)
			if err != nil {
				t.Fatal(err)
			}
			_ = os.Remove(filepath.Join(dir, "senders"))
			if err := os.WriteFile(filepath.Join(dir, "armed"), nil, 0o666); err != nil {
				t.Fatal(err)
			}
			defer os.Remove(filepath.Join(dir, "armed"))
			got, err := sheaf.Compute[*Table](sheaf.With(ctx, sheaf.On(c)), p)
			if err != nil {
				t.Fatal(err)
			}
			if w, g := sortedRows(t, want), sortedRows(t, got); len(w) == 0 || !slices.Equal(g, w) {
				t.Errorf("got %d rows, want %d, or others", len(g), len(w))
			}
			killed, err := os.ReadFile(filepath.Join(dir, "killed"))
			if err != nil {
				t.Fatal("nobody was killed")
			}
			runs, err := os.ReadFile(filepath.Join(dir, "senders"))
			if err != nil {
				t.Fatal(err)
			}
			all, lost := strings.Fields(string(runs)), 0
			for _, pid := range all {
				if pid == strings.TrimSpace(string(killed)) {
					lost++
				}
			}
			t.Logf("%d senders ran, %d of them in the process that was killed", len(all), lost)
			if again := len(all) - 8; again > lost {
				t.Errorf("%d senders ran again, %d were lost", again, lost)
			}
		})
	}
}

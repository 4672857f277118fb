//go:build cgo && linux

package dataframe

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"sheaf"
	"sheaf/cluster"
	"sheaf/cluster/clustertest"
)

// wideRows are how many rows of eight columns a partition of TestShuffleLargerThanMemory has: 16 MiB.
const wideRows = 1 << 18

// wide makes rows out of the number of a partition.
func wide(_ context.Context, b arrow.RecordBatch) (arrow.RecordBatch, error) {
	schema := wideSchema()
	if b.NumRows() == 0 {
		return array.NewRecordBatch(schema, emptyColumns(schema), 0), nil
	}
	part := b.Column(0).(*array.Int64).Value(0)
	rng := rand.New(rand.NewPCG(uint64(part), 1))
	columns := make([]arrow.Array, schema.NumFields())
	for c := range columns {
		v := array.NewInt64Builder(memory.DefaultAllocator)
		v.Reserve(wideRows)
		for range wideRows {
			v.UnsafeAppend(rng.Int64N(1 << 36))
		}
		columns[c] = v.NewArray()
	}
	return array.NewRecordBatch(schema, columns, wideRows), nil
}

// inOrder checks that a partition is sorted.
func inOrder(_ context.Context, b arrow.RecordBatch) (arrow.RecordBatch, error) {
	if v := b.Column(1).(*array.Int64).Int64Values(); !slices.IsSorted(v) {
		return nil, fmt.Errorf("%d rows are not in order", len(v))
	}
	return b, nil
}

func emptyColumns(schema *arrow.Schema) []arrow.Array {
	out := make([]arrow.Array, schema.NumFields())
	for i := range out {
		out[i] = array.NewInt64Builder(memory.DefaultAllocator).NewArray()
	}
	return out
}

func wideSchema() *arrow.Schema {
	fields := make([]arrow.Field, 8)
	for i := range fields {
		fields[i] = arrow.Field{Name: fmt.Sprint("c", i), Type: arrow.PrimitiveTypes.Int64, Nullable: true}
	}
	return arrow.NewSchema(fields, nil)
}

// TestShuffleLargerThanMemory sorts four times as many bytes as each of two processes may use, and looks at how much memory they took
// at most. It takes a while: SHEAF_TEST_LARGE=1 runs it.
func TestShuffleLargerThanMemory(t *testing.T) {
	if os.Getenv("SHEAF_TEST_LARGE") == "" {
		t.Skip("SHEAF_TEST_LARGE is not set")
	}
	const perProcess = 512 << 20
	l := clustertest.Local(t, cluster.Config{Workers: 2, Threads: 1, MemoryBytes: perProcess})
	c := clustertest.ClientOf(t, l)
	parts := 4 * perProcess / (wideRows * 64)
	numbers := make([]int64, parts)
	for i := range numbers {
		numbers[i] = int64(i)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	f := fromTable("numbers", oneColumn(numbers), parts).MapPartitions(wide, Schema(wideSchema())).
		SetIndex("c1", NPartitions(parts)).MapPartitions(inOrder, Schema(wideSchema()))
	start := time.Now()
	got, err := sheaf.Compute[*Table](sheaf.With(ctx, sheaf.On(c)), f.Agg(Size(), Sum("c1"), Max("c1"), Min("c1")))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%v after %v: %d MiB of rows", got, time.Since(start).Round(time.Second), parts*wideRows*64>>20)
	if n := got.batches[0].Column(0).(*array.Int64).Value(0); n != int64(parts)*wideRows {
		t.Errorf("got %d rows, want %d", n, parts*wideRows)
	}
	for pid, peak := range peaks(t) {
		t.Logf("process %s: %d MiB at most", pid, peak>>10)
		if peak<<10 > perProcess*3/2 {
			t.Errorf("process %s took %d MiB, the limit is %d", pid, peak>>10, perProcess>>20)
		}
	}
}

// peaks returns the KiB that the children of this process had in memory at most.
func peaks(t *testing.T) map[string]int64 {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/status")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil || !strings.Contains(string(b), fmt.Sprintf("\nPPid:\t%d\n", os.Getpid())) {
			continue
		}
		_, rest, _ := strings.Cut(string(b), "VmHWM:")
		var kib int64
		fmt.Sscan(rest, &kib)
		out[filepath.Base(filepath.Dir(f))] = kib
	}
	return out
}

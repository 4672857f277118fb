//go:build cgo

package dataframe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"pgregory.net/rapid"

	"sheaf/graph"
	"sheaf/internal/codec"
)

// sent returns what another process gets of v.
func sent[T any](t interface{ Fatal(...any) }, v any) (got T, size int) {
	var buf bytes.Buffer
	if err := codec.EncodeFrame(&buf, v); err != nil {
		t.Fatal(err)
	}
	size = buf.Len()
	x, err := codec.DecodeFrame(&buf)
	if err != nil {
		t.Fatal(err)
	}
	return x.(T), size
}

func oneColumn(values []int64) *Table {
	schema := arrow.NewSchema([]arrow.Field{{Name: "a", Type: arrow.PrimitiveTypes.Int64}}, nil)
	b := array.NewInt64Builder(memory.DefaultAllocator)
	b.AppendValues(values, nil)
	column := b.NewArray()
	return newTable(schema, []arrow.RecordBatch{array.NewRecordBatch(schema, []arrow.Array{column}, int64(len(values)))})
}

// TestPiecesSentOneByOne: a receiver that gets just its piece of a value reads what it would read of the whole, wherever the pieces
// are kept, and no row gets lost or is sent twice.
func TestPiecesSentOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := oneColumn(rapid.SliceOfN(rapid.Int64Range(-5, 50), 0, 300).Draw(t, "values"))
		n := rapid.IntRange(1, 40).Draw(t, "n")
		c := &cut{Keys: []string{"a"}, N: n, Keep: rapid.SampledFrom([]keeping{inMemory, onDisk}).Draw(t, "keep")}
		task := &graph.Task{}
		task.Bind(graph.Must(graph.Spec{Name: "x", Op: &share{}, Space: []int{3}}), 0, nil, nil)
		whole, err := c.apply(context.Background(), x, task)
		if err != nil {
			t.Fatal(err)
		}
		spilled, _ := sent[*pieces](t, whole)
		var all []int64
		for i := range n {
			want := valuesIn(t, whole, i, x.Schema())
			all = append(all, want...)
			one, _ := sent[*pieces](t, whole.Only(i))
			again, _ := sent[*pieces](t, one) // spilled where it was received
			for _, p := range []*pieces{whole.Only(i).(*pieces), spilled, one, again, spilled.Only(i).(*pieces)} {
				if got := valuesIn(t, p, i, x.Schema()); !slices.Equal(got, want) {
					t.Fatalf("piece %d: got %v, want %v", i, got, want)
				}
			}
			if _, err := one.piece(context.Background(), (i+1)%n, x.Schema()); err == nil && n > 1 {
				t.Fatal("a piece that was not sent can be read")
			}
		}
		want := valuesOf(x)
		slices.Sort(want)
		slices.Sort(all)
		if !slices.Equal(all, want) {
			t.Fatalf("rows: got %v, want %v", all, want)
		}
	})
}

func valuesIn(t *rapid.T, p *pieces, i int, schema *arrow.Schema) []int64 {
	x, err := p.piece(context.Background(), i, schema)
	if err != nil {
		t.Fatal(err)
	}
	return valuesOf(x)
}

func valuesOf(x *Table) (out []int64) {
	for _, b := range x.batches {
		out = append(out, b.Column(0).(*array.Int64).Int64Values()...)
	}
	return out
}

func onDiskPieces(t *testing.T, n, rows int) *pieces {
	t.Helper()
	var parts []*Table
	for i := range n {
		parts = append(parts, oneColumn(slices.Repeat([]int64{int64(i)}, rows)))
	}
	p, err := writePieces(context.Background(), parts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestOnlyReadsItsRange: what is sent of pieces on disk is one range of the file. Damage elsewhere does not matter, damage in it is
// noticed by the receiver.
func TestOnlyReadsItsRange(t *testing.T) {
	p := onDiskPieces(t, 8, 1000)
	lo, _ := p.place(3)
	if _, err := p.file.WriteAt([]byte{0xff, 0xfe, 0xfd}, lo+300); err != nil {
		t.Fatal(err)
	}
	_, all := sent[*pieces](t, onDiskPieces(t, 8, 1000))
	for i := range 8 {
		var buf bytes.Buffer
		if err := codec.EncodeFrame(&buf, p.Only(i)); err != nil {
			t.Fatal(err)
		}
		if buf.Len() > all/6 {
			t.Errorf("one of 8 pieces takes %d bytes, all take %d", buf.Len(), all)
		}
		if size := p.Only(i).(*pieces).SizeBytes(); size < 8000 || size > int64(buf.Len()) {
			t.Errorf("one piece says that it has %d bytes, %d were sent", size, buf.Len())
		}
		v, err := codec.DecodeFrame(&buf)
		if i == 3 {
			if err == nil {
				t.Error("a damaged piece was accepted")
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		x, err := v.(*pieces).piece(context.Background(), i, nil)
		if err != nil || x.Len() != 1000 || valuesOf(x)[999] != int64(i) {
			t.Errorf("piece %d: %v, %v", i, x, err)
		}
	}
	if _, err := p.piece(context.Background(), 3, nil); err == nil || !strings.Contains(err.Error(), "piece of a shuffle") {
		t.Errorf("reading a damaged piece: %v", err)
	}
	if p.SizeBytes() > 1000 {
		t.Errorf("pieces on disk count as %d bytes of memory", p.SizeBytes())
	}
}

// TestPiecesOnAFullDisk: the error names the disk, and nothing remains open.
func TestPiecesOnAFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full here")
	}
	defer full.Close()
	err = noRoom(writePiece(full, oneColumn(make([]int64, 1<<17))))
	if err == nil || !strings.Contains(err.Error(), "no space left") || !strings.Contains(err.Error(), "/dev/full") || !strings.Contains(err.Error(), "SHEAF_TEMPORARY_DIRECTORY") {
		t.Errorf("got %v", err)
	}
}

// TestDistributedPlans: a plan for other processes has no fragment for all threads, and says which of its edges take pieces.
func TestDistributedPlans(t *testing.T) {
	f := ReadParquet(writtenParquet(t)).GroupBy("a").Agg(Size())
	here, err := f.lower()
	if err != nil {
		t.Fatal(err)
	}
	if !here.root.Op().(*fragment).Wide {
		t.Error("a small aggregate over Parquet is not one fragment here")
	}
	there, err := f.lowerElsewhere(0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range there.fragments {
		if d.layer.Op().(*fragment).Wide {
			t.Errorf("%s wants all threads of a process", d.layer.Name())
		}
	}
	rows := fromTable("x", oneColumn(make([]int64, 1000)), 5)
	l := distributed(0)
	l.gather, l.part, l.broadcast = 1, 1000, 0
	lo, err := lower(rows.Merge(rows.Rename(map[string]string{"a": "b"}), LeftOn("a"), RightOn("b")).Head(5).node, l)
	if err != nil {
		t.Fatal(err)
	}
	parts := 0
	for _, d := range lo.fragments {
		for e := range d.layer.Edges() {
			from, ok := d.layer.From(e).Op().(*fragment)
			takes := d.layer.Op().(graph.PartTaker).TakesParts(e)
			if cuts := ok && from.Cut != nil; cuts != takes {
				t.Errorf("edge %d of %s: takes parts is %v, the sender cuts: %v", e, d.layer.Name(), takes, cuts)
			}
			if takes {
				parts++
			}
		}
	}
	if parts == 0 {
		t.Errorf("a merge without limits is not shuffled:\n%s", lo.explain(f.node))
	}
}

func writtenParquet(t *testing.T) string {
	t.Helper()
	dir := t.TempDir() + "/x"
	x := make([]int64, 4000)
	for i := range x {
		x[i] = int64(i % 37)
	}
	if err := oneColumn(x).Frame().Repartition(4).ToParquet(dir).Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func FuzzDecodePieces(f *testing.F) {
	for _, p := range []*pieces{
		{n: 3, tables: []*Table{oneColumn([]int64{1, 2}), nil, oneColumn([]int64{3})}},
		{n: 2, only: 2, tables: []*Table{oneColumn([]int64{7})}},
		{},
	} {
		var buf bytes.Buffer
		if err := p.encode(&buf); err != nil {
			f.Fatal(err)
		}
		f.Add(buf.Bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := decodePieces(bytes.NewReader(b))
		if err != nil {
			return
		}
		var buf bytes.Buffer
		if err := p.encode(&buf); err != nil {
			t.Fatal(err)
		}
		if _, err := decodePieces(&buf); err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(fmt.Errorf("what was written cannot be read: %w", err))
		}
	})
}

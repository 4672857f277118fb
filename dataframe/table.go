//go:build cgo

package dataframe

import (
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"sheaf/internal/codec"
)

// A Table is a table in memory: what computing a [Frame] gives, and what one partition is. It is an arrow.Table, made of
// record batches, that prints itself. It is immutable and lives in Go memory: nothing has to be released.
type Table struct {
	arrow.Table
	batches []arrow.RecordBatch
	bytes   int64
}

// NewTable makes a table of record batches, which must all have the schema's columns.
func NewTable(schema *arrow.Schema, batches ...arrow.RecordBatch) (*Table, error) {
	for _, b := range batches {
		if !sameColumns(schema, b.Schema()) {
			return nil, fmt.Errorf("dataframe: a batch has the columns %v, the table %v: %w", b.Schema(), schema, ErrType)
		}
	}
	return newTable(schema, batches), nil
}

func sameColumns(a, b *arrow.Schema) bool {
	if a.NumFields() != b.NumFields() {
		return false
	}
	for i, f := range a.Fields() {
		if g := b.Field(i); g.Name != f.Name || !arrow.TypeEqual(f.Type, g.Type) {
			return false
		}
	}
	return true
}

// newTable trusts its caller about the types. Empty batches are left out.
func newTable(schema *arrow.Schema, batches []arrow.RecordBatch) *Table {
	t := &Table{batches: make([]arrow.RecordBatch, 0, len(batches))}
	for _, b := range batches {
		if b.NumRows() == 0 {
			continue
		}
		t.batches = append(t.batches, b)
		for _, c := range b.Columns() {
			t.bytes += dataBytes(c.Data())
		}
	}
	columns := make([]arrow.Column, schema.NumFields())
	for i, f := range schema.Fields() {
		chunks := make([]arrow.Array, len(t.batches))
		for k, b := range t.batches {
			chunks[k] = b.Column(i)
		}
		columns[i] = *arrow.NewColumn(f, arrow.NewChunked(f.Type, chunks))
	}
	rows := int64(0)
	for _, b := range t.batches {
		rows += b.NumRows()
	}
	t.Table = array.NewTable(schema, columns, rows)
	return t
}

// dataBytes estimates what an array takes: of a slice of a larger array, its share.
func dataBytes(d arrow.ArrayData) int64 {
	var n int64
	for _, b := range d.Buffers() {
		if b != nil {
			n += int64(b.Len())
		}
	}
	for _, c := range d.Children() {
		n += dataBytes(c)
	}
	if dict := d.Dictionary(); dict != nil && !isNil(dict) {
		n += dataBytes(dict)
	}
	return n
}

func isNil(d arrow.ArrayData) bool { x, ok := d.(*array.Data); return ok && x == nil }

// Batches returns the record batches that hold the rows, none of them empty.
func (t *Table) Batches() []arrow.RecordBatch { return t.batches }

// Len returns the number of rows.
func (t *Table) Len() int { return int(t.NumRows()) }

// Columns returns the names of the columns.
func (t *Table) Columns() []string {
	names := make([]string, t.NumCols())
	for i := range names {
		names[i] = t.Schema().Field(i).Name
	}
	return names
}

// SizeBytes returns the bytes of the columns' buffers.
func (t *Table) SizeBytes() int64 { return t.bytes + 256*int64(t.NumCols()+1) }

// Slice returns rows from lo up to hi, sharing their memory.
func (t *Table) Slice(lo, hi int) *Table {
	lo, hi = max(lo, 0), min(hi, t.Len())
	var out []arrow.RecordBatch
	at := 0
	for _, b := range t.batches {
		n := int(b.NumRows())
		if from, to := max(lo-at, 0), min(hi-at, n); from < to {
			if from == 0 && to == n {
				out = append(out, b)
			} else {
				out = append(out, b.NewSlice(int64(from), int64(to)))
			}
		}
		at += n
	}
	return newTable(t.Schema(), out)
}

// Head returns the first n rows.
func (t *Table) Head(n int) *Table { return t.Slice(0, n) }

// Tail returns the last n rows.
func (t *Table) Tail(n int) *Table { return t.Slice(t.Len()-n, t.Len()) }

// concatParts puts the values of partitions below each other.
func concatParts(schema *arrow.Schema, parts []any) (*Table, error) {
	if len(parts) == 1 {
		if t, ok := parts[0].(*Table); ok {
			return t, nil
		}
	}
	var batches []arrow.RecordBatch
	for _, p := range parts {
		t, ok := p.(*Table)
		if !ok {
			return nil, fmt.Errorf("dataframe: a partition is a %T and not a table: %w", p, ErrType)
		}
		batches = append(batches, t.batches...)
	}
	return newTable(schema, batches), nil
}

func init() {
	codec.Register(func(w io.Writer, t *Table) error { return t.writeIPC(w) }, readIPC)
}

// writeIPC writes the table as an Arrow stream.
func (t *Table) writeIPC(w io.Writer) error {
	out := ipc.NewWriter(w, ipc.WithSchema(t.Schema()))
	for _, b := range t.batches {
		if err := out.Write(b); err != nil {
			return err
		}
	}
	return out.Close()
}

func readIPC(r io.Reader) (*Table, error) {
	in, err := ipc.NewReader(r, ipc.WithAllocator(memory.DefaultAllocator))
	if err != nil {
		return nil, err
	}
	defer in.Release()
	var batches []arrow.RecordBatch
	for in.Next() {
		b := in.RecordBatch()
		b.Retain()
		batches = append(batches, b)
	}
	if err := in.Err(); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return newTable(in.Schema(), batches), nil
}

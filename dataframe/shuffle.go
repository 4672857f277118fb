//go:build cgo

package dataframe

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/dataframe/internal/plan"
	"sheaf/graph"
	"sheaf/internal/codec"
	"sheaf/internal/kernel/frame"
)

// A cut takes a partition apart into the pieces of a shuffle: by the hash of some columns, or by ranges of one.
type cut struct {
	Keys  []string     // hashed
	By    plan.SortKey // or compared with the bounds that edge Edge delivers; the rows are sorted by it
	Edge  int
	N     int
	Disk  bool // keep the pieces in a file
	Range bool
}

// HashToken writes what identifies the cut; where its pieces are kept is no part of it.
func (c *cut) HashToken(h *graph.Hasher) {
	h.Any(c.Keys)
	h.Any(c.By)
	h.Int(c.Edge)
	h.Int(c.N)
	h.Bool(c.Range)
}

func (c *cut) apply(ctx context.Context, x *Table, t *graph.Task) (*pieces, error) {
	var parts []*Table
	var err error
	if c.Range {
		parts, err = c.ranges(x, t)
	} else {
		parts, err = c.hash(x)
	}
	if err != nil {
		return nil, err
	}
	if c.Disk {
		return writePieces(ctx, parts)
	}
	return &pieces{tables: parts}, nil
}

// hash puts rows with equal keys into equal pieces.
func (c *cut) hash(x *Table) ([]*Table, error) {
	batches := make([][]arrow.RecordBatch, c.N)
	for _, b := range x.batches {
		cutUp, err := frame.Partition(b, c.Keys, c.N)
		if err != nil {
			return nil, err
		}
		for i, p := range cutUp {
			batches[i] = append(batches[i], p)
		}
	}
	parts := make([]*Table, c.N)
	for i, b := range batches {
		parts[i] = newTable(x.Schema(), b)
	}
	return parts, nil
}

// pieces are the parts of one partition after a cut, in memory or in a file that has no name any more.
type pieces struct {
	tables []*Table
	file   *os.File
	ends   []int64
}

// SizeBytes returns the memory that the pieces take.
func (p *pieces) SizeBytes() int64 {
	n := int64(8 * len(p.ends))
	for _, t := range p.tables {
		if t != nil {
			n += t.SizeBytes()
		}
	}
	return n
}

// piece returns one of the pieces.
func (p *pieces) piece(ctx context.Context, i int, schema *arrow.Schema) (*Table, error) {
	if p.file == nil {
		if p.tables[i] == nil {
			return newTable(schema, nil), nil
		}
		return p.tables[i], nil
	}
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	lo := int64(0)
	if i > 0 {
		lo = p.ends[i-1]
	}
	if lo == p.ends[i] {
		return newTable(schema, nil), nil
	}
	return readIPC(bufio.NewReaderSize(io.NewSectionReader(p.file, lo, p.ends[i]-lo), 1<<18))
}

// writePieces keeps pieces in a file, which is gone when the last reference to it is.
func writePieces(ctx context.Context, parts []*Table) (*pieces, error) {
	f, err := os.CreateTemp(spillDir(), "sheaf-shuffle-*")
	if err != nil {
		return nil, fmt.Errorf("dataframe: a shuffle needs a temporary file: %w", err)
	}
	p := &pieces{file: f, ends: make([]int64, len(parts))}
	if os.Remove(f.Name()) == nil {
		runtime.AddCleanup(p, func(f *os.File) { f.Close() }, f)
	} else { // a system that keeps open files: remove it when it is closed
		runtime.AddCleanup(p, func(f *os.File) { f.Close(); os.Remove(f.Name()) }, f)
	}
	w := &counter{w: bufio.NewWriterSize(f, 1<<18)}
	for i, t := range parts {
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		if len(t.batches) > 0 {
			if err := t.writeIPC(w); err != nil {
				return nil, fmt.Errorf("dataframe: writing the pieces of a shuffle: %w", err)
			}
		}
		p.ends[i] = w.n
	}
	if err := w.w.(*bufio.Writer).Flush(); err != nil {
		return nil, fmt.Errorf("dataframe: writing the pieces of a shuffle: %w", err)
	}
	return p, nil
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

func init() {
	codec.Register(func(w io.Writer, p *pieces) error { return p.encode(w) }, decodePieces)
}

// encode writes the pieces one after the other, each behind its length.
func (p *pieces) encode(w io.Writer) error {
	n := max(len(p.tables), len(p.ends))
	if err := binary.Write(w, binary.LittleEndian, int64(n)); err != nil {
		return err
	}
	for i := range n {
		var body io.Reader
		var size int64
		if p.file == nil {
			var buf bytes.Buffer
			if t := p.tables[i]; t != nil && len(t.batches) > 0 { // an empty piece has no bytes, as in a file
				if err := t.writeIPC(&buf); err != nil {
					return err
				}
			}
			body, size = &buf, int64(buf.Len())
		} else {
			lo := int64(0)
			if i > 0 {
				lo = p.ends[i-1]
			}
			size = p.ends[i] - lo
			body = io.NewSectionReader(p.file, lo, size)
		}
		if err := binary.Write(w, binary.LittleEndian, size); err != nil {
			return err
		}
		if _, err := io.Copy(w, body); err != nil {
			return err
		}
	}
	return nil
}

func decodePieces(r io.Reader) (*pieces, error) {
	var n int64
	if err := binary.Read(r, binary.LittleEndian, &n); err != nil {
		return nil, err
	}
	p := &pieces{}
	for range n {
		var size int64
		if err := binary.Read(r, binary.LittleEndian, &size); err != nil {
			return nil, err
		}
		if size == 0 {
			p.tables = append(p.tables, nil)
			continue
		}
		body := io.LimitReader(r, size)
		t, err := readIPC(body)
		if err != nil {
			return nil, err
		}
		if _, err := io.Copy(io.Discard, body); err != nil {
			return nil, err
		}
		p.tables = append(p.tables, t)
	}
	return p, nil
}

//go:build cgo

package dataframe

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/internal/codec"
	"sheaf/internal/store"
)

// pieces are the parts of one partition after a cut, in memory or in a file that has no name any more. Piece i is for task i of the
// receivers. Another process gets a value with just the piece that it asks for.
type pieces struct {
	n      int      // how many there are, empty ones among them
	tables []*Table // in memory: all, empty ones may be nil; or the only one
	file   *os.File // else: frames of Arrow streams, one after the other
	ends   []int64  // where each ends in the file; an empty one takes no bytes
	only   int      // number of the only piece that is here, plus one; 0 if all are
	of     *pieces  // what the only piece is of, if that is here; it keeps the file open
}

// Only returns a value with one piece, which is not read before it is sent.
func (p *pieces) Only(i int) any { return &pieces{n: p.n, only: i + 1, of: p} }

// SizeBytes returns the memory that the pieces take, of one that is to be sent that which it is going to take.
func (p *pieces) SizeBytes() int64 {
	if p.of != nil {
		return p.of.sizeOf(p.only - 1)
	}
	n := int64(8 * len(p.ends))
	for _, t := range p.tables {
		if t != nil {
			n += t.SizeBytes()
		}
	}
	return n
}

// sizeOf returns the bytes of piece i.
func (p *pieces) sizeOf(i int) int64 {
	switch {
	case i < 0 || i >= p.n || p.only > 0 && p.only != i+1:
		return 0
	case p.of != nil:
		return p.of.sizeOf(i)
	case p.file != nil:
		lo, hi := p.place(i)
		return hi - lo
	}
	if t := p.table(i); t != nil {
		return t.SizeBytes()
	}
	return 0
}

// table returns piece i, which is in memory; nil if it is empty.
func (p *pieces) table(i int) *Table {
	if p.only > 0 {
		i = 0
	}
	return p.tables[i]
}

// place returns where piece i lies in the file.
func (p *pieces) place(i int) (lo, hi int64) {
	if i > 0 {
		lo = p.ends[i-1]
	}
	return lo, p.ends[i]
}

// piece returns one of the pieces; schema is that of an empty one.
func (p *pieces) piece(ctx context.Context, i int, schema *arrow.Schema) (*Table, error) {
	if i < 0 || i >= p.n || p.only > 0 && p.only != i+1 {
		return nil, fmt.Errorf("dataframe: piece %d of a shuffle is not here: %w", i, errInternal)
	}
	switch {
	case p.of != nil:
		return p.of.piece(ctx, i, schema)
	case p.file == nil:
		return orEmpty(p.table(i), schema), nil
	}
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	lo, hi := p.place(i)
	if lo == hi {
		return newTable(schema, nil), nil
	}
	t, err := readPiece(io.NewSectionReader(p.file, lo, hi-lo))
	if err != nil {
		return nil, fmt.Errorf("dataframe: reading a piece of a shuffle: %w: %w", store.ErrSpill, err)
	}
	return t, nil
}

func orEmpty(t *Table, schema *arrow.Schema) *Table {
	if t == nil {
		return newTable(schema, nil)
	}
	return t
}

// readPiece reads a frame with an Arrow stream, and checks its sums.
func readPiece(r io.Reader) (*Table, error) {
	frame := codec.NewFrameReader(bufio.NewReaderSize(r, 1<<16))
	t, err := readIPC(frame)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, frame)
	return t, err
}

// writePiece writes a frame with an Arrow stream, nothing for an empty piece.
func writePiece(w io.Writer, t *Table) error {
	if t == nil || len(t.batches) == 0 {
		return nil
	}
	frame := codec.NewFrameWriter(w)
	if err := t.writeIPC(frame); err != nil {
		return err
	}
	return frame.Close()
}

// writePieces keeps pieces in a file, which is gone when the last reference to it is, or the process.
func writePieces(ctx context.Context, parts []*Table) (*pieces, error) {
	f, err := os.CreateTemp(spillDir(), "sheaf-shuffle-*")
	if err != nil {
		return nil, noRoom(err)
	}
	removed := os.Remove(f.Name()) == nil
	drop := func(f *os.File) {
		_ = f.Close()
		if !removed { // a system that keeps the names of open files
			_ = os.Remove(f.Name())
		}
	}
	p := &pieces{n: len(parts), file: f, ends: make([]int64, len(parts))}
	out := bufio.NewWriterSize(f, 1<<18)
	w := &counter{w: out}
	for i, t := range parts {
		if err := ctx.Err(); err != nil {
			drop(f)
			return nil, context.Cause(ctx)
		}
		if err := writePiece(w, t); err != nil {
			drop(f)
			return nil, noRoom(err)
		}
		p.ends[i] = w.n
	}
	if err := out.Flush(); err != nil {
		drop(f)
		return nil, noRoom(err)
	}
	runtime.AddCleanup(p, drop, f)
	return p, nil
}

// noRoom is the error about a file that cannot be written; the system's error names it.
func noRoom(err error) error {
	return fmt.Errorf("dataframe: writing the pieces of a shuffle: %w: %w; free space there, or set SHEAF_TEMPORARY_DIRECTORY to another place",
		store.ErrSpill, err)
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

// encode writes how many pieces there are, which one is here, and for each that is not empty its number, its length and its frame.
// Number -1 is the end.
func (p *pieces) encode(w io.Writer) error {
	if p.n > math.MaxInt32 || p.only > p.n || p.only < 0 {
		return fmt.Errorf("dataframe: %w: piece %d of %d", errInternal, p.only-1, p.n)
	}
	if err := binary.Write(w, binary.LittleEndian, [2]int32{int32(p.n), int32(p.only)}); err != nil {
		return err
	}
	lo, hi := 0, p.n
	if p.only > 0 {
		lo, hi = p.only-1, p.only
	}
	for i := lo; i < hi; i++ {
		if err := p.encodePiece(w, i); err != nil {
			return err
		}
	}
	return binary.Write(w, binary.LittleEndian, pieceHead{Number: -1})
}

type pieceHead struct {
	Number int32
	Bytes  int64
}

func (p *pieces) encodePiece(w io.Writer, i int) error {
	for p.of != nil {
		p = p.of
	}
	var body io.Reader
	var size int64
	if p.file != nil {
		lo, hi := p.place(i)
		body, size = io.NewSectionReader(p.file, lo, hi-lo), hi-lo
	} else {
		var buf bytes.Buffer
		if err := writePiece(&buf, p.table(i)); err != nil {
			return err
		}
		body, size = &buf, int64(buf.Len())
	}
	if size == 0 {
		return nil
	}
	if err := binary.Write(w, binary.LittleEndian, pieceHead{int32(i), size}); err != nil {
		return err
	}
	_, err := io.CopyN(w, body, size)
	return err
}

// piecesMax bounds what the number of pieces in damaged bytes can cost.
const piecesMax = 1 << 20

func decodePieces(r io.Reader) (*pieces, error) {
	var head [2]int32
	if err := binary.Read(r, binary.LittleEndian, &head); err != nil {
		return nil, err
	}
	p := &pieces{n: int(head[0]), only: int(head[1])}
	if p.n < 0 || p.n > piecesMax || p.only < 0 || p.only > p.n {
		return nil, fmt.Errorf("dataframe: piece %d of %d: %w", p.only-1, p.n, codec.ErrCorrupt)
	}
	p.tables = make([]*Table, p.n)
	if p.only > 0 {
		p.tables = p.tables[:1:1]
	}
	for last := -1; ; {
		var h pieceHead
		if err := binary.Read(r, binary.LittleEndian, &h); err != nil {
			return nil, err
		}
		at := int(h.Number)
		if at == -1 {
			return p, nil
		}
		if at <= last || at >= p.n || h.Bytes <= 0 || p.only > 0 && at != p.only-1 {
			return nil, fmt.Errorf("dataframe: piece %d of %d with %d bytes: %w", at, p.n, h.Bytes, codec.ErrCorrupt)
		}
		last = at
		body := io.LimitReader(r, h.Bytes)
		t, err := readPiece(body)
		if err != nil {
			return nil, err
		}
		if _, err := io.Copy(io.Discard, body); err != nil {
			return nil, err
		}
		if p.only > 0 {
			at = 0
		}
		p.tables[at] = t
	}
}

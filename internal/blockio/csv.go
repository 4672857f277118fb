package blockio

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
)

// Dialect is what must be known of a CSV file to find its records.
type Dialect struct {
	Comma    byte // between fields; ',' when zero
	Quote    byte // around fields; '"' when zero
	NoQuotes bool // quotes are plain text, so every newline ends a record and no pass over the file is needed
	Comment  byte // a line that starts with it is no record; none when zero
	SkipRows int  // physical lines at the top of a file, whose quotes do not count
	Header   bool // the first record, behind skipped, empty and comment lines, is a header: it stays in a file's first block
}

func (d Dialect) withDefaults() Dialect {
	if d.Comma == 0 {
		d.Comma = ','
	}
	if d.Quote == 0 {
		d.Quote = '"'
	}
	return d
}

// state is where a CSV reader stands between two bytes.
type state uint8

const (
	recordBegin state = iota // a record starts with the next byte
	fieldBegin               // after a comma
	unquoted                 // inside a field that did not begin with a quote, or after a closing quote and other text
	quoted                   // inside quotes
	quoteSeen                // after a quote inside quotes: it closes the field, or the next one doubles it
	comment                  // inside a comment line
	nStates
)

// transition maps the state before a range of bytes to the state behind it.
type transition [nStates]state

// CSVBlocks replaces every block's range by the exact range of the records which start in it.
//
// Whether a range start lies inside quotes depends on all bytes before it. So each block is read once, in parallel, to find what it does
// to every possible state (as a function: a block without quotes leaves "inside quotes" as it is); the functions of a file are then
// composed from its beginning. Files of one block are not read. A quote opens a field only at the field's start, as in pandas and
// RFC 4180; elsewhere it is text.
//
// Cost: one sequential read of the files with several blocks, about the speed of memory when they are cached.
func CSVBlocks(ctx context.Context, blocks []Block, d Dialect) ([]Block, error) {
	d = d.withDefaults()
	if d.NoQuotes && d.Comment == 0 && d.SkipRows == 0 && !d.Header {
		return LineBlocks(ctx, blocks)
	}
	var todo []int
	for i, b := range blocks {
		if !b.Exact && b.Compression.resolve(b.Path) == None {
			todo = append(todo, i)
		}
	}
	trans := make([]transition, len(blocks))
	heads := make([]int64, len(blocks)) // where the automaton starts in a file's first block
	err := parallel(ctx, len(todo), func(k int) error {
		i := todo[k]
		return withBlock(blocks[i], func(f *os.File) (err error) {
			if blocks[i].Start == 0 {
				if heads[i], err = headEnd(f, blocks[i].Size, d); err != nil {
					return err
				}
			}
			trans[i], err = d.scan(ctx, f, max(blocks[i].Start, heads[i]), blocks[i].End)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	// States and head positions at the start of every block, file by file.
	states := make([]state, len(blocks))
	var cur state
	var head int64
	for k, i := range todo {
		if blocks[i].Start == 0 {
			cur, head = recordBegin, heads[i]
		} else if k == 0 || blocks[todo[k-1]].Path != blocks[i].Path || blocks[todo[k-1]].End != blocks[i].Start {
			return nil, fmt.Errorf("blockio: %s: the blocks before byte %d are missing; pass all blocks of a file in order", blocks[i].Path, blocks[i].Start)
		}
		states[i], heads[i] = cur, head
		if blocks[i].End > head {
			if blocks[i].Start < head { // the head ends inside this block, which was scanned from there only if it is the first
				if trans[i], err = rescan(ctx, blocks[i], d, head); err != nil {
					return nil, err
				}
			}
			cur = trans[i][cur]
		}
	}
	return boundaries(ctx, blocks, todo, states, heads, d)
}

func rescan(ctx context.Context, b Block, d Dialect, head int64) (t transition, err error) {
	err = withBlock(b, func(f *os.File) (err error) {
		t, err = d.scan(ctx, f, head, b.End)
		return err
	})
	return t, err
}

// boundaries moves each block's start to its first record, and its end to the next block's start.
func boundaries(ctx context.Context, blocks []Block, todo []int, states []state, heads []int64, d Dialect) ([]Block, error) {
	starts := make([]int64, len(blocks))
	err := parallel(ctx, len(todo), func(k int) error {
		i := todo[k]
		b := blocks[i]
		if b.Start == 0 {
			return nil // the head belongs to the first block
		}
		return withBlock(b, func(f *os.File) (err error) {
			starts[i], err = d.nextRecord(ctx, f, states[i], max(b.Start, heads[i]), b.Size)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	out := make([]Block, len(blocks))
	copy(out, blocks)
	for k, i := range todo {
		out[i].Start, out[i].End, out[i].Exact = starts[i], blocks[i].Size, true
		if k+1 < len(todo) && blocks[todo[k+1]].Start != 0 {
			out[i].End = starts[todo[k+1]]
		}
	}
	return out, nil
}

func withBlock(b Block, do func(*os.File) error) error {
	f, err := openBlock(b)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := do(f); err != nil {
		return fmt.Errorf("blockio: %s, bytes %d to %d: %w", b.Path, b.Start, b.End, err)
	}
	return nil
}

// headEnd is where data records begin in a file: behind a byte order mark, the skipped lines and the header.
func headEnd(r io.ReaderAt, size int64, d Dialect) (int64, error) {
	n, _, err := SkipHead(bufio.NewReaderSize(io.NewSectionReader(r, 0, size), scanChunk), d)
	return n, err
}

// SkipHead reads over a byte order mark, d.SkipRows lines and, if d.Header says so, the header record with the empty and comment lines before
// it. It tells how many bytes that were, and gives the header record with its line end (nil when there is none).
func SkipHead(r *bufio.Reader, d Dialect) (n int64, header []byte, err error) {
	d = d.withDefaults()
	if bom, err := r.Peek(3); err == nil && string(bom) == "\xef\xbb\xbf" {
		discarded, err := r.Discard(3)
		n += int64(discarded)
		if err != nil {
			return n, nil, err
		}
	}
	for rows := d.SkipRows; rows > 0; {
		line, err := r.ReadSlice('\n')
		n += int64(len(line))
		switch {
		case err == nil:
			rows--
		case errors.Is(err, io.EOF):
			return n, nil, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return n, nil, err
		}
	}
	for s := recordBegin; d.Header; {
		c, err := r.ReadByte()
		if errors.Is(err, io.EOF) {
			return n, header, nil
		}
		if err != nil {
			return n, nil, err
		}
		n++
		header = append(header, c)
		switch s = d.step(s, c); {
		case s == recordBegin && (len(header) == 1 || string(header) == "\r\n" || (d.Comment != 0 && header[0] == d.Comment)):
			header = header[:0]
		case s == recordBegin:
			return n, header, nil
		}
	}
	return n, nil, nil
}

// scan computes what the bytes [start, end) do to every state.
func (d Dialect) scan(ctx context.Context, r io.ReaderAt, start, end int64) (transition, error) {
	var t transition
	for s := range t {
		t[s] = state(s)
	}
	buf := make([]byte, 1<<20)
	for pos := start; pos < end; {
		if err := ctx.Err(); err != nil {
			return t, err
		}
		n, err := readAt(r, buf[:min(int64(len(buf)), end-pos)], pos)
		if err != nil {
			return t, err
		}
		if n == 0 {
			return t, io.ErrUnexpectedEOF
		}
		d.apply(&t, buf[:n])
		pos += int64(n)
	}
	return t, nil
}

// apply advances every state of t over data. The states become two or fewer within some bytes, and equal ones are run once.
func (d Dialect) apply(t *transition, data []byte) {
	if d.Comment == 0 && (d.NoQuotes || bytes.IndexByte(data, d.Quote) < 0) {
		for s, from := range t { // the common case: only being inside quotes matters
			if from != quoted {
				t[s] = d.step(unquoted, data[len(data)-1])
			}
		}
		return
	}
	var done [nStates]bool
	var result [nStates]state
	for s := range t {
		from := t[s]
		if !done[from] {
			result[from], done[from] = d.run(from, data), true
		}
		t[s] = result[from]
	}
}

// run is the state after data, jumping from quote to quote.
func (d Dialect) run(s state, data []byte) state {
	if d.Comment != 0 {
		for _, c := range data {
			s = d.step(s, c)
		}
		return s
	}
	for i := 0; i < len(data); {
		switch s {
		case quoted:
			j := bytes.IndexByte(data[i:], d.Quote)
			if j < 0 {
				return quoted
			}
			i += j + 1
			s = quoteSeen
		case quoteSeen:
			s = d.step(s, data[i])
			i++
		default:
			j := -1
			if !d.NoQuotes {
				j = bytes.IndexByte(data[i:], d.Quote)
			}
			if j < 0 {
				return d.step(unquoted, data[len(data)-1])
			}
			if j > 0 {
				s = d.step(unquoted, data[i+j-1])
			}
			s = d.step(s, d.Quote)
			i += j + 1
		}
	}
	return s
}

// step is the automaton itself, one byte at a time.
func (d Dialect) step(s state, c byte) state {
	switch {
	case s == quoted && c == d.Quote:
		return quoteSeen
	case s == quoted:
		return quoted
	case s == comment && c != '\n':
		return comment
	case c == '\n':
		return recordBegin
	case c == d.Quote && !d.NoQuotes && s == quoteSeen:
		return quoted
	case c == d.Quote && !d.NoQuotes && s != unquoted:
		return quoted
	case c == d.Comma:
		return fieldBegin
	case s == recordBegin && d.Comment != 0 && c == d.Comment:
		return comment
	}
	return unquoted
}

// nextRecord is the first offset at or after pos where a record starts, given the state at pos.
func (d Dialect) nextRecord(ctx context.Context, r io.ReaderAt, s state, pos, size int64) (int64, error) {
	buf := make([]byte, scanChunk)
	for s != recordBegin && pos < size {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		n, err := readAt(r, buf, pos)
		if err != nil {
			return 0, err
		}
		for i, c := range buf[:n] {
			if s = d.step(s, c); s == recordBegin {
				return pos + int64(i) + 1, nil
			}
		}
		pos += int64(n)
	}
	return pos, nil
}

// parallel calls do(0) … do(n-1) on all processors and returns the error of the lowest failed index.
func parallel(ctx context.Context, n int, do func(int) error) error {
	errs := make([]error, n)
	var next atomic.Int64
	var failed atomic.Bool
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && !failed.Load(); i = int(next.Add(1)) - 1 {
				if errs[i] = ctx.Err(); errs[i] == nil {
					errs[i] = do(i)
				}
				if errs[i] != nil {
					failed.Store(true)
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

package blockio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

const scanChunk = 64 << 10 // bytes looked at at a time when a record's end is searched

// LineBlocks replaces every block's range by the exact one of its records, so that the ranges of a file join without gap.
// It reads some kilobytes at every range start.
func LineBlocks(ctx context.Context, blocks []Block) ([]Block, error) {
	out := make([]Block, len(blocks))
	for i, b := range blocks {
		out[i] = b
		if b.Exact || b.Compression.resolve(b.Path) != None {
			continue
		}
		f, err := openBlock(b)
		if err != nil {
			return nil, err
		}
		out[i].Start, out[i].End, err = lineRange(ctx, f, b)
		out[i].Exact = true
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("blockio: %s at byte %d: %w", b.Path, b.Start, err)
		}
	}
	return out, nil
}

// lineRange gives the bytes of the records which start in [b.Start, b.End).
func lineRange(ctx context.Context, r io.ReaderAt, b Block) (start, end int64, err error) {
	if start, err = recordStart(ctx, r, b, b.Start); err != nil {
		return 0, 0, err
	}
	if start >= b.End && b.Start < b.End {
		// No record starts in the range, so the first one after its start is also the first after its end.
		return start, start, nil
	}
	end, err = recordStart(ctx, r, b, b.End)
	return start, end, err
}

// recordStart is the first offset at or after x where a record starts: 0, or the end of a delimiter, or the file's end.
func recordStart(ctx context.Context, r io.ReaderAt, b Block, x int64) (int64, error) {
	if x <= 0 {
		return 0, nil
	}
	if x >= b.Size {
		return b.Size, nil
	}
	d := []byte(b.Delimiter)
	pos, err := syncPoint(r, d, x)
	if err != nil {
		return 0, err
	}
	buf := make([]byte, scanChunk+len(d))
	for pos < b.Size {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		n, err := readAt(r, buf, pos)
		if err != nil {
			return 0, err
		}
		off := 0
		for {
			i := bytes.Index(buf[off:n], d)
			if i < 0 {
				break
			}
			off += i + len(d)
			if pos+int64(off) >= x {
				return pos + int64(off), nil
			}
		}
		if pos+int64(n) >= b.Size {
			break
		}
		pos += int64(max(off, n-len(d)+1)) // keep what may be the beginning of a delimiter
	}
	return b.Size, nil
}

// syncPoint is an offset at most x-len(d) from which searching delimiters left to right finds the same ones as from the file's
// beginning. A delimiter that can overlap itself ("\n\n") needs to go back to where no occurrence crosses the offset.
func syncPoint(r io.ReaderAt, d []byte, x int64) (int64, error) {
	n := int64(len(d))
	pos := max(0, x-n)
	if !overlapsItself(d) {
		return pos, nil
	}
	buf := make([]byte, 2*n-2)
	for ; pos > 0; pos-- {
		from := max(0, pos-n+1)
		got, err := readAt(r, buf[:pos+n-1-from], from)
		if err != nil {
			return 0, err
		}
		if !bytes.Contains(buf[:got], d) {
			break
		}
	}
	return pos, nil
}

func overlapsItself(d []byte) bool {
	for i := 1; i < len(d); i++ {
		if bytes.HasPrefix(d, d[i:]) {
			return true
		}
	}
	return false
}

// readAt fills buf from off as far as the file goes.
func readAt(r io.ReaderAt, buf []byte, off int64) (int, error) {
	n, err := r.ReadAt(buf, off)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// Position turns a byte offset of a file's decompressed text into a line (from 1) and a column in bytes (from 1), by reading up to there.
func Position(ctx context.Context, f File, offset int64) (line, column int64, err error) {
	r, err := Open(f)
	if err != nil {
		return 0, 0, err
	}
	defer r.Close()
	line = 1
	last := int64(-1) // offset of the newline before the current line
	buf := make([]byte, 1<<20)
	for pos := int64(0); pos < offset; {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		n, err := r.Read(buf[:min(int64(len(buf)), offset-pos)])
		for i := 0; i < n; {
			j := bytes.IndexByte(buf[i:n], '\n')
			if j < 0 {
				break
			}
			line++
			i += j + 1
			last = pos + int64(i) - 1
		}
		pos += int64(n)
		if errors.Is(err, io.EOF) {
			offset = min(offset, pos)
			break
		}
		if err != nil {
			return 0, 0, fmt.Errorf("blockio: %s at byte %d: %w", f.Path, pos, err)
		}
	}
	return line, offset - last, nil
}

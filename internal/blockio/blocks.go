package blockio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// Block is a byte range of a file. It is plain data that can be sent to another process which sees the same files.
type Block struct {
	Path        string
	Compression Compression
	Start, End  int64  // byte range [Start, End) on disk; the whole file when it is compressed
	Size        int64  // bytes of the whole file on disk when the block was made
	ModTime     int64  // of the file when the block was made, nanoseconds since 1970; 0 means not checked
	Delimiter   string // what ends a record; never empty
	Exact       bool   // Start and End are record boundaries already
}

// ErrChanged marks a file whose size or modification time is no longer what it was when the block was made.
var ErrChanged = errors.New("the file has changed since it was listed")

// Blocks cuts every file into ranges of about blocksize bytes without reading anything.
//
// As in Dask, a file is divided evenly into size/blocksize parts, so that no small rest remains; a part is shorter than twice the
// block size. A blocksize of zero or less, and compression, make one block a file. An empty file has one empty block.
// The delimiter ends a record, "\n" when it is empty.
func Blocks(files []File, blocksize int64, delimiter string) []Block {
	if delimiter == "" {
		delimiter = "\n"
	}
	var blocks []Block
	for _, f := range files {
		parts := int64(1)
		comp := f.Compression.resolve(f.Path)
		if blocksize > 0 && comp == None {
			parts = max(1, f.Size/blocksize)
		}
		for i := range parts {
			blocks = append(blocks, Block{
				Path: f.Path, Compression: comp, Size: f.Size, ModTime: f.ModTime, Delimiter: delimiter,
				Start: cut(f.Size, parts, i), End: cut(f.Size, parts, i+1), Exact: parts == 1,
			})
		}
	}
	return blocks
}

// cut is size*i/parts without overflow for files of any size.
func cut(size, parts, i int64) int64 {
	return size/parts*i + size%parts*i/parts
}

// ReadBlock reads the records that start in the block's range, decompressed, with their delimiters.
//
// The last record of a file needs no delimiter. Cancelling ctx stops between reads of a few megabytes.
func ReadBlock(ctx context.Context, b Block) ([]byte, error) {
	f, err := openBlock(b)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if b.Compression.resolve(b.Path) != None {
		return readCompressed(ctx, f, b)
	}
	start, end := b.Start, b.End
	if !b.Exact {
		if start, end, err = lineRange(ctx, f, b); err != nil {
			return nil, fmt.Errorf("blockio: %s at byte %d: %w", b.Path, b.Start, err)
		}
	}
	data := make([]byte, end-start)
	for n := int64(0); n < int64(len(data)); {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		step := min(int64(len(data))-n, 8<<20)
		got, err := f.ReadAt(data[n:n+step], start+n)
		n += int64(got)
		if err != nil && (!errors.Is(err, io.EOF) || n < int64(len(data))) {
			return nil, fmt.Errorf("blockio: %s at byte %d: %w", b.Path, start+n, err)
		}
	}
	return data, nil
}

// OpenBlock is ReadBlock as a stream: the decompressed records that start in the block's range, and the offset in the (decompressed) file
// of the first byte.
func OpenBlock(ctx context.Context, b Block) (r io.ReadCloser, start int64, err error) {
	f, err := openBlock(b)
	if err != nil {
		return nil, 0, err
	}
	comp := b.Compression.resolve(b.Path)
	if comp != None {
		d, err := Decompress(f, comp)
		if err != nil {
			f.Close()
			return nil, 0, fmt.Errorf("blockio: %s: not a %v file: %w", b.Path, comp, err)
		}
		return &fileReader{r: d, src: f}, 0, nil
	}
	start, end := b.Start, b.End
	if !b.Exact {
		if start, end, err = lineRange(ctx, f, b); err != nil {
			f.Close()
			return nil, 0, fmt.Errorf("blockio: %s at byte %d: %w", b.Path, b.Start, err)
		}
	}
	return &fileReader{r: io.NopCloser(io.NewSectionReader(f, start, end-start)), src: f}, start, nil
}

// openBlock opens the block's file and checks that it is still the one that was listed.
func openBlock(b Block) (*os.File, error) {
	f, err := os.Open(b.Path)
	if err != nil {
		return nil, fmt.Errorf("blockio: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("blockio: %w", err)
	}
	if info.Size() != b.Size || (b.ModTime != 0 && info.ModTime().UnixNano() != b.ModTime) {
		f.Close()
		return nil, fmt.Errorf("blockio: %s: %w (%d bytes then, %d now); build the collection again", b.Path, ErrChanged, b.Size, info.Size())
	}
	return f, nil
}

// Open gives the decompressed bytes of a whole file.
func Open(f File) (io.ReadCloser, error) {
	src, err := os.Open(f.Path)
	if err != nil {
		return nil, fmt.Errorf("blockio: %w", err)
	}
	r, err := Decompress(src, f.Compression.resolve(f.Path))
	if err != nil {
		src.Close()
		return nil, fmt.Errorf("blockio: %s: not a %v file: %w", f.Path, f.Compression.resolve(f.Path), err)
	}
	return &fileReader{r: r, src: src}, nil
}

type fileReader struct {
	r   io.ReadCloser
	src *os.File
}

func (f *fileReader) Read(p []byte) (int, error) { return f.r.Read(p) }

func (f *fileReader) Close() error { return errors.Join(f.r.Close(), f.src.Close()) }

func readCompressed(ctx context.Context, f *os.File, b Block) ([]byte, error) {
	comp := b.Compression.resolve(b.Path)
	r, err := Decompress(f, comp)
	if err != nil {
		return nil, fmt.Errorf("blockio: %s: not a %v file: %w", b.Path, comp, err)
	}
	defer r.Close()
	var out bytes.Buffer
	out.Grow(int(min(max(b.Size*4, 1<<12), 1<<28)))
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		_, err := io.CopyN(&out, r, 4<<20)
		if errors.Is(err, io.EOF) {
			return out.Bytes(), nil
		}
		if err != nil {
			return nil, fmt.Errorf("blockio: %s: %v data broken after %d decoded bytes: %w", b.Path, comp, out.Len(), err)
		}
	}
}

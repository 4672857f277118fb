package bag

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unsafe"

	"sheaf/internal/blockio"
	"sheaf/internal/codec"
	"sheaf/internal/config"
)

// ReadText makes a bag of the lines of files, in the order of the files' names. A path may be a glob (*, ?, [a-z], {a,b}, ** for any
// depth) and is looked up now; a pattern without a match is an error. Options: [BlockSize] to make several partitions of a file (of
// one that is not compressed), [FilesPerPartition], [Delimiter], [KeepDelimiter], [Compression].
//
// Files are read while their lines are used, 256 KiB at a time, and lines refer to that memory without a copy: to keep a few short lines for
// long, strings.Clone them. Elements that end up in a stored partition are copied where that saves memory.
//
// Same as dask.bag.read_text, which keeps the newlines.
func ReadText(path string, opts ...Option) *Bag[string] {
	return ReadTextFiles([]string{path}, opts...)
}

// ReadTextFiles is [ReadText] for several paths.
func ReadTextFiles(paths []string, opts ...Option) *Bag[string] {
	s, err := newTextStage(paths, apply(opts))
	if err != nil {
		return failed[string](mistake("ReadText", "%w", err))
	}
	return &Bag[string]{name: "read_text", stage: textStage{s}, n: len(s.Parts)}
}

// ReadTextPaths is [ReadText] that gives each line with the path of its file, as the pair's first value.
//
// Same as dask.bag.read_text(include_path=True), where the path comes second.
func ReadTextPaths(path string, opts ...Option) *Bag[Pair[string, string]] {
	s, err := newTextStage([]string{path}, apply(opts))
	if err != nil {
		return failed[Pair[string, string]](mistake("ReadTextPaths", "%w", err))
	}
	return &Bag[Pair[string, string]]{name: "read_text", stage: pathStage{s}, n: len(s.Parts)}
}

func newTextStage(paths []string, o options) (lines, error) {
	s := lines{Delimiter: o.delimiter, Keep: o.keepDelimiter}
	if o.compressionErr != nil {
		return s, o.compressionErr
	}
	size := o.blockSize
	switch {
	case o.filesPer < 0 || size < 0:
		return s, fmt.Errorf("%d files or %d bytes a partition: want positive numbers", o.filesPer, size)
	case o.filesPer > 0 && size > 0:
		return s, errors.New("FilesPerPartition and BlockSize exclude each other")
	case !o.haveBlockSize && o.filesPer == 0:
		var err error
		if size, err = config.BagBlockSize.Get(context.Background()); err != nil {
			return s, err
		}
	}
	files, err := blockio.Expand(paths...)
	if err != nil {
		return s, err
	}
	if o.compression != blockio.Infer {
		for i := range files {
			files[i].Compression = o.compression
		}
	}
	for _, f := range files {
		if size > 0 && f.Size > size && o.haveBlockSize && blockCompression(f) != blockio.None {
			return s, fmt.Errorf("%s is compressed with %s and cannot be cut; leave out BlockSize", f.Path, blockCompression(f))
		}
	}
	blocks := blockio.Blocks(files, size, o.delimiter)
	per := max(1, o.filesPer)
	for at := 0; at < len(blocks); at += per {
		s.Parts = append(s.Parts, blocks[at:min(at+per, len(blocks))])
	}
	return s, nil
}

func blockCompression(f blockio.File) blockio.Compression {
	if f.Compression == blockio.Infer {
		return blockio.CompressionOf(f.Path)
	}
	return f.Compression
}

// lines reads text.
type lines struct {
	Parts     [][]blockio.Block // of each partition
	Delimiter string            // empty for a newline with an optional carriage return
	Keep      bool
}

type textStage struct{ Lines lines }

func (s textStage) each(p *part, yield func(string) bool) error {
	return s.Lines.each(p, func(_, line string) bool { return yield(line) })
}

func (textStage) functions(func(any)) {}

type pathStage struct{ Lines lines }

func (s pathStage) each(p *part, yield func(Pair[string, string]) bool) error {
	return s.Lines.each(p, func(path, line string) bool { return yield(Pair[string, string]{path, line}) })
}

func (pathStage) functions(func(any)) {}

func (s lines) each(p *part, yield func(path, line string) bool) error {
	for i := range s.Parts[p.index] {
		more, err := s.block(p, &s.Parts[p.index][i], yield)
		if err != nil || !more {
			return err
		}
	}
	p.run.block = nil
	return nil
}

const (
	windowFirst = 32 << 10 // bytes read at first, which is all that Take needs
	window      = 256 << 10
)

// block pushes the lines of one block, and tells whether there may be more.
func (s lines) block(p *part, b *blockio.Block, yield func(path, line string) bool) (bool, error) {
	r, start, err := openBlock(p.ctx, *b)
	if err != nil {
		return false, err
	}
	defer r.Close()
	defer holdBallast(p.ctx)()
	p.run.block, p.run.offset = b, start
	delimiter := s.Delimiter
	if delimiter == "" {
		delimiter = "\n"
	}
	buf := make([]byte, windowFirst)
	have := 0
	for {
		if err := p.ctx.Err(); err != nil {
			return false, context.Cause(p.ctx)
		}
		n, err := io.ReadFull(r, buf[have:])
		last := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !last {
			return false, fmt.Errorf("bag: read %s: %w", b.Path, err)
		}
		p.run.read += int64(n)
		text := unsafe.String(unsafe.SliceData(buf), have+n) // nobody writes to buf after this
		for len(text) > 0 {
			end := index(text, delimiter)
			if end < 0 {
				break
			}
			next := end + len(delimiter)
			if !yield(b.Path, s.trim(text[:end], text[:next])) {
				return false, nil
			}
			p.run.offset += int64(next)
			text = text[next:]
		}
		if last {
			if text == "" {
				return true, nil
			}
			return yield(b.Path, s.trim(text, text)), nil
		}
		buf = make([]byte, max(window, 2*len(text)))
		have = copy(buf, text)
	}
}

func index(text, delimiter string) int {
	if len(delimiter) == 1 {
		return strings.IndexByte(text, delimiter[0])
	}
	return strings.Index(text, delimiter)
}

// trim returns what is handed on of a line without and with its delimiter.
func (s lines) trim(bare, whole string) string {
	if s.Keep {
		return whole
	}
	if s.Delimiter == "" && strings.HasSuffix(bare, "\r") {
		return bare[:len(bare)-1]
	}
	return bare
}

// openBlock returns a reader of the records that start in b, and where in the decompressed file it begins.
func openBlock(ctx context.Context, b blockio.Block) (io.ReadCloser, int64, error) {
	if b.Compression != blockio.None {
		if err := unchanged(b); err != nil {
			return nil, 0, err
		}
		r, err := blockio.Open(blockio.File{Path: b.Path, Size: b.Size, ModTime: b.ModTime, Compression: b.Compression})
		return r, 0, err
	}
	exact, err := blockio.LineBlocks(ctx, []blockio.Block{b})
	if err != nil {
		return nil, 0, err
	}
	if err := unchanged(b); err != nil {
		return nil, 0, err
	}
	f, err := os.Open(b.Path)
	if err != nil {
		return nil, 0, fmt.Errorf("bag: %w", err)
	}
	e := exact[0]
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(f, e.Start, e.End-e.Start), f}, e.Start, nil
}

func unchanged(b blockio.Block) error {
	info, err := os.Stat(b.Path)
	if err != nil {
		return fmt.Errorf("bag: %w", err)
	}
	if b.ModTime != 0 && (info.Size() != b.Size || info.ModTime().UnixNano() != b.ModTime) {
		return fmt.Errorf("bag: %s: %w", b.Path, blockio.ErrChanged)
	}
	return nil
}

// detach copies elements that hold little of the text that they were cut from, so that storing them does not keep the
// text. Elements that cannot be copied stay as they are.
func detach[T any](s []T, read int64) []T {
	if read == 0 || len(s) == 0 || 2*codec.SizeOf(s) > read {
		return s
	}
	data, err := codec.Marshal(s)
	if err != nil {
		return s
	}
	if c, err := codec.Unmarshal(data); err == nil {
		return c.([]T)
	}
	return s
}

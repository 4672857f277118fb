package blockio

import (
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
)

// Compression is how a file's bytes are encoded. The zero value is invalid in a [File] but means "by the file's extension"
// where it is asked for as an option.
type Compression uint8

// The compressions that can be read. All but Bzip2 can be written too.
const (
	Infer Compression = iota // by the extension: .gz .gzip .zst .zstd .bz2 .xz .lz4
	None
	Gzip
	Zstd
	Bzip2
	XZ
	LZ4
)

var compressionNames = [...]string{"infer", "none", "gzip", "zstd", "bz2", "xz", "lz4"}

// ErrCompression marks an unknown compression name, or one that cannot be written.
var ErrCompression = errors.New("unsupported compression")

// String gives Dask's name of c.
func (c Compression) String() string {
	if int(c) < len(compressionNames) {
		return compressionNames[c]
	}
	return fmt.Sprintf("Compression(%d)", uint8(c))
}

// ParseCompression reads a compression's name as Dask and pandas spell it: infer, gzip (gz), zstd (zst), bz2 (bzip2), xz,
// lz4, none or the empty string for no compression.
func ParseCompression(name string) (Compression, error) {
	switch strings.ToLower(name) {
	case "infer":
		return Infer, nil
	case "", "none":
		return None, nil
	case "gzip", "gz":
		return Gzip, nil
	case "zstd", "zst":
		return Zstd, nil
	case "bz2", "bzip2":
		return Bzip2, nil
	case "xz":
		return XZ, nil
	case "lz4":
		return LZ4, nil
	}
	return Infer, fmt.Errorf("blockio: %w %q: use infer, none, gzip, zstd, bz2, xz or lz4", ErrCompression, name)
}

// CompressionOf tells the compression from a file name's extension, None when it has none of the known ones.
func CompressionOf(path string) Compression {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".gz", ".gzip":
		return Gzip
	case ".zst", ".zstd":
		return Zstd
	case ".bz2":
		return Bzip2
	case ".xz":
		return XZ
	case ".lz4":
		return LZ4
	}
	return None
}

// resolve turns Infer into the compression of the path's extension.
func (c Compression) resolve(path string) Compression {
	if c == Infer {
		return CompressionOf(path)
	}
	return c
}

// Decompress wraps r with the decoder of c. Closing the result releases the decoder, not r.
func Decompress(r io.Reader, c Compression) (io.ReadCloser, error) {
	switch c {
	case None:
		return io.NopCloser(r), nil
	case Gzip:
		return gzip.NewReader(r)
	case Zstd:
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	case Bzip2:
		return io.NopCloser(bzip2.NewReader(r)), nil
	case XZ:
		d, err := xz.NewReader(r)
		if err != nil {
			return nil, err
		}
		return io.NopCloser(d), nil
	case LZ4:
		return io.NopCloser(lz4.NewReader(r)), nil
	}
	return nil, fmt.Errorf("blockio: %w %v", ErrCompression, c)
}

type nopWriteCloser struct{ io.Writer }

func (nopWriteCloser) Close() error { return nil }

// Compress wraps w with the encoder of c. Closing the result writes the encoder's trailer and does not close w.
func Compress(w io.Writer, c Compression) (io.WriteCloser, error) {
	switch c {
	case None:
		return nopWriteCloser{w}, nil
	case Gzip:
		return gzip.NewWriter(w), nil
	case Zstd:
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	case XZ:
		return xz.NewWriter(w)
	case LZ4:
		return lz4.NewWriter(w), nil
	}
	return nil, fmt.Errorf("blockio: %w for writing: %v; use gzip, zstd, xz or lz4", ErrCompression, c)
}

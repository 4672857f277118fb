package zarr

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// levelDefault is the level of a codec that does not say one.
const levelDefault = -1

// gzipCodec is the codec gzip of both versions.
type gzipCodec struct{ level int }

func (gzipCodec) name() string { return "gzip" }
func (gzipCodec) ratio() int   { return 1032 } // of deflate

func (gzipCodec) decode(dst, src []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(src))
	if err != nil {
		return nil, bad("gzip: %v", err)
	}
	return fill(dst, r, "gzip")
}

func (c gzipCodec) encode(src []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, c.level)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(src); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// zlibCodec is the compressor zlib of version 2.
type zlibCodec struct{ level int }

func (zlibCodec) name() string { return "zlib" }
func (zlibCodec) ratio() int   { return 1032 }

func (zlibCodec) decode(dst, src []byte) ([]byte, error) {
	r, err := zlib.NewReader(bytes.NewReader(src))
	if err != nil {
		return nil, bad("zlib: %v", err)
	}
	return fill(dst, r, "zlib")
}

func (zlibCodec) encode([]byte) ([]byte, error) { return nil, unsupported("writing with zlib") }

// fill reads a stream to its end, which must come within the capacity of dst.
func fill(dst []byte, r io.Reader, name string) ([]byte, error) {
	n, err := io.ReadFull(r, dst[:cap(dst)])
	switch err {
	case io.EOF, io.ErrUnexpectedEOF:
		return dst[:n], nil
	case nil:
		if m, err := r.Read(make([]byte, 1)); m > 0 || err != io.EOF {
			return nil, bad("%s: more than %d bytes, or damaged at the end", name, n)
		}
		return dst[:n], nil
	}
	return nil, bad("%s: %v", name, err)
}

// zstdCodec is the codec zstd of both versions.
type zstdCodec struct {
	level    int
	checksum bool
}

func (zstdCodec) name() string { return "zstd" }
func (zstdCodec) ratio() int   { return 1 << 15 } // blocks of 128 KiB have at least 4 bytes

var zstdDecoder = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderMaxMemory(chunkBytesMax))
})

func (zstdCodec) decode(dst, src []byte) ([]byte, error) {
	d, err := zstdDecoder()
	if err != nil {
		return nil, err
	}
	out, err := d.DecodeAll(src, dst)
	if err != nil {
		return nil, bad("zstd: %v", err)
	}
	return out, nil
}

var zstdEncoders sync.Map // of *zstd.Encoder by zstdCodec

func (c zstdCodec) encode(src []byte) ([]byte, error) {
	e, ok := zstdEncoders.Load(c)
	if !ok {
		made, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.EncoderLevelFromZstd(c.level)), zstd.WithEncoderCRC(c.checksum))
		if err != nil {
			return nil, err
		}
		e, _ = zstdEncoders.LoadOrStore(c, made)
	}
	return e.(*zstd.Encoder).EncodeAll(src, make([]byte, 0, len(src)/2+slack)), nil
}

// lz4Codec is the compressor lz4 of numcodecs: the length in 4 bytes and one block.
type lz4Codec struct{}

func (lz4Codec) name() string { return "lz4" }
func (lz4Codec) ratio() int   { return 255 }

func (lz4Codec) decode(dst, src []byte) ([]byte, error) {
	if len(src) < 4 {
		return nil, bad("lz4: %d bytes of data", len(src))
	}
	n := int(binary.LittleEndian.Uint32(src))
	if n > cap(dst) {
		return nil, bad("lz4: %d bytes, want %d at most", n, cap(dst))
	}
	return lz4Block(dst[:n], src[4:])
}

// lz4Block decodes a block of known length.
func lz4Block(dst, src []byte) ([]byte, error) {
	n, err := lz4.UncompressBlock(src, dst)
	if err != nil || n != len(dst) {
		return nil, bad("lz4: damaged block")
	}
	return dst, nil
}

func (lz4Codec) encode([]byte) ([]byte, error) { return nil, unsupported("writing with lz4") }

// crcCodec appends the CRC-32C of the bytes.
type crcCodec struct{}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (crcCodec) name() string { return "crc32c" }
func (crcCodec) ratio() int   { return 1 }

func (crcCodec) decode(dst, src []byte) ([]byte, error) {
	n := len(src) - 4
	if n < 0 || crc32.Checksum(src[:n], castagnoli) != binary.LittleEndian.Uint32(src[n:]) {
		return nil, bad("crc32c: the checksum does not fit the data")
	}
	return src[:n], nil
}

func (crcCodec) encode(src []byte) ([]byte, error) {
	return binary.LittleEndian.AppendUint32(bytes.Clone(src), crc32.Checksum(src, castagnoli)), nil
}

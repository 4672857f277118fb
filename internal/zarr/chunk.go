package zarr

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Encode compresses the elements of a whole chunk, in C order and the machine's byte order. The result may share memory with
// raw.
func (m *Meta) Encode(raw []byte) ([]byte, error) {
	out := raw
	switch m.Codec {
	case "zstd":
		e, err := encoder(m.Level)
		if err != nil {
			return nil, err
		}
		out = e.EncodeAll(raw, nil)
	case "gzip", "zlib":
		var b bytes.Buffer
		var w io.WriteCloser
		var err error
		level := m.Level
		if level == 0 {
			level = gzip.DefaultCompression
		}
		if m.Codec == "gzip" {
			w, err = gzip.NewWriterLevel(&b, level)
		} else {
			w, err = zlib.NewWriterLevel(&b, level)
		}
		if err != nil {
			return nil, bad("level %d of %s: %v", m.Level, m.Codec, err)
		}
		if _, err := w.Write(raw); err != nil {
			return nil, err
		}
		if err := w.Close(); err != nil {
			return nil, err
		}
		out = b.Bytes()
	}
	if m.CRC {
		out = binary.LittleEndian.AppendUint32(bytes.Clone(out), crc32.Checksum(out, castagnoli))
	}
	return out, nil
}

// Decode returns the elements of a whole chunk in the machine's byte order and C order. The result may share memory with b.
func (m *Meta) Decode(b []byte) ([]byte, error) {
	want := m.ChunkSize() * m.Type.Size()
	if m.CRC {
		if len(b) < 4 {
			return nil, bad("a chunk of %d bytes has no checksum", len(b))
		}
		body := b[:len(b)-4]
		if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(b[len(b)-4:]) {
			return nil, bad("the checksum of a chunk is wrong: it is damaged")
		}
		b = body
	}
	raw, err := m.decompress(b, want)
	if err != nil {
		return nil, err
	}
	if len(raw) != want {
		return nil, bad("a chunk of %d bytes, want %d", len(raw), want)
	}
	if m.BigEndian {
		raw = swapped(raw, m.wordSize())
	}
	if m.FortranC && len(m.Chunks) > 1 {
		raw = toC(raw, m.Chunks, m.Type.Size())
	}
	return raw, nil
}

// wordSize returns the bytes of what is swapped: the parts of complex numbers.
func (m *Meta) wordSize() int {
	if m.Type.IsComplex() {
		return m.Type.Size() / 2
	}
	return m.Type.Size()
}

func (m *Meta) decompress(b []byte, want int) ([]byte, error) {
	switch m.Codec {
	case "zstd":
		var h zstd.Header
		if err := h.Decode(b); err == nil && h.HasFCS && h.FrameContentSize != uint64(want) {
			return nil, bad("a chunk claims %d bytes, want %d", h.FrameContentSize, want)
		}
		r, err := zstd.NewReader(bytes.NewReader(b), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(chunkBytesMax))
		if err != nil {
			return nil, bad("a chunk is no zstd data: %v", err)
		}
		defer r.Close()
		return readAll(r, want)
	case "gzip":
		r, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			return nil, bad("a chunk is no gzip data: %v", err)
		}
		return readAll(r, want)
	case "zlib":
		r, err := zlib.NewReader(bytes.NewReader(b))
		if err != nil {
			return nil, bad("a chunk is no zlib data: %v", err)
		}
		return readAll(r, want)
	}
	return b, nil
}

// readAll reads want bytes and the end of the stream.
func readAll(r io.Reader, want int) ([]byte, error) {
	var out bytes.Buffer
	// One byte more than wanted is enough to see that there is too much; the buffer grows with what arrives.
	n, err := io.Copy(&out, io.LimitReader(r, int64(want)+1))
	if err != nil {
		return nil, bad("a chunk cannot be decompressed after %d bytes: %v", n, err)
	}
	return out.Bytes(), nil
}

func swapped(raw []byte, size int) []byte {
	out := make([]byte, len(raw))
	for i := 0; i+size <= len(raw); i += size {
		for k := range size {
			out[i+k] = raw[i+size-1-k]
		}
	}
	return out
}

// toC brings a chunk whose first axis runs fastest into C order.
func toC(raw []byte, shape []int, size int) []byte {
	out := make([]byte, len(raw))
	at := make([]int, len(shape))
	for src := 0; src < len(raw); src += size {
		dst := 0
		for a, n := range shape {
			dst = dst*n + at[a]
		}
		copy(out[dst*size:(dst+1)*size], raw[src:src+size])
		for a := range at {
			if at[a]++; at[a] < shape[a] {
				break
			}
			at[a] = 0
		}
	}
	return out
}

var encoders sync.Map // level → *zstd.Encoder

// encoder returns the encoder of a level of the format's scale, shared: EncodeAll is safe for concurrent use.
func encoder(level int) (*zstd.Encoder, error) {
	if e, ok := encoders.Load(level); ok {
		return e.(*zstd.Encoder), nil
	}
	l := zstd.SpeedFastest
	if level > 0 {
		l = zstd.EncoderLevelFromZstd(level)
	}
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(l), zstd.WithEncoderConcurrency(1))
	if err == nil {
		encoders.Store(level, e)
	}
	return e, err
}

package codec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"unsafe"

	"github.com/zeebo/xxh3"
)

// A frame is the word "SHF1" and blocks. A block is the length of its payload (4 bytes), a checksum (8 bytes, xxh3 of the payload seeded
// with the block's number), and the payload, at most 1 MiB. A block of length 0 ends the frame; its checksum is that of the
// frame's total length; one of length 2^32-1 gives the frame up, and what follows is a block with the reason. Everything is little-endian. So damage, missing blocks, swapped blocks and a missing end are all noticed,
// before a byte of the damaged block is used, and neither side needs the whole in memory.
const (
	frameMagic    = "SHF1"
	frameBlockMax = 1 << 20
	frameBuffer   = 64 << 10
	blockHeader   = 12
	frameAborted  = 1<<32 - 1
	abortTextMax  = 16 << 10
)

// An AbortError is the error of reading a frame that its writer gave up; see [FrameWriter.Abort].
type AbortError struct{ Reason string }

func (e *AbortError) Error() string { return "codec: the writer of the frame gave up: " + e.Reason }

// ErrChecksum is in the chain of the error for a frame whose bytes are not those that were written.
var ErrChecksum = fmt.Errorf("%w: checksum does not match", ErrCorrupt)

// EncodeFrame writes v and its type to w as one checksummed frame.
func EncodeFrame(w io.Writer, v any) error {
	fw := NewFrameWriter(w)
	if err := Encode(fw, v); err != nil {
		return err
	}
	return fw.Close()
}

// DecodeFrame reads one value that [EncodeFrame] wrote, and not a byte more. Without a byte to read it returns io.EOF.
func DecodeFrame(r io.Reader) (any, error) {
	var v any
	err := decodeFrame(r, func(d *Decoder) error { return d.decodePointer(anyType, unsafe.Pointer(&v)) })
	if err != nil {
		return nil, err
	}
	return v, nil
}

// EncodeFrameAs is EncodeFrame for a static type.
func EncodeFrameAs[T any](w io.Writer, v T) error {
	fw := NewFrameWriter(w)
	if err := EncodeAs(fw, v); err != nil {
		return err
	}
	return fw.Close()
}

// DecodeFrameAs reads one value that [EncodeFrameAs] wrote with the same T.
func DecodeFrameAs[T any](r io.Reader) (v T, err error) {
	err = decodeFrame(r, func(d *Decoder) error {
		var err error
		v, err = DecodeFrom[T](d)
		return err
	})
	return v, err
}

// readBuffers are those of decoders that have ended. Nothing that was decoded points into them.
var readBuffers = sync.Pool{New: func() any { b := make([]byte, readBytes); return &b }}

func decodeFrame(r io.Reader, decode func(*Decoder) error) error {
	fr := NewFrameReader(r)
	buf := readBuffers.Get().(*[]byte) // most values are tiny beside it
	defer readBuffers.Put(buf)
	d := &Decoder{src: fr, buf: *buf, credit: creditStart}
	if err := decode(d); err != nil {
		if fr.err != nil && !errors.Is(fr.err, io.EOF) {
			return fr.err
		}
		if errors.Is(err, io.EOF) && fr.started {
			return &Error{Path: "frame", Err: ErrTruncated}
		}
		return err
	}
	// The end of the frame still has to be right.
	if _, err := d.next(1); err == nil {
		return &Error{Path: "frame", Err: corruptf("bytes after the value")}
	} else if !errors.Is(err, ErrTruncated) || !errors.Is(fr.err, io.EOF) {
		return fr.err
	}
	return nil
}

// A FrameWriter writes one frame. Write may be called with pieces of any size; Close ends the frame and does not close the
// writer below.
type FrameWriter struct {
	w     io.Writer
	buf   []byte // header space, then bytes that wait
	block uint64
	total uint64
	begun bool
	err   error
}

// NewFrameWriter returns a writer of one frame to w.
func NewFrameWriter(w io.Writer) *FrameWriter { return &FrameWriter{w: w} }

// Write adds p to the frame.
func (f *FrameWriter) Write(p []byte) (int, error) {
	n := len(p)
	if len(f.buf)+len(p) <= frameBuffer {
		f.buf = append(f.buf, p...)
		return n, f.err
	}
	f.put(f.buf)
	f.buf = f.buf[:0]
	for len(p) > frameBlockMax {
		f.put(p[:frameBlockMax])
		p = p[frameBlockMax:]
	}
	if len(p) > frameBuffer/2 {
		f.put(p)
	} else {
		f.buf = append(f.buf, p...)
	}
	if f.err != nil {
		return 0, f.err
	}
	return n, nil
}

// put writes a block, unless it is empty.
func (f *FrameWriter) put(payload []byte) {
	if len(payload) == 0 || f.err != nil {
		return
	}
	f.header(len(payload), xxh3.HashSeed(payload, f.block))
	if f.err == nil {
		_, f.err = f.w.Write(payload)
	}
	f.block++
	f.total += uint64(len(payload))
}

func (f *FrameWriter) header(n int, sum uint64) {
	var h [len(frameMagic) + blockHeader]byte
	copy(h[:], frameMagic)
	binary.LittleEndian.PutUint32(h[4:], uint32(n))
	binary.LittleEndian.PutUint64(h[8:], sum)
	b := h[:]
	if f.begun {
		b = h[len(frameMagic):]
	}
	f.begun = true
	_, f.err = f.w.Write(b)
}

// Close ends the frame.
func (f *FrameWriter) Close() error {
	f.put(f.buf)
	f.buf = nil
	if f.err == nil {
		f.header(0, endSum(f.total, f.block))
	}
	if f.err != nil {
		return fmt.Errorf("codec: write frame: %w", f.err)
	}
	f.err = errors.New("frame is closed")
	return nil
}

// Abort ends the frame without its end: whoever reads it gets an [AbortError] with the reason, and what follows the frame can be read. It
// is for values of which it turns out on the way that they cannot be written.
func (f *FrameWriter) Abort(reason string) error {
	f.buf = nil
	text := []byte(reason[:min(len(reason), abortTextMax)])
	if f.err == nil {
		f.header(frameAborted, endSum(f.total, f.block))
	}
	if f.err == nil {
		f.header(len(text), xxh3.HashSeed(text, f.block))
	}
	if f.err == nil {
		_, f.err = f.w.Write(text)
	}
	if f.err != nil {
		return fmt.Errorf("codec: write frame: %w", f.err)
	}
	f.err = errors.New("frame is closed")
	return nil
}

func endSum(total, block uint64) uint64 {
	return xxh3.HashSeed(binary.LittleEndian.AppendUint64(nil, total), block)
}

// A FrameReader reads the payload of one frame and returns io.EOF at its end, having read nothing behind it.
type FrameReader struct {
	r       io.Reader
	buf     []byte
	rest    []byte // of the current block
	block   uint64
	total   uint64
	started bool
	err     error
}

// NewFrameReader returns a reader of the frame that begins at r.
func NewFrameReader(r io.Reader) *FrameReader { return &FrameReader{r: r} }

// Read returns bytes of blocks whose checksum was right.
func (f *FrameReader) Read(p []byte) (int, error) {
	if len(f.rest) == 0 {
		if f.err != nil || len(p) == 0 {
			return 0, f.err
		}
		n, direct := 0, false
		if n, direct, f.err = f.next(p); f.err != nil || direct {
			return n, f.err
		}
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// next reads a block, straight into p where it fits.
func (f *FrameReader) next(p []byte) (n int, direct bool, err error) {
	var h [len(frameMagic) + blockHeader]byte
	b := h[len(frameMagic):]
	if !f.started {
		b = h[:]
	}
	switch got, err := io.ReadFull(f.r, b); {
	case err == io.EOF && !f.started:
		return 0, false, io.EOF
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		f.started = f.started || got > 0
		return 0, false, fmt.Errorf("codec: frame: %w", ErrTruncated)
	case err != nil:
		return 0, false, fmt.Errorf("codec: read frame: %w", err)
	}
	if !f.started && string(h[:len(frameMagic)]) != frameMagic {
		return 0, false, fmt.Errorf("codec: frame: %w: it does not begin with %s", ErrCorrupt, frameMagic)
	}
	f.started = true
	n = int(binary.LittleEndian.Uint32(h[4:]))
	sum := binary.LittleEndian.Uint64(h[8:])
	if n == 0 {
		if sum != endSum(f.total, f.block) {
			return 0, false, fmt.Errorf("codec: end of frame: %w", ErrChecksum)
		}
		return 0, false, io.EOF
	}
	if n == frameAborted && sum == endSum(f.total, f.block) {
		return 0, false, f.aborted()
	}
	if n > frameBlockMax {
		return 0, false, fmt.Errorf("codec: frame: %w: block of %d bytes", ErrCorrupt, n)
	}
	into := p
	if direct = n <= len(p); !direct {
		if cap(f.buf) < n {
			f.buf = make([]byte, max(n, min(2*cap(f.buf), frameBlockMax)))
		}
		into = f.buf[:cap(f.buf)]
	}
	into = into[:n]
	if _, err := io.ReadFull(f.r, into); err == io.EOF || err == io.ErrUnexpectedEOF {
		return 0, false, fmt.Errorf("codec: frame: %w", ErrTruncated)
	} else if err != nil {
		return 0, false, fmt.Errorf("codec: read frame: %w", err)
	}
	if xxh3.HashSeed(into, f.block) != sum {
		return 0, false, fmt.Errorf("codec: block %d of frame: %w", f.block, ErrChecksum)
	}
	f.block++
	f.total += uint64(n)
	if !direct {
		f.rest = into
	}
	return n, direct, nil
}

// aborted reads why the writer gave up.
func (f *FrameReader) aborted() error {
	var h [blockHeader]byte
	if _, err := io.ReadFull(f.r, h[:]); err != nil {
		return fmt.Errorf("codec: frame: %w", ErrTruncated)
	}
	n := binary.LittleEndian.Uint32(h[:])
	if n > abortTextMax {
		return fmt.Errorf("codec: frame: %w: reason of %d bytes", ErrCorrupt, n)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(f.r, text); err != nil {
		return fmt.Errorf("codec: frame: %w", ErrTruncated)
	}
	if xxh3.HashSeed(text, f.block) != binary.LittleEndian.Uint64(h[4:]) {
		return fmt.Errorf("codec: reason in frame: %w", ErrChecksum)
	}
	return &AbortError{Reason: string(text)}
}

package codec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"reflect"
	"unsafe"
)

// A Decoder reads the values of a stream that an [Encoder] wrote. It reads ahead. It is not safe for concurrent use.
type Decoder struct {
	src      io.Reader // nil when buf is everything
	buf      []byte
	pos, end int // unread bytes are buf[pos:end]

	types     []*typeCodec
	refs      []pendingDec // pointers and maps of the current value, in order of appearance
	queue     []pendingDec // pointers whose targets are still to be read
	funcs     []funcKey    // of the current value, in order of appearance
	depth     int
	typeDepth int
	credit    int64
	arena     []byte // small strings are cut from here
}

type pendingDec struct {
	codec *typeCodec
	p     unsafe.Pointer
}

// NewDecoder returns a decoder that reads from r.
func NewDecoder(r io.Reader) *Decoder {
	return &Decoder{src: r, buf: make([]byte, readBytes), credit: creditStart}
}

const readBytes = 8 << 10

// NewDecoderBytes returns a decoder of the values in data, which they do not share memory with.
func NewDecoderBytes(data []byte) *Decoder {
	return &Decoder{buf: data, end: len(data), credit: creditStart + creditPerByte*int64(len(data))}
}

// Expect allows n bytes more to be allocated before they have arrived, because somebody who is trusted has said how large the next value
// is. Without it a large value is read into memory that grows with it, and copied a few times.
func (d *Decoder) Expect(n int64) { d.credit += max(n, 0) }

// Decode reads the next value. At the end of the stream it returns io.EOF; data that ends within a value is [ErrTruncated].
func (d *Decoder) Decode() (any, error) {
	var v any
	if err := d.decodePointer(anyType, unsafe.Pointer(&v)); err != nil {
		return nil, err
	}
	return v, nil
}

// decodePointer reads a value of static type t into the zeroed memory at p.
func (d *Decoder) decodePointer(t reflect.Type, p unsafe.Pointer) (err error) {
	if d.pos == d.end {
		if err := d.fill(1); err != nil {
			if errors.Is(err, ErrTruncated) {
				return io.EOF
			}
			return err
		}
	}
	defer func() {
		// A type's own decoding method may panic on bytes it did not write.
		if r := recover(); r != nil {
			err = rooted(corruptf("panic while decoding: %v", r), t)
		}
	}()
	if err := d.run(t, p); err != nil {
		return rooted(err, t)
	}
	return nil
}

func (d *Decoder) run(t reflect.Type, p unsafe.Pointer) error {
	defer d.reset()
	tc := codecOf(t)
	if t.Kind() != reflect.Interface {
		got, err := d.typeRef()
		if err != nil {
			return err
		}
		if got == nil || got.t != t {
			return fmt.Errorf("the data is a %v, not a %v", got, t)
		}
	}
	if err := tc.dec(d, p); err != nil {
		return err
	}
	for i := 0; i < len(d.queue); i++ {
		q := d.queue[i]
		if err := q.codec.dec(d, q.p); err != nil {
			return at(err, "→"+q.codec.t.String())
		}
	}
	return nil
}

func (d *Decoder) reset() {
	clear(d.queue)
	clear(d.refs)
	clear(d.funcs)
	d.queue, d.refs, d.funcs, d.depth = d.queue[:0], d.refs[:0], d.funcs[:0], 0
}

func (d *Decoder) enter() error {
	if d.depth++; d.depth > maxDepth {
		return ErrDepth
	}
	return nil
}

func (d *Decoder) leave() { d.depth-- }

// fill makes at least n bytes unread in the buffer; n is at most 512.
func (d *Decoder) fill(n int) error {
	if d.src == nil {
		return ErrTruncated
	}
	copy(d.buf, d.buf[d.pos:d.end])
	d.end -= d.pos
	d.pos = 0
	got, err := io.ReadAtLeast(d.src, d.buf[d.end:], n-d.end)
	d.end += got
	d.credit += int64(got) * creditPerByte
	if d.end >= n {
		return nil
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return ErrTruncated
	}
	return fmt.Errorf("read: %w", err)
}

// next returns the next n ≤ 512 bytes, valid until the next read.
func (d *Decoder) next(n int) ([]byte, error) {
	if d.end-d.pos < n {
		if err := d.fill(n); err != nil {
			return nil, err
		}
	}
	b := d.buf[d.pos : d.pos+n]
	d.pos += n
	return b, nil
}

func (d *Decoder) byte() (byte, error) {
	if d.pos == d.end {
		if err := d.fill(1); err != nil {
			return 0, err
		}
	}
	b := d.buf[d.pos]
	d.pos++
	return b, nil
}

func (d *Decoder) uvarint() (uint64, error) {
	if d.pos < d.end && d.buf[d.pos] < 0x80 {
		d.pos++
		return uint64(d.buf[d.pos-1]), nil
	}
	var x uint64
	for shift := 0; shift < 64; shift += 7 {
		b, err := d.byte()
		if err != nil {
			return 0, err
		}
		if b < 0x80 {
			if shift == 63 && b > 1 {
				break
			}
			return x | uint64(b)<<shift, nil
		}
		x |= uint64(b&0x7f) << shift
	}
	return 0, corruptf("number longer than 64 bits")
}

// read fills p.
func (d *Decoder) read(p []byte) error {
	n := copy(p, d.buf[d.pos:d.end])
	d.pos += n
	if n == len(p) {
		return nil
	}
	if d.src == nil {
		return ErrTruncated
	}
	got, err := io.ReadFull(d.src, p[n:])
	d.credit += int64(got) * creditPerByte
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return ErrTruncated
	}
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	return nil
}

// Memory is allocated ahead of the data only on credit: some to begin with, and a multiple of every byte that has arrived. So
// no chain of lengths, however nested, makes the decoder take more than a multiple of what it was sent.
const (
	creditStart   = 4 << 20
	creditPerByte = 32
)

// affordable returns how many of n elements, each at least wire bytes long in the data and size bytes in memory, may be
// allocated now; the caller grows from there as they arrive. It fails when the data is known to be too short for n.
func (d *Decoder) affordable(n uint64, wire, size uintptr) (int, error) {
	wire, size = max(wire, 1), max(size, 1)
	if d.src == nil && n > uint64(d.end-d.pos)/uint64(wire) {
		return 0, ErrTruncated
	}
	if n > 1<<48/uint64(max(wire, size)) {
		return 0, corruptf("length %d", n)
	}
	n = min(n, max(uint64(max(d.credit, 0))/uint64(size), 16))
	d.credit -= int64(n) * int64(size)
	return int(n), nil
}

// bytes reads n bytes into fresh memory.
func (d *Decoder) bytes(n uint64) ([]byte, error) {
	now, err := d.affordable(n, 1, 1)
	if err != nil {
		return nil, err
	}
	b := make([]byte, now)
	if err := d.read(b); err != nil {
		return nil, err
	}
	for uint64(len(b)) < n {
		more := min(n-uint64(len(b)), uint64(len(b)))
		b = append(b, make([]byte, more)...)
		if err := d.read(b[uint64(len(b))-more:]); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// string reads n bytes as a string. Small ones share an arena, which saves an allocation each and holds at most 16 KiB alive
// for a string that outlives its neighbours.
func (d *Decoder) string(n uint64) (string, error) {
	if n == 0 {
		return "", nil
	}
	if n > 256 {
		b, err := d.bytes(n)
		return unsafe.String(unsafe.SliceData(b), len(b)), err
	}
	if uint64(cap(d.arena)-len(d.arena)) < n {
		d.arena = make([]byte, 0, min(max(2*cap(d.arena), 512), 16<<10))
	}
	start := len(d.arena)
	d.arena = d.arena[:start+int(n)]
	b := d.arena[start:]
	if err := d.read(b); err != nil {
		return "", err
	}
	return unsafe.String(&b[0], len(b)), nil
}

func appendUvarint(b []byte, x uint64) []byte { return binary.AppendUvarint(b, x) }

package codec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"sync"
	"unsafe"
)

// Encode writes v and its type to w.
func Encode(w io.Writer, v any) error {
	e := getEncoder(w)
	defer putEncoder(e)
	return e.Encode(v)
}

// Decode reads one value that [Encode] wrote. It may read further than the value; use a [Decoder] for several in one stream,
// or [DecodeFrame].
func Decode(r io.Reader) (any, error) {
	return NewDecoder(r).Decode()
}

// Marshal returns the encoding of v and its type.
func Marshal(v any) ([]byte, error) {
	e := getEncoder(nil)
	defer putEncoder(e)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.Clone(e.buf), nil
}

// Unmarshal decodes one value from data, which must hold nothing else. The result does not share memory with data.
func Unmarshal(data []byte) (any, error) {
	d := NewDecoderBytes(data)
	v, err := d.Decode()
	if errors.Is(err, io.EOF) {
		err = &Error{Path: "value", Err: ErrTruncated}
	}
	if err == nil && d.pos != d.end {
		err = &Error{Path: "value", Err: corruptf("%d bytes after the value", d.end-d.pos)}
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

// EncodeAs writes v as a T. Without the detour through an interface it does not allocate for v.
func EncodeAs[T any](w io.Writer, v T) error {
	e := getEncoder(w)
	defer putEncoder(e)
	return EncodeTo(e, v)
}

// DecodeAs reads one value that [EncodeAs] wrote with the same T. Another type is an error.
func DecodeAs[T any](r io.Reader) (T, error) {
	return DecodeFrom[T](NewDecoder(r))
}

// UnmarshalAs decodes one value that [EncodeAs] or [EncodeTo] wrote with the same T from data, which must hold nothing else.
func UnmarshalAs[T any](data []byte) (v T, err error) {
	d := &Decoder{buf: data, end: len(data), credit: creditStart + creditPerByte*int64(len(data))}
	err = d.decodePointer(reflect.TypeFor[T](), unsafe.Pointer(&v))
	if errors.Is(err, io.EOF) {
		err = &Error{Path: "value", Err: ErrTruncated}
	}
	if err == nil && d.pos != d.end {
		err = &Error{Path: "value", Err: corruptf("%d bytes after the value", d.end-d.pos)}
	}
	return v, err
}

// EncodeTo writes v as a T to a stream.
func EncodeTo[T any](e *Encoder, v T) error {
	return e.encodePointer(reflect.TypeFor[T](), unsafe.Pointer(&v))
}

// DecodeFrom reads the next value of a stream, which [EncodeTo] or [Encoder.Encode] wrote as a T.
func DecodeFrom[T any](d *Decoder) (v T, err error) {
	err = d.decodePointer(reflect.TypeFor[T](), unsafe.Pointer(&v))
	return v, err
}

// An Encoder writes values to a stream. Types are named once in a stream, so many small values of the same types are cheap.
// After an
// error the stream is of no use. It is not safe for concurrent use.
type Encoder struct {
	w   io.Writer // nil collects everything in buf
	buf []byte

	// Deterministic makes maps travel in the order of their keys, so that equal values give equal bytes. Keys other than
	// strings, numbers and bools are ordered by their encoding, keys that are pointers by chance.
	Deterministic bool

	types    map[reflect.Type]typeIndex
	last     reflect.Type // the type of the latest interface value, and its index
	lastIdx  typeIndex
	seen     map[ptrKey]uint64 // pointers and maps of the current value
	queue    []pendingEnc      // pointers met, whose targets are still to be written
	funcs    map[funcKey]int   // functions of the current value
	depth    int
	tracing  bool // follow pointers at once, to find the path of an error
	numTypes uint64
}

type typeIndex struct {
	index uint64
	codec *typeCodec
}

type ptrKey struct {
	p     unsafe.Pointer
	codec *typeCodec
}

type pendingEnc struct {
	codec *typeCodec
	p     unsafe.Pointer
}

// NewEncoder returns an encoder that writes to w. Every Encode ends with everything written. Without a writer (nil) it collects;
// see [Encoder.Bytes].
func NewEncoder(w io.Writer) *Encoder { return &Encoder{w: w} }

// Bytes returns what an encoder without a writer has collected since the last Reset. It is valid until the encoder is used again.
func (e *Encoder) Bytes() []byte { return e.buf }

// Reset drops what was collected and forgets the types: what follows is a new stream. The memory is kept for it.
func (e *Encoder) Reset() {
	e.reset()
	clear(e.types)
	*e = Encoder{w: e.w, buf: e.buf[:0], Deterministic: e.Deterministic, types: e.types, seen: e.seen, queue: e.queue, funcs: e.funcs}
}

const flushSize = 64 << 10

var encoders = sync.Pool{New: func() any { return &Encoder{buf: make([]byte, 0, 4096)} }}

func getEncoder(w io.Writer) *Encoder {
	e := encoders.Get().(*Encoder)
	e.w = w
	return e
}

func putEncoder(e *Encoder) {
	buf := e.buf[:0]
	if cap(buf) > 1<<20 {
		buf = nil
	}
	*e = Encoder{buf: buf}
	encoders.Put(e)
}

// Encode writes v and, the first time, its type.
func (e *Encoder) Encode(v any) error {
	return e.encodePointer(anyType, unsafe.Pointer(&v))
}

// encodePointer writes the value at p, of static type t. An interface type writes the type of what it holds.
func (e *Encoder) encodePointer(t reflect.Type, p unsafe.Pointer) error {
	err := e.run(t, p)
	if err == nil {
		return e.finish()
	}
	if we, ok := errors.AsType[*writeError](err); ok {
		e.reset()
		return we
	}
	// Pointers were not followed in place: do it once more, in place and into nothing, to learn the path.
	trace := &Encoder{tracing: true, w: io.Discard}
	if traced := trace.run(t, p); traced != nil && !errors.Is(traced, ErrDepth) {
		err = traced
	}
	root := t
	if t.Kind() == reflect.Interface {
		if v := reflect.NewAt(t, p).Elem(); !v.IsNil() {
			root = v.Elem().Type()
		}
	}
	e.reset()
	return rooted(err, root)
}

func (e *Encoder) run(t reflect.Type, p unsafe.Pointer) error {
	tc := codecOf(t)
	if t.Kind() != reflect.Interface {
		if err := e.typeRef(t); err != nil {
			return err
		}
	}
	if err := tc.enc(e, p); err != nil {
		return err
	}
	for i := 0; i < len(e.queue); i++ { // grows while it runs
		q := e.queue[i]
		if err := q.codec.enc(e, q.p); err != nil {
			return err
		}
		if err := e.maybeFlush(); err != nil {
			return err
		}
	}
	return nil
}

// finish ends one value: the bytes go out and pointers of the next value are new ones.
func (e *Encoder) finish() error {
	e.reset()
	if e.w == nil {
		return nil
	}
	return e.flush()
}

func (e *Encoder) reset() {
	clear(e.queue)
	e.queue = e.queue[:0]
	clear(e.seen)
	clear(e.funcs)
	e.depth = 0
}

func (e *Encoder) flush() error {
	if len(e.buf) == 0 {
		return nil
	}
	_, err := e.w.Write(e.buf)
	e.buf = e.buf[:0]
	if err != nil {
		return &writeError{err}
	}
	return nil
}

func (e *Encoder) maybeFlush() error {
	if e.w == nil || len(e.buf) < flushSize {
		return nil
	}
	return e.flush()
}

// raw writes a large run of bytes without a copy where there is a writer.
func (e *Encoder) raw(b []byte) error {
	if e.w == nil || len(b) < flushSize/4 {
		e.buf = append(e.buf, b...)
		return e.maybeFlush()
	}
	if err := e.flush(); err != nil {
		return err
	}
	if _, err := e.w.Write(b); err != nil {
		return &writeError{err}
	}
	return nil
}

const maxDepth = 10_000

func (e *Encoder) enter() error {
	if e.depth++; e.depth > maxDepth {
		return fmt.Errorf("%w: more than %d slices, maps or interfaces inside each other (a slice that contains itself?)",
			ErrDepth, maxDepth)
	}
	return nil
}

func (e *Encoder) leave() { e.depth-- }

package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// MessageBytesMax bounds a message's encoding. What is larger than that does not belong into a message but is a value.
const MessageBytesMax = 64 << 20

var (
	// ErrMalformed is matched by the error about bytes that are no message.
	ErrMalformed = errors.New("malformed message")
	// ErrTooLarge is matched by the error about a message over [MessageBytesMax].
	ErrTooLarge = errors.New("message too large")
)

// Append appends the encoding of m to dst: its kind, then its fields in order. Integers are varints, ids are differences to the
// id before, so that the thousands of a batch take two bytes each.
func Append(dst []byte, m Message) ([]byte, error) {
	v := reflect.ValueOf(m)
	if m == nil || v.IsNil() {
		return dst, fmt.Errorf("wire: no message given: %w", ErrMalformed)
	}
	if m.kind() == Invalid {
		return dst, fmt.Errorf("wire: a %T is not sent: %w", m, ErrMalformed)
	}
	at := len(dst)
	e := encoder{buf: append(dst, byte(m.kind()))}
	codecs[m.kind()].enc(&e, v.UnsafePointer())
	if n := len(e.buf) - at; n > MessageBytesMax {
		return dst, fmt.Errorf("wire: %T of %d bytes, at most %d can be sent; large values are scattered, not passed in calls: %w",
			m, n, MessageBytesMax, ErrTooLarge)
	}
	return e.buf, nil
}

// Unparsed is a graph that was received and not yet decoded, because it is large: whoever gets it calls Parse when others need not
// wait for it.
type Unparsed struct {
	Pieces [][]byte // in which it came
}

// Parse decodes the graph.
func (u *Unparsed) Parse() (Message, error) { return Parse(slices.Concat(u.Pieces...)) }

func (*Unparsed) kind() Kind { return Invalid }

// largeBytes is the size from which [ParseSoon] leaves a graph as it is.
const largeBytes = 256 << 10

// ParseSoon is [Parse] of a message in pieces, except that large graphs come out as [Unparsed].
func ParseSoon(pieces [][]byte) (Message, error) {
	if len(pieces) == 1 && len(pieces[0]) < largeBytes {
		return Parse(pieces[0])
	}
	n := 0
	for _, p := range pieces {
		n += len(p)
	}
	if n >= largeBytes && n <= MessageBytesMax && len(pieces[0]) > 0 && pieces[0][0] == byte(KindSubmit) {
		return &Unparsed{slices.Clone(pieces)}, nil
	}
	return Parse(slices.Concat(pieces...))
}

// Parse decodes a message, which shares no memory with b. Of a hello of another version that has other fields it decodes the version,
// so that its sender can be told.
func Parse(b []byte) (Message, error) {
	if len(b) == 0 || b[0] == 0 || b[0] >= byte(kindEnd) {
		return nil, fmt.Errorf("wire: no message of a known kind: %w", ErrMalformed)
	}
	if len(b) > MessageBytesMax {
		return nil, fmt.Errorf("wire: %d bytes: %w", len(b), ErrTooLarge)
	}
	c := &codecs[b[0]]
	v := reflect.New(c.typ)
	d := decoder{buf: b[1:]}
	c.dec(&d, v.UnsafePointer())
	if d.err == nil && len(d.buf) > 0 {
		d.fail()
	}
	m := v.Interface().(Message)
	if d.err != nil {
		if m = ofOtherVersion(m); m != nil {
			return m, nil
		}
		return nil, fmt.Errorf("wire: %s: %w", c.typ.Name(), d.err)
	}
	return m, nil
}

// ofOtherVersion returns the version alone of a hello that could be decoded in part, if it is not ours; nil for other messages.
func ofOtherVersion(m Message) Message {
	other := func(v int) bool { return v > 0 && v != Version }
	switch m := m.(type) {
	case *ClientHello:
		if other(m.Version) {
			return &ClientHello{Version: m.Version}
		}
	case *WorkerHello:
		if other(m.Version) {
			return &WorkerHello{Version: m.Version}
		}
	case *AgentHello:
		if other(m.Version) {
			return &AgentHello{Version: m.Version}
		}
	}
	return nil
}

// codecs are those of the messages by kind, bodies those of the bodies by theirs.
var (
	codecs [kindEnd]typeCodec
	bodies [bodyEnd]typeCodec
)

func init() {
	for _, m := range messages {
		codecs[m.kind()] = compile(reflect.TypeOf(m).Elem())
	}
	for _, b := range bodyTypes {
		bodies[b.body()] = compile(reflect.TypeOf(b).Elem())
	}
}

type encoder struct {
	buf  []byte
	last ID
}

func (e *encoder) uint(v uint64) { e.buf = binary.AppendUvarint(e.buf, v) }

func (e *encoder) int(v int64) { e.buf = binary.AppendVarint(e.buf, v) }

func (e *encoder) id(id ID) {
	e.int(int64(id.Layer - e.last.Layer))
	index := 2 * (int64(id.Index) - int64(e.last.Index))
	if id.Part == 0 {
		e.int(index)
	} else {
		e.int(index | 1)
		e.int(int64(id.Part))
	}
	e.last = id
}

type decoder struct {
	buf  []byte
	last ID
	err  error
}

// fail remembers that the bytes are no message, and stops the decoding.
func (d *decoder) fail() {
	d.buf = nil
	if d.err == nil {
		d.err = ErrMalformed
	}
}

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.buf)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.buf = d.buf[n:]
	return v
}

func (d *decoder) int() int64 {
	v, n := binary.Varint(d.buf)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.buf = d.buf[n:]
	return v
}

// bytes returns the next n bytes of the input itself.
func (d *decoder) bytes(n uint64) []byte {
	if n > uint64(len(d.buf)) {
		d.fail()
		return nil
	}
	b := d.buf[:n]
	d.buf = d.buf[n:]
	return b
}

func (d *decoder) id() ID {
	d.last.Layer += LayerID(d.int())
	step := d.int()
	index, part := int64(d.last.Index)+step>>1, int64(0)
	if step&1 != 0 {
		part = d.int()
	}
	if int64(int32(index)) != index || int64(int32(part)) != part {
		d.fail()
	}
	d.last.Index, d.last.Part = int32(index), int32(part)
	return d.last
}

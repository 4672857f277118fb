package graph

import (
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"math"
	"reflect"
	"sync/atomic"

	"github.com/zeebo/xxh3"
)

// A Token is a 128-bit content hash: equal content has an equal token on every machine and in every run.
type Token struct{ hi, lo uint64 }

// IsZero reports whether t is the zero token, which names nothing.
func (t Token) IsZero() bool { return t == Token{} }

// String returns the token as 32 hexadecimal digits.
func (t Token) String() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], t.hi)
	binary.BigEndian.PutUint64(b[8:], t.lo)
	return hex.EncodeToString(b[:])
}

// Short returns the first 8 hexadecimal digits, enough for people.
func (t Token) Short() string { return t.String()[:8] }

// process distinguishes the unique tokens of one process from those of every other.
var (
	process = xxh3.HashString128(rand.Text())
	serial  atomic.Uint64
)

// Unique returns a token that no other call returns: the name of something that must never be shared, such as the
// result of an impure call.
func Unique() Token {
	n := serial.Add(1) * 0x9e3779b97f4a7c15 // spread over all digits, for people read the first ones
	return Token{process.Hi ^ n, process.Lo + n}
}

// A Tokener writes what identifies it into a hash. Values that hold large or unexported data implement it; other values
// are walked by reflection.
type Tokener interface{ HashToken(h *Hasher) }

// A Hasher turns content into a [Token]. The zero value is not usable: start with [NewHasher].
type Hasher struct {
	buf    []byte       // what has been added since the last flush
	stream *xxh3.Hasher // takes over when much is added
	unique bool
	depth  int
	places map[place]int
}

// flushBytes is how much is collected before the streaming hash takes it.
const flushBytes = 4 << 10

// NewHasher returns a hasher; kind separates contents of different meaning that would hash alike.
func NewHasher(kind string) *Hasher {
	h := &Hasher{buf: make([]byte, 0, 128)}
	h.String(kind)
	return h
}

func (h *Hasher) word(tag byte, v uint64) {
	h.buf = binary.LittleEndian.AppendUint64(append(h.buf, tag), v)
	if len(h.buf) >= flushBytes {
		h.flush()
	}
}

func (h *Hasher) flush() {
	if h.stream == nil {
		h.stream = xxh3.New()
	}
	_, _ = h.stream.Write(h.buf)
	h.buf = h.buf[:0]
}

// Int adds an integer.
func (h *Hasher) Int(v int) { h.word('i', uint64(v)) }

// Float adds a float64 by its bits.
func (h *Hasher) Float(v float64) { h.word('f', math.Float64bits(v)) }

// Bool adds a truth value.
func (h *Hasher) Bool(v bool) {
	if v {
		h.word('b', 1)
	} else {
		h.word('b', 0)
	}
}

// String adds a string with its length.
func (h *Hasher) String(s string) {
	h.word('s', uint64(len(s)))
	h.buf = append(h.buf, s...)
	if len(h.buf) >= flushBytes {
		h.flush()
	}
}

// Bytes adds a byte slice with its length.
func (h *Hasher) Bytes(b []byte) {
	h.word('y', uint64(len(b)))
	if len(b) < flushBytes {
		h.buf = append(h.buf, b...)
		return
	}
	h.flush()
	_, _ = h.stream.Write(b)
}

// Ints adds a slice of integers with its length.
func (h *Hasher) Ints(v []int) {
	h.word('I', uint64(len(v)))
	for _, x := range v {
		h.word('i', uint64(x))
	}
}

// Token adds another token.
func (h *Hasher) Token(t Token) {
	h.word('t', t.hi)
	h.word('t', t.lo)
}

// Unique makes the result a token that nothing else has; use it for content that cannot be identified.
func (h *Hasher) Unique() { h.unique = true }

// IsUnique reports whether the result will be such a token.
func (h *Hasher) IsUnique() bool { return h.unique }

// Func adds a function: by its code when it captures nothing, by that and the bound values when fn.Bind made it, else as
// something unique.
func (h *Hasher) Func(f any) {
	if v := reflect.ValueOf(f); v.Kind() == reflect.Func {
		h.function(v)
		return
	}
	h.Unique()
}

// Sum returns the token of everything added.
func (h *Hasher) Sum() Token {
	if h.unique {
		return Unique()
	}
	if h.stream == nil {
		s := xxh3.Hash128(h.buf)
		return Token{s.Hi, s.Lo}
	}
	h.flush()
	s := h.stream.Sum128()
	return Token{s.Hi, s.Lo}
}

// Any adds any value by its type and content. Functions that capture variables, channels and unsafe pointers have no
// content to speak of and make the token unique.
func (h *Hasher) Any(v any) {
	switch v := v.(type) {
	case nil:
		h.word('n', 0)
	case Tokener:
		if rv := reflect.ValueOf(v); rv.Kind() == reflect.Pointer && rv.IsNil() {
			h.word('n', 1)
			return
		}
		h.String(reflect.TypeOf(v).String())
		v.HashToken(h)
	case int:
		h.word('0', uint64(v))
	case float64:
		h.word('1', math.Float64bits(v))
	case string:
		h.word('2', 0)
		h.String(v)
	case []byte:
		h.word('3', 0)
		h.Bytes(v)
	case []float64:
		h.word('4', uint64(len(v)))
		for _, x := range v {
			h.Float(x)
		}
	default:
		rv := reflect.ValueOf(v)
		h.String(typeName(rv.Type()))
		h.value(rv)
	}
}

func (t Token) compare(o Token) int { return cmp.Or(cmp.Compare(t.hi, o.hi), cmp.Compare(t.lo, o.lo)) }

func typeName(t reflect.Type) string { return t.PkgPath() + "·" + t.String() }

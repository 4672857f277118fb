package graph

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"reflect"
	"sort"
	"sync/atomic"
	"time"

	"github.com/zeebo/xxh3"

	"sheaf/fn"
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
	process = xxh3.HashString128(time.Now().String() + reflect.TypeFor[Token]().String())
	serial  atomic.Uint64
)

// Unique returns a token that no other call returns: the name of something that must never be shared, such as the
// result of an impure call.
func Unique() Token {
	return Token{process.Hi, process.Lo ^ serial.Add(1)*0x9e3779b97f4a7c15}
}

// A Tokener writes what identifies it into a hash. Values that hold large or unexported data implement it; other values
// are walked by reflection.
type Tokener interface{ HashToken(h *Hasher) }

// A Hasher turns content into a [Token]. The zero value is not usable: start with [NewHasher].
type Hasher struct {
	h      xxh3.Hasher
	buf    [9]byte
	unique bool
	depth  int
}

// NewHasher returns a hasher; kind separates contents of different meaning that would hash alike.
func NewHasher(kind string) *Hasher {
	h := &Hasher{}
	h.String(kind)
	return h
}

func (h *Hasher) word(tag byte, v uint64) {
	h.buf[0] = tag
	binary.LittleEndian.PutUint64(h.buf[1:], v)
	_, _ = h.h.Write(h.buf[:])
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
	_, _ = h.h.WriteString(s)
}

// Bytes adds a byte slice with its length.
func (h *Hasher) Bytes(b []byte) {
	h.word('y', uint64(len(b)))
	_, _ = h.h.Write(b)
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

// Func adds a function: by its code when it captures nothing, else as something unique.
func (h *Hasher) Func(f any) {
	s, ok := fn.Symbol(f)
	if !ok {
		h.Unique()
		return
	}
	h.word('F', 0)
	h.String(s)
}

// Sum returns the token of everything added.
func (h *Hasher) Sum() Token {
	if h.unique {
		return Unique()
	}
	s := h.h.Sum128()
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

func typeName(t reflect.Type) string { return t.PkgPath() + "·" + t.String() }

// maxDepth bounds the walk through pointers, so that a cyclic value ends as a unique token instead of never.
const maxDepth = 64

func (h *Hasher) value(v reflect.Value) {
	if h.depth++; h.depth > maxDepth {
		h.Unique()
	}
	defer func() { h.depth-- }()
	if h.unique {
		return
	}
	if v.CanInterface() && v.Kind() != reflect.Invalid {
		if t, ok := v.Interface().(Tokener); ok && (v.Kind() != reflect.Pointer || !v.IsNil()) {
			t.HashToken(h)
			return
		}
	}
	switch v.Kind() {
	case reflect.Bool:
		h.Bool(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		h.word('i', uint64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		h.word('u', v.Uint())
	case reflect.Float32, reflect.Float64:
		h.Float(v.Float())
	case reflect.Complex64, reflect.Complex128:
		h.Float(real(v.Complex()))
		h.Float(imag(v.Complex()))
	case reflect.String:
		h.String(v.String())
	case reflect.Slice, reflect.Array:
		h.word('l', uint64(v.Len()))
		for i := range v.Len() {
			h.value(v.Index(i))
		}
	case reflect.Map:
		h.mapping(v)
	case reflect.Struct:
		for i := range v.NumField() {
			h.value(v.Field(i))
		}
	case reflect.Pointer:
		if v.IsNil() {
			h.word('n', 0)
			return
		}
		h.value(v.Elem())
	case reflect.Interface:
		if v.IsNil() {
			h.word('n', 0)
			return
		}
		h.String(typeName(v.Elem().Type()))
		h.value(v.Elem())
	case reflect.Func:
		if v.IsNil() {
			h.word('n', 0)
			return
		}
		s, ok := fn.SymbolOf(v)
		if !ok {
			h.Unique()
			return
		}
		h.String(s)
	default: // chan, unsafe.Pointer
		h.Unique()
	}
}

// mapping adds a map's entries in an order that does not depend on the map's.
func (h *Hasher) mapping(v reflect.Value) {
	h.word('m', uint64(v.Len()))
	sums := make([]Token, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		e := NewHasher("entry")
		e.depth = h.depth
		e.value(it.Key())
		e.value(it.Value())
		if e.unique {
			h.Unique()
			return
		}
		sums = append(sums, e.Sum())
	}
	sort.Slice(sums, func(i, j int) bool {
		return sums[i].hi < sums[j].hi || sums[i].hi == sums[j].hi && sums[i].lo < sums[j].lo
	})
	for _, t := range sums {
		h.Token(t)
	}
}

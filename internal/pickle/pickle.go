// Package pickle reads and writes the few Python pickles that array formats have beside their data: dictionaries, lists and
// tuples of numbers, strings and NumPy dtypes.
//
// Nothing is ever called: the only object that is understood is numpy.dtype, every other one is an error that names it.
//
// Source: the opcodes of Python's pickletools, protocols 0 to 5 without those of other objects.
package pickle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// ErrFormat is matched by every error about bytes that are no pickle of this kind.
var ErrFormat = errors.New("bad pickle")

// DType is a numpy.dtype, as "<f8" or "<M8[ns]".
type DType string

// Tuple is a Python tuple.
type Tuple []any

// Dict is a Python dictionary with text as keys.
type Dict map[string]any

// Bytes is a Python bytes object.
type Bytes string

// sizeMax bounds pickles; those of array formats have a few bytes a chunk.
const sizeMax = 64 << 20

// Load returns the value of a pickle: nil, bool, int64, float64, string, Bytes, []any, Tuple, Dict or DType.
func Load(b []byte) (v any, err error) {
	if len(b) > sizeMax {
		return nil, fail("%d bytes", len(b))
	}
	m := machine{b: b, memo: map[int]any{}}
	for {
		done, err := m.step()
		if err != nil {
			return nil, err
		}
		if done {
			return plain(m.pop()), m.err
		}
	}
}

func fail(format string, args ...any) error {
	return fmt.Errorf("pickle: %s: %w", fmt.Sprintf(format, args...), ErrFormat)
}

// mark is what MARK leaves on the stack.
type mark struct{}

// global is a name in a module.
type global struct{ module, name string }

// dict and list are mutable while a pickle is read.
type dict struct{ m Dict }

type list struct{ items []any }

// tuple is a tuple with what bounds the work on it: tuples can share parts, so that few bytes make very many elements.
type tuple struct {
	items       []any
	size, depth int
	mutable     bool // there is a list or dictionary in it
}

const (
	elementsMax = 1 << 22
	depthMax    = 100
)

// numpyDType is a dtype whose state may still come.
type numpyDType struct {
	code        string
	order, unit string
	step        int64
}

// machine is the stack machine that a pickle is a program of.
type machine struct {
	b     []byte
	at    int
	stack []any
	memo  map[int]any
	next  int
	err   error

	elements int // in lists and dictionaries
}

// plain turns what is on the stack into what Load returns.
func plain(v any) any {
	switch v := v.(type) {
	case *list:
		out := make([]any, len(v.items))
		for i, x := range v.items {
			out[i] = plain(x)
		}
		return out
	case *tuple:
		out := make(Tuple, len(v.items))
		for i, x := range v.items {
			out[i] = plain(x)
		}
		return out
	case *dict:
		out := Dict{}
		for k, x := range v.m {
			out[k] = plain(x)
		}
		return out
	case *numpyDType:
		order := v.order
		if order == "" {
			order = "|"
		}
		if v.unit != "" {
			if v.step > 1 {
				return DType(fmt.Sprintf("%s%s[%d%s]", order, v.code, v.step, v.unit))
			}
			return DType(order + v.code + "[" + v.unit + "]")
		}
		return DType(order + v.code)
	}
	return v
}

func (m *machine) push(v any) { m.stack = append(m.stack, v) }

func (m *machine) pop() any {
	if len(m.stack) == 0 {
		m.err = fail("the stack is empty at byte %d", m.at)
		return nil
	}
	v := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	return v
}

// toMark pops everything above the last mark.
func (m *machine) toMark() []any {
	for i := len(m.stack) - 1; i >= 0; i-- {
		if _, ok := m.stack[i].(mark); ok {
			items := append([]any{}, m.stack[i+1:]...)
			m.stack = m.stack[:i]
			return items
		}
	}
	m.err = fail("no mark at byte %d", m.at)
	return nil
}

// take returns the next n bytes.
func (m *machine) take(n int) []byte {
	if n < 0 || n > len(m.b)-m.at {
		m.err = fail("it ends at byte %d", len(m.b))
		return make([]byte, min(max(n, 0), 8))
	}
	m.at += n
	return m.b[m.at-n : m.at]
}

// line returns the rest of a line.
func (m *machine) line() string {
	for i := m.at; i < len(m.b); i++ {
		if m.b[i] == '\n' {
			s := string(m.b[m.at:i])
			m.at = i + 1
			return s
		}
	}
	m.err = fail("it ends at byte %d", len(m.b))
	return ""
}

// length reads a length of n bytes.
func (m *machine) length(n int) int {
	var b [8]byte
	copy(b[:], m.take(n))
	u := binary.LittleEndian.Uint64(b[:])
	if u > sizeMax {
		m.err = fail("a length of %d", u)
		return 0
	}
	return int(u)
}

func (m *machine) remember(k int) {
	if len(m.stack) > 0 {
		m.memo[k] = m.stack[len(m.stack)-1]
	}
}

func (m *machine) recall(k int) {
	v, ok := m.memo[k]
	if !ok {
		m.err = fail("nothing is remembered as %d", k)
	}
	m.push(v)
}

// long returns a little-endian two's complement number.
func long(b []byte) (int64, bool) {
	if len(b) == 0 {
		return 0, true
	}
	sign := byte(0)
	if b[len(b)-1]&0x80 != 0 {
		sign = 0xff
	}
	var w [8]byte
	for i := range w {
		w[i] = sign
	}
	for i, v := range b {
		if i < 8 {
			w[i] = v
		} else if v != sign {
			return 0, false
		}
	}
	n := int64(binary.LittleEndian.Uint64(w[:]))
	return n, n < 0 == (sign != 0)
}

func float(b []byte) float64 { return math.Float64frombits(binary.BigEndian.Uint64(b)) }

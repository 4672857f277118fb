package graph

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// TokenBytes is the length of a token's binary form.
const TokenBytes = 16

// AppendBytes appends the token's 16 bytes to dst, in the order of [Token.String].
func (t Token) AppendBytes(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, t.hi)
	return binary.BigEndian.AppendUint64(dst, t.lo)
}

// TokenFromBytes is the inverse of [Token.AppendBytes].
func TokenFromBytes(b [TokenBytes]byte) Token {
	return Token{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

// Hash returns 64 of the token's bits, which are as good as any hash of it.
func (t Token) Hash() uint64 { return t.lo }

// The binary form of a mapping is a letter and its numbers as varints; lists of numbers begin with their length.
const (
	mapNone   = '0'
	mapEach   = 'e'
	mapAll    = 'a'
	mapAxes   = 'x'
	mapWindow = 'w'
	mapTable  = 't'
	mapList   = 'l' // the mapping of a list, whose references travel beside it
)

// AppendMapping appends the binary form of m, which [ParseMapping] reads. Of the edges of a [List] it says only that they are
// such edges.
func AppendMapping(dst []byte, m Mapping) []byte {
	switch m := m.(type) {
	case Each:
		return append(dst, mapEach)
	case All:
		return binary.AppendVarint(append(dst, mapAll), int64(m.N))
	case Axes:
		dst = appendInts(append(dst, mapAxes), m.Out)
		dst = appendInts(dst, m.space)
		return appendInts(dst, m.step)
	case Window:
		dst = appendInts(append(dst, mapWindow), m.Out)
		dst = appendInts(dst, m.space)
		dst = appendInts(dst, m.in)
		dst = binary.AppendUvarint(dst, uint64(len(m.Spans)))
		for _, spans := range m.Spans {
			dst = binary.AppendUvarint(dst, uint64(len(spans)))
			for _, s := range spans {
				dst = binary.AppendVarint(dst, int64(s.Lo))
				dst = binary.AppendVarint(dst, int64(s.Hi)-int64(s.Lo))
			}
		}
		return dst
	case Table:
		dst = appendSteps(append(dst, mapTable), m.Start)
		return appendSteps(dst, m.Index)
	case refs:
		return append(dst, mapList)
	}
	return append(dst, mapNone)
}

// ParseMapping reads the mapping at the beginning of b and returns what follows it. A nil mapping was written for nil and for
// the edges of a list. Whether the mapping fits its layers is checked when a layer is made with it, so do not ask it for inputs
// before. It allocates no more than in proportion to len(b).
func ParseMapping(b []byte) (Mapping, []byte, error) {
	if len(b) == 0 {
		return nil, nil, errMapping
	}
	p := mappingParser{b: b[1:]}
	var m Mapping
	switch b[0] {
	case mapNone, mapList:
	case mapEach:
		m = Each{}
	case mapAll:
		m = All{p.int()}
	case mapAxes:
		m = Axes{Out: p.ints(), space: p.ints(), step: p.ints()}
	case mapWindow:
		w := Window{Out: p.ints(), space: p.ints(), in: p.ints()}
		w.Spans = make([][]Span, p.len())
		for a := range w.Spans {
			w.Spans[a] = p.spans()
		}
		m = w
	case mapTable:
		m = Table{Start: p.steps(), Index: p.steps()}
	default:
		return nil, nil, fmt.Errorf("%w: kind %q", errMapping, b[0])
	}
	if p.bad {
		return nil, nil, errMapping
	}
	return m, p.b, nil
}

var errMapping = errors.New("graph: corrupt mapping")

func appendInts(dst []byte, v []int) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(v)))
	for _, x := range v {
		dst = binary.AppendVarint(dst, int64(x))
	}
	return dst
}

// appendSteps writes numbers that mostly grow a little from one to the next.
func appendSteps(dst []byte, v []int32) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(v)))
	last := int32(0)
	for _, x := range v {
		dst = binary.AppendVarint(dst, int64(x)-int64(last))
		last = x
	}
	return dst
}

// A mappingParser reads numbers until the first mistake; what comes after that is zero.
type mappingParser struct {
	b   []byte
	bad bool
}

func (p *mappingParser) fail() {
	p.b, p.bad = nil, true
}

func (p *mappingParser) int() int {
	v, n := binary.Varint(p.b)
	if n <= 0 {
		p.fail()
		return 0
	}
	p.b = p.b[n:]
	return int(v)
}

func (p *mappingParser) int32() int32 {
	v := p.int()
	if v < math.MinInt32 || v > math.MaxInt32 {
		p.fail()
	}
	return int32(v)
}

// len reads the length of a list whose elements take a byte or more each.
func (p *mappingParser) len() int {
	v, n := binary.Uvarint(p.b)
	if n <= 0 || v > uint64(len(p.b)-n) {
		p.fail()
		return 0
	}
	p.b = p.b[n:]
	return int(v)
}

func (p *mappingParser) ints() []int {
	v := make([]int, p.len())
	for k := range v {
		v[k] = p.int()
	}
	return v
}

func (p *mappingParser) spans() []Span {
	v := make([]Span, p.len())
	for k := range v {
		lo := p.int32()
		length := p.int()
		hi := int64(lo) + int64(length)
		if hi < math.MinInt32 || hi > math.MaxInt32 {
			p.fail()
		}
		v[k] = Span{lo, int32(hi)}
	}
	return v
}

func (p *mappingParser) steps() []int32 {
	v := make([]int32, p.len())
	last := int64(0)
	for k := range v {
		last += int64(p.int())
		if last < math.MinInt32 || last > math.MaxInt32 {
			p.fail()
			last = 0
		}
		v[k] = int32(last)
	}
	return v
}

package rng

import (
	"fmt"
	"math/bits"
	"unsafe"

	"sheaf/dtype"
)

// Bounds of Integers as NumPy sees them: the first value, and the number of values less one, modulo 2^64.
type Bounds struct {
	Low  uint64 // two's complement for signed types
	Span uint64
}

// IntegerBounds checks the arguments of integers(low, high, dtype=t, endpoint=closed). high is excluded unless closed
// is set. For Uint64, low and high are given as their two's complement and unsigned is true.
func IntegerBounds(low, high int64, t dtype.Type, closed bool) (Bounds, error) {
	if !closed {
		if low >= high {
			return Bounds{}, fmt.Errorf("random: integers: low %d is not below high %d", low, high)
		}
		high--
	}
	if low > high {
		return Bounds{}, fmt.Errorf("random: integers: low %d is above high %d", low, high)
	}
	lo, hi, err := limits(t)
	if err != nil {
		return Bounds{}, err
	}
	if low < lo {
		return Bounds{}, fmt.Errorf("random: integers: low %d is out of bounds for %s", low, t)
	}
	if high > 0 && uint64(high) > hi {
		return Bounds{}, fmt.Errorf("random: integers: high %d is out of bounds for %s", high, t)
	}
	return Bounds{Low: uint64(low), Span: uint64(high) - uint64(low)}, nil
}

func limits(t dtype.Type) (lo int64, hi uint64, err error) {
	switch {
	case t == dtype.Bool:
		return 0, 1, nil
	case t.IsSigned():
		b := 8*t.Size() - 1
		return -1 << b, 1<<b - 1, nil
	case t.IsUnsigned():
		return 0, ^uint64(0) >> (64 - 8*t.Size()), nil
	}
	return 0, 0, fmt.Errorf("random: integers: %s is not an integer type", t)
}

// Integer is a type that Integers can fill.
type Integer interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

// Carry is what a draw of 8- or 16-bit integers or of bools leaves of its last 32-bit draw. One call of NumPy's integers
// drops it at its end; a call that is made in pieces carries it from one to the next. The zero Carry is the start.
type Carry struct {
	buf  uint32
	left uint
}

// FillIntegers fills dst with integers of the bounds, as Generator.integers(low, high, len(dst), dtype) does for the
// dtype of T: Lemire's method on words of 64, 32, 16 or 8 bits.
func FillIntegers[T Integer](g *Generator, dst []T, b Bounds) {
	FillIntegersPart(g, dst, b, new(Carry))
}

// FillIntegersPart is FillIntegers for a part of a larger call.
func FillIntegersPart[T Integer](g *Generator, dst []T, b Bounds, c *Carry) {
	if b.Span == 0 {
		for i := range dst {
			dst[i] = T(b.Low)
		}
		return
	}
	var zero T
	switch size := unsafe.Sizeof(zero); {
	case size <= 2:
		fillSmall(g, dst, b, 8*uint(size), c)
	case b.Span <= 1<<32-1:
		fill32(g, dst, b)
	default:
		fill64(g, dst, b)
	}
}

// FillBools fills dst with draws of integers(0, 2, dtype=bool), one bit of a 32-bit draw each.
func FillBools(g *Generator, dst []bool) { FillBoolsPart(g, dst, new(Carry)) }

// FillBoolsPart is FillBools for a part of a larger call.
func FillBoolsPart(g *Generator, dst []bool, c *Carry) {
	for i := range dst {
		dst[i] = c.next(g, 1)&1 != 0
	}
}

// next returns the next bits of the given width, in the low bits of the result.
func (c *Carry) next(g *Generator, width uint) uint32 {
	if c.left == 0 {
		c.buf, c.left = g.Uint32(), 32/width-1
	} else {
		c.buf >>= width
		c.left--
	}
	return c.buf
}

func fill64[T Integer](g *Generator, dst []T, b Bounds) {
	if b.Span == ^uint64(0) {
		raw := g.buffer()
		for len(dst) > 0 {
			r := raw[:min(len(raw), len(dst))]
			g.FillRaw(r)
			for i, v := range r {
				dst[i] = T(b.Low + v)
			}
			dst = dst[len(r):]
		}
		return
	}
	for i := range dst {
		dst[i] = T(b.Low + g.below64(b.Span))
	}
}

// below64 returns a number of [0, span], span < 2^64-1, by Lemire's multiplication.
func (g *Generator) below64(span uint64) uint64 {
	n := span + 1
	hi, lo := bits.Mul64(g.Uint64(), n)
	if lo < n {
		for threshold := (^uint64(0) - span) % n; lo < threshold; {
			hi, lo = bits.Mul64(g.Uint64(), n)
		}
	}
	return hi
}

// below32 returns a number of [0, span], span < 2^32-1, from 32-bit draws.
func (g *Generator) below32(span uint32) uint32 {
	n := span + 1
	m := uint64(g.Uint32()) * uint64(n)
	if lo := uint32(m); lo < n {
		for threshold := (^uint32(0) - span) % n; uint32(m) < threshold; {
			m = uint64(g.Uint32()) * uint64(n)
		}
	}
	return uint32(m >> 32)
}

// Interval returns a number of [0, max] by masking and rejection, which NumPy's shuffle and permutation use.
func (g *Generator) Interval(limit uint64) uint64 {
	if limit == 0 {
		return 0
	}
	mask := ^uint64(0) >> bits.LeadingZeros64(limit)
	for {
		var v uint64
		if limit <= 1<<32-1 {
			v = uint64(g.Uint32()) & mask
		} else {
			v = g.Uint64() & mask
		}
		if v <= limit {
			return v
		}
	}
}

// Below returns a number of [0, n), n > 0, as integers(n) does.
func (g *Generator) Below(n uint64) uint64 {
	span := n - 1
	switch {
	case span == 0:
		return 0
	case span == 1<<32-1:
		return uint64(g.Uint32())
	case span < 1<<32-1:
		return uint64(g.below32(uint32(span)))
	}
	return g.below64(span)
}

func fill32[T Integer](g *Generator, dst []T, b Bounds) {
	if b.Span == 1<<32-1 {
		g.halves(len(dst), func(at int, words []uint32) {
			for i, v := range words {
				dst[at+i] = T(b.Low + uint64(v))
			}
		})
		return
	}
	span := uint32(b.Span)
	n := uint64(span) + 1
	threshold := uint64((^uint32(0) - span) % uint32(n))
	// A rejected word leaves one draw less; the rest is drawn again until there are enough.
	for done := 0; done < len(dst); {
		at := done
		g.halves(len(dst)-done, func(_ int, words []uint32) {
			for _, v := range words {
				m := uint64(v) * n
				if m&(1<<32-1) >= threshold {
					dst[at] = T(b.Low + m>>32)
					at++
				}
			}
		})
		done = at
	}
}

// fillSmall draws 8 or 16 bits at a time out of 32-bit draws.
func fillSmall[T Integer](g *Generator, dst []T, b Bounds, width uint, c *Carry) {
	mask := uint32(1)<<width - 1
	span := uint32(b.Span)
	if span == mask {
		for i := range dst {
			dst[i] = T(b.Low + uint64(c.next(g, width)&mask))
		}
		return
	}
	n := span + 1
	threshold := (mask - span) % n
	for i := range dst {
		m := (c.next(g, width) & mask) * n
		for m&mask < threshold {
			m = (c.next(g, width) & mask) * n
		}
		dst[i] = T(b.Low + uint64(m>>width))
	}
}

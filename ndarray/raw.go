package ndarray

import (
	"encoding/binary"
	"fmt"
	"io"
	"unsafe"

	"sheaf/dtype"
)

// The raw form of an array is what spilled chunks and chunks on the wire look like: a header that is a multiple of 64
// bytes, then the elements in C order and little-endian.
//
//	0  4  "SNDA"
//	4  1  version, 1
//	5  1  element type
//	6  1  number of axes
//	7  1  zero
//	8  8  bytes of data, which must agree with the rest
//	16 8  lengths of the axes, 8 bytes each; zeros up to a multiple of 64
const (
	rawMagic   = "SNDA"
	rawVersion = 1
)

// rawHeaderLen returns the length of the header of an array with some axes.
func rawHeaderLen(ndim int) int { return (16 + 8*ndim + 63) &^ 63 }

// RawSize returns the number of bytes that WriteRaw writes.
func (a *Array) RawSize() int64 { return int64(rawHeaderLen(len(a.shape)) + a.Nbytes()) }

// WriteRaw writes the array in its raw form, which ReadRaw and [FromRaw] read. A contiguous array is written from its
// own memory.
func (a *Array) WriteRaw(w io.Writer) error {
	if len(a.shape) > maxDims {
		return fail(ErrShape, "raw: %d dimensions; %d is the limit", len(a.shape), maxDims)
	}
	head := make([]byte, rawHeaderLen(len(a.shape)))
	copy(head, rawMagic)
	head[4], head[5], head[6] = rawVersion, byte(a.dt), byte(len(a.shape))
	binary.LittleEndian.PutUint64(head[8:], uint64(a.Nbytes()))
	for i, n := range a.shape {
		binary.LittleEndian.PutUint64(head[16+8*i:], uint64(n))
	}
	if _, err := w.Write(head); err != nil {
		return fmt.Errorf("ndarray: raw: %w", err)
	}
	if a.Size() == 0 {
		return nil
	}
	if _, err := w.Write(bytesOf(a.contiguous())); err != nil {
		return fmt.Errorf("ndarray: raw: %w", err)
	}
	return nil
}

// parseRaw reads a header, of which the first 16 bytes are given and more can be read.
func parseRaw(first []byte, more func(n int) ([]byte, error)) (dtype.Type, []int, error) {
	t, ndim := dtype.Type(first[5]), int(first[6])
	switch {
	case string(first[:4]) != rawMagic:
		return 0, nil, fail(ErrFormat, "raw: not an array, it starts with %q", first[:4])
	case first[4] != rawVersion:
		return 0, nil, fail(ErrFormat, "raw: version %d is not known; %d is", first[4], rawVersion)
	case !t.IsArray() || ndim > maxDims || first[7] != 0:
		return 0, nil, fail(ErrFormat, "raw: the header is damaged")
	}
	rest, err := more(rawHeaderLen(ndim) - 16)
	if err != nil {
		return 0, nil, err
	}
	shape := make([]int, ndim)
	for i := range shape {
		n := binary.LittleEndian.Uint64(rest[8*i:])
		if n > maxBytes {
			return 0, nil, fail(ErrFormat, "raw: the header is damaged: an axis of length %d", n)
		}
		shape[i] = int(n)
	}
	n, err := checkShape("raw", t, shape)
	if err != nil {
		return 0, nil, fail(ErrFormat, "raw: the header is damaged: %v", err)
	}
	if have := binary.LittleEndian.Uint64(first[8:]); have != uint64(n*t.Size()) {
		return 0, nil, fail(ErrFormat, "raw: the header is damaged: shape %s of %v does not have %d bytes", ShapeString(shape), t, have)
	}
	return t, shape, nil
}

// ReadRaw reads what WriteRaw wrote. Memory is taken only as data arrives, so that a damaged header cannot ask for
// more than the stream has.
func ReadRaw(r io.Reader) (*Array, error) {
	head := make([]byte, 16, 16+8*maxDims+64)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, fail(ErrFormat, "raw: the stream ends inside the header")
	}
	t, shape, err := parseRaw(head, func(n int) ([]byte, error) {
		rest := head[16 : 16+n]
		if _, err := io.ReadFull(r, rest); err != nil {
			return nil, fail(ErrFormat, "raw: the stream ends inside the header")
		}
		return rest, nil
	})
	if err != nil {
		return nil, err
	}
	return readElements(r, t, shape, "raw")
}

// FromRaw decodes an array from bytes in memory, which it shares when they are aligned for the elements. They must
// not be changed afterwards.
func FromRaw(b []byte) (*Array, error) {
	if len(b) < 16 {
		return nil, fail(ErrFormat, "raw: %d bytes are no array", len(b))
	}
	t, shape, err := parseRaw(b[:16], func(n int) ([]byte, error) {
		if len(b) < 16+n {
			return nil, fail(ErrFormat, "raw: the bytes end inside the header")
		}
		return b[16 : 16+n], nil
	})
	if err != nil {
		return nil, err
	}
	data := b[rawHeaderLen(len(shape)):]
	if want := product(shape) * t.Size(); len(data) != want {
		return nil, fail(ErrFormat, "raw: %d bytes of data, the header says %d", len(data), want)
	}
	a := &Array{dt: t, shape: shape, strides: cStrides(shape), cap: product(shape)}
	if len(data) == 0 {
		return a, nil
	}
	p := unsafe.Pointer(unsafe.SliceData(data))
	if uintptr(p)%uintptr(min(t.Size(), 8)) != 0 || t == dtype.Bool {
		a.base = alloc(t, a.cap, false)
		copy(bytesOf(a), data)
		cleanBools(a)
		return a, nil
	}
	a.base = p
	return a, nil
}

// cleanBools makes every byte of a bool array 0 or 1; Go's bools must not be anything else.
func cleanBools(a *Array) {
	if a.dt != dtype.Bool {
		return
	}
	b := elems[uint8](a.base, a.cap)
	for i, v := range b {
		if v > 1 {
			b[i] = 1
		}
	}
}

// readStep is how much memory is taken at first for data whose length is only claimed.
const readStep = 1 << 20

// readElements reads the elements of a contiguous array of a checked shape.
func readElements(r io.Reader, t dtype.Type, shape []int, op string) (*Array, error) {
	n := product(shape)
	want := n * t.Size()
	a := &Array{dt: t, shape: shape, strides: cStrides(shape), cap: n}
	if want == 0 {
		return a, nil
	}
	room, got := want, 0
	if want > readStep && !remains(r, int64(want)) {
		room = readStep
	}
	for {
		room -= room % t.Size()
		p := alloc(t, room/t.Size(), false)
		mem := elems[uint8](p, room)
		copy(mem, elems[uint8](a.base, got))
		a.base = p
		m, err := io.ReadFull(r, mem[got:])
		got += m
		if err != nil {
			return nil, fail(ErrFormat, "%s: the data ends after %d of %d bytes", op, got, want)
		}
		if got == want {
			cleanBools(a)
			return a, nil
		}
		room = min(want, 4*room)
	}
}

// remains reports whether a reader is known to hold at least n more bytes: files and in-memory readers are, and streams whose
// sender is trusted with so much memory.
func remains(r io.Reader, n int64) bool {
	switch v := r.(type) {
	case interface{ Affords(n int64) bool }:
		return v.Affords(n)
	case interface{ Len() int }:
		return int64(v.Len()) >= n
	case io.Seeker:
		at, err := v.Seek(0, io.SeekCurrent)
		if err != nil {
			return false
		}
		end, err := v.Seek(0, io.SeekEnd)
		if err != nil {
			return false
		}
		if _, err := v.Seek(at, io.SeekStart); err != nil {
			return false
		}
		return end-at >= n
	}
	return false
}

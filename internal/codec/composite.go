package codec

import (
	"fmt"
	"reflect"
	"unsafe"
)

// sliceHeader is a slice as the compiler lays it out; storing one is a typed store, so the collector sees the pointer.
type sliceHeader struct {
	data     unsafe.Pointer
	len, cap int
}

// slice: 0 for nil, length + 1, elements.
func (c *compiler) slice(tc *typeCodec) {
	elem := c.codec(tc.t.Elem())
	switch {
	case elem.size == 0:
		tc.enc = func(e *Encoder, p unsafe.Pointer) error {
			e.sliceLen(p)
			return nil
		}
	case elem.plain:
		tc.enc = func(e *Encoder, p unsafe.Pointer) error {
			h := (*sliceHeader)(p)
			e.sliceLen(p)
			return e.raw(unsafe.Slice((*byte)(h.data), uintptr(h.len)*elem.size))
		}
	default:
		tc.enc = func(e *Encoder, p unsafe.Pointer) error {
			h := (*sliceHeader)(p)
			e.sliceLen(p)
			if err := e.enter(); err != nil {
				return err
			}
			for i := range h.len {
				if err := elem.enc(e, unsafe.Add(h.data, uintptr(i)*elem.size)); err != nil {
					return atIndex(err, i)
				}
				if len(e.buf) >= flushSize {
					if err := e.maybeFlush(); err != nil {
						return err
					}
				}
			}
			e.leave()
			return nil
		}
	}
	t := tc.t
	tc.dec = func(d *Decoder, p unsafe.Pointer) error {
		n, err := d.uvarint()
		if err != nil || n == 0 {
			return err
		}
		return d.slice(t, elem, n-1, (*sliceHeader)(p))
	}
}

func (e *Encoder) sliceLen(p unsafe.Pointer) {
	h := (*sliceHeader)(p)
	if h.data == nil {
		e.buf = append(e.buf, 0)
		return
	}
	e.buf = appendUvarint(e.buf, uint64(h.len)+1)
}

// slice reads n elements, growing with the data.
func (d *Decoder) slice(t reflect.Type, elem *typeCodec, n uint64, h *sliceHeader) error {
	if elem.size == 0 {
		if n > 1<<62 {
			return corruptf("length %d", n)
		}
		*h = sliceHeader{data: unsafe.Pointer(&zeroSize), len: int(n), cap: int(n)}
		return nil
	}
	if err := d.enter(); err != nil {
		return err
	}
	defer d.leave()
	want, err := d.affordable(n, elem.wire, elem.size)
	if err != nil {
		return err
	}
	s := newSlice(t, elem, want)
	done := 0
	for {
		if err := d.elems(elem, s, done, want); err != nil {
			return err
		}
		done = want
		if uint64(done) == n {
			break
		}
		want = int(min(n, 2*uint64(done)))
		grown := newSlice(t, elem, want)
		reflect.Copy(reflect.NewAt(t, unsafe.Pointer(&grown)).Elem(), reflect.NewAt(t, unsafe.Pointer(&s)).Elem())
		s = grown
	}
	*h = s
	return nil
}

var zeroSize struct{}

func (d *Decoder) elems(elem *typeCodec, s sliceHeader, from, to int) error {
	p := unsafe.Add(s.data, uintptr(from)*elem.size)
	if elem.plain {
		if err := d.read(unsafe.Slice((*byte)(p), uintptr(to-from)*elem.size)); err != nil {
			return err
		}
		return checkBools(p, to-from, elem.size, elem.bools)
	}
	for i := from; i < to; i++ {
		if err := elem.dec(d, unsafe.Add(s.data, uintptr(i)*elem.size)); err != nil {
			return atIndex(err, i)
		}
	}
	return nil
}

func newSlice(t reflect.Type, elem *typeCodec, n int) sliceHeader {
	if n == 0 {
		return sliceHeader{data: unsafe.Pointer(&zeroSize)}
	}
	if elem.plain { // no pointers: any memory is as good, and no reflection
		return sliceHeader{data: dirty(uintptr(n) * elem.size), len: n, cap: n}
	}
	v := reflect.MakeSlice(t, n, n)
	return sliceHeader{data: v.UnsafePointer(), len: n, cap: n}
}

func (c *compiler) array(tc *typeCodec) {
	elem, n := c.codec(tc.t.Elem()), tc.t.Len()
	switch {
	case tc.size == 0:
		compileEmpty(tc)
		return
	case elem.plain:
		var bools []uintptr
		for i := range n {
			for _, off := range elem.bools {
				bools = append(bools, uintptr(i)*elem.size+off)
			}
		}
		compilePlain(tc, bools)
		return
	}
	tc.wire = uintptr(n) * elem.wire
	tc.enc = func(e *Encoder, p unsafe.Pointer) error {
		for i := range n {
			if err := elem.enc(e, unsafe.Add(p, uintptr(i)*elem.size)); err != nil {
				return atIndex(err, i)
			}
		}
		return nil
	}
	tc.dec = func(d *Decoder, p unsafe.Pointer) error {
		for i := range n {
			if err := elem.dec(d, unsafe.Add(p, uintptr(i)*elem.size)); err != nil {
				return atIndex(err, i)
			}
		}
		return nil
	}
}

// compileEmpty makes the codec of types without size, which take no bytes.
func compileEmpty(tc *typeCodec) {
	tc.wire = 0
	tc.enc = func(*Encoder, unsafe.Pointer) error { return nil }
	tc.dec = func(*Decoder, unsafe.Pointer) error { return nil }
}

// A part is a field, or a run of plain fields without gaps.
type part struct {
	offset uintptr
	codec  *typeCodec
	name   string // for errors
}

func (c *compiler) structure(tc *typeCodec) {
	if tc.size == 0 {
		compileEmpty(tc)
		return
	}
	parts := c.parts(tc.t)
	if len(parts) == 1 && parts[0].codec.plain && parts[0].codec.size == tc.size {
		compilePlain(tc, parts[0].codec.bools)
		return
	}
	tc.wire = 0
	for _, f := range parts {
		tc.wire += f.codec.wire
	}
	empty := tc.wire == 0 // has memory but nothing to say: one byte, so that lengths can be checked against the data
	if empty {
		tc.wire = 1
	}
	tc.enc = func(e *Encoder, p unsafe.Pointer) error {
		if empty {
			e.buf = append(e.buf, 0)
		}
		for i := range parts {
			f := &parts[i]
			if err := f.codec.enc(e, unsafe.Add(p, f.offset)); err != nil {
				return at(err, "."+f.name)
			}
		}
		return nil
	}
	tc.dec = func(d *Decoder, p unsafe.Pointer) error {
		if empty {
			if _, err := d.byte(); err != nil {
				return err
			}
		}
		for i := range parts {
			f := &parts[i]
			if err := f.codec.dec(d, unsafe.Add(p, f.offset)); err != nil {
				return at(err, "."+f.name)
			}
		}
		return nil
	}
}

// parts lists what travels of a struct: blank fields stay behind, neighbouring plain fields become one run.
func (c *compiler) parts(t reflect.Type) []part {
	var parts []part
	for i := range t.NumField() {
		f := t.Field(i)
		fc := c.codec(f.Type)
		if f.Name == "_" || (fc.size == 0 && fc.wire == 0) {
			continue
		}
		if n := len(parts); n > 0 && fc.plain && parts[n-1].codec.plain &&
			parts[n-1].offset+parts[n-1].codec.size == f.Offset {
			prev := &parts[n-1]
			run := &typeCodec{t: t, size: prev.codec.size + fc.size}
			bools := append([]uintptr(nil), prev.codec.bools...)
			for _, off := range fc.bools {
				bools = append(bools, prev.codec.size+off)
			}
			compilePlain(run, bools)
			prev.codec, prev.name = run, fmt.Sprintf("%s…%s", firstName(prev.name), f.Name)
			continue
		}
		parts = append(parts, part{f.Offset, fc, f.Name})
	}
	return parts
}

func firstName(s string) string {
	for i, r := range s {
		if r == '…' {
			return s[:i]
		}
	}
	return s
}

package wire

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"unsafe"

	"sheaf/graph"
)

// typeCodec encodes and decodes the value at a pointer. Codecs are made once from the types of the messages: structs of
// numbers, strings, slices, pointers and other such structs.
type typeCodec struct {
	typ reflect.Type
	enc func(e *encoder, p unsafe.Pointer)
	dec func(d *decoder, p unsafe.Pointer)
}

func compile(t reflect.Type) typeCodec {
	c := typeCodec{typ: t}
	switch t {
	case reflect.TypeFor[ID]():
		c.enc = func(e *encoder, p unsafe.Pointer) { e.id(*(*ID)(p)) }
		c.dec = func(d *decoder, p unsafe.Pointer) { *(*ID)(p) = d.id() }
		return c
	case reflect.TypeFor[graph.Token]():
		c.enc = func(e *encoder, p unsafe.Pointer) { e.buf = (*graph.Token)(p).AppendBytes(e.buf) }
		c.dec = func(d *decoder, p unsafe.Pointer) {
			if b := d.bytes(graph.TokenBytes); b != nil {
				*(*graph.Token)(p) = graph.TokenFromBytes([graph.TokenBytes]byte(b))
			}
		}
		return c
	case reflect.TypeFor[graph.Mapping]():
		c.enc, c.dec = encMapping, decMapping
		return c
	case reflect.TypeFor[Body]():
		c.enc, c.dec = encBody, decBody
		return c
	}
	switch t.Kind() {
	case reflect.Struct:
		compileStruct(&c)
	case reflect.Slice:
		compileSlice(&c)
	case reflect.Pointer:
		compilePointer(&c)
	default:
		compileBasic(&c)
	}
	return c
}

func compileBasic(c *typeCodec) {
	switch size := c.typ.Size(); c.typ.Kind() {
	case reflect.Bool:
		c.enc = func(e *encoder, p unsafe.Pointer) {
			b := byte(0)
			if *(*bool)(p) {
				b = 1
			}
			e.buf = append(e.buf, b)
		}
		c.dec = func(d *decoder, p unsafe.Pointer) {
			if b := d.bytes(1); b != nil {
				*(*bool)(p) = b[0] != 0
			}
		}
	case reflect.String:
		c.enc = func(e *encoder, p unsafe.Pointer) {
			s := *(*string)(p)
			e.uint(uint64(len(s)))
			e.buf = append(e.buf, s...)
		}
		c.dec = func(d *decoder, p unsafe.Pointer) { *(*string)(p) = string(d.bytes(d.uint())) }
	case reflect.Float64:
		c.enc = func(e *encoder, p unsafe.Pointer) {
			e.buf = binary.LittleEndian.AppendUint64(e.buf, math.Float64bits(*(*float64)(p)))
		}
		c.dec = func(d *decoder, p unsafe.Pointer) {
			if b := d.bytes(8); b != nil {
				*(*float64)(p) = math.Float64frombits(binary.LittleEndian.Uint64(b))
			}
		}
	case reflect.Int, reflect.Int64:
		c.enc = func(e *encoder, p unsafe.Pointer) { e.int(*(*int64)(p)) }
		c.dec = func(d *decoder, p unsafe.Pointer) { *(*int64)(p) = d.int() }
	case reflect.Int32:
		c.enc = func(e *encoder, p unsafe.Pointer) { e.int(int64(*(*int32)(p))) }
		c.dec = func(d *decoder, p unsafe.Pointer) {
			v := d.int()
			if int64(int32(v)) != v {
				d.fail()
			}
			*(*int32)(p) = int32(v)
		}
	case reflect.Uint64:
		c.enc = func(e *encoder, p unsafe.Pointer) { e.uint(*(*uint64)(p)) }
		c.dec = func(d *decoder, p unsafe.Pointer) { *(*uint64)(p) = d.uint() }
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		compileSmallUint(c, size)
	default:
		panic(fmt.Sprintf("wire: a message has a field of type %s", c.typ))
	}
}

func compileSmallUint(c *typeCodec, size uintptr) {
	c.enc = func(e *encoder, p unsafe.Pointer) {
		switch size {
		case 1:
			e.uint(uint64(*(*uint8)(p)))
		case 2:
			e.uint(uint64(*(*uint16)(p)))
		default:
			e.uint(uint64(*(*uint32)(p)))
		}
	}
	c.dec = func(d *decoder, p unsafe.Pointer) {
		v := d.uint()
		if v>>(8*size) != 0 {
			d.fail()
		}
		switch size {
		case 1:
			*(*uint8)(p) = uint8(v)
		case 2:
			*(*uint16)(p) = uint16(v)
		default:
			*(*uint32)(p) = uint32(v)
		}
	}
}

func compileStruct(c *typeCodec) {
	type field struct {
		at uintptr
		typeCodec
	}
	fields := make([]field, c.typ.NumField())
	for i := range fields {
		f := c.typ.Field(i)
		fields[i] = field{f.Offset, compile(f.Type)}
	}
	c.enc = func(e *encoder, p unsafe.Pointer) {
		for i := range fields {
			fields[i].enc(e, unsafe.Add(p, fields[i].at))
		}
	}
	c.dec = func(d *decoder, p unsafe.Pointer) {
		for i := range fields {
			fields[i].dec(d, unsafe.Add(p, fields[i].at))
			if d.err != nil {
				return
			}
		}
	}
}

// sliceStart is how many elements are made room for before they have been seen: a forged length costs no more.
const sliceStart = 1024

func compileSlice(c *typeCodec) {
	if c.typ.Elem().Kind() == reflect.Uint8 {
		c.enc = func(e *encoder, p unsafe.Pointer) {
			b := *(*[]byte)(p)
			e.uint(uint64(len(b)))
			e.buf = append(e.buf, b...)
		}
		c.dec = func(d *decoder, p unsafe.Pointer) {
			if b := d.bytes(d.uint()); len(b) > 0 {
				*(*[]byte)(p) = append([]byte(nil), b...)
			}
		}
		return
	}
	elem := compile(c.typ.Elem())
	size, typ := elem.typ.Size(), c.typ
	c.enc = func(e *encoder, p unsafe.Pointer) {
		n := *(*int)(unsafe.Add(p, unsafe.Sizeof(p))) // the slice's length
		e.uint(uint64(n))
		for at := *(*unsafe.Pointer)(p); n > 0; n-- {
			elem.enc(e, at)
			if n > 1 {
				at = unsafe.Add(at, size)
			}
		}
	}
	c.dec = func(d *decoder, p unsafe.Pointer) {
		n := d.uint()
		if n > uint64(len(d.buf)) { // every element takes a byte
			d.fail()
		}
		if n == 0 || d.err != nil {
			return
		}
		v := reflect.NewAt(typ, p).Elem()
		for done := 0; done < int(n); {
			room := min(int(n), max(sliceStart, 4*done))
			grown := reflect.MakeSlice(typ, room, room)
			reflect.Copy(grown, v)
			v.Set(grown)
			first := v.UnsafePointer()
			for ; done < room; done++ {
				if elem.dec(d, unsafe.Add(first, uintptr(done)*size)); d.err != nil {
					v.SetZero()
					return
				}
			}
		}
	}
}

func compilePointer(c *typeCodec) {
	elem := compile(c.typ.Elem())
	c.enc = func(e *encoder, p unsafe.Pointer) {
		at := *(*unsafe.Pointer)(p)
		if at == nil {
			e.buf = append(e.buf, 0)
			return
		}
		e.buf = append(e.buf, 1)
		elem.enc(e, at)
	}
	c.dec = func(d *decoder, p unsafe.Pointer) {
		if b := d.bytes(1); b == nil || b[0] == 0 {
			return
		}
		v := reflect.New(elem.typ)
		elem.dec(d, v.UnsafePointer())
		*(*unsafe.Pointer)(p) = v.UnsafePointer()
	}
}

func encMapping(e *encoder, p unsafe.Pointer) {
	e.buf = graph.AppendMapping(e.buf, *(*graph.Mapping)(p))
}

func decMapping(d *decoder, p unsafe.Pointer) {
	m, rest, err := graph.ParseMapping(d.buf)
	if err != nil {
		d.fail()
		return
	}
	*(*graph.Mapping)(p), d.buf = m, rest
}

func encBody(e *encoder, p unsafe.Pointer) {
	b := *(*Body)(p)
	v := reflect.ValueOf(b)
	if b == nil || v.IsNil() {
		e.uint(0)
		return
	}
	e.uint(uint64(b.body()))
	bodies[b.body()].enc(e, v.UnsafePointer())
}

func decBody(d *decoder, p unsafe.Pointer) {
	k := d.uint()
	if k == 0 {
		return
	}
	if k >= uint64(bodyEnd) {
		d.fail()
		return
	}
	v := reflect.New(bodies[k].typ)
	bodies[k].dec(d, v.UnsafePointer())
	*(*Body)(p) = v.Interface().(Body)
}

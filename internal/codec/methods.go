package codec

import (
	"encoding"
	"encoding/gob"
	"reflect"
	"unsafe"
)

var (
	gobEncoder        = reflect.TypeFor[gob.GobEncoder]()
	gobDecoder        = reflect.TypeFor[gob.GobDecoder]()
	binaryMarshaler   = reflect.TypeFor[encoding.BinaryMarshaler]()
	binaryUnmarshaler = reflect.TypeFor[encoding.BinaryUnmarshaler]()
)

// compileMethods honours a type's own encoding methods, its value's or its pointer's, when both directions are there.
func compileMethods(tc *typeCodec) bool {
	if k := tc.t.Kind(); k == reflect.Pointer || k == reflect.Interface {
		return false // the pointer's target is asked, and the value in the interface
	}
	t := tc.t
	switch {
	case owns(t, gobEncoder) && owns(t, gobDecoder):
		compileBlob(tc,
			func(p unsafe.Pointer) ([]byte, error) {
				return reflect.NewAt(t, p).Interface().(gob.GobEncoder).GobEncode()
			},
			func(p unsafe.Pointer, b []byte) error {
				return reflect.NewAt(t, p).Interface().(gob.GobDecoder).GobDecode(b)
			})
	case owns(t, binaryMarshaler) && owns(t, binaryUnmarshaler):
		compileBlob(tc,
			func(p unsafe.Pointer) ([]byte, error) {
				return reflect.NewAt(t, p).Interface().(encoding.BinaryMarshaler).MarshalBinary()
			},
			func(p unsafe.Pointer, b []byte) error {
				return reflect.NewAt(t, p).Interface().(encoding.BinaryUnmarshaler).UnmarshalBinary(b)
			})
	default:
		return false
	}
	return true
}

// owns tells whether *t has the methods by itself. A struct that embeds a type with them may only have inherited them, and they
// would not see its other fields; such a struct travels field by field, which loses nothing.
func owns(t, iface reflect.Type) bool {
	if !reflect.PointerTo(t).Implements(iface) {
		return false
	}
	if t.Kind() != reflect.Struct {
		return true
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && (f.Type.Implements(iface) || reflect.PointerTo(f.Type).Implements(iface)) {
			return false
		}
	}
	return true
}

// compileBlob makes the codec of types that turn themselves into bytes.
func compileBlob(tc *typeCodec, marshal func(unsafe.Pointer) ([]byte, error), unmarshal func(unsafe.Pointer, []byte) error) {
	tc.enc = func(e *Encoder, p unsafe.Pointer) error {
		b, err := marshal(p)
		if err != nil {
			return err
		}
		e.buf = appendUvarint(e.buf, uint64(len(b)))
		return e.raw(b)
	}
	tc.dec = func(d *Decoder, p unsafe.Pointer) error {
		n, err := d.uvarint()
		if err != nil {
			return err
		}
		b, err := d.bytes(n)
		if err != nil {
			return err
		}
		return unmarshal(p, b)
	}
}

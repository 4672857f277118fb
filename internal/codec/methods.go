package codec

import (
	"encoding"
	"encoding/gob"
	"reflect"
	"sync/atomic"
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

// A FuncCodec gives functions a form that another process of the same binary understands. Package fn provides one for functions
// that capture nothing.
type FuncCodec interface {
	// EncodeFunc returns the form of f, a func of type t that is not nil, or an error that says why it cannot travel.
	EncodeFunc(t reflect.Type, f any) ([]byte, error)
	// DecodeFunc returns the function of type t, or an error; the bytes may be anything.
	DecodeFunc(t reflect.Type, form []byte) (any, error)
}

var funcCodec atomic.Pointer[FuncCodec]

// SetFuncCodec makes fc responsible for funcs from now on; without one they are an error. Call it from an init function.
func SetFuncCodec(fc FuncCodec) { funcCodec.Store(&fc) }

// Funcs: 0 for nil, 1 and the form's length and bytes.
func compileFunc(tc *typeCodec) {
	t := tc.t
	tc.enc = func(e *Encoder, p unsafe.Pointer) error {
		if *(*unsafe.Pointer)(p) == nil {
			e.buf = append(e.buf, 0)
			return nil
		}
		fc := funcCodec.Load()
		if fc == nil {
			return unsupported(t)
		}
		form, err := (*fc).EncodeFunc(t, reflect.NewAt(t, p).Elem().Interface())
		if err != nil {
			return &wrapped{err.Error(), unsupported(t)}
		}
		e.buf = append(e.buf, 1)
		e.buf = appendUvarint(e.buf, uint64(len(form)))
		e.buf = append(e.buf, form...)
		return nil
	}
	tc.dec = func(d *Decoder, p unsafe.Pointer) error {
		b, err := d.byte()
		if err != nil || b == 0 {
			return err
		}
		fc := funcCodec.Load()
		if b != 1 || fc == nil {
			return corruptf("a %s where none can be", t)
		}
		n, err := d.uvarint()
		if err != nil {
			return err
		}
		form, err := d.bytes(n)
		if err != nil {
			return err
		}
		f, err := (*fc).DecodeFunc(t, form)
		if err != nil {
			return err
		}
		if f == nil || !reflect.TypeOf(f).AssignableTo(t) {
			return corruptf("a %T where a %s is expected", f, t)
		}
		reflect.NewAt(t, p).Elem().Set(reflect.ValueOf(f))
		return nil
	}
}

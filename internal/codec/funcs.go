package codec

import (
	"encoding/binary"
	"reflect"
	"unsafe"

	"sheaf/fn"
	"sheaf/internal/image"
)

// Funcs: 0 for nil; 1 for one that captures nothing, met for the first time: the hash of its type and its symbol; 2 for a function
// with bound values, met for the first time: the type of its binding and its fields; k+3 for the k-th function of the value.
const (
	funcNil = iota
	funcSymbol
	funcBound
	funcKnown
)

const symbolMax = 1 << 12

type funcKey struct {
	object unsafe.Pointer
	t      reflect.Type
}

func compileFunc(tc *typeCodec) {
	t := tc.t
	var hash uint32
	if place, ok := image.PlaceOfType(t); ok {
		hash = place.Hash
	}
	tc.enc = func(e *Encoder, p unsafe.Pointer) error {
		object := *(*unsafe.Pointer)(p)
		if object == nil {
			e.buf = append(e.buf, funcNil)
			return nil
		}
		if index, ok := e.funcs[funcKey{object, t}]; ok {
			e.buf = appendUvarint(e.buf, uint64(index)+funcKnown)
			return nil
		}
		if err := e.newFunc(t, hash, p); err != nil {
			return err
		}
		if e.funcs == nil {
			e.funcs = map[funcKey]int{}
		}
		e.funcs[funcKey{object, t}] = len(e.funcs)
		return nil
	}
	tc.dec = func(d *Decoder, p unsafe.Pointer) error {
		kind, err := d.uvarint()
		switch {
		case err != nil || kind == funcNil:
			return err
		case kind == funcSymbol:
			err = d.symbol(t, hash, p)
		case kind == funcBound:
			err = d.bound(t, p)
		default:
			if kind-funcKnown >= uint64(len(d.funcs)) {
				return corruptf("reference to function %d of %d", kind-funcKnown, len(d.funcs))
			}
			f := d.funcs[kind-funcKnown]
			if f.t != t {
				return corruptf("reference to a %v where a %v is expected", f.t, t)
			}
			*(*unsafe.Pointer)(p) = f.object
			return nil
		}
		if err == nil {
			d.funcs = append(d.funcs, funcKey{*(*unsafe.Pointer)(p), t})
		}
		return err
	}
}

func (e *Encoder) newFunc(t reflect.Type, hash uint32, p unsafe.Pointer) error {
	v := reflect.NewAt(t, p).Elem()
	if s, ok := fn.SymbolOf(v); ok {
		e.buf = append(e.buf, funcSymbol)
		e.buf = binary.LittleEndian.AppendUint32(e.buf, hash)
		e.buf = appendUvarint(e.buf, uint64(len(s)))
		e.buf = append(e.buf, s...)
		return nil
	}
	b := fn.BindingOf(v)
	if b == nil {
		return &captured{t, fn.Check(v.Interface())}
	}
	if err := e.enter(); err != nil { // a function bound to itself
		return err
	}
	// The fields are written here and not behind everything else, as a pointer's target would be: the receiver makes the function
	// of them at once.
	bv := reflect.ValueOf(b).Elem()
	e.buf = append(e.buf, funcBound)
	tc, err := e.typeOf(bv.Type())
	if err != nil {
		return err
	}
	if err := tc.enc(e, bv.Addr().UnsafePointer()); err != nil {
		return at(err, ".bound("+fn.SourceOf(v.Interface()).String()+")")
	}
	e.leave()
	return nil
}

// symbol reads a function that captures nothing into p.
func (d *Decoder) symbol(t reflect.Type, hash uint32, p unsafe.Pointer) error {
	b, err := d.next(4)
	if err != nil {
		return err
	}
	if got := binary.LittleEndian.Uint32(b); got != hash {
		return corruptf("a function of another type than %v", t)
	}
	n, err := d.uvarint()
	if err != nil {
		return err
	}
	if n > symbolMax {
		return corruptf("symbol of %d bytes", n)
	}
	name, err := d.bytes(n)
	if err != nil {
		return err
	}
	f, err := fn.Lookup(string(name), t)
	if err != nil {
		return err
	}
	*(*unsafe.Pointer)(p) = fn.Object(f)
	return nil
}

var bindingType = reflect.TypeFor[fn.Binding]()

// bound reads a function with its bound values into p.
func (d *Decoder) bound(t reflect.Type, p unsafe.Pointer) error {
	if err := d.enter(); err != nil {
		return err
	}
	tc, err := d.typeRef()
	if err != nil {
		return err
	}
	if tc == nil || !reflect.PointerTo(tc.t).Implements(bindingType) {
		return corruptf("a %v as what a function is bound to", tc)
	}
	v := reflect.New(tc.t)
	if err := tc.dec(d, v.UnsafePointer()); err != nil {
		return at(err, ".bound")
	}
	f, err := v.Interface().(fn.Binding).Func()
	if err != nil {
		return err
	}
	if reflect.TypeOf(f) != t {
		fv := reflect.ValueOf(f)
		if !fv.Type().ConvertibleTo(t) {
			return corruptf("a bound %T where a %v is expected", f, t)
		}
	}
	*(*unsafe.Pointer)(p) = fn.Object(reflect.ValueOf(f))
	d.leave()
	return nil
}

// captured is the error about a function that cannot travel.
type captured struct {
	t   reflect.Type
	err error // says it in full
}

func (c *captured) Error() string   { return c.err.Error() }
func (c *captured) Unwrap() []error { return []error{c.err, ErrUnsupported} }

// compileError wraps the codec of a type of pointers that are errors: one that a package-level variable holds, as io.EOF does,
// is that variable's again after the journey. Its place goes in front, 0 for none; its content goes too, in case the receiver's
// variable holds something else.
func compileError(tc *typeCodec, target *typeCodec) {
	t := tc.t
	tc.enc = func(e *Encoder, p unsafe.Pointer) error {
		q := *(*unsafe.Pointer)(p)
		if q == nil {
			e.buf = append(e.buf, 0)
			return nil
		}
		if e.met(q, target) {
			return nil
		}
		place, _ := image.PlaceOfError(reflect.NewAt(t, p).Elem().Interface().(error)) //nolint:errcheck // the type is one
		e.buf = binary.AppendVarint(e.buf, place)
		return e.follow(q, target)
	}
	tc.dec = func(d *Decoder, p unsafe.Pointer) error {
		q, known, err := d.ref(target)
		if err != nil || (q == nil && known) {
			return err
		}
		if !known {
			place, err := d.uvarint()
			if err != nil {
				return err
			}
			made := reflect.New(t.Elem()).UnsafePointer()
			q = made
			if place != 0 {
				if err, ok := image.Error(int64(place>>1)^-int64(place&1), t); ok {
					q = reflect.ValueOf(err).UnsafePointer()
				}
			}
			d.refs = append(d.refs, pendingDec{target, q})
			d.queue = append(d.queue, pendingDec{target, made})
		}
		*(*unsafe.Pointer)(p) = q
		return nil
	}
}

var errorType = reflect.TypeFor[error]()

package codec

import (
	"reflect"
	"unsafe"
)

// Pointers: 0 for nil, 1 for one met for the first time, k+2 for the k-th of the value. What a new pointer points to is written
// after everything that was begun before it, so lists of any length need no stack.

func (c *compiler) pointer(tc *typeCodec) {
	target := c.codec(tc.t.Elem())
	elem := tc.t.Elem()
	if tc.t.Implements(errorType) {
		compileError(tc, target)
		return
	}
	tc.enc = func(e *Encoder, p unsafe.Pointer) error {
		q := *(*unsafe.Pointer)(p)
		if q == nil {
			e.buf = append(e.buf, 0)
			return nil
		}
		if e.met(q, target) {
			return nil
		}
		return e.follow(q, target)
	}
	tc.dec = func(d *Decoder, p unsafe.Pointer) error {
		q, known, err := d.ref(target)
		if err != nil || (q == nil && known) {
			return err
		}
		if !known {
			q = reflect.New(elem).UnsafePointer()
			d.refs = append(d.refs, pendingDec{target, q})
			d.queue = append(d.queue, pendingDec{target, q})
		}
		*(*unsafe.Pointer)(p) = q
		return nil
	}
}

// follow sees to it that what q points to is written.
func (e *Encoder) follow(q unsafe.Pointer, target *typeCodec) error {
	if e.tracing {
		if err := e.enter(); err != nil {
			return err
		}
		defer e.leave()
		return target.enc(e, q)
	}
	e.queue = append(e.queue, pendingEnc{target, q})
	return nil
}

// met writes the number of a pointer and tells whether it was known.
func (e *Encoder) met(q unsafe.Pointer, target *typeCodec) bool {
	key := ptrKey{q, target}
	if id, ok := e.seen[key]; ok {
		e.buf = appendUvarint(e.buf, id+2)
		return true
	}
	if e.seen == nil {
		e.seen = map[ptrKey]uint64{}
	}
	e.seen[key] = uint64(len(e.seen))
	e.buf = append(e.buf, 1)
	return false
}

// ref reads the number of a pointer: nil and the ones met before are known.
func (d *Decoder) ref(target *typeCodec) (q unsafe.Pointer, known bool, err error) {
	n, err := d.uvarint()
	if err != nil {
		return nil, true, err
	}
	switch {
	case n == 0:
		return nil, true, nil
	case n == 1:
		return nil, false, nil
	case n-2 >= uint64(len(d.refs)):
		return nil, true, corruptf("reference to pointer %d of %d", n-2, len(d.refs))
	}
	r := d.refs[n-2]
	if r.codec != target {
		return nil, true, corruptf("reference to a %v where a %v is expected", r.codec, target)
	}
	return r.p, true, nil
}

// Interfaces: a type reference, 0 for nil, and the value.

func compileInterface(tc *typeCodec) {
	t := tc.t
	empty := t.NumMethod() == 0
	tc.enc = func(e *Encoder, p unsafe.Pointer) error {
		var dt reflect.Type
		if empty {
			dt = reflect.TypeOf(*(*any)(p))
		} else if rv := reflect.NewAt(t, p).Elem(); !rv.IsNil() {
			dt = rv.Elem().Type()
		}
		if dt == nil {
			e.buf = append(e.buf, 0)
			return nil
		}
		if err := e.enter(); err != nil {
			return err
		}
		root := e.depth == 1 // its type begins the path of an error
		ct, err := e.typeOf(dt)
		if err != nil {
			return err
		}
		data := (*eface)(p).data // the data word of either kind of interface
		switch {
		case ct.direct():
			data = unsafe.Pointer(&(*eface)(p).data)
		case ct.boxed == nil:
			nv := reflect.New(dt)
			nv.Elem().Set(reflect.NewAt(t, p).Elem().Elem())
			data = nv.UnsafePointer()
		}
		if err := ct.enc(e, data); err != nil {
			if e.tracing && !root {
				return at(err, ".("+ct.t.String()+")")
			}
			return err
		}
		e.leave()
		return nil
	}
	tc.dec = func(d *Decoder, p unsafe.Pointer) error {
		ct, err := d.typeRef()
		if err != nil || ct == nil {
			return err
		}
		if err := d.enter(); err != nil {
			return err
		}
		if ct.t.Kind() == reflect.Interface || !empty && !ct.t.Implements(t) {
			return corruptf("a %v in a %v", ct.t, t)
		}
		if ct.direct() { // the interface is given its type, and then the word that it holds
			reflect.NewAt(t, p).Elem().Set(reflect.Zero(ct.t))
			err := ct.dec(d, unsafe.Pointer(&(*eface)(p).data))
			d.leave()
			return err
		}
		nv := reflect.New(ct.t)
		if err := ct.dec(d, nv.UnsafePointer()); err != nil {
			return err
		}
		d.leave()
		if empty && ct.boxed != nil {
			*(*eface)(p) = eface{ct.boxed, nv.UnsafePointer()} // the fresh value is nobody else's: no second copy
			return nil
		}
		reflect.NewAt(t, p).Elem().Set(nv.Elem())
		return nil
	}
}

// eface is an empty interface as the compiler lays it out.
type eface struct {
	typ, data unsafe.Pointer
}

// boxedType returns the type word of interfaces holding a t when such interfaces point to the value. Those that may hold
// the value itself (pointer-shaped kinds, and structs and arrays of that size) give nil.
func boxedType(t reflect.Type) unsafe.Pointer {
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Chan, reflect.Func, reflect.UnsafePointer, reflect.Interface:
		return nil
	case reflect.Struct, reflect.Array:
		if t.Size() <= unsafe.Sizeof(uintptr(0)) {
			return nil
		}
	}
	if t.Size() > 1<<20 { // do not make a huge zero value for the sake of a word
		return nil
	}
	v := reflect.Zero(t).Interface()
	return (*eface)(unsafe.Pointer(&v)).typ
}

// direct reports whether an interface holds values of this type in its own data word.
func (tc *typeCodec) direct() bool {
	switch tc.t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return true
	}
	return false
}

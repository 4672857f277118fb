package codec

import (
	"bytes"
	"cmp"
	"reflect"
	"slices"
	"unsafe"
)

// Maps: the number of a pointer (a map is one), the length when it is new, keys and elements in turn.
func (c *compiler) mapping(tc *typeCodec) {
	m := &mapCodec{t: tc.t, self: tc, key: c.codec(tc.t.Key()), elem: c.codec(tc.t.Elem())}
	m.keyMayPanic = holdsInterface(tc.t.Key())
	if tc.t.Key().Size() > 0 && tc.t.Elem().Size() > 0 {
		m.fastEnc, m.fastDec = fastMap(m)
	}
	tc.enc, tc.dec = m.enc, m.dec
}

type mapCodec struct {
	t           reflect.Type
	self        *typeCodec
	key, elem   *typeCodec
	keyMayPanic bool // a key may hold an interface whose dynamic type cannot be hashed
	fastEnc     func(e *Encoder, p unsafe.Pointer) error
	fastDec     func(d *Decoder, p unsafe.Pointer, n, hint int) error
}

func (m *mapCodec) enc(e *Encoder, p unsafe.Pointer) error {
	q := *(*unsafe.Pointer)(p)
	if q == nil {
		e.buf = append(e.buf, 0)
		return nil
	}
	if e.met(q, m.self) {
		return nil
	}
	if err := e.enter(); err != nil {
		return err
	}
	v := reflect.NewAt(m.t, p).Elem()
	e.buf = appendUvarint(e.buf, uint64(v.Len()))
	var err error
	switch {
	case e.Deterministic:
		err = m.encSorted(e, v)
	case m.fastEnc != nil:
		err = m.fastEnc(e, p)
	default:
		k, x := reflect.New(m.t.Key()), reflect.New(m.t.Elem())
		for it := v.MapRange(); it.Next() && err == nil; {
			// A pair has its own memory only while it is encoded: no pointer into it is kept.
			k.Elem().SetIterKey(it)
			x.Elem().SetIterValue(it)
			err = m.encPair(e, k.UnsafePointer(), x.UnsafePointer())
		}
	}
	e.leave()
	return err
}

func (m *mapCodec) encPair(e *Encoder, k, x unsafe.Pointer) error {
	if err := m.key.enc(e, k); err != nil {
		return at(err, "[key]")
	}
	if err := m.elem.enc(e, x); err != nil {
		return at(err, keyStep(m.t.Key(), k))
	}
	return e.maybeFlush()
}

func keyStep(t reflect.Type, k unsafe.Pointer) string {
	v := reflect.NewAt(t, k).Elem()
	switch t.Kind() {
	case reflect.String:
		return `["` + v.String() + `"]`
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float64, reflect.Bool:
		return "[" + formatScalar(v) + "]"
	}
	return "[…]"
}

type sortedPair struct {
	k, x reflect.Value // pointers
	code []byte
}

func (m *mapCodec) encSorted(e *Encoder, v reflect.Value) error {
	pairs := make([]sortedPair, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		k, x := reflect.New(m.t.Key()), reflect.New(m.t.Elem())
		k.Elem().SetIterKey(it)
		x.Elem().SetIterValue(it)
		pairs = append(pairs, sortedPair{k: k, x: x})
	}
	less := scalarCompare(m.t.Key().Kind())
	if less == nil {
		for i := range pairs {
			scratch := &Encoder{Deterministic: true}
			if err := scratch.run(m.t.Key(), pairs[i].k.UnsafePointer()); err != nil {
				return at(err, "[key]")
			}
			pairs[i].code = scratch.buf
		}
		less = func(a, b sortedPair) int { return bytes.Compare(a.code, b.code) }
	}
	slices.SortStableFunc(pairs, less)
	for _, p := range pairs {
		if err := m.encPair(e, p.k.UnsafePointer(), p.x.UnsafePointer()); err != nil {
			return err
		}
	}
	return nil
}

func scalarCompare(k reflect.Kind) func(a, b sortedPair) int {
	switch k {
	case reflect.String:
		return func(a, b sortedPair) int { return cmp.Compare(a.k.Elem().String(), b.k.Elem().String()) }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(a, b sortedPair) int { return cmp.Compare(a.k.Elem().Int(), b.k.Elem().Int()) }
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return func(a, b sortedPair) int { return cmp.Compare(a.k.Elem().Uint(), b.k.Elem().Uint()) }
	case reflect.Float32, reflect.Float64:
		return func(a, b sortedPair) int { return cmp.Compare(a.k.Elem().Float(), b.k.Elem().Float()) }
	}
	return nil
}

func (m *mapCodec) dec(d *Decoder, p unsafe.Pointer) error {
	q, known, err := d.ref(m.self)
	if err != nil {
		return err
	}
	if known {
		*(*unsafe.Pointer)(p) = q
		return nil
	}
	n, err := d.uvarint()
	if err != nil {
		return err
	}
	if n > 1 && m.key.wire == 0 { // keys without size are all equal
		return corruptf("%d equal keys", n)
	}
	hint, err := d.affordable(n, m.key.wire+m.elem.wire, 2*(m.key.size+m.elem.size)+1)
	if err != nil {
		return err
	}
	if err := d.enter(); err != nil {
		return err
	}
	defer d.leave()
	v := reflect.MakeMapWithSize(m.t, hint)
	d.refs = append(d.refs, pendingDec{m.self, v.UnsafePointer()})
	*(*unsafe.Pointer)(p) = v.UnsafePointer()
	if m.fastDec != nil {
		return m.fastDec(d, p, int(n), hint)
	}
	k, x := reflect.New(m.t.Key()), reflect.New(m.t.Elem())
	for range n {
		k.Elem().SetZero()
		x.Elem().SetZero()
		if err := m.key.dec(d, k.UnsafePointer()); err != nil {
			return at(err, "[key]")
		}
		if err := m.elem.dec(d, x.UnsafePointer()); err != nil {
			return at(err, keyStep(m.t.Key(), k.UnsafePointer()))
		}
		if m.keyMayPanic && !k.Elem().Comparable() {
			return corruptf("map key that cannot be compared")
		}
		v.SetMapIndex(k.Elem(), x.Elem())
	}
	return nil
}

func holdsInterface(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Interface:
		return true
	case reflect.Array:
		return holdsInterface(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if holdsInterface(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}

// fastMap returns loops without reflection for common layouts. A map of named types is laid out as the map of their
// underlying types, so it can be walked as one.
func fastMap(m *mapCodec) (func(*Encoder, unsafe.Pointer) error, func(*Decoder, unsafe.Pointer, int, int) error) {
	switch m.t.Key().Kind() {
	case reflect.String:
		return fastMapOf[string](m)
	case reflect.Int, reflect.Int64:
		if unsafe.Sizeof(0) == 8 {
			return fastMapOf[int64](m)
		}
	}
	return nil, nil
}

func fastMapOf[K comparable](m *mapCodec) (func(*Encoder, unsafe.Pointer) error, func(*Decoder, unsafe.Pointer, int, int) error) {
	switch k := m.t.Elem().Kind(); {
	case k == reflect.String:
		return encMap[K, string](m), decMap[K, string](m)
	case m.elem.plain && m.elem.size == 8 && k != reflect.Struct && k != reflect.Array:
		return encMap[K, int64](m), decMap[K, int64](m)
	case k == reflect.Bool:
		return encMap[K, bool](m), decMap[K, bool](m)
	case k == reflect.Interface && m.t.Elem().NumMethod() == 0:
		return encMap[K, any](m), decMap[K, any](m)
	}
	return nil, nil
}

func encMap[K comparable, V any](m *mapCodec) func(*Encoder, unsafe.Pointer) error {
	return func(e *Encoder, p unsafe.Pointer) error {
		var key K
		var val V
		for key, val = range *(*map[K]V)(p) {
			if err := m.encPair(e, unsafe.Pointer(&key), unsafe.Pointer(&val)); err != nil {
				return err
			}
		}
		return nil
	}
}

func decMap[K comparable, V any](m *mapCodec) func(*Decoder, unsafe.Pointer, int, int) error {
	return func(d *Decoder, p unsafe.Pointer, n, _ int) error {
		mm := *(*map[K]V)(p)
		var key, noKey K
		var val, noVal V
		for range n {
			key, val = noKey, noVal
			if err := m.key.dec(d, unsafe.Pointer(&key)); err != nil {
				return at(err, "[key]")
			}
			if err := m.elem.dec(d, unsafe.Pointer(&val)); err != nil {
				return at(err, keyStep(m.t.Key(), unsafe.Pointer(&key)))
			}
			mm[key] = val
		}
		return nil
	}
}

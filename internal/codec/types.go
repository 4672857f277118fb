package codec

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"unsafe"

	"sheaf/internal/image"
)

var anyType = reflect.TypeFor[any]()

// Types on the wire. A reference is a number: 0 is no type (a nil interface), 1 announces a definition, k+2 is the k-th type
// of the stream. A definition is a letter and
//
//	'*' '[' 'm'  the references of the element (and key) types of a pointer, slice, map
//	'a'          the length and the element of an array
//	'n'          a name, which the receiver must know
//
// A name is the type's, as reflect gives it, with the place of its descriptor in the executable and its hash. The place tells
// apart types of one name, and is the same in every process that runs the same executable; a receiver that has not met the
// type finds it there, and takes it if name and hash are right. Types that package reflect has made at run time have no place:
// their name says so, and is known only where the type was met.

// A typeTable maps names to types and back.
type typeTable struct {
	byName sync.Map // string → reflect.Type
	names  sync.Map // reflect.Type → string
}

var table = newTypeTable()

func newTypeTable() *typeTable {
	t := &typeTable{}
	for _, v := range []any{
		false, 0, int8(0), int16(0), int32(0), int64(0), uint(0), uint8(0), uint16(0), uint32(0), uint64(0), uintptr(0),
		float32(0), float64(0), complex64(0), complex128(0), "",
		[0]any{},
		[0]error{},
	} {
		t.add(reflect.TypeOf(v))
	}
	t.add(typeType)
	return t
}

// RegisterType makes t, and every type reachable from it through fields, elements, keys, parameters and results, known to
// [Decode] when it turns up inside an interface.
//
// Types that the executable contains need no registration: they are found in it. It is for those that package reflect makes at run
// time, and for platforms where the executable cannot be searched.
func RegisterType(t reflect.Type) { table.add(t) }

// RegisterTypeOf is RegisterType for the type parameter.
func RegisterTypeOf[T any]() { table.add(reflect.TypeFor[T]()) }

func (tt *typeTable) add(t reflect.Type) {
	if _, done := tt.names.Load(t); done {
		return
	}
	name := typeName(t)
	tt.byName.Store(name, t)
	tt.names.Store(t, name)
	switch t.Kind() {
	case reflect.Map:
		tt.add(t.Key())
		tt.add(t.Elem())
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Chan:
		tt.add(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			tt.add(t.Field(i).Type)
		}
	case reflect.Func:
		for i := range t.NumIn() {
			tt.add(t.In(i))
		}
		for i := range t.NumOut() {
			tt.add(t.Out(i))
		}
	}
}

func typeName(t reflect.Type) string {
	if t.PkgPath() == "" && t.Name() != "" {
		return t.Name() // predeclared
	}
	if p, ok := image.PlaceOfType(t); ok {
		return p.Name + "@" + strconv.FormatInt(p.Place, 16) + "#" + strconv.FormatUint(uint64(p.Hash), 16)
	}
	return t.String() + "@made-" + strconv.FormatUint(uint64(descriptor(t)), 16)
}

// descriptor is the address of the type's descriptor: the data word of the interface value that reflect.Type is.
func descriptor(t reflect.Type) uintptr {
	return uintptr((*[2]unsafe.Pointer)(unsafe.Pointer(&t))[1])
}

// find returns the type of a name, from the table or else from the executable.
func (tt *typeTable) find(name string) (reflect.Type, bool) {
	if t, ok := tt.byName.Load(name); ok {
		return t.(reflect.Type), true
	}
	at := strings.LastIndexByte(name, '@')
	hash := strings.LastIndexByte(name, '#')
	if at < 0 || hash < at {
		return nil, false
	}
	place, err := strconv.ParseInt(name[at+1:hash], 16, 64)
	if err != nil {
		return nil, false
	}
	sum, err := strconv.ParseUint(name[hash+1:], 16, 32)
	if err != nil {
		return nil, false
	}
	t, ok := image.Type(image.TypePlace{Place: place, Hash: uint32(sum), Name: name[:at]})
	if !ok || typeName(t) != name {
		return nil, false
	}
	tt.add(t)
	return t, true
}

// typeRef writes a reference to t.
func (e *Encoder) typeRef(t reflect.Type) error {
	_, err := e.typeOf(t)
	return err
}

// typeOf writes a reference to t and returns its codec.
func (e *Encoder) typeOf(t reflect.Type) (*typeCodec, error) {
	if t == e.last {
		e.buf = appendUvarint(e.buf, e.lastIdx.index+2)
		return e.lastIdx.codec, nil
	}
	if ti, ok := e.types[t]; ok {
		e.buf = appendUvarint(e.buf, ti.index+2)
		e.last, e.lastIdx = t, ti
		return ti.codec, nil
	}
	table.add(t)
	e.buf = appendUvarint(e.buf, 1)
	if t.Name() != "" {
		e.typeName(t)
	} else {
		switch t.Kind() {
		case reflect.Pointer:
			e.buf = append(e.buf, '*')
		case reflect.Slice:
			e.buf = append(e.buf, '[')
		case reflect.Map:
			e.buf = append(e.buf, 'm')
			if err := e.typeRef(t.Key()); err != nil {
				return nil, err
			}
		case reflect.Array:
			e.buf = append(e.buf, 'a')
			e.buf = appendUvarint(e.buf, uint64(t.Len()))
		default:
			e.typeName(t)
		}
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Array:
			if err := e.typeRef(t.Elem()); err != nil {
				return nil, err
			}
		}
	}
	ti := typeIndex{e.numTypes, codecOf(t)}
	e.numTypes++
	if e.types == nil {
		e.types = map[reflect.Type]typeIndex{}
	}
	e.types[t] = ti
	e.last, e.lastIdx = t, ti
	return ti.codec, nil
}

func (e *Encoder) typeName(t reflect.Type) {
	name, _ := table.names.Load(t)
	e.buf = append(e.buf, 'n')
	e.buf = appendUvarint(e.buf, uint64(len(name.(string))))
	e.buf = append(e.buf, name.(string)...)
}

// typeRef reads a reference; nil is the type of a nil interface.
func (d *Decoder) typeRef() (*typeCodec, error) {
	ref, err := d.uvarint()
	if err != nil || ref == 0 {
		return nil, err
	}
	if ref > 1 {
		if ref-2 >= uint64(len(d.types)) {
			return nil, corruptf("reference to type %d of %d", ref-2, len(d.types))
		}
		return d.types[ref-2], nil
	}
	if d.typeDepth++; d.typeDepth > maxTypeDepth {
		return nil, corruptf("type nested deeper than %d", maxTypeDepth)
	}
	defer func() { d.typeDepth-- }()
	t, err := d.typeDef()
	if err != nil {
		return nil, err
	}
	tc := codecOf(t)
	d.types = append(d.types, tc)
	return tc, nil
}

const (
	maxTypeDepth  = 100
	maxTypeName   = 1 << 16
	maxArrayBytes = 1 << 12 // of an array type that this process does not know
)

func (d *Decoder) typeDef() (reflect.Type, error) {
	letter, err := d.byte()
	if err != nil {
		return nil, err
	}
	switch letter {
	case 'n':
		return d.namedType()
	case '*', '[':
		elem, err := d.elemType()
		if err != nil {
			return nil, err
		}
		if letter == '*' {
			return reflect.PointerTo(elem), nil
		}
		return reflect.SliceOf(elem), nil
	case 'm':
		key, err := d.elemType()
		if err != nil {
			return nil, err
		}
		elem, err := d.elemType()
		if err != nil {
			return nil, err
		}
		if !key.Comparable() {
			return nil, corruptf("map key %v", key)
		}
		return reflect.MapOf(key, elem), nil
	case 'a':
		return d.arrayType()
	}
	return nil, corruptf("type definition %q", letter)
}

func (d *Decoder) elemType() (reflect.Type, error) {
	tc, err := d.typeRef()
	if err != nil {
		return nil, err
	}
	if tc == nil {
		return nil, corruptf("type without element")
	}
	return tc.t, nil
}

func (d *Decoder) arrayType() (reflect.Type, error) {
	n, err := d.uvarint()
	if err != nil {
		return nil, err
	}
	elem, err := d.elemType()
	if err != nil {
		return nil, err
	}
	if size := uint64(elem.Size()); n > maxArrayBytes/max(size, 1) {
		// reflect.ArrayOf would make any type that is asked for; a large one must have been met before.
		want := "[" + strconv.FormatUint(n, 10) + "]" + elem.String()
		var known reflect.Type
		table.names.Range(func(k, _ any) bool {
			t := k.(reflect.Type)
			if t.Kind() == reflect.Array && t.Name() == "" && t.Elem() == elem && uint64(t.Len()) == n {
				known = t
			}
			return known == nil
		})
		if known == nil {
			return nil, fmt.Errorf("%w %s", ErrUnknownType, want)
		}
		return known, nil
	}
	return reflect.ArrayOf(int(n), elem), nil
}

func (d *Decoder) namedType() (reflect.Type, error) {
	n, err := d.uvarint()
	if err != nil {
		return nil, err
	}
	if n > maxTypeName {
		return nil, corruptf("type name of %d bytes", n)
	}
	name, err := d.bytes(n)
	if err != nil {
		return nil, err
	}
	t, ok := table.find(string(name))
	if !ok {
		return nil, fmt.Errorf("%w %q: it is not in this executable; all processes must run the same one, and types that package "+
			"reflect makes at run time cannot travel inside interfaces", ErrUnknownType, name)
	}
	return t, nil
}

//go:build amd64 || arm64 || riscv64 || ppc64le || loong64 || s390x || mips64le || mips64 || ppc64

// Package image names places of the running executable so that another process of the same executable finds them again:
// functions that capture nothing, type descriptors, and package-level error variables. A place is a distance, because the system
// may load an executable anywhere.
//
// Whatever distance is asked for, nothing is read that is not mapped, and nothing is taken for what it is not: functions are looked
// up among the function objects, types must have the name and hash that they are said to have.
package image

import (
	"reflect"
	"sync"
	"unsafe"
)

// Supported reports whether places can be named on this platform.
const Supported = true

// sections is filled by the linker: the begin and end of text, types, data and bss.
var sections struct {
	text, etext   uintptr
	types, etypes uintptr
	data, edata   uintptr
	bss, ebss     uintptr
}

// at returns the address as a pointer. It is never one of Go's heap or stacks.
//
//go:nocheckptr
func at(address uintptr) unsafe.Pointer {
	return unsafe.Add(unsafe.Pointer(&sections), address-uintptr(unsafe.Pointer(&sections)))
}

// word reads a word of the image. Variables among them may be written meanwhile, by whoever owns them; what is read is only compared.
//
//go:norace
//go:nocheckptr
func word(address uintptr) uintptr { return *(*uintptr)(at(address)) }

const wordBytes = unsafe.Sizeof(uintptr(0))

func here() {}

// objects returns where the linker has put the objects of functions that capture nothing: words that each hold an entry, behind
// the types. The place of one of them is known, the others surround it.
var objects = sync.OnceValue(func() (span [2]uintptr) {
	f := here
	known := *(*uintptr)(unsafe.Pointer(&f))
	code := func(a uintptr) bool { w := word(a); return sections.text <= w && w < sections.etext }
	if known < sections.etypes || !code(known) {
		return span
	}
	lo, hi := known, known+wordBytes
	for lo-wordBytes >= sections.etypes && code(lo-wordBytes) {
		lo -= wordBytes
	}
	for code(hi) {
		hi += wordBytes
	}
	return [2]uintptr{lo, hi}
})

// FuncPlace returns the place of a function's object, and false if the object is not part of the executable: then the function
// captures variables.
func FuncPlace(object unsafe.Pointer) (int64, bool) {
	span := objects()
	a := uintptr(object)
	if a < span[0] || a >= span[1] {
		return 0, false
	}
	return int64(a - sections.types), true
}

// Func returns the object at a place, and false if there is none. It can be used as a function only as what it is.
func Func(place int64) (unsafe.Pointer, bool) {
	span := objects()
	a := sections.types + uintptr(place)
	if a < span[0] || a >= span[1] || a%wordBytes != 0 {
		return nil, false
	}
	return at(a), true
}

// What is read of a type's descriptor before it is trusted; TestDescriptor compares with package reflect.
const (
	hashAt, flagsAt, kindAt, nameAt = 16, 20, 23, 40
	descriptorBytes                 = 48
	flagExtraStar                   = 1 << 1
)

// A TypePlace names a type: the name is Type.String's.
type TypePlace struct {
	Place int64
	Hash  uint32
	Name  string
}

// PlaceOfType returns the place of a type, and false for one that was made at run time by package reflect.
func PlaceOfType(t reflect.Type) (TypePlace, bool) {
	a := uintptr((*[2]unsafe.Pointer)(unsafe.Pointer(&t))[1])
	if a < sections.types || a >= sections.etypes {
		return TypePlace{}, false
	}
	return TypePlace{Place: int64(a - sections.types), Hash: *(*uint32)(at(a + hashAt)), Name: t.String()}, true
}

// Type returns the type at a place, and false if there is no type of this name and hash.
func Type(p TypePlace) (reflect.Type, bool) {
	size := int64(sections.etypes - sections.types)
	if p.Place < 0 || p.Place > size-descriptorBytes || p.Place%int64(wordBytes) != 0 || p.Name == "" {
		return nil, false
	}
	a := sections.types + uintptr(p.Place)
	if *(*uint32)(at(a + hashAt)) != p.Hash {
		return nil, false
	}
	kind := reflect.Kind(*(*uint8)(at(a + kindAt)))
	if kind == reflect.Invalid || kind > reflect.UnsafePointer {
		return nil, false
	}
	name, ok := nameOf(int64(*(*int32)(at(a + nameAt))), size)
	if ok && *(*uint8)(at(a + flagsAt))&flagExtraStar != 0 {
		name, ok = cutStar(name)
	}
	if !ok || name != p.Name {
		return nil, false
	}
	t := reflect.TypeFor[int]()
	(*[2]unsafe.Pointer)(unsafe.Pointer(&t))[1] = at(a)
	return t, true
}

func cutStar(s string) (string, bool) {
	if s == "" || s[0] != '*' {
		return "", false
	}
	return s[1:], true
}

// nameOf reads the name that begins so far behind the start of the types: a byte of flags, the length as a varint, the bytes.
func nameOf(off, size int64) (string, bool) {
	off++
	n := int64(0)
	for shift := 0; ; shift += 7 {
		if off < 1 || off >= size || shift > 21 {
			return "", false
		}
		b := *(*uint8)(at(sections.types + uintptr(off)))
		off++
		n |= int64(b&0x7f) << shift
		if b < 0x80 {
			break
		}
	}
	if n > size-off {
		return "", false
	}
	return unsafe.String((*byte)(at(sections.types+uintptr(off))), n), true
}

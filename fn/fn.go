// Package fn says what a Go function value is: where it was written, and whether it can be named.
//
// A function value that captures nothing (a top-level function, a literal without captures, a method expression, an instance
// of a generic function) is one object in the executable's read-only data; every process that runs the same executable can
// find it again by its place there. A function that captures variables lives on the heap and means something only in the
// process that made it.
package fn

import (
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"unsafe"
)

// A Source is where a function was written.
type Source struct {
	Name string // package-qualified, as runtime.Func.Name gives it
	File string
	Line int
}

// String returns "name (file:line)".
func (s Source) String() string {
	if s.File == "" {
		return s.Name
	}
	return s.Name + " (" + s.File + ":" + strconv.Itoa(s.Line) + ")"
}

// Short returns the function's name without its package's path, such as "main.inc".
func (s Source) Short() string { return s.Name[strings.LastIndexByte(s.Name, '/')+1:] }

// SourceOf returns where f, a function value, was written. Anything else than a function gives its type's name.
func SourceOf(f any) Source {
	v := reflect.ValueOf(f)
	if v.Kind() != reflect.Func || v.IsNil() {
		if !v.IsValid() {
			return Source{Name: "nil"}
		}
		return Source{Name: v.Type().String()}
	}
	rf := runtime.FuncForPC(v.Pointer())
	if rf == nil {
		return Source{Name: v.Type().String()}
	}
	file, line := rf.FileLine(v.Pointer())
	return Source{Name: rf.Name(), File: file, Line: line}
}

// Symbol returns a name for f that is the same in every process of this executable, and false if f captures variables
// (or is no function), so that it has no such name.
func Symbol(f any) (string, bool) {
	v := reflect.ValueOf(f)
	if v.Kind() != reflect.Func || v.IsNil() {
		return "", false
	}
	return SymbolOf(v)
}

// SymbolOf is [Symbol] for a reflected function, also one read from an unexported field.
func SymbolOf(v reflect.Value) (string, bool) {
	pc := v.Pointer()
	object := objectOf(v)
	if !inImage(object, pc) {
		return "", false
	}
	// Generic instances share code and differ by the dictionary in their object, so the object's place is part of the name.
	return runtime.FuncForPC(pc).Name() + "@" + strconv.FormatInt(int64(object)-int64(anchor()), 16), true
}

// objectOf returns the address of the closure object behind a function value.
func objectOf(v reflect.Value) uintptr {
	if v.CanAddr() {
		return *(*uintptr)(v.Addr().UnsafePointer())
	}
	p := reflect.New(v.Type())
	if v.CanInterface() {
		p.Elem().Set(v)
		return *(*uintptr)(p.UnsafePointer())
	}
	// An unexported, unaddressable func field: the reflect.Value itself holds the object or a pointer to it.
	raw := (*rawValue)(unsafe.Pointer(&v))
	if raw.flag&flagIndir != 0 {
		return *(*uintptr)(raw.ptr)
	}
	return uintptr(raw.ptr)
}

// rawValue is reflect.Value's layout; TestUnexportedField holds it to that.
type rawValue struct {
	typ, ptr unsafe.Pointer
	flag     uintptr
}

// flagIndir is reflect's mark that ptr points at the value instead of being it.
const flagIndir = 1 << 7

// anchor is the address of a fixed place in this executable's code.
func anchor() uintptr { return reflect.ValueOf(SourceOf).Pointer() }

// imageMax bounds the distance between two places of one executable: code, read-only data and types are mapped together,
// while Go's heap begins far away on every 64-bit system.
const imageMax = 1 << 31

func inImage(object, pc uintptr) bool {
	d := int64(object) - int64(pc)
	return -imageMax < d && d < imageMax
}

package fn

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"unsafe"

	"sheaf/internal/image"
)

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
	object := objectOf(v)
	if s, ok := symbols.Load(object); ok {
		return s.(string), true
	}
	place, ok := image.FuncPlace(object)
	if !ok {
		return "", false
	}
	// Generic instances share code and differ by the dictionary in their object, so the object's place is part of the name.
	s := runtime.FuncForPC(v.Pointer()).Name() + "@" + strconv.FormatInt(place, 16)
	symbols.Store(object, s)
	return s, true
}

// symbols remembers the names of functions by their objects, which live as long as the process.
var symbols sync.Map // unsafe.Pointer → string

// ErrSymbol is matched by the error about a symbol that names no function of this executable.
var ErrSymbol = errors.New("no such function in this executable")

// Lookup returns the function that [Symbol] named in this or another process of the same executable, as a func of type typ, which
// must be the type that it had there. A symbol of another executable, or one that was damaged, is an error.
func Lookup(symbol string, typ reflect.Type) (reflect.Value, error) {
	if typ == nil || typ.Kind() != reflect.Func {
		return reflect.Value{}, fmt.Errorf("fn: %q is wanted as %v, which is no function type: %w", symbol, typ, ErrSymbol)
	}
	object, err := objectNamed(symbol)
	if err != nil {
		return reflect.Value{}, err
	}
	v := reflect.New(typ)
	*(*unsafe.Pointer)(v.UnsafePointer()) = object
	return v.Elem(), nil
}

func objectNamed(symbol string) (unsafe.Pointer, error) {
	if p, ok := objects.Load(symbol); ok {
		return p.(unsafe.Pointer), nil
	}
	name, offset, _ := strings.CutLast(symbol, "@")
	place, err := strconv.ParseInt(offset, 16, 64)
	if err != nil {
		return nil, fmt.Errorf("fn: %q is no symbol: %w", symbol, ErrSymbol)
	}
	object, ok := image.Func(place)
	if !ok {
		return nil, fmt.Errorf("fn: %q is not here; the processes must run the same executable: %w", symbol, ErrSymbol)
	}
	entry := *(*uintptr)(object)
	if f := runtime.FuncForPC(entry); f == nil || f.Entry() != entry || f.Name() != name {
		other := "nothing"
		if f != nil {
			other = f.Name()
		}
		return nil, fmt.Errorf("fn: %q is here %s; the processes must run the same executable: %w", symbol, other, ErrSymbol)
	}
	objects.Store(strings.Clone(symbol), object)
	return object, nil
}

// objects remembers looked-up functions by symbol; there are as many as the executable has functions at most.
var objects sync.Map // string → unsafe.Pointer

// objectOf returns the closure object behind a function value, which must not be nil.
func objectOf(v reflect.Value) unsafe.Pointer {
	if v.CanAddr() {
		return *(*unsafe.Pointer)(v.Addr().UnsafePointer())
	}
	// The reflect.Value itself holds the object or a pointer to it.
	raw := (*rawValue)(unsafe.Pointer(&v))
	if raw.flag&flagIndir != 0 {
		return *(*unsafe.Pointer)(raw.ptr)
	}
	return raw.ptr
}

// rawValue is reflect.Value's layout; TestUnexportedField holds it to that.
type rawValue struct {
	typ, ptr unsafe.Pointer
	flag     uintptr
}

// flagIndir is reflect's mark that ptr points at the value instead of being it.
const flagIndir = 1 << 7

// Object returns what makes a function value the one that it is: two values with one object are the same function. It is nil for
// anything else than a function.
func Object(v reflect.Value) unsafe.Pointer {
	if v.Kind() != reflect.Func || v.IsNil() {
		return nil
	}
	return objectOf(v)
}

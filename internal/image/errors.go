//go:build amd64 || arm64 || riscv64 || ppc64le || loong64 || s390x || mips64le || mips64 || ppc64

package image

import (
	"reflect"
	"sync"
	"unsafe"
)

// A variable is what package-level variables of type error with one dynamic pointer type hold.
type variables struct {
	places map[unsafe.Pointer]int64 // of the first variable that holds the pointer
	errors map[int64]error
}

// found has the variables by the dynamic type, reflect.Type → *variables. They are looked for once for each type.
var found sync.Map

// PlaceOfError returns the place of a package-level variable of type error that holds err, as io.EOF does. Errors that are
// no pointers have none: they are equal by value.
func PlaceOfError(err error) (int64, bool) {
	t := reflect.TypeOf(err)
	if t == nil || t.Kind() != reflect.Pointer {
		return 0, false
	}
	p, ok := variablesOf(t).places[reflect.ValueOf(err).UnsafePointer()]
	return p, ok
}

// Error returns the error of dynamic type t, a pointer, that the package-level variable at a place holds, and false if there is no
// such variable.
func Error(place int64, t reflect.Type) (error, bool) {
	if t.Kind() != reflect.Pointer || !t.Implements(reflect.TypeFor[error]()) {
		return nil, false
	}
	err, ok := variablesOf(t).errors[place]
	return err, ok
}

func variablesOf(t reflect.Type) *variables {
	if v, ok := found.Load(t); ok {
		return v.(*variables)
	}
	sample := reflect.Zero(t).Interface().(error) //nolint:errcheck // callers have checked
	table := (*[2]uintptr)(unsafe.Pointer(&sample))[0]
	v := &variables{places: map[unsafe.Pointer]int64{}, errors: map[int64]error{}}
	v.search(table, sections.data, sections.edata)
	v.search(table, sections.bss, sections.ebss)
	got, _ := found.LoadOrStore(t, v)
	return got.(*variables)
}

// search finds variables of type error whose method table is the given one.
//
//go:norace
//go:nocheckptr
func (v *variables) search(table, from, to uintptr) {
	for a := from; a+2*wordBytes <= to; a += wordBytes {
		if word(a) != table || word(a+wordBytes) == 0 {
			continue
		}
		err := *(*error)(at(a))
		place := int64(a - sections.types)
		v.errors[place] = err
		p := (*[2]unsafe.Pointer)(unsafe.Pointer(&err))[1]
		if _, twice := v.places[p]; !twice {
			v.places[p] = place
		}
	}
}

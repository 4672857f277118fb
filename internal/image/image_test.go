//go:build amd64 || arm64 || riscv64 || ppc64le || loong64 || s390x || mips64le || mips64 || ppc64

package image

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"unsafe"
)

func inc(x int) int { return x + 1 }

func identity[T any](x T) T { return x }

type pair[K, V any] struct {
	k K
	_ V
}

func (p pair[K, V]) Key() K { return p.k }

func object(f any) unsafe.Pointer {
	return reflect.ValueOf(f).UnsafePointer()
}

// funcs are functions that capture nothing, as their objects.
func funcs() map[string]unsafe.Pointer {
	inc, upper, id, lit, expr := inc, strings.ToUpper, identity[string], func(x int) int { return 2 * x }, pair[int, string].Key
	return map[string]unsafe.Pointer{
		"inc": *(*unsafe.Pointer)(unsafe.Pointer(&inc)), "upper": *(*unsafe.Pointer)(unsafe.Pointer(&upper)),
		"identity": *(*unsafe.Pointer)(unsafe.Pointer(&id)), "literal": *(*unsafe.Pointer)(unsafe.Pointer(&lit)),
		"expression": *(*unsafe.Pointer)(unsafe.Pointer(&expr)),
	}
}

func TestFunc(t *testing.T) {
	for name, o := range funcs() {
		place, ok := FuncPlace(o)
		if !ok {
			t.Errorf("%s has no place", name)
			continue
		}
		if back, ok := Func(place); !ok || back != o {
			t.Errorf("%s: got %p, want %p", name, back, o)
		}
	}
	k := len(os.Args)
	captures := func(x int) int { return x + k }
	if _, ok := FuncPlace(*(*unsafe.Pointer)(unsafe.Pointer(&captures))); ok {
		t.Error("a function that captures has a place")
	}
	if _, ok := FuncPlace(object(inc)); ok {
		t.Error("an entry is taken for an object")
	}
}

// TestFuncsEverywhere asks for objects all over the image: each that is given is a function's.
func TestFuncsEverywhere(t *testing.T) {
	n := 0
	for place := int64(-1 << 20); place < 1<<23; place += 4 {
		o, ok := Func(place)
		if !ok {
			continue
		}
		n++
		pc := *(*uintptr)(o)
		if f := runtime.FuncForPC(pc); f == nil || f.Entry() != pc {
			t.Fatalf("the object at %d holds %x, which is no entry", place, pc)
		}
	}
	if n < 100 {
		t.Errorf("got %d functions", n)
	}
}

type local struct{ A int }

func types() []reflect.Type {
	type local struct{ B string }
	return []reflect.Type{
		reflect.TypeFor[int](), reflect.TypeFor[string](), reflect.TypeFor[error](), reflect.TypeFor[local](), reflect.TypeFor[*local](),
		reflect.TypeFor[pair[string, local]](), reflect.TypeFor[map[string][]url.URL](), reflect.TypeFor[func(int) error](),
		reflect.TypeFor[struct{ X, y int }](), reflect.TypeFor[chan int](), reflect.TypeFor[[3]int](), reflect.TypeFor[*testing.T](),
		reflect.TypeFor[interface{ Len() int }](),
	}
}

func TestType(t *testing.T) {
	for _, typ := range append(types(), reflect.TypeFor[local]()) {
		p, ok := PlaceOfType(typ)
		if !ok {
			t.Errorf("%v has no place", typ)
			continue
		}
		if got, ok := Type(p); !ok || got != typ {
			t.Errorf("got %v, want %v", got, typ)
		}
		for _, wrong := range []TypePlace{
			{p.Place + 8, p.Hash, p.Name},
			{p.Place - 8, p.Hash, p.Name},
			{p.Place, p.Hash + 1, p.Name},
			{p.Place, p.Hash, p.Name + "x"},
			{p.Place, p.Hash, ""},
			{-p.Place, p.Hash, p.Name},
			{1 << 62, p.Hash, p.Name},
			{p.Place + 1, p.Hash, p.Name},
		} {
			if got, ok := Type(wrong); ok {
				t.Errorf("%+v gave %v", wrong, got)
			}
		}
	}
	made := reflect.StructOf([]reflect.StructField{{Name: "Made", Type: reflect.TypeFor[int]()}})
	if p, ok := PlaceOfType(made); ok {
		t.Errorf("a type made at run time has the place %+v", p)
	}
}

// TestDescriptor holds the offsets in a descriptor to what package reflect says, for every type of the executable that can be found.
func TestDescriptor(t *testing.T) {
	n := 0
	size := int64(sections.etypes - sections.types)
	for place := int64(0); place < size-descriptorBytes; place += 8 {
		a := sections.types + uintptr(place)
		hash := *(*uint32)(at(a + hashAt))
		name, ok := nameOf(int64(*(*int32)(at(a + nameAt))), size)
		if !ok || len(name) > 1000 {
			continue
		}
		for _, name := range []string{name, strings.TrimPrefix(name, "*")} {
			if typ, ok := Type(TypePlace{place, hash, name}); ok && typ.Kind() == reflect.Pointer && name == typ.String() {
				n++
			}
		}
	}
	if n < 100 {
		t.Errorf("found %d pointer types", n)
	}
}

var (
	errStatic        = errors.New("static")
	errMade          = fmt.Errorf("made of %d", len(os.Args))
	errWrapped       = fmt.Errorf("wrapped %w", io.EOF)
	errTyped   error = &url.Error{Op: "get"}
	errNil     error
)

func TestErrorVariables(t *testing.T) {
	for _, want := range []error{errStatic, errMade, errWrapped, errTyped, io.EOF, io.ErrUnexpectedEOF} {
		p, ok := PlaceOfError(want)
		if !ok {
			t.Errorf("%v has no place", want)
			continue
		}
		got, ok := Error(p, reflect.TypeOf(want))
		if !ok || got != want { //nolint:errorlint // identity is what is tested
			t.Errorf("got %v, want %v", got, want)
		}
		if got, ok := Error(p, reflect.TypeFor[*os.PathError]()); ok {
			t.Errorf("as another type: got %v", got)
		}
		if got, ok := Error(p+1, reflect.TypeOf(want)); ok {
			t.Errorf("beside it: got %v", got)
		}
	}
	for _, err := range []error{errNil, errors.New("here"), os.ErrDeadlineExceeded} {
		if p, ok := PlaceOfError(err); ok && err != os.ErrDeadlineExceeded { //nolint:errorlint // identity
			t.Errorf("%v: got place %d", err, p)
		}
	}
}

func FuzzType(f *testing.F) {
	for _, typ := range types() {
		p, _ := PlaceOfType(typ)
		f.Add(p.Place, p.Hash, p.Name)
	}
	f.Fuzz(func(t *testing.T, place int64, hash uint32, name string) {
		if typ, ok := Type(TypePlace{place, hash, name}); ok && typ.String() != name {
			t.Errorf("asked for %q, got %v", name, typ)
		}
		if o, ok := Func(place); ok && runtime.FuncForPC(*(*uintptr)(o)) == nil {
			t.Errorf("place %d is no function", place)
		}
		Error(place, reflect.TypeOf(io.EOF))
	})
}

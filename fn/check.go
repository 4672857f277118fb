package fn

import (
	"fmt"
	"reflect"
	"strings"
	"unsafe"
)

// A CaptureError is about a function that means something only in the process that made it. Its text says what to do.
type CaptureError struct {
	Source Source
	Method bool // it is a method value, such as t.Method
}

func (e *CaptureError) Error() string {
	if e.Method {
		name := strings.TrimSuffix(e.Source.Short(), "-fm")
		return fmt.Sprintf("%s at %s:%d is a method value, which is tied to a value of this process, and cannot travel to a cluster's "+
			"processes; pass fn.Bind(T.Method, t) with the method's own name, whose value t is sent along", name, e.Source.File, e.Source.Line)
	}
	hint := ""
	if strings.Contains(e.Source.Name, "[...]") {
		hint = " (a function in a generic function captures its type parameters; see fn.Make)"
	}
	return fmt.Sprintf("%s at %s:%d captures variables%s and cannot travel to a cluster's processes; pass them with fn.Bind(func(k K, …) … { … }, k)",
		e.Source.Short(), e.Source.File, e.Source.Line, hint)
}

// Check returns nil if f is a function that can travel to other processes of this executable, which is one that captures nothing or
// was made by [Bind] of such a one. Otherwise the error, a *[CaptureError] for a function, says where f was written and what to do.
// Whether bound values can be encoded shows only when they are.
func Check(f any) error {
	v := reflect.ValueOf(f)
	if v.Kind() != reflect.Func {
		return fmt.Errorf("fn: %T is not a function", f)
	}
	if v.IsNil() {
		return fmt.Errorf("fn: the function is nil, want a %T", f)
	}
	return check(v)
}

func check(v reflect.Value) error {
	if b := bindingAt(objectOf(v)); b != nil {
		if m, ok := b.(interface{ check() error }); ok {
			return m.check()
		}
		return Check(b.function())
	}
	if _, ok := SymbolOf(v); ok {
		return nil
	}
	s := sourceAt(v)
	return &CaptureError{Source: s, Method: strings.HasSuffix(s.Name, "-fm")}
}

// sourceAt is SourceOf for a value that may have been read from an unexported field.
func sourceAt(v reflect.Value) Source {
	if !v.CanInterface() {
		p := reflect.New(v.Type())
		*(*unsafe.Pointer)(p.UnsafePointer()) = objectOf(v)
		v = p.Elem()
	}
	return SourceOf(v.Interface())
}

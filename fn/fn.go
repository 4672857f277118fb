// Package fn says what a Go function value is: where it was written, and whether it can be named.
//
// A function value that captures nothing (a top-level function, a literal without captures, a method expression, an instance
// of a generic function) is one object in the executable's read-only data; every process that runs the same executable can
// find it again by its place there. A function that captures variables lives on the heap and means something only in the
// process that made it; [Bind] gives such functions their values in a form that travels.
package fn

import (
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
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

// SourceOf returns where f, a function value, was written; of one made by [Bind] it is the function with the values that was
// given to it. Anything else than a function gives its type's name.
func SourceOf(f any) Source {
	v := reflect.ValueOf(f)
	if v.Kind() != reflect.Func || v.IsNil() {
		if !v.IsValid() {
			return Source{Name: "nil"}
		}
		return Source{Name: v.Type().String()}
	}
	if b := bindingAt(objectOf(v)); b != nil {
		return SourceOf(b.function())
	}
	if s, ok := sources.Load(v.Pointer()); ok {
		return s.(Source)
	}
	rf := runtime.FuncForPC(v.Pointer())
	if rf == nil {
		return Source{Name: v.Type().String()}
	}
	file, line := rf.FileLine(v.Pointer())
	s := Source{Name: rf.Name(), File: file, Line: line}
	sources.Store(v.Pointer(), s)
	return s
}

// sources remembers what was looked up by entry: errors, names of tasks and graphs ask for it per task.
var sources sync.Map // uintptr → Source

package travel

import (
	"fmt"
	"reflect"
	"runtime"

	"sheaf/internal/codec"
	"sheaf/internal/exec"
)

// wrappedMax bounds how deep an error that cannot be encoded is taken apart.
const wrappedMax = 32

// portable returns err itself if it can be encoded, and otherwise the most of it that can.
func portable(err error) error { return portableAt(err, 0) }

func portableAt(err error, depth int) error {
	if err == nil {
		return nil
	}
	if encodable(err) {
		return err
	}
	switch e := err.(type) { //nolint:errorlint // wrapped errors come later
	case *exec.PanicError:
		if cause, ok := e.Value.(error); ok {
			return &exec.PanicError{Value: portableAt(cause, depth+1)}
		}
		return &exec.PanicError{Value: clip(fmt.Sprint(e.Value))}
	case *exec.TaskError:
		c := *e
		c.Err = portableAt(e.Err, depth+1)
		return &c
	}
	f := foreign{Text: clip(textOf(err)), Type: fmt.Sprintf("%T", err)}
	if depth < wrappedMax {
		for _, w := range unwrap(err) {
			if w != nil {
				f.Wrapped = append(f.Wrapped, portableAt(w, depth+1))
			}
		}
	}
	if _, ok := err.(runtime.Error); ok { //nolint:errorlint // of this error
		return &foreignRuntime{f}
	}
	return &f
}

func unwrap(err error) (all []error) {
	defer func() { _ = recover() }() // a user's method
	switch e := err.(type) {         //nolint:errorlint // one step
	case interface{ Unwrap() error }:
		return []error{e.Unwrap()}
	case interface{ Unwrap() []error }:
		return e.Unwrap()
	}
	return nil
}

// encodable reports whether err survives the journey. Errors of the runtime hold pointers into it and do not.
func encodable(err error) (ok bool) {
	t := reflect.TypeOf(err)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.PkgPath() == "runtime" || t.PkgPath() == "internal/runtime" {
		return false
	}
	defer func() {
		if recover() != nil { // a type's own encoding method
			ok = false
		}
	}()
	e := codec.NewEncoder(nil)
	return codec.EncodeTo(e, err) == nil && len(e.Bytes()) <= errorBytesMax/2
}

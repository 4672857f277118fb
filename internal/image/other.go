//go:build !(amd64 || arm64 || riscv64 || ppc64le || loong64 || s390x || mips64le || mips64 || ppc64)

// Package image names places of the running executable. On this platform it names none.
package image

import (
	"reflect"
	"unsafe"
)

// Supported reports whether places can be named on this platform.
const Supported = false

// A TypePlace names a type: the name is Type.String's.
type TypePlace struct {
	Place int64
	Hash  uint32
	Name  string
}

// FuncPlace finds nothing.
func FuncPlace(unsafe.Pointer) (int64, bool) { return 0, false }

// Func finds nothing.
func Func(int64) (unsafe.Pointer, bool) { return nil, false }

// PlaceOfType finds nothing.
func PlaceOfType(reflect.Type) (TypePlace, bool) { return TypePlace{}, false }

// Type finds nothing.
func Type(TypePlace) (reflect.Type, bool) { return nil, false }

// PlaceOfError finds nothing.
func PlaceOfError(error) (int64, bool) { return 0, false }

// Error finds nothing.
func Error(int64, reflect.Type) (error, bool) { return nil, false }

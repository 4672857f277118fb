package bag

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"unsafe"

	"github.com/zeebo/xxh3"
)

// hashable tells why keys of type t cannot be hashed by value, or nil.
func hashable(t reflect.Type) error {
	switch t.Kind() {
	case reflect.Pointer, reflect.Chan, reflect.UnsafePointer:
		return fmt.Errorf("a key of type %v has no value that means the same elsewhere", t)
	case reflect.Array:
		return hashable(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if err := hashable(t.Field(i).Type); err != nil {
				return fmt.Errorf("field %s: %w", t.Field(i).Name, err)
			}
		}
	}
	return nil
}

// hasherOf returns a hash of keys that is the same in every process. Equal keys have equal hashes.
func hasherOf[K comparable]() func(K) uint64 {
	t := reflect.TypeFor[K]()
	switch t.Kind() {
	case reflect.String:
		return func(k K) uint64 { return xxh3.HashString(*(*string)(unsafe.Pointer(&k))) }
	case reflect.Int, reflect.Int64, reflect.Uint, reflect.Uint64, reflect.Uintptr:
		if t.Size() == 8 {
			return func(k K) uint64 { return mix(*(*uint64)(unsafe.Pointer(&k))) }
		}
	}
	return func(k K) uint64 {
		var buf [64]byte
		return xxh3.Hash(appendKey(buf[:0], reflect.ValueOf(&k).Elem()))
	}
}

// mix spreads the bits of an integer (the finalizer of splitmix64).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// appendKey appends bytes that are equal for equal values.
func appendKey(b []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			return append(b, 1)
		}
		return append(b, 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return binary.LittleEndian.AppendUint64(b, uint64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return binary.LittleEndian.AppendUint64(b, v.Uint())
	case reflect.Float32, reflect.Float64:
		return appendFloat(b, v.Float())
	case reflect.Complex64, reflect.Complex128:
		return appendFloat(appendFloat(b, real(v.Complex())), imag(v.Complex()))
	case reflect.String:
		b = binary.LittleEndian.AppendUint64(b, uint64(v.Len()))
		return append(b, v.String()...)
	case reflect.Array:
		for i := range v.Len() {
			b = appendKey(b, v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Name != "_" {
				b = appendKey(b, v.Field(i))
			}
		}
	case reflect.Interface:
		if v.IsNil() {
			return append(b, 0)
		}
		b = append(b, v.Elem().Type().String()...)
		return appendKey(b, v.Elem())
	}
	return b // pointers inside of interfaces: all alike
}

// appendFloat makes the two zeros one.
func appendFloat(b []byte, f float64) []byte {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(f+0))
}

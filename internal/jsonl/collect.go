package jsonl

import (
	"reflect"
	"unsafe"
)

type sliceHeader struct {
	data     unsafe.Pointer
	len, cap int
}

// slice reads an array.
func (n *node) slice(s string, i int, p unsafe.Pointer) int {
	if s[i] != '[' {
		return -1
	}
	switch n.elem.kind {
	case kindString:
		return elements[string](n, s, i, p)
	case kindInt64:
		return elements[int64](n, s, i, p)
	case kindFloat64:
		return elements[float64](n, s, i, p)
	case kindAny:
		return elements[any](n, s, i, p)
	case kindBool:
		return elements[bool](n, s, i, p)
	}
	return n.elements(s, i, p)
}

// elements reads an array of elements that are laid out like E.
func elements[E any](n *node, s string, i int, p unsafe.Pointer) int {
	if i = skipSpace(s, i+1); i < len(s) && s[i] == ']' {
		*(*[]E)(p) = []E{}
		return i + 1
	}
	out := make([]E, 0, 4)
	for {
		var zero E
		out = append(out, zero)
		if i = n.elem.decode(s, i, unsafe.Pointer(&out[len(out)-1])); i < 0 {
			return -1
		}
		if i = skipSpace(s, i); i >= len(s) {
			return -1
		}
		switch s[i] {
		case ']':
			*(*[]E)(p) = out
			return i + 1
		case ',':
			i = skipSpace(s, i+1)
		default:
			return -1
		}
	}
}

// elements reads an array of elements of any type.
func (n *node) elements(s string, i int, p unsafe.Pointer) int {
	h := sliceHeader{data: reflect.MakeSlice(n.t, 0, 0).UnsafePointer()}
	if i = skipSpace(s, i+1); i < len(s) && s[i] == ']' {
		*(*sliceHeader)(p) = h
		return i + 1
	}
	size := n.elem.t.Size()
	for {
		if h.len == h.cap {
			grown := reflect.MakeSlice(n.t, max(4, 2*h.cap), max(4, 2*h.cap))
			if h.len > 0 {
				old := h // on the heap, so that reflection may keep its address
				reflect.Copy(grown, reflect.NewAt(n.t, unsafe.Pointer(&old)).Elem())
			}
			h.data, h.cap = grown.UnsafePointer(), grown.Cap()
		}
		h.len++
		if i = n.elem.decode(s, i, unsafe.Add(h.data, uintptr(h.len-1)*size)); i < 0 {
			return -1
		}
		if i = skipSpace(s, i); i >= len(s) {
			return -1
		}
		switch s[i] {
		case ']':
			*(*sliceHeader)(p) = h
			return i + 1
		case ',':
			i = skipSpace(s, i+1)
		default:
			return -1
		}
	}
}

type mapCodec func(n *node, s string, i int, p unsafe.Pointer) int

// mapCodecOf sets the reader of a map from strings, when its elements are of a common layout.
func mapCodecOf(n *node) bool {
	switch n.elem.kind {
	case kindAny:
		n.maps = mapOf[any]
	case kindString:
		n.maps = mapOf[string]
	case kindInt64:
		n.maps = mapOf[int64]
	case kindFloat64:
		n.maps = mapOf[float64]
	case kindBool:
		n.maps = mapOf[bool]
	default:
		return false
	}
	return true
}

func (n *node) mapping(s string, i int, p unsafe.Pointer) int {
	if s[i] != '{' {
		return -1
	}
	return n.maps(n, s, i, p)
}

// mapOf reads an object into a map that is laid out like map[string]V.
func mapOf[V any](n *node, s string, i int, p unsafe.Pointer) int {
	out := map[string]V{}
	v := new(V)
	end := members(s, i, func(name string, i int) int {
		var zero V
		*v = zero
		end := n.elem.decode(s, i, unsafe.Pointer(v))
		out[name] = *v
		return end
	}, func() int { return len(out) })
	if end >= 0 {
		*(*map[string]V)(p) = out
	}
	return end
}

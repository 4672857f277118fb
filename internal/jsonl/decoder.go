package jsonl

import (
	"reflect"
	"sync"
	"sync/atomic"
	"unsafe"
)

// Decode decodes one JSON value, usually an object on a line of its own, into a T.
//
// Strings in the result refer to line when it is a string; a []byte is copied once. The error is an [*Error].
func Decode[T any, S ~string | ~[]byte](line S) (T, error) {
	return decoderFor[T]().Decode(string(line))
}

// A Decoder decodes JSON into values of type T. It is safe for concurrent use; what it learns of the records is shared.
type Decoder[T any] struct {
	root *node
}

// For returns the decoder of T. There is one for all.
func For[T any]() Decoder[T] { return decoderFor[T]() }

// Decode decodes one JSON value. Strings in the result refer to line.
func (d Decoder[T]) Decode(line string) (T, error) {
	if d.root.heap {
		v := new(T)
		err := d.root.decodeLine(line, unsafe.Pointer(v), true)
		return *v, err
	}
	// The nodes of such a type keep no pointer to v, which the compiler cannot see through their recursion.
	var v T
	if d.root.decodeLine(line, noescape(unsafe.Pointer(&v)), false) == nil {
		return v, nil
	}
	w := new(T)
	err := d.root.fallback(line, reflect.ValueOf(w))
	return *w, err
}

// DecodeInto decodes one JSON value into dst, which it sets to zero first. Strings in it refer to line.
func (d Decoder[T]) DecodeInto(line string, dst *T) error {
	var zero T
	*dst = zero
	return d.root.decodeLine(line, unsafe.Pointer(dst), true)
}

// noescape hides p from escape analysis.
//
//go:nosplit
func noescape(p unsafe.Pointer) unsafe.Pointer {
	x := uintptr(p)
	return *(*unsafe.Pointer)(unsafe.Pointer(&x))
}

// decodeLine decodes a line that holds one value into zeroed memory. When it is not plainly right, encoding/json/v2 is
// asked, or without retry errSlow is returned.
func (n *node) decodeLine(line string, p unsafe.Pointer, retry bool) error {
	i := skipSpace(line, 0)
	if i < len(line) {
		if i = n.decode(line, i, p); i >= 0 && skipSpace(line, i) == len(line) {
			return nil
		}
	}
	if !retry {
		return errSlow
	}
	return n.fallback(line, reflect.NewAt(n.t, p))
}

// The decoders that are in use, looked through in order; nearly always there are one or two.
type registryEntry struct {
	t    reflect.Type
	root *node
}

var (
	recent   atomic.Pointer[[]registryEntry]
	all      sync.Map // reflect.Type → *node
	registry sync.Mutex
)

const recentMax = 8

func decoderFor[T any]() Decoder[T] {
	t := reflect.TypeFor[T]()
	if list := recent.Load(); list != nil {
		for i := range *list {
			if (*list)[i].t == t {
				return Decoder[T]{(*list)[i].root}
			}
		}
	}
	return Decoder[T]{rootFor(t)}
}

func rootFor(t reflect.Type) *node {
	if n, ok := all.Load(t); ok {
		return n.(*node)
	}
	registry.Lock()
	defer registry.Unlock()
	if n, ok := all.Load(t); ok {
		return n.(*node)
	}
	c := &compiler{nodes: map[reflect.Type]*node{}}
	n := c.node(t)
	n.heap = c.heap
	all.Store(t, n)
	var list []registryEntry
	if old := recent.Load(); old != nil {
		list = append(list, *old...)
	}
	if len(list) < recentMax {
		list = append(list, registryEntry{t, n})
		recent.Store(&list)
	}
	return n
}

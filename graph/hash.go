package graph

import (
	"maps"
	"reflect"
	"slices"
	"unsafe"

	"sheaf/fn"
)

// depthMax bounds the walk through nested values; what is nested deeper gets a unique token.
const depthMax = 100_000

// place is where a pointer, map or slice points: one that was met before is written as its number, so that shared and
// cyclic values cost no more than what they hold.
type place struct {
	addr unsafe.Pointer
	n    int
	typ  reflect.Type
}

// again reports whether the walk has been at p before, and if so adds which one it was.
func (h *Hasher) again(p place) bool {
	if k, ok := h.places[p]; ok {
		h.word('@', uint64(k))
		return true
	}
	if h.places == nil {
		h.places = map[place]int{}
	}
	h.places[p] = len(h.places)
	return false
}

// value adds v, which reflection may read in full: whoever calls it lifts the protection of unexported fields.
func (h *Hasher) value(v reflect.Value) {
	if h.depth++; h.depth > depthMax {
		h.Unique()
	}
	defer func() { h.depth-- }()
	if h.unique {
		return
	}
	if v.Kind() != reflect.Interface && v.Type().NumMethod() > 0 && (v.Kind() != reflect.Pointer || !v.IsNil()) {
		if t, ok := v.Interface().(Tokener); ok {
			t.HashToken(h)
			return
		}
	}
	switch v.Kind() {
	case reflect.Bool:
		h.Bool(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		h.word('i', uint64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		h.word('u', v.Uint())
	case reflect.Float32, reflect.Float64:
		h.Float(v.Float())
	case reflect.Complex64, reflect.Complex128:
		h.Float(real(v.Complex()))
		h.Float(imag(v.Complex()))
	case reflect.String:
		h.String(v.String())
	case reflect.Slice, reflect.Array:
		h.sequence(v)
	case reflect.Map:
		h.mapping(v)
	case reflect.Struct:
		h.fields(v)
	case reflect.Pointer:
		switch {
		case v.IsNil():
			h.word('n', 0)
		case !h.again(place{v.UnsafePointer(), 1, v.Type()}):
			h.value(v.Elem())
		}
	case reflect.Interface:
		if v.IsNil() {
			h.word('n', 0)
			return
		}
		h.String(typeName(v.Elem().Type()))
		h.value(v.Elem())
	case reflect.Func:
		h.function(v)
	default: // chan, unsafe.Pointer
		h.Unique()
	}
}

func (h *Hasher) function(v reflect.Value) {
	if v.IsNil() {
		h.word('n', 0)
		return
	}
	if s, ok := fn.SymbolOf(v); ok {
		h.word('F', 0)
		h.String(s)
		return
	}
	if b := fn.BindingOf(v); b != nil {
		h.word('F', 1)
		h.Any(b)
		return
	}
	h.Unique()
}

// plain are the kinds of elements whose bytes in memory are their content.
func plain(k reflect.Kind) bool { return k >= reflect.Bool && k <= reflect.Complex128 }

func (h *Hasher) sequence(v reflect.Value) {
	n := v.Len()
	h.word('l', uint64(n))
	if n == 0 {
		return
	}
	if v.Kind() == reflect.Slice {
		if plain(v.Type().Elem().Kind()) {
			h.Bytes(unsafe.Slice((*byte)(v.UnsafePointer()), n*int(v.Type().Elem().Size())))
			return
		}
		if h.again(place{v.UnsafePointer(), n, v.Type()}) {
			return
		}
	}
	for i := range n {
		h.value(v.Index(i))
	}
}

// fields adds the fields of a struct, those that are not exported too.
func (h *Hasher) fields(v reflect.Value) {
	for i := range v.NumField() {
		f := v.Field(i)
		if !f.CanInterface() {
			if !v.CanAddr() {
				p := reflect.New(v.Type())
				p.Elem().Set(v)
				v = p.Elem()
				f = v.Field(i)
			}
			f = reflect.NewAt(f.Type(), f.Addr().UnsafePointer()).Elem()
		}
		h.value(f)
	}
}

// mapping adds a map's entries in an order that does not depend on the map's.
func (h *Hasher) mapping(v reflect.Value) {
	h.word('m', uint64(v.Len()))
	if v.Len() == 0 || h.again(place{v.UnsafePointer(), 0, v.Type()}) {
		return
	}
	sums := make([]Token, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		// What an entry shares with other entries must not depend on their order.
		e := NewHasher("entry")
		e.depth, e.places = h.depth, cloneOf(h.places)
		e.value(it.Key())
		e.value(it.Value())
		if e.unique {
			h.Unique()
			return
		}
		sums = append(sums, e.Sum())
	}
	slices.SortFunc(sums, Token.compare)
	for _, t := range sums {
		h.Token(t)
	}
}

// cloneOf copies the places for the entries of a map, which see what was met before the map but not each other.
func cloneOf(places map[place]int) map[place]int {
	c := make(map[place]int, len(places))
	maps.Copy(c, places)
	return c
}

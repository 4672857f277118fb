package jsonl

import (
	"encoding"
	"encoding/json/v2"
	"reflect"
	"strings"
)

type kind uint8

const (
	kindInvalid kind = iota
	kindSkip         // a member nobody asked for
	kindString
	kindInt64 // and int where it has 64 bits
	kindFloat64
	kindBool
	kindInt   // int8 to int32
	kindUint  // uint8 to uint64
	kindFloat // float32
	kindAny
	kindStruct
	kindPointer
	kindSlice
	kindMap
	kindForeign // encoding/json/v2 decodes it
)

// A node decodes the values of one type.
type node struct {
	kind kind
	bits int // of numbers
	t    reflect.Type
	elem *node   // of pointers and slices
	obj  *object // of structs
	maps mapCodec
	heap bool // on roots: some node hands out pointers into the value, so it must be on the heap
}

type compiler struct {
	nodes map[reflect.Type]*node
	heap  bool
}

var (
	unmarshalerFrom = reflect.TypeFor[json.UnmarshalerFrom]()
	unmarshaler     = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

func (c *compiler) node(t reflect.Type) *node {
	if n, ok := c.nodes[t]; ok {
		return n
	}
	n := &node{t: t}
	c.nodes[t] = n
	if !ownMethods(t) {
		c.byKind(n)
	}
	if n.kind == kindInvalid {
		n.kind = kindForeign
		c.heap = true
	}
	return n
}

// ownMethods tells whether t decides itself how it is decoded, or is one of the types that encoding/json/v2 knows by name.
func ownMethods(t reflect.Type) bool {
	switch t.PkgPath() {
	case "time", "encoding/json", "encoding/json/v2", "encoding/json/jsontext":
		return true
	}
	if t.Kind() == reflect.Interface {
		return false
	}
	for _, i := range []reflect.Type{unmarshalerFrom, unmarshaler, textUnmarshaler} {
		if t.Implements(i) || reflect.PointerTo(t).Implements(i) {
			return true
		}
	}
	return false
}

func (c *compiler) byKind(n *node) {
	t := n.t
	switch k := t.Kind(); k {
	case reflect.String:
		n.kind = kindString
	case reflect.Bool:
		n.kind = kindBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n.kind, n.bits = kindInt, t.Bits()
		if n.bits == 64 {
			n.kind = kindInt64
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n.kind, n.bits = kindUint, t.Bits()
	case reflect.Float32:
		n.kind = kindFloat
	case reflect.Float64:
		n.kind = kindFloat64
	case reflect.Interface:
		if t.NumMethod() == 0 {
			n.kind = kindAny
		}
	case reflect.Pointer:
		n.kind, n.elem = kindPointer, c.node(t.Elem())
	case reflect.Slice:
		if t.Elem().Kind() != reflect.Uint8 { // bytes are base64
			n.kind, n.elem = kindSlice, c.node(t.Elem())
		}
	case reflect.Map:
		if t.Key().Kind() == reflect.String && !ownMethods(t.Key()) {
			if n.elem = c.node(t.Elem()); mapCodecOf(n) {
				n.kind = kindMap
			}
		}
	case reflect.Struct:
		if o := c.object(t); o != nil {
			n.kind, n.obj = kindStruct, o
		}
	}
}

// object compiles a struct, or returns nil for one whose rules are better left to encoding/json/v2: tags with options that
// matter for decoding, names that clash, embedded fields that are not plain structs, too many fields.
func (c *compiler) object(t reflect.Type) *object {
	o := &object{byName: map[string]int16{}}
	if !c.fields(t, 0, o) || len(o.fields) > maxFields || len(o.fields) == 0 {
		return nil
	}
	folded := map[string][]int16{}
	for i, f := range o.fields {
		if _, twice := o.byName[f.name]; twice {
			return nil
		}
		o.byName[f.name] = int16(i)
		folded[foldName(f.name)] = append(folded[foldName(f.name)], int16(i))
	}
	o.byFolded = folded
	return o
}

func (c *compiler) fields(t reflect.Type, base uintptr, o *object) bool {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, hasTag := f.Tag.Lookup("json")
		if tag == "-" {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if f.Anonymous {
			if hasTag || f.Type.Kind() != reflect.Struct || ownMethods(f.Type) || !f.IsExported() {
				return false
			}
			had := len(o.fields)
			if !c.fields(f.Type, base+f.Offset, o) || len(o.fields) == had {
				return false
			}
			continue
		}
		if !f.IsExported() {
			if hasTag {
				return false // an error there
			}
			continue
		}
		for option := range strings.SplitSeq(options, ",") {
			if option != "" && option != "omitempty" && option != "omitzero" {
				return false
			}
		}
		if strings.ContainsAny(name, `'"\`) || hasTag && name == "" && tag != "" && tag[0] != ',' {
			return false // a quoted name
		}
		if name == "" {
			name = f.Name
		}
		if !plainName(name) {
			return false
		}
		o.fields = append(o.fields, field{name: name, offset: base + f.Offset, node: c.node(f.Type)})
	}
	return true
}

// plainName tells whether a tag's name is free of what encoding/json/v2 has rules for.
func plainName(name string) bool {
	for _, r := range name {
		if r < 0x20 || r == '"' || r == '\\' || r == 0xFFFD {
			return false
		}
	}
	return true
}

package jsonl

import (
	"encoding/json/v2"
	"reflect"
	"unsafe"
)

// decode reads the value at s[i] into the zeroed memory at p and returns the index behind it. It is -1 for everything that is not
// plainly right, which [node.fallback] then looks at.
func (n *node) decode(s string, i int, p unsafe.Pointer) int {
	if i >= len(s) {
		return -1
	}
	if s[i] == 'n' && n.kind != kindForeign {
		return literal(s, i, "null")
	}
	switch n.kind {
	case kindString:
		if s[i] != '"' {
			return -1
		}
		v, end := parseString(s, i+1)
		if end >= 0 {
			*(*string)(p) = v
		}
		return end
	case kindInt64:
		v, end := parseInt(s, i)
		*(*int64)(p) = v
		return end
	case kindFloat64:
		v, end := parseFloat(s, i)
		*(*float64)(p) = v
		return end
	case kindBool:
		if s[i] == 't' {
			*(*bool)(p) = true
			return literal(s, i, "true")
		}
		return literal(s, i, "false")
	case kindInt:
		return n.int(s, i, p)
	case kindUint:
		return n.uint(s, i, p)
	case kindFloat:
		v, end := parseFloat32(s, i)
		*(*float32)(p) = v
		return end
	case kindAny:
		v, end := parseAny(s, i, 0)
		if end >= 0 {
			*(*any)(p) = v
		}
		return end
	case kindStruct:
		if s[i] != '{' {
			return -1
		}
		return n.obj.decode(s, i, p)
	case kindPointer:
		q := reflect.New(n.elem.t).UnsafePointer()
		*(*unsafe.Pointer)(p) = q
		return n.elem.decode(s, i, q)
	case kindSlice:
		return n.slice(s, i, p)
	case kindMap:
		return n.mapping(s, i, p)
	}
	return n.foreign(s, i, p)
}

func (n *node) int(s string, i int, p unsafe.Pointer) int {
	v, end := parseInt(s, i)
	if shift := 64 - n.bits; end < 0 || v<<shift>>shift != v {
		return -1
	}
	switch n.bits {
	case 8:
		*(*int8)(p) = int8(v)
	case 16:
		*(*int16)(p) = int16(v)
	default:
		*(*int32)(p) = int32(v)
	}
	return end
}

func (n *node) uint(s string, i int, p unsafe.Pointer) int {
	v, end := parseUint(s, i)
	if shift := 64 - n.bits; end < 0 || v<<shift>>shift != v {
		return -1
	}
	switch n.bits {
	case 8:
		*(*uint8)(p) = uint8(v)
	case 16:
		*(*uint16)(p) = uint16(v)
	case 32:
		*(*uint32)(p) = uint32(v)
	default:
		*(*uint64)(p) = v
	}
	return end
}

// foreign lets encoding/json/v2 decode one value inside of the line.
func (n *node) foreign(s string, i int, p unsafe.Pointer) int {
	end := skipValue(s, i, 0)
	if end < 0 {
		return -1
	}
	if json.Unmarshal([]byte(s[i:end]), reflect.NewAt(n.t, p).Interface(), options) != nil {
		return -1
	}
	return end
}

// parseAny reads any value as json.Unmarshal gives it: nil, bool, float64, string, []any, map[string]any.
func parseAny(s string, i, depth int) (any, int) {
	if i >= len(s) || depth > maxDepth {
		return nil, -1
	}
	switch s[i] {
	case '"':
		return boxed(parseString(s, i+1))
	case '{':
		return anyObject(s, i, depth)
	case '[':
		return anyArray(s, i, depth)
	case 't':
		return true, literal(s, i, "true")
	case 'f':
		return false, literal(s, i, "false")
	case 'n':
		return nil, literal(s, i, "null")
	}
	return boxed(parseFloat(s, i))
}

func boxed[T any](v T, end int) (any, int) {
	if end < 0 {
		return nil, -1
	}
	return v, end
}

func anyArray(s string, i, depth int) (any, int) {
	out := []any{}
	if i = skipSpace(s, i+1); i < len(s) && s[i] == ']' {
		return out, i + 1
	}
	for {
		var v any
		if v, i = parseAny(s, i, depth+1); i < 0 {
			return nil, -1
		}
		out = append(out, v)
		if i = skipSpace(s, i); i >= len(s) {
			return nil, -1
		}
		switch s[i] {
		case ']':
			return out, i + 1
		case ',':
			i = skipSpace(s, i+1)
		default:
			return nil, -1
		}
	}
}

func anyObject(s string, i, depth int) (any, int) {
	out := map[string]any{}
	end := members(s, i, func(name string, i int) int {
		v, end := parseAny(s, i, depth+1)
		out[name] = v
		return end
	}, func() int { return len(out) })
	return out, end
}

// members walks an object at s[i]. Each value is read by value, which returns the index behind it; size tells how many
// different names there were so far, so that one that comes twice is noticed.
func members(s string, i int, value func(name string, i int) int, size func() int) int {
	if i = skipSpace(s, i+1); i < len(s) && s[i] == '}' {
		return i + 1
	}
	for n := 1; ; n++ {
		if i >= len(s) || s[i] != '"' {
			return -1
		}
		var name string
		if name, i = parseString(s, i+1); i < 0 {
			return -1
		}
		if i = skipSpace(s, i); i >= len(s) || s[i] != ':' {
			return -1
		}
		if i = value(name, skipSpace(s, i+1)); i < 0 || size() != n {
			return -1
		}
		if i = skipSpace(s, i); i >= len(s) {
			return -1
		}
		switch s[i] {
		case '}':
			return i + 1
		case ',':
			i = skipSpace(s, i+1)
		default:
			return -1
		}
	}
}

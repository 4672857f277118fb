// Package dtype names the element types of arrays and of frame columns, and says how they combine.
//
// A [Type] is a small number and can be compared, used as a map key and sent anywhere. The first group, Bool to
// Timedelta, is what an n-d array can hold (see [Type.IsArray]); the second group exists in frames only.
//
// [Promote] is NumPy 2's promotion of two types, and [PromoteScalar] its rule for weak scalars (NEP 50): a Go
// bool, int, float64 or complex128 given as an operand is weak and adapts to the array, as Python's scalars do;
// any sized value such as int32(1) or float32(1) is strong and counts as an array of its type.
//
// There is no float16: where NumPy would answer float16 (sqrt of an int8), float32 is used.
package dtype

import (
	"fmt"
	"strings"
)

// Type is the type of the elements of an array or of a frame's column. The zero Type is [Invalid].
type Type uint8

// The types. Datetime is a point in time and Timedelta a difference, both int64 nanoseconds; the smallest int64 is
// "not a time" (NaT) in both.
const (
	Invalid Type = iota
	Bool
	Int8
	Int16
	Int32
	Int64
	Uint8
	Uint16
	Uint32
	Uint64
	Float32
	Float64
	Complex64
	Complex128
	Datetime
	Timedelta
	// From here on only frames can hold the type.
	String
	Binary
	Date
	Decimal
	List
	Struct
	Null
	numTypes
)

// NaT is the stored value of "not a time" in Datetime and Timedelta arrays.
const NaT int64 = -1 << 63

// info is what is known of one type.
type info struct {
	name string
	size int
	kind byte // NumPy's kind character; 0 when NumPy has no such type
}

var infos = [numTypes]info{
	Invalid:    {"invalid", 0, 0},
	Bool:       {"bool", 1, 'b'},
	Int8:       {"int8", 1, 'i'},
	Int16:      {"int16", 2, 'i'},
	Int32:      {"int32", 4, 'i'},
	Int64:      {"int64", 8, 'i'},
	Uint8:      {"uint8", 1, 'u'},
	Uint16:     {"uint16", 2, 'u'},
	Uint32:     {"uint32", 4, 'u'},
	Uint64:     {"uint64", 8, 'u'},
	Float32:    {"float32", 4, 'f'},
	Float64:    {"float64", 8, 'f'},
	Complex64:  {"complex64", 8, 'c'},
	Complex128: {"complex128", 16, 'c'},
	Datetime:   {"datetime64[ns]", 8, 'M'},
	Timedelta:  {"timedelta64[ns]", 8, 'm'},
	String:     {"string", 0, 0},
	Binary:     {"binary", 0, 0},
	Date:       {"date", 4, 0},
	Decimal:    {"decimal", 16, 0},
	List:       {"list", 0, 0},
	Struct:     {"struct", 0, 0},
	Null:       {"null", 0, 0},
}

func (t Type) info() info {
	if t >= numTypes {
		return infos[Invalid]
	}
	return infos[t]
}

// All returns every type that an array can hold, in the order of the constants.
func All() []Type {
	ts := make([]Type, 0, Timedelta)
	for t := Bool; t <= Timedelta; t++ {
		ts = append(ts, t)
	}
	return ts
}

// String returns NumPy's name of the type ("float64", "datetime64[ns]"), or Arrow's for the types of frames.
func (t Type) String() string {
	if t >= numTypes {
		return fmt.Sprintf("dtype(%d)", uint8(t))
	}
	return infos[t].name
}

// Size returns the bytes of one element, 0 when elements have no fixed size (strings, lists, …).
func (t Type) Size() int { return t.info().size }

// Kind returns NumPy's kind character: b, i, u, f, c, M (datetime), m (timedelta), or 0 for types that only
// frames have.
func (t Type) Kind() byte { return t.info().kind }

// IsArray reports whether an n-d array can hold the type.
func (t Type) IsArray() bool { return t >= Bool && t <= Timedelta }

// IsBool reports whether t is Bool.
func (t Type) IsBool() bool { return t == Bool }

// IsInteger reports whether t is an integer, signed or not. Bool, Datetime and Timedelta are not.
func (t Type) IsInteger() bool { return t >= Int8 && t <= Uint64 }

// IsSigned reports whether t is a signed integer.
func (t Type) IsSigned() bool { return t >= Int8 && t <= Int64 }

// IsUnsigned reports whether t is an unsigned integer.
func (t Type) IsUnsigned() bool { return t >= Uint8 && t <= Uint64 }

// IsFloat reports whether t is a real floating point type.
func (t Type) IsFloat() bool { return t == Float32 || t == Float64 }

// IsComplex reports whether t is a complex type.
func (t Type) IsComplex() bool { return t == Complex64 || t == Complex128 }

// IsInexact reports whether t is a floating point or complex type: one that can be NaN.
func (t Type) IsInexact() bool { return t.IsFloat() || t.IsComplex() }

// IsNumeric reports whether t is an integer, floating point or complex type.
func (t Type) IsNumeric() bool { return t >= Int8 && t <= Complex128 }

// IsTemporal reports whether t is Datetime or Timedelta.
func (t Type) IsTemporal() bool { return t == Datetime || t == Timedelta }

// Storage returns the type whose Go representation holds the elements of t: Int64 for Datetime and Timedelta, t
// itself otherwise.
func (t Type) Storage() Type {
	if t.IsTemporal() {
		return Int64
	}
	return t
}

// Real returns the type of the real part of a complex type, and t itself for any other.
func (t Type) Real() Type {
	switch t {
	case Complex64:
		return Float32
	case Complex128:
		return Float64
	}
	return t
}

// aliases are the other spellings that Parse knows, without byte order.
var aliases = map[string]Type{
	"?": Bool, "b1": Bool, "bool_": Bool, "boolean": Bool,
	"i1": Int8, "i2": Int16, "i4": Int32, "i8": Int64, "int": Int64,
	"u1": Uint8, "u2": Uint16, "u4": Uint32, "u8": Uint64, "uint": Uint64,
	"f4": Float32, "f8": Float64, "float": Float64, "single": Float32, "double": Float64,
	"c8": Complex64, "c16": Complex128, "complex": Complex128,
	"M8[ns]": Datetime, "datetime64": Datetime, "datetime": Datetime,
	"m8[ns]": Timedelta, "timedelta64": Timedelta, "timedelta": Timedelta,
	"str": String, "bytes": Binary, "date32": Date,
}

// Parse returns the type of a name: the one that [Type.String] prints, NumPy's codes ("f8", "<i4", "|b1",
// "M8[ns]") and the usual short names ("int" and "float" are 64 bits wide). Big-endian codes are refused, because
// elements in memory are always in the byte order of the machine.
func Parse(name string) (Type, error) {
	s := strings.TrimSpace(name)
	if s != "" {
		switch s[0] {
		case '<', '|', '=':
			s = s[1:]
		case '>':
			return Invalid, fmt.Errorf("dtype: %q is big-endian; elements in memory are little-endian", name)
		}
	}
	for t := Bool; t < numTypes; t++ {
		if infos[t].name == s {
			return t, nil
		}
	}
	if t, ok := aliases[s]; ok {
		return t, nil
	}
	return Invalid, fmt.Errorf("dtype: unknown type %q; known are bool, int8…int64, uint8…uint64, float32, float64, "+
		"complex64, complex128, datetime64[ns], timedelta64[ns]", name)
}

// Code returns the code that .npy and Zarr files use, with its byte order: "<f8", "|b1", "<M8[ns]". It is empty for
// types that only frames have.
func (t Type) Code() string {
	if !t.IsArray() {
		return ""
	}
	order, unit := "<", ""
	if t.Size() == 1 {
		order = "|"
	}
	if t.IsTemporal() {
		unit = "[ns]"
	}
	return fmt.Sprintf("%s%c%d%s", order, t.Kind(), t.Size(), unit)
}

// MarshalText writes the name of the type, so that types are readable in JSON.
func (t Type) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what MarshalText wrote, and everything else that [Parse] knows.
func (t *Type) UnmarshalText(text []byte) error {
	if string(text) == infos[Invalid].name {
		*t = Invalid
		return nil
	}
	u, err := Parse(string(text))
	if err != nil {
		return err
	}
	*t = u
	return nil
}

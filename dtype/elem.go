package dtype

import "time"

// Signed are the Go types of signed integer elements. Datetime and Timedelta are stored as int64.
type Signed interface{ int8 | int16 | int32 | int64 }

// Unsigned are the Go types of unsigned integer elements.
type Unsigned interface {
	uint8 | uint16 | uint32 | uint64
}

// Integer are the Go types of integer elements.
type Integer interface{ Signed | Unsigned }

// Float are the Go types of real floating point elements.
type Float interface{ float32 | float64 }

// Complex are the Go types of complex elements.
type Complex interface{ complex64 | complex128 }

// Real are the Go types of elements that have an order and arithmetic.
type Real interface{ Integer | Float }

// Number are the Go types of elements that have arithmetic.
type Number interface{ Real | Complex }

// Element are the Go types that an array stores.
type Element interface{ bool | Number }

// Of returns the type of elements that a Go type holds: Of[float64]() is Float64, int and uint are 64 bits wide,
// time.Time is Datetime, time.Duration is Timedelta, string is String and []byte is Binary. It is Invalid for
// everything else.
func Of[T any]() Type {
	var zero T
	return OfValue(any(zero))
}

// OfValue returns the type of a Go value as Of does for its Go type; Invalid when it is no element.
func OfValue(v any) Type {
	switch v.(type) {
	case bool:
		return Bool
	case int8:
		return Int8
	case int16:
		return Int16
	case int32:
		return Int32
	case int64, int:
		return Int64
	case uint8:
		return Uint8
	case uint16:
		return Uint16
	case uint32:
		return Uint32
	case uint64, uint:
		return Uint64
	case float32:
		return Float32
	case float64:
		return Float64
	case complex64:
		return Complex64
	case complex128:
		return Complex128
	case time.Time:
		return Datetime
	case time.Duration:
		return Timedelta
	case string:
		return String
	case []byte:
		return Binary
	}
	return Invalid
}

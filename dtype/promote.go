package dtype

import (
	"fmt"
	"math"
)

// Promote returns the smallest type that holds the values of both, by the rules of NumPy 2: int64 with uint64 and
// int64 with float32 are float64, int8 with uint8 is int16, bool with anything is the other. Datetime goes with
// itself and Timedelta, Timedelta with signed integers too. Types of frames go with themselves and Null.
//
// Same as numpy.promote_types; the order of the two does not matter.
func Promote(a, b Type) (Type, error) {
	switch {
	case a == Invalid || b == Invalid || a >= numTypes || b >= numTypes:
		return Invalid, fmt.Errorf("dtype: cannot promote %v with %v", a, b)
	case a == b:
		return a, nil
	case a == Null:
		return b, nil
	case b == Null:
		return a, nil
	case a > b:
		a, b = b, a
	}
	if b > Complex128 {
		return promoteTemporal(a, b)
	}
	return promoteNumeric(a, b), nil
}

// promoteTemporal promotes two different types, a < b, of which b is not a number.
func promoteTemporal(a, b Type) (Type, error) {
	switch {
	case b == Timedelta && (a == Bool || (a.IsInteger() && a != Uint64)):
		return Timedelta, nil
	case b == Timedelta && a == Datetime:
		return Datetime, nil
	}
	return Invalid, fmt.Errorf("dtype: %v and %v have no common type; convert one of them first", a, b)
}

// promoteNumeric promotes two different numeric or bool types, a < b in the order of the constants.
func promoteNumeric(a, b Type) Type {
	switch {
	case a == Bool:
		return b
	case b.IsComplex():
		if b == Complex64 && fitsFloat32(a) {
			return Complex64
		}
		return Complex128
	case b.IsFloat():
		if b == Float32 && fitsFloat32(a) {
			return Float32
		}
		return Float64
	case a.IsSigned() && b.IsUnsigned():
		if a.Size() > b.Size() {
			return a
		}
		return [...]Type{Uint8: Int16, Uint16: Int32, Uint32: Int64, Uint64: Float64}[b]
	}
	return b
}

// fitsFloat32 reports whether every value of t can be a float32 (or the part of a complex64).
func fitsFloat32(t Type) bool {
	return t == Float32 || t == Complex64 || t.Size() <= 2
}

// Weak returns the category of a Go value that is a weak scalar: Bool, Int64, Float64 or Complex128 for a Go bool,
// int, float64 or complex128. ok is false for everything else, which counts with its own type.
func Weak(v any) (category Type, ok bool) {
	switch v.(type) {
	case bool:
		return Bool, true
	case int:
		return Int64, true
	case float64:
		return Float64, true
	case complex128:
		return Complex128, true
	}
	return Invalid, false
}

// PromoteScalar returns the type of an operation between an array of type t and the Go scalar v, by NEP 50. A weak
// scalar (see [Weak]) keeps t when t's category can hold it: float32 with 2.5 is float32 and uint8 with 1 is uint8,
// but int8 with 2.5 is float64 and bool with 1 is int64. Any other value counts as an array of its type.
//
// An int that t cannot hold (uint8 with 300 or with -1) is an error, as NumPy's OverflowError.
func PromoteScalar(t Type, v any) (Type, error) {
	w, weak := Weak(v)
	if !weak {
		u := OfValue(v)
		if u == Invalid {
			return Invalid, fmt.Errorf("dtype: %T is not an element type", v)
		}
		return Promote(t, u)
	}
	r, err := PromoteWeak(t, w)
	if err != nil {
		return Invalid, err
	}
	if n, isInt := v.(int); isInt && !FitsInt(r, n) {
		return Invalid, fmt.Errorf("dtype: %d does not fit in %v", n, r)
	}
	return r, nil
}

// PromoteWeak is PromoteScalar for a weak scalar of which only the category is known (see [Weak]).
func PromoteWeak(t, category Type) (Type, error) {
	switch {
	case !t.IsArray():
		return Invalid, fmt.Errorf("dtype: cannot promote %v with a number", t)
	case category == Bool, category == Int64 && (t.IsNumeric() || t == Timedelta):
		return Promote(t, Bool)
	case category == Float64 && t.IsInexact(), category == Complex128 && t.IsComplex():
		return t, nil
	case category == Complex128 && t == Float32:
		return Complex64, nil
	}
	return Promote(t, category)
}

// FitsInt reports whether the integer n is a value of type t. Every n is one of the inexact types and Timedelta.
func FitsInt(t Type, n int) bool {
	x := int64(n)
	switch t {
	case Bool:
		return x == 0 || x == 1
	case Int8:
		return x >= math.MinInt8 && x <= math.MaxInt8
	case Int16:
		return x >= math.MinInt16 && x <= math.MaxInt16
	case Int32:
		return x >= math.MinInt32 && x <= math.MaxInt32
	case Uint8:
		return x >= 0 && x <= math.MaxUint8
	case Uint16:
		return x >= 0 && x <= math.MaxUint16
	case Uint32:
		return x >= 0 && x <= math.MaxUint32
	case Uint64:
		return x >= 0
	}
	return t.IsArray()
}

// ResultType returns the type of an operation over any mix of Types and Go scalars, weak ones included. Scalars
// alone give their own types: int64, float64, complex128 or bool.
//
// Same as numpy.result_type.
func ResultType(operands ...any) (Type, error) {
	strong, err := Invalid, error(nil)
	for _, o := range operands {
		t, isType := o.(Type)
		if _, weak := Weak(o); weak {
			continue
		}
		if !isType {
			if t = OfValue(o); t == Invalid {
				return Invalid, fmt.Errorf("dtype: %T is not an element type", o)
			}
		}
		if strong == Invalid {
			strong = t
		} else if strong, err = Promote(strong, t); err != nil {
			return Invalid, err
		}
	}
	return addWeak(strong, operands)
}

// addWeak promotes the strong type, Invalid when there is none, with the widest category of the weak operands.
func addWeak(strong Type, operands []any) (Type, error) {
	widest := Invalid
	for _, o := range operands {
		if w, weak := Weak(o); weak {
			widest = max(widest, w) // the categories are ordered like the constants
		}
	}
	switch {
	case strong == Invalid && widest == Invalid:
		return Invalid, fmt.Errorf("dtype: result type of no operands")
	case strong == Invalid:
		return widest, nil
	case widest == Invalid:
		return strong, nil
	}
	t, err := PromoteWeak(strong, widest)
	if err != nil {
		return Invalid, err
	}
	for _, o := range operands {
		if n, isInt := o.(int); isInt && !FitsInt(t, n) {
			return Invalid, fmt.Errorf("dtype: %d does not fit in %v", n, t)
		}
	}
	return t, nil
}

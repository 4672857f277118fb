package dtype

// ForFloat returns the type that functions of real numbers (sqrt, exp, sin, …) answer with for elements of type t:
// inexact types stay, integers of up to 16 bits and bool become float32, wider ones float64. Invalid for times.
//
// NumPy answers float16 for bool and 8-bit integers; sheaf has no float16.
func ForFloat(t Type) Type {
	switch {
	case t.IsInexact():
		return t
	case t == Bool, t.IsInteger() && t.Size() <= 2:
		return Float32
	case t.IsInteger():
		return Float64
	}
	return Invalid
}

// ForDivide returns the type of true division in the common type t of both operands: inexact types stay, bool and
// all integers become float64. Invalid for times, whose rules are the caller's.
func ForDivide(t Type) Type {
	switch {
	case t.IsInexact():
		return t
	case t == Bool, t.IsInteger():
		return Float64
	}
	return Invalid
}

// ForSum returns the type in which elements of type t are summed and multiplied up: bool and signed integers in
// int64, unsigned ones in uint64, all others in their own type.
func ForSum(t Type) Type {
	switch {
	case t == Bool, t.IsSigned():
		return Int64
	case t.IsUnsigned():
		return Uint64
	}
	return t
}

// ForMean returns the type of a mean or standard deviation of elements of type t: float64 for bool and integers, t
// itself otherwise.
func ForMean(t Type) Type {
	if t == Bool || t.IsInteger() {
		return Float64
	}
	return t
}

// CanCast reports whether every value of type from can be converted to type to without loss, as far as NumPy sees
// it: int64 to float64 counts as safe.
//
// Same as numpy.can_cast with casting="safe".
func CanCast(from, to Type) bool {
	switch {
	case from == to:
		return from != Invalid
	case !from.IsArray() || !to.IsArray():
		return from == Null && to != Invalid
	case to == Timedelta:
		return from == Bool || (from.IsInteger() && from != Uint64)
	case from.IsTemporal() || to == Datetime:
		return false
	}
	p, err := Promote(from, to)
	return err == nil && p == to
}

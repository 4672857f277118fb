package ufunc

import (
	"fmt"

	"sheaf/dtype"
)

// Resolve returns the types of an operation on operands of the given types. It is an error when NumPy has no loop for
// them ("subtract: not defined for bool").
func Resolve(op Op, in ...dtype.Type) (Sig, error) {
	if len(in) != op.NIn() || len(in) == 0 {
		return Sig{}, fmt.Errorf("%v: takes %d operands, not %d", op, op.NIn(), len(in))
	}
	for _, t := range in {
		if !t.IsArray() {
			return Sig{}, undefined(op, in)
		}
	}
	switch len(in) {
	case 1:
		return unary(op, in[0])
	case 2:
		if in[0].IsTemporal() || in[1].IsTemporal() {
			return temporal(op, in[0], in[1])
		}
		return binary(op, in[0], in[1])
	}
	return ternary(op, in)
}

// undefined says that an operation has no meaning for its operands.
func undefined(op Op, in []dtype.Type) error {
	if len(in) == 2 && in[0] != in[1] {
		return fmt.Errorf("%v: not defined for %v and %v", op, in[0], in[1])
	}
	return fmt.Errorf("%v: not defined for %v", op, in[0])
}

// binary resolves operations on two numbers or bools.
func binary(op Op, a, b dtype.Type) (Sig, error) {
	t, err := dtype.Promote(a, b)
	if err != nil {
		return Sig{}, err
	}
	no := func() (Sig, error) { return Sig{}, undefined(op, []dtype.Type{a, b}) }
	switch op {
	case Add, Multiply, Maximum, Minimum, Fmax, Fmin:
		return same(op, t, t), nil
	case Subtract:
		if t == dtype.Bool {
			return Sig{}, fmt.Errorf("subtract: not defined for bool; use logical_xor or not_equal")
		}
		return same(op, t, t), nil
	case Divide:
		t = dtype.ForDivide(t)
		return same(op, t, t), nil
	case FloorDivide, Remainder, Fmod:
		if t.IsComplex() {
			return no()
		}
		return arithmetic(op, t), nil
	case Power:
		return arithmetic(op, t), nil
	case FloatPower:
		if t.IsComplex() {
			return same(op, dtype.Complex128, dtype.Complex128), nil
		}
		return same(op, dtype.Float64, dtype.Float64), nil
	case Arctan2, Hypot, Copysign, Nextafter, Logaddexp, Logaddexp2, Heaviside:
		if t.IsComplex() {
			return no()
		}
		if t, err = dtype.Promote(dtype.ForFloat(a), dtype.ForFloat(b)); err != nil {
			return no()
		}
		return same(op, t, t), nil
	case Ldexp:
		if a.IsComplex() || b != dtype.Bool && !b.IsInteger() || b == dtype.Uint64 {
			return no()
		}
		t = dtype.ForFloat(a)
		return Sig{op, [3]dtype.Type{t, dtype.Int64}, t}, nil
	}
	return logic(op, a, b, t)
}

// arithmetic is the signature of operations that take bools as int8.
func arithmetic(op Op, t dtype.Type) Sig {
	if t == dtype.Bool {
		t = dtype.Int8
	}
	return same(op, t, t)
}

// logic resolves comparisons and operations on truth values and bits. t is the promoted type.
func logic(op Op, a, b, t dtype.Type) (Sig, error) {
	switch {
	case op.IsComparison():
		switch { // exact, although no integer type holds both
		case a.IsSigned() && b == dtype.Uint64:
			return Sig{op, [3]dtype.Type{dtype.Int64, dtype.Uint64}, dtype.Bool}, nil
		case b.IsSigned() && a == dtype.Uint64:
			return Sig{op, [3]dtype.Type{dtype.Uint64, dtype.Int64}, dtype.Bool}, nil
		}
		return same(op, t, dtype.Bool), nil
	case op == LogicalAnd || op == LogicalOr || op == LogicalXor:
		return same(op, dtype.Bool, dtype.Bool), nil
	case t.IsInexact():
		return Sig{}, undefined(op, []dtype.Type{a, b})
	case op == BitwiseAnd || op == BitwiseOr || op == BitwiseXor:
		return same(op, t, t), nil
	case op == LeftShift || op == RightShift:
		return arithmetic(op, t), nil
	case (op == GCD || op == LCM) && t != dtype.Bool:
		return same(op, t, t), nil
	}
	return Sig{}, undefined(op, []dtype.Type{a, b})
}

// unary resolves operations on one operand.
func unary(op Op, t dtype.Type) (Sig, error) {
	no := func() (Sig, error) { return Sig{}, undefined(op, []dtype.Type{t}) }
	switch op {
	case Negative, Positive, Sign:
		if t == dtype.Bool || t == dtype.Datetime {
			return no()
		}
	case Absolute:
		if t == dtype.Datetime {
			return no()
		}
		return same(op, t, t.Real()), nil
	case Square, Reciprocal:
		if t.IsTemporal() {
			return no()
		}
		return arithmetic(op, t), nil
	case Floor, Ceil, Trunc:
		if t.IsComplex() || t.IsTemporal() {
			return no()
		}
	case Isnan, Isinf, Isfinite:
		return same(op, t, dtype.Bool), nil
	case Signbit:
		if t.IsComplex() || t.IsTemporal() {
			return no()
		}
		return same(op, dtype.ForFloat(t), dtype.Bool), nil
	case LogicalNot:
		if t.IsTemporal() {
			return no()
		}
		return same(op, dtype.Bool, dtype.Bool), nil
	case Invert:
		if t != dtype.Bool && !t.IsInteger() {
			return no()
		}
	case Conjugate:
		if t.IsTemporal() {
			return no()
		}
		return arithmetic(op, t), nil
	case Real, Imag:
		if t.IsTemporal() {
			return no()
		}
		return same(op, t, t.Real()), nil
	default:
		return function(op, t)
	}
	return same(op, t, t), nil
}

// function resolves the functions of real and complex analysis.
func function(op Op, t dtype.Type) (Sig, error) {
	f := dtype.ForFloat(t)
	if f == dtype.Invalid {
		return Sig{}, undefined(op, []dtype.Type{t})
	}
	if f.IsComplex() {
		switch op {
		case Cbrt, Degrees, Radians, Fabs, Spacing:
			return Sig{}, undefined(op, []dtype.Type{t})
		}
	}
	return angle(op, f), nil
}

// angle completes the signature of a function; the angle of a complex number is real.
func angle(op Op, t dtype.Type) Sig {
	if op == Angle {
		return same(op, t, t.Real())
	}
	return same(op, t, t)
}

// temporal resolves operations of which one operand is a time.
func temporal(op Op, a, b dtype.Type) (Sig, error) {
	const d, p = dtype.Timedelta, dtype.Datetime // difference, point in time
	number := func(t dtype.Type) bool { return t == dtype.Bool || t.IsInteger() }
	times := func(out dtype.Type) (Sig, error) { return same(op, d, out), nil }
	asFloat := func() (Sig, error) { return same(op, dtype.Float64, d), nil }
	ofBoth := func(out dtype.Type) (Sig, error) { return Sig{op, [3]dtype.Type{a, b}, out}, nil }
	switch {
	case a == b && (op.IsComparison() || op == Isnan):
		return ofBoth(dtype.Bool)
	case op.IsComparison() && (a == d && number(b) && b != dtype.Uint64 || b == d && number(a) && a != dtype.Uint64):
		return times(dtype.Bool)
	case op == Maximum || op == Minimum || op == Fmax || op == Fmin:
		if t, err := dtype.Promote(a, b); err == nil && (a != p) == (b != p) {
			return same(op, t, t), nil
		}
	case op == Add && (a == p && (b == d || number(b)) || b == p && (a == d || number(a))),
		op == Subtract && a == p && (b == d || number(b)):
		return times(p)
	case op == Subtract && a == p && b == p, a == d && b == d && (op == Add || op == Subtract || op == Remainder):
		return times(d)
	case (op == Add || op == Subtract) && (a == d && number(b) || b == d && number(a)):
		return times(d)
	case op == Multiply && (a == d && number(b) || b == d && number(a)):
		return times(d)
	case op == Multiply && (a == d && b.IsFloat() || b == d && a.IsFloat()), (op == Divide || op == FloorDivide) && a == d && b.IsFloat():
		return asFloat()
	case op == Divide && a == d && b == d:
		return times(dtype.Float64)
	case op == FloorDivide && a == d && b == d:
		return times(dtype.Int64)
	case op == Divide && a == d && b.IsInteger():
		return same(DivideTime, d, d), nil
	case op == FloorDivide && a == d && b.IsInteger():
		return same(FloorTime, d, d), nil
	case op == LogicalAnd || op == LogicalOr || op == LogicalXor:
		return same(op, dtype.Bool, dtype.Bool), nil
	}
	return Sig{}, undefined(op, []dtype.Type{a, b})
}

// ternary resolves where and clip.
func ternary(op Op, in []dtype.Type) (Sig, error) {
	t := in[1]
	if op == Clip {
		t = in[0]
	}
	for _, u := range in[1:] {
		p, err := dtype.Promote(t, u)
		if err != nil {
			return Sig{}, fmt.Errorf("%v: %v and %v have no common type", op, t, u)
		}
		t = p
	}
	if op == Where {
		return Sig{op, [3]dtype.Type{dtype.Bool, t, t}, t}, nil
	}
	return same(op, t, t), nil
}

package ufunc

import (
	"fmt"

	"sheaf/dtype"
	"sheaf/internal/kernel/num"
)

// Resolve returns the types of an operation on operands of the given types. It is an error when NumPy has no loop for
// them ("subtract: not defined for bool").
func Resolve(op num.Op, in ...dtype.Type) (Sig, error) {
	if len(in) != op.Arity() || len(in) == 0 {
		return Sig{}, fmt.Errorf("%v: takes %d operands, not %d", op, op.Arity(), len(in))
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
func undefined(op num.Op, in []dtype.Type) error {
	if len(in) == 2 && in[0] != in[1] {
		return fmt.Errorf("%v: not defined for %v and %v", op, in[0], in[1])
	}
	return fmt.Errorf("%v: not defined for %v", op, in[0])
}

// binary resolves operations on two numbers or bools.
func binary(op num.Op, a, b dtype.Type) (Sig, error) {
	t, err := dtype.Promote(a, b)
	if err != nil {
		return Sig{}, err
	}
	no := func() (Sig, error) { return Sig{}, undefined(op, []dtype.Type{a, b}) }
	switch op {
	case num.Add, num.Mul, num.Maximum, num.Minimum, num.Fmax, num.Fmin:
		return same(t, t), nil
	case num.Sub:
		if t == dtype.Bool {
			return Sig{}, fmt.Errorf("subtract: not defined for bool; use logical_xor or not_equal")
		}
		return same(t, t), nil
	case num.Div:
		t = dtype.ForDivide(t)
		return same(t, t), nil
	case num.FloorDiv, num.Mod, num.Fmod:
		if t.IsComplex() {
			return no()
		}
		return arithmetic(t), nil
	case num.Pow:
		return arithmetic(t), nil
	case num.Arctan2, num.Hypot, num.Copysign, num.Nextafter, num.Logaddexp, num.Logaddexp2, num.Heaviside:
		if t.IsComplex() {
			return no()
		}
		if t, err = dtype.Promote(dtype.ForFloat(a), dtype.ForFloat(b)); err != nil {
			return no()
		}
		return same(t, t), nil
	case num.Ldexp:
		if a.IsComplex() || b != dtype.Bool && !b.IsInteger() || b == dtype.Uint64 {
			return no()
		}
		t = dtype.ForFloat(a)
		return same(t, t), nil
	}
	return logic(op, a, b, t)
}

// arithmetic is the signature of operations that take bools as int8.
func arithmetic(t dtype.Type) Sig {
	if t == dtype.Bool {
		t = dtype.Int8
	}
	return same(t, t)
}

// logic resolves comparisons and operations on truth values and bits. t is the promoted type.
func logic(op num.Op, a, b, t dtype.Type) (Sig, error) {
	switch {
	case isComparison(op):
		switch { // exact, although no integer type holds both
		case a.IsSigned() && b == dtype.Uint64:
			return Sig{[3]dtype.Type{dtype.Int64, dtype.Uint64}, dtype.Bool}, nil
		case b.IsSigned() && a == dtype.Uint64:
			return Sig{[3]dtype.Type{dtype.Uint64, dtype.Int64}, dtype.Bool}, nil
		}
		return same(t, dtype.Bool), nil
	case op == num.LogicalAnd || op == num.LogicalOr || op == num.LogicalXor:
		return same(dtype.Bool, dtype.Bool), nil
	case t.IsInexact():
		return Sig{}, undefined(op, []dtype.Type{a, b})
	case op == num.BitAnd || op == num.BitOr || op == num.BitXor:
		return same(t, t), nil
	case op == num.ShiftLeft || op == num.ShiftRight:
		return arithmetic(t), nil
	case (op == num.Gcd || op == num.Lcm) && t != dtype.Bool:
		return same(t, t), nil
	}
	return Sig{}, undefined(op, []dtype.Type{a, b})
}

// unary resolves operations on one operand.
func unary(op num.Op, t dtype.Type) (Sig, error) {
	no := func() (Sig, error) { return Sig{}, undefined(op, []dtype.Type{t}) }
	switch op {
	case num.Negative, num.Positive, num.Sign:
		if t == dtype.Bool || t == dtype.Datetime {
			return no()
		}
	case num.Abs:
		if t == dtype.Datetime {
			return no()
		}
		return same(t, t.Real()), nil
	case num.Square, num.Reciprocal:
		if t.IsTemporal() {
			return no()
		}
		return arithmetic(t), nil
	case num.Floor, num.Ceil, num.Trunc:
		if t.IsComplex() || t.IsTemporal() {
			return no()
		}
	case num.IsNaN, num.IsInf, num.IsFinite:
		return same(t, dtype.Bool), nil
	case num.Signbit:
		if t.IsComplex() || t.IsTemporal() {
			return no()
		}
		return same(dtype.ForFloat(t), dtype.Bool), nil
	case num.LogicalNot:
		if t.IsTemporal() {
			return no()
		}
		return same(dtype.Bool, dtype.Bool), nil
	case num.Invert:
		if t != dtype.Bool && !t.IsInteger() {
			return no()
		}
	case num.Conj:
		if t.IsTemporal() {
			return no()
		}
		return arithmetic(t), nil
	case num.Real, num.Imag:
		if t.IsTemporal() {
			return no()
		}
		return same(t, t.Real()), nil
	default:
		return function(op, t)
	}
	return same(t, t), nil
}

// function resolves the functions of real and complex analysis.
func function(op num.Op, t dtype.Type) (Sig, error) {
	f := dtype.ForFloat(t)
	if f == dtype.Invalid {
		return Sig{}, undefined(op, []dtype.Type{t})
	}
	if f.IsComplex() {
		switch op {
		case num.Cbrt, num.Rad2deg, num.Deg2rad, num.Spacing:
			return Sig{}, undefined(op, []dtype.Type{t})
		}
	}
	return angle(op, f), nil
}

// angle completes the signature of a function; the angle of a complex number is real.
func angle(op num.Op, t dtype.Type) Sig {
	if op == num.Angle {
		return same(t, t.Real())
	}
	return same(t, t)
}

// temporal resolves operations of which one operand is a time.
func temporal(op num.Op, a, b dtype.Type) (Sig, error) {
	const d, p = dtype.Timedelta, dtype.Datetime // difference, point in time
	number := func(t dtype.Type) bool { return t == dtype.Bool || t.IsInteger() }
	times := func(out dtype.Type) (Sig, error) { return same(d, out), nil }
	asFloat := func() (Sig, error) { return same(dtype.Float64, d), nil }
	ofBoth := func(out dtype.Type) (Sig, error) { return Sig{[3]dtype.Type{a, b}, out}, nil }
	switch {
	case a == b && (isComparison(op) || op == num.IsNaN):
		return ofBoth(dtype.Bool)
	case isComparison(op) && (a == d && number(b) && b != dtype.Uint64 || b == d && number(a) && a != dtype.Uint64):
		return times(dtype.Bool)
	case op == num.Maximum || op == num.Minimum || op == num.Fmax || op == num.Fmin:
		if t, err := dtype.Promote(a, b); err == nil && (a != p) == (b != p) {
			return same(t, t), nil
		}
	case op == num.Add && (a == p && (b == d || number(b)) || b == p && (a == d || number(a))),
		op == num.Sub && a == p && (b == d || number(b)):
		return times(p)
	case op == num.Sub && a == p && b == p, a == d && b == d && (op == num.Add || op == num.Sub || op == num.Mod):
		return times(d)
	case (op == num.Add || op == num.Sub) && (a == d && number(b) || b == d && number(a)):
		return times(d)
	case op == num.Mul && (a == d && number(b) || b == d && number(a)):
		return times(d)
	case op == num.Mul && (a == d && b.IsFloat() || b == d && a.IsFloat()), (op == num.Div || op == num.FloorDiv) && a == d && b.IsFloat():
		return asFloat()
	case op == num.Div && a == d && b == d:
		return times(dtype.Float64)
	case op == num.FloorDiv && a == d && b == d:
		return times(dtype.Int64)
	case (op == num.Div || op == num.FloorDiv) && a == d && b.IsInteger():
		return times(d)
	case op == num.LogicalAnd || op == num.LogicalOr || op == num.LogicalXor:
		return same(dtype.Bool, dtype.Bool), nil
	}
	return Sig{}, undefined(op, []dtype.Type{a, b})
}

// ternary resolves where and clip.
func ternary(op num.Op, in []dtype.Type) (Sig, error) {
	t := in[1]
	if op == num.Clip {
		t = in[0]
	}
	for _, u := range in[1:] {
		p, err := dtype.Promote(t, u)
		if err != nil {
			return Sig{}, fmt.Errorf("%v: %v and %v have no common type", op, t, u)
		}
		t = p
	}
	if op == num.Where {
		return Sig{[3]dtype.Type{dtype.Bool, t, t}, t}, nil
	}
	return same(t, t), nil
}

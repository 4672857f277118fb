package ufunc

import (
	"math"

	"sheaf/dtype"
	"sheaf/internal/kernel/num"
)

// Emit adds an operation on values of any types to a program and returns its result, converted as [Resolve] says. The
// error is about types; other mistakes are kept by the builder.
func Emit(b *num.Builder, op num.Op, args ...num.Value) (num.Value, error) {
	types := make([]dtype.Type, len(args))
	for i, v := range args {
		types[i] = b.Type(v)
	}
	sig, err := Resolve(op, types...)
	if err != nil {
		return num.Value{}, err
	}
	e := emitter{b: b, op: op, args: args, types: types, sig: sig}
	return b.Cast(e.emit(), sig.Out), nil
}

// emitter adds one operation.
type emitter struct {
	b     *num.Builder
	op    num.Op
	args  []num.Value
	types []dtype.Type
	sig   Sig
}

// arg returns an operand converted to what the operation takes.
func (e *emitter) arg(i int) num.Value { return e.b.Cast(e.args[i], e.sig.In[i]) }

func (e *emitter) emit() num.Value {
	in := e.sig.In[0]
	switch {
	case isComparison(e.op) && in != e.sig.In[1]:
		return e.compareMixed()
	case e.types[0] == dtype.Timedelta && (e.op == num.Div || e.op == num.FloorDiv):
		return e.divideTime()
	case len(e.args) == 2 && in == dtype.Float64 && e.sig.Out == dtype.Timedelta:
		return e.keepNaT(e.plain())
	case len(e.args) == 1 && !num.HasLoop(e.op, in):
		return e.trivial(in)
	case len(e.args) == 2 && in.IsComplex() && !num.HasLoop(e.op, in):
		return e.complexFallback()
	}
	return e.plain()
}

// plain applies the operation's own loop.
func (e *emitter) plain() num.Value {
	args := make([]num.Value, len(e.args))
	for i := range args {
		args[i] = e.arg(i)
	}
	return e.b.Apply(e.op, args...)
}

// compareMixed compares a signed with an unsigned 64-bit integer exactly: a negative number is the smaller, all others
// are compared as unsigned.
func (e *emitter) compareMixed() num.Value {
	b, signed := e.b, 0
	if e.sig.In[1] == dtype.Int64 {
		signed = 1
	}
	negative := b.Apply(num.Less, e.arg(signed), b.Int(dtype.Int64, 0))
	x, y := b.Cast(e.arg(0), dtype.Uint64), b.Cast(e.arg(1), dtype.Uint64)
	both := b.Apply(e.op, x, y)
	isTrue := e.op == num.NotEqual
	if signed == 0 {
		isTrue = isTrue || e.op == num.Less || e.op == num.LessEqual
	} else {
		isTrue = isTrue || e.op == num.Greater || e.op == num.GreaterEqual
	}
	if isTrue {
		return b.Apply(num.LogicalOr, negative, both)
	}
	return b.Apply(num.LogicalAnd, b.Apply(num.LogicalNot, negative), both)
}

// divideTime divides a time difference by another, giving a number, or by a number, giving a time difference.
func (e *emitter) divideTime() num.Value {
	b, x, y := e.b, e.args[0], e.args[1]
	switch {
	case e.types[1].IsFloat():
		return e.keepNaT(b.Apply(num.Div, b.Cast(x, dtype.Float64), b.Cast(y, dtype.Float64)))
	case e.op == num.FloorDiv && e.sig.Out == dtype.Int64: // NaT and division by zero give 0
		q := b.Apply(num.FloorDiv, x, y)
		return b.Apply(num.Where, b.Apply(num.IsNaN, q), b.Int(dtype.Int64, 0), b.Cast(q, dtype.Int64))
	case e.sig.Out == dtype.Float64:
		q := b.Apply(num.Div, b.Cast(x, dtype.Float64), b.Cast(y, dtype.Float64))
		missing := b.Apply(num.LogicalOr, b.Apply(num.IsNaN, x), b.Apply(num.IsNaN, y))
		return b.Apply(num.Where, missing, b.Float(dtype.Float64, math.NaN()), q)
	}
	// Cut towards zero, by FloorDiv too, as NumPy does: divide the magnitudes, which floors, and put the sign back.
	n := e.arg(1)
	q := b.Apply(num.FloorDiv, b.Apply(num.Abs, x), b.Apply(num.Abs, n))
	sign := b.Apply(num.Mul, b.Apply(num.Sign, x), b.Apply(num.Sign, n))
	return b.Apply(num.Mul, q, sign)
}

// keepNaT converts a float result to a time that is NaT where a time among the operands is.
func (e *emitter) keepNaT(v num.Value) num.Value {
	v = e.b.Cast(v, dtype.Timedelta)
	for i, t := range e.types {
		if t == dtype.Timedelta {
			v = e.b.Apply(num.Where, e.b.Apply(num.IsNaN, e.args[i]), e.b.Int(dtype.Timedelta, dtype.NaT), v)
		}
	}
	return v
}

// trivial is for functions of one operand that have no loop because they do nothing for the type.
func (e *emitter) trivial(in dtype.Type) num.Value {
	b, x := e.b, e.arg(0)
	switch e.op {
	case num.Positive, num.Floor, num.Ceil, num.Trunc, num.Rint, num.Conj, num.Real, num.Abs:
		return x
	case num.IsNaN, num.IsInf, num.Imag: // nothing is; zero
		return b.Apply(num.LogicalXor, e.truth(x), e.truth(x))
	case num.IsFinite:
		return b.Apply(num.LogicalNot, b.Apply(num.LogicalXor, e.truth(x), e.truth(x)))
	case num.Angle: // of a real number
		return b.Apply(num.Arctan2, b.Float(in, 0), x)
	case num.Sign: // of a complex number: the unit in its direction
		zero := b.Apply(num.Equal, x, b.Float(in, 0))
		unit := b.Apply(num.Div, x, b.Cast(b.Apply(num.Abs, x), in))
		return b.Apply(num.Where, zero, x, unit)
	}
	return b.Apply(e.op, x) // the builder says what is missing
}

// truth converts a value to Bool.
func (e *emitter) truth(x num.Value) num.Value { return e.b.Cast(x, dtype.Bool) }

// complexFallback takes the maximum or minimum that ignores NaN from the one that does not.
func (e *emitter) complexFallback() num.Value {
	b, x, y := e.b, e.arg(0), e.arg(1)
	strict := map[num.Op]num.Op{num.Fmax: num.Maximum, num.Fmin: num.Minimum}[e.op]
	if strict == num.Invalid {
		return b.Apply(e.op, x, y)
	}
	m := b.Apply(strict, x, y)
	m = b.Apply(num.Where, b.Apply(num.IsNaN, y), x, m)
	return b.Apply(num.Where, b.Apply(num.IsNaN, x), y, m)
}

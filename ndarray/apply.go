package ndarray

import (
	"context"
	"fmt"
	"math"
	"sync"

	"sheaf/dtype"
	"sheaf/internal/kernel/num"
	"sheaf/internal/kernel/ufunc"
)

// Apply runs the elementwise function with NumPy's name ("subtract", "arctan2", "isnan", "where", "clip", …) on one to
// three operands: arrays, Go numbers, bools or times, and nested slices. It is for names that are data and for scalars
// on the left; arrays have methods.
func Apply(function string, operands ...any) (*Array, error) {
	op, err := num.ParseOp(function)
	if err != nil || op.Arity() == 0 || op == num.Cast {
		return nil, fail(ErrValue, "unknown function %q", function)
	}
	return apply(op, operands...)
}

// apply runs an operation.
func apply(op num.Op, operands ...any) (*Array, error) {
	if len(operands) != op.Arity() {
		return nil, fail(ErrValue, "%v: takes %d operands, not %d", op, op.Arity(), len(operands))
	}
	arrays, err := resolveOperands(op, operands)
	if err != nil {
		return nil, err
	}
	p, err := programOf(op, arrays)
	if err != nil {
		return nil, err
	}
	shapes, views := make([][]int, len(arrays)), make([]num.View, len(arrays))
	for i, a := range arrays {
		shapes[i], views[i] = a.shape, a.view()
	}
	shape, err := BroadcastShapes(shapes...)
	if err != nil {
		return nil, fail(ErrShape, "%v: %v", op, broadcastError(shapes))
	}
	t := p.Outs[0].Type
	if _, err := checkShape(op.String(), t, shape); err != nil {
		return nil, err
	}
	out := newArray(t, shape, false)
	if out.cap == 0 {
		return out, nil
	}
	if err := p.Run(context.Background(), num.Args{Shape: shape, Inputs: views, Outputs: []num.View{out.view()}}); err != nil {
		return nil, fmt.Errorf("ndarray: %v: %w", op, err)
	}
	return out, nil
}

// programKey names the program of one operation on operands of some types.
type programKey struct {
	op    num.Op
	types [3]dtype.Type
}

// programs are the compiled operations, num.Programs by programKey.
var programs sync.Map

// programOf compiles an operation for the types of its operands, once.
func programOf(op num.Op, arrays []*Array) (*num.Program, error) {
	key := programKey{op: op}
	for i, a := range arrays {
		key.types[i] = a.dt
	}
	if p, ok := programs.Load(key); ok {
		return p.(*num.Program), nil
	}
	var b num.Builder
	args := make([]num.Value, len(arrays))
	for i, a := range arrays {
		args[i] = b.Input(a.dt)
	}
	v, err := ufunc.Emit(&b, op, args...)
	if err != nil {
		return nil, fail(ErrDType, "%v", err)
	}
	b.Store(v)
	p, err := b.Build()
	if err != nil {
		return nil, fail(ErrDType, "%v: %v", op, err)
	}
	programs.Store(key, p)
	return p, nil
}

// resolveOperands turns the operands into arrays; weak scalars get the type that the others leave them.
func resolveOperands(op num.Op, operands []any) ([]*Array, error) {
	arrays := make([]*Array, len(operands))
	strong := dtype.Invalid // of the operands that are not weak
	for i, o := range operands {
		if _, weak := dtype.Weak(o); weak {
			continue
		}
		a, err := From(o)
		if err != nil {
			return nil, err
		}
		arrays[i] = a
		switch {
		case op == num.Where && i == 0:
		case strong == dtype.Invalid:
			strong = a.dt
		default:
			if t, err := dtype.Promote(strong, a.dt); err == nil {
				strong = t
			}
		}
	}
	for i, o := range operands {
		if arrays[i] != nil {
			continue
		}
		t := strong
		if op == num.Where && i == 0 || op == num.Ldexp && i == 1 {
			t = dtype.Invalid
		}
		a, err := weakOperand(op, t, o, operands)
		if err != nil {
			return nil, err
		}
		arrays[i] = a
	}
	return arrays, nil
}

// weakOperand returns a weak scalar as an array of the type that it has beside arrays of type t.
func weakOperand(op num.Op, t dtype.Type, value any, all []any) (*Array, error) {
	switch {
	case t == dtype.Invalid && op == num.Where:
		u, err := dtype.ResultType(all[1:]...)
		if _, isBool := value.(bool); err != nil || isBool {
			return Scalar(dtype.Invalid, value)
		}
		return Scalar(u, value)
	case t == dtype.Invalid, t.IsTemporal():
		return Scalar(dtype.Invalid, value)
	}
	category, _ := dtype.Weak(value)
	u, err := dtype.PromoteWeak(t, category)
	if err != nil {
		return nil, fail(ErrDType, "%v: %v and a Go %T have no common type", op, t, value)
	}
	if n, isInt := value.(int); isInt && !dtype.FitsInt(u, n) {
		switch op { // do not compute in u
		case num.Equal, num.NotEqual, num.Less, num.LessEqual, num.Greater, num.GreaterEqual:
			return Scalar(dtype.Int64, value)
		case num.LogicalAnd, num.LogicalOr, num.LogicalXor:
			return Scalar(dtype.Bool, true)
		case num.Div:
			return Scalar(dtype.Float64, value)
		}
		return nil, fail(ErrValue, "%v: %d does not fit in %v", op, n, u)
	}
	return Scalar(u, value)
}

// Pow returns a**b. Integers to negative integer powers are an error, as they are no integers.
func (a *Array) Pow(b any) (*Array, error) {
	ops, err := resolveOperands(num.Pow, []any{a, b})
	if err != nil {
		return nil, err
	}
	if x, y := ops[0], ops[1]; !x.dt.IsInexact() && y.dt.IsSigned() && y.anyNegative() {
		return nil, fail(ErrValue, "power: integers to negative integer powers are not allowed; convert to float64 first")
	}
	return apply(num.Pow, ops[0], ops[1])
}

// anyNegative reports whether a signed integer array has a negative element.
func (a *Array) anyNegative() bool {
	for v := range Elements[int64](a.as(dtype.Int64)) {
		if v < 0 {
			return true
		}
	}
	return false
}

// FloatPower returns a**b in float64, or in complex128 for complex numbers.
func (a *Array) FloatPower(b any) (*Array, error) {
	y, err := operand(a.dt, b)
	if err != nil {
		return nil, err
	}
	t := dtype.Float64
	if a.dt.IsComplex() || y.dt.IsComplex() {
		t = dtype.Complex128
	}
	x, err := a.AsType(t)
	if err != nil {
		return nil, err
	}
	if y, err = y.AsType(t); err != nil {
		return nil, err
	}
	return apply(num.Pow, x, y)
}

// Round returns the elements rounded to a number of decimals, halves to even; a negative number rounds before the
// point. Integers stay integers.
func (a *Array) Round(decimals int) (*Array, error) {
	if a.dt == dtype.Bool || a.dt.IsTemporal() {
		return nil, noDType("round", a.dt)
	}
	switch {
	case a.dt.IsInteger() && decimals >= 0:
		return a.Copy(), nil
	case decimals == 0:
		return a.Rint()
	}
	scale, up := math.Pow(10, math.Abs(float64(decimals))), num.Mul
	down := num.Div
	if decimals < 0 {
		up, down = down, up
	}
	r, err := apply(up, a, scale)
	if err != nil {
		return nil, err
	}
	if r, err = r.Rint(); err != nil {
		return nil, err
	}
	if r, err = apply(down, r, scale); err != nil {
		return nil, err
	}
	return r.AsType(a.dt)
}

// Where returns the elements of x where the condition is not zero and those of y elsewhere, broadcast and promoted.
func Where(condition, x, y any) (*Array, error) { return apply(num.Where, condition, x, y) }

// Clip returns the elements limited to [low, high]; a bound may be nil. NaN stays NaN.
func (a *Array) Clip(low, high any) (*Array, error) {
	switch {
	case low == nil && high == nil:
		return a.Copy(), nil
	case low == nil:
		return a.Minimum(high)
	case high == nil:
		return a.Maximum(low)
	}
	return apply(num.Clip, a, low, high)
}

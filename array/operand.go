package array

import (
	"fmt"

	"sheaf/dtype"
	"sheaf/internal/kernel/num"
	"sheaf/ndarray"
)

// operand is one argument of an elementwise operation: an array, or a weak Go number that takes the dtype of the others.
type operand struct {
	node node
	weak any
}

// operands converts the arguments of an operation: arrays, ndarrays, nested slices, numbers. The error is the first that an
// array carries, or says which argument is of no use.
func operands(args ...any) ([]operand, error) {
	out := make([]operand, len(args))
	for i, v := range args {
		switch v := v.(type) {
		case *Array:
			if v == nil {
				return nil, wrong(ErrValue, "operand %d is a nil array", i+1)
			}
			if v.err != nil {
				return nil, v.err
			}
			out[i].node = v.node
			continue
		case *ndarray.Array:
			if v == nil {
				return nil, wrong(ErrValue, "operand %d is a nil ndarray", i+1)
			}
			n, err := sourceOf(v, nil)
			if err != nil {
				return nil, err
			}
			out[i].node = n
			continue
		}
		if _, weak := dtype.Weak(v); weak {
			out[i].weak = v
			continue
		}
		nd, err := ndarray.From(v)
		if err != nil {
			return nil, wrong(ErrDType, "operand %d: %v", i+1, err)
		}
		if nd.Ndim() == 0 { // a strong scalar such as float32(2)
			out[i].node, err = scalarNode(nd.DType(), v)
		} else {
			out[i].node, err = sourceOf(nd, nil)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// settle gives the weak operands of an operation the dtype that the others leave them (NEP 50).
func settle(op num.Op, os []operand) ([]node, error) {
	var types []any
	strong := dtype.Invalid
	for i, o := range os {
		if op == num.Where && i == 0 {
			continue
		}
		if o.node == nil {
			types = append(types, o.weak)
			continue
		}
		t := o.node.about().dt
		if types = append(types, t); strong == dtype.Invalid {
			strong = t
		} else if p, err := dtype.Promote(strong, t); err == nil {
			strong = p
		}
	}
	nodes := make([]node, len(os))
	for i, o := range os {
		if nodes[i] = o.node; o.node != nil {
			continue
		}
		t, err := weakType(op, i, o.weak, strong, types)
		if err != nil {
			return nil, err
		}
		if nodes[i], err = scalarNode(t, o.weak); err != nil {
			return nil, err
		}
	}
	return nodes, nil
}

// weakType returns the dtype of the weak operand i beside strong ones of dtype strong.
func weakType(op num.Op, i int, v any, strong dtype.Type, all []any) (dtype.Type, error) {
	own := dtype.OfValue(v)
	switch {
	case op == num.Where && i == 0, op == num.Ldexp && i == 1, strong.IsTemporal():
		return own, nil
	case strong == dtype.Invalid:
		t, err := dtype.ResultType(all...)
		if err != nil {
			return t, wrong(ErrDType, "%v", err)
		}
		return t, nil
	}
	category, _ := dtype.Weak(v)
	t, err := dtype.PromoteWeak(strong, category)
	if err != nil {
		return t, wrong(ErrDType, "%v and a Go %T have no common type", strong, v)
	}
	if n, isInt := v.(int); isInt && !dtype.FitsInt(t, n) {
		if op >= num.Equal && op <= num.GreaterEqual { // larger or smaller than all elements
			return dtype.Int64, nil
		}
		return t, wrong(ErrValue, "%d does not fit in %v", n, t)
	}
	return t, nil
}

// castTo returns n converted to another dtype, n itself when it has it.
func castTo(n node, t dtype.Type) (node, error) {
	m := n.about()
	if m.dt == t {
		return n, nil
	}
	if f, ok := n.(*fullNode); ok && len(m.chunks) == 0 {
		v, err := ndarray.From(constValue(f.value))
		if err == nil {
			return scalarFrom(v, t)
		}
	}
	if !num.CanCast(m.dt, t) {
		return nil, wrong(ErrDType, "%v cannot be converted to %v", m.dt, t)
	}
	return newUfunc(num.Cast, t, m.chunks, n), nil
}

// scalarNode returns a 0-d node of a Go number, bool or time.
func scalarNode(t dtype.Type, v any) (node, error) {
	c, err := constOf(t, v)
	if err != nil {
		return nil, err
	}
	return newFull(c, fmt.Sprint(v), nil), nil
}

func scalarFrom(v *ndarray.Array, t dtype.Type) (node, error) {
	w, err := v.AsType(t)
	if err != nil {
		return nil, wrong(ErrDType, "%v", err)
	}
	x, err := w.Item()
	if err != nil {
		return nil, wrong(ErrDType, "%v", err)
	}
	return scalarNode(t, x)
}

// constOf returns a Go value as a constant of the dtype t, with the error of ndarray.Scalar when it does not fit.
func constOf(t dtype.Type, v any) (num.Const, error) {
	s, err := ndarray.Scalar(t, v)
	if err != nil {
		return num.Const{}, wrong(ErrDType, "%v", err)
	}
	switch {
	case t.IsComplex():
		w, err := s.AsType(dtype.Complex128)
		if err != nil {
			return num.Const{}, wrong(ErrDType, "%v", err)
		}
		x, _ := ndarray.Get[complex128](w)
		return num.ComplexConst(t, x), nil
	case t.IsFloat():
		w, err := s.AsType(dtype.Float64)
		if err != nil {
			return num.Const{}, wrong(ErrDType, "%v", err)
		}
		x, _ := ndarray.Get[float64](w)
		return num.FloatConst(t, x), nil
	case t == dtype.Uint64:
		x, _ := ndarray.Get[uint64](s)
		return num.Const{Type: t, Bits: x}, nil
	}
	var w *ndarray.Array
	if t.IsTemporal() {
		w, err = s.View(dtype.Int64)
	} else {
		w, err = s.AsType(dtype.Int64)
	}
	if err != nil {
		return num.Const{}, wrong(ErrDType, "%v", err)
	}
	x, _ := ndarray.Get[int64](w)
	return num.IntConst(t, x), nil
}

// constValue is the inverse of constOf.
func constValue(c num.Const) any {
	switch t := c.Type; {
	case t == dtype.Bool:
		return c.Bits != 0
	case t.IsComplex():
		return complex(floatBits(t.Real(), c.Bits), floatBits(t.Real(), c.Imag))
	case t.IsFloat():
		return floatBits(t, c.Bits)
	case t == dtype.Uint64:
		return c.Bits
	}
	return int64(c.Bits)
}

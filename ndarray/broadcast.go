package ndarray

import (
	"slices"

	"sheaf/dtype"
)

// BroadcastShapes returns the shape that arrays of the given shapes have together: shapes are aligned at their last
// axes, and lengths of one stretch. It is an error when two other lengths differ.
//
// Same as numpy.broadcast_shapes.
func BroadcastShapes(shapes ...[]int) ([]int, error) {
	out := []int{}
	for _, s := range shapes {
		if len(s) > len(out) {
			out = append(onesOf(len(s)-len(out)), out...)
		}
		skip := len(out) - len(s)
		for i, n := range s {
			switch have := out[skip+i]; {
			case have == 1:
				out[skip+i] = n
			case n != 1 && n != have:
				return nil, broadcastError(shapes)
			}
		}
	}
	return out, nil
}

func onesOf(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = 1
	}
	return s
}

func broadcastError(shapes [][]int) error {
	list := ""
	for i, s := range shapes {
		if i > 0 {
			list += " "
		}
		list += ShapeString(s)
	}
	return fail(ErrShape, "shapes %s cannot be broadcast together", list)
}

// BroadcastTo returns a view of the array stretched to the shape: new axes come first, and axes of length one repeat
// without using memory. The view cannot be Set.
func (a *Array) BroadcastTo(shape ...int) (*Array, error) {
	skip := len(shape) - len(a.shape)
	if skip < 0 {
		return nil, fail(ErrShape, "an array of shape %s cannot be broadcast to %s", ShapeString(a.shape), ShapeString(shape))
	}
	if slices.Equal(a.shape, shape) {
		return a, nil
	}
	strides := make([]int, len(shape))
	for i, n := range shape {
		if n < 0 {
			return nil, fail(ErrShape, "negative length in shape %s", ShapeString(shape))
		}
		if i < skip {
			continue
		}
		switch have := a.shape[i-skip]; {
		case have == n:
			strides[i] = a.strides[i-skip]
		case have != 1:
			return nil, fail(ErrShape, "an array of shape %s cannot be broadcast to %s", ShapeString(a.shape), ShapeString(shape))
		}
	}
	if _, err := checkShape("broadcast", a.dt, shape); err != nil {
		return nil, err
	}
	return a.like(slices.Clone(shape), strides, a.offset), nil
}

// BroadcastArrays returns views of the arrays stretched to their common shape.
func BroadcastArrays(arrays ...*Array) ([]*Array, error) {
	shapes := make([][]int, len(arrays))
	for i, a := range arrays {
		shapes[i] = a.shape
	}
	shape, err := BroadcastShapes(shapes...)
	if err != nil {
		return nil, err
	}
	out := make([]*Array, len(arrays))
	for i, a := range arrays {
		if out[i], err = a.BroadcastTo(shape...); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// operand returns a value given to an operation with an array of type t: arrays as they are, Go scalars as 0-d
// arrays of the type that NEP 50 gives them next to t, everything else as [From] makes it.
func operand(t dtype.Type, value any) (*Array, error) {
	if _, weak := dtype.Weak(value); !weak {
		return From(value)
	}
	u, err := dtype.PromoteScalar(t, value)
	if err != nil {
		return From(value) // the operation's own rules decide, or refuse it
	}
	return Scalar(u, value)
}

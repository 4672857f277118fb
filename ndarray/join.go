package ndarray

import (
	"slices"

	"sheaf/dtype"
)

// commonType returns the promoted type of the arrays.
func commonType(op string, arrays []*Array) (dtype.Type, error) {
	if len(arrays) == 0 {
		return dtype.Invalid, fail(ErrValue, "%s: no arrays", op)
	}
	t := arrays[0].dt
	for _, a := range arrays[1:] {
		p, err := dtype.Promote(t, a.dt)
		if err != nil {
			return dtype.Invalid, fail(ErrDType, "%s: %v and %v have no common type", op, t, a.dt)
		}
		t = p
	}
	return t, nil
}

// Concatenate joins arrays along an existing axis; their other lengths must be equal. Types are promoted.
func Concatenate(arrays []*Array, axis int) (*Array, error) {
	t, err := commonType("concatenate", arrays)
	if err != nil {
		return nil, err
	}
	first := arrays[0]
	if axis, err = normAxis("concatenate", axis, len(first.shape)); err != nil {
		return nil, err
	}
	shape := slices.Clone(first.shape)
	shape[axis] = 0
	for i, a := range arrays {
		if len(a.shape) != len(shape) {
			return nil, fail(ErrShape, "concatenate: array 0 has shape %s and array %d has %s",
				ShapeString(first.shape), i, ShapeString(a.shape))
		}
		for k, n := range a.shape {
			if k != axis && n != first.shape[k] {
				return nil, fail(ErrShape, "concatenate along axis %d: array 0 has shape %s and array %d has %s", axis,
					ShapeString(first.shape), i, ShapeString(a.shape))
			}
		}
		shape[axis] += a.shape[axis]
	}
	if _, err := checkShape("concatenate", t, shape); err != nil {
		return nil, err
	}
	out, at := newArray(t, shape, false), 0
	for _, a := range arrays {
		part := out.like(a.shape, out.strides, at*out.strides[axis])
		copyInto(part, a)
		at += a.shape[axis]
	}
	return out, nil
}

// Stack joins arrays of one shape along a new axis at the given position of the result.
func Stack(arrays []*Array, axis int) (*Array, error) {
	if _, err := commonType("stack", arrays); err != nil {
		return nil, err
	}
	axis, err := normAxis("stack", axis, len(arrays[0].shape)+1)
	if err != nil {
		return nil, err
	}
	wide := make([]*Array, len(arrays))
	for i, a := range arrays {
		if !sameShape(a, arrays[0]) {
			return nil, fail(ErrShape, "stack: array 0 has shape %s and array %d has %s",
				ShapeString(arrays[0].shape), i, ShapeString(a.shape))
		}
		if wide[i], err = a.ExpandDims(axis); err != nil {
			return nil, err
		}
	}
	return Concatenate(wide, axis)
}

// Split cuts the array along an axis in n views of equal length.
func (a *Array) Split(n, axis int) ([]*Array, error) {
	axis, err := normAxis("split", axis, len(a.shape))
	if err != nil {
		return nil, err
	}
	if n < 1 || a.shape[axis]%n != 0 {
		return nil, fail(ErrShape, "split: axis %d of length %d cannot be cut in %d equal parts", axis, a.shape[axis], n)
	}
	step := a.shape[axis] / n
	cuts := make([]int, 0, n)
	for i := 1; i < n; i++ {
		cuts = append(cuts, i*step)
	}
	return a.SplitAt(cuts, axis)
}

// SplitAt cuts the array along an axis before each of the given positions, in views; positions may count from the
// end.
func (a *Array) SplitAt(cuts []int, axis int) ([]*Array, error) {
	axis, err := normAxis("split", axis, len(a.shape))
	if err != nil {
		return nil, err
	}
	parts, from := make([]*Array, 0, len(cuts)+1), 0
	for i := range len(cuts) + 1 {
		to := a.shape[axis]
		if i < len(cuts) {
			to = cuts[i]
		}
		items := make([]any, axis+1)
		for k := range axis {
			items[k] = All
		}
		items[axis] = S(from, to)
		part, err := a.Index(items...)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
		from = to
	}
	return parts, nil
}

// Repeat returns the array with every element along an axis repeated n times.
func (a *Array) Repeat(n, axis int) (*Array, error) {
	axis, err := normAxis("repeat", axis, len(a.shape))
	if err != nil {
		return nil, err
	}
	if n < 0 {
		return nil, fail(ErrValue, "repeat: the count %d is negative", n)
	}
	wide, err := a.ExpandDims(axis + 1)
	if err != nil {
		return nil, err
	}
	shape := slices.Clone(wide.shape)
	shape[axis+1] = n
	if wide, err = wide.BroadcastTo(shape...); err != nil {
		return nil, err
	}
	out := slices.Clone(a.shape)
	out[axis] *= n
	return wide.Copy().Reshape(out...)
}

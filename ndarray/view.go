package ndarray

import "slices"

// Transpose returns a view with its axes in the given order, reversed when none is given.
func (a *Array) Transpose(axes ...int) (*Array, error) {
	if len(axes) == 0 {
		return a.T(), nil
	}
	if len(axes) != len(a.shape) {
		return nil, fail(ErrAxis, "transpose: %d axes for an array of %d dimensions", len(axes), len(a.shape))
	}
	shape, strides := make([]int, len(axes)), make([]int, len(axes))
	seen := make([]bool, len(axes))
	for i, axis := range axes {
		axis, err := normAxis("transpose", axis, len(a.shape))
		if err != nil {
			return nil, err
		}
		if seen[axis] {
			return nil, fail(ErrAxis, "transpose: axis %d is given twice", axis)
		}
		seen[axis] = true
		shape[i], strides[i] = a.shape[axis], a.strides[axis]
	}
	return a.like(shape, strides, a.offset), nil
}

// T returns a view with the axes in reverse order.
func (a *Array) T() *Array {
	shape, strides := slices.Clone(a.shape), slices.Clone(a.strides)
	slices.Reverse(shape)
	slices.Reverse(strides)
	return a.like(shape, strides, a.offset)
}

// SwapAxes returns a view with two axes exchanged.
func (a *Array) SwapAxes(i, j int) (*Array, error) {
	i, err := normAxis("swapaxes", i, len(a.shape))
	if err != nil {
		return nil, err
	}
	if j, err = normAxis("swapaxes", j, len(a.shape)); err != nil {
		return nil, err
	}
	v := a.like(slices.Clone(a.shape), slices.Clone(a.strides), a.offset)
	v.shape[i], v.shape[j] = v.shape[j], v.shape[i]
	v.strides[i], v.strides[j] = v.strides[j], v.strides[i]
	return v, nil
}

// MoveAxis returns a view with one axis moved to another position, the others in their order.
func (a *Array) MoveAxis(from, to int) (*Array, error) {
	from, err := normAxis("moveaxis", from, len(a.shape))
	if err != nil {
		return nil, err
	}
	if to, err = normAxis("moveaxis", to, len(a.shape)); err != nil {
		return nil, err
	}
	shape := slices.Insert(slices.Delete(slices.Clone(a.shape), from, from+1), to, a.shape[from])
	strides := slices.Insert(slices.Delete(slices.Clone(a.strides), from, from+1), to, a.strides[from])
	return a.like(shape, strides, a.offset), nil
}

// ExpandDims returns a view with new axes of length one at the given positions of the result.
func (a *Array) ExpandDims(axes ...int) (*Array, error) {
	n := len(a.shape) + len(axes)
	if n > maxDims {
		return nil, fail(ErrShape, "expand dims: %d dimensions; %d is the limit", n, maxDims)
	}
	isNew := make([]bool, n)
	for _, axis := range axes {
		axis, err := normAxis("expand dims", axis, n)
		if err != nil {
			return nil, err
		}
		if isNew[axis] {
			return nil, fail(ErrAxis, "expand dims: axis %d is given twice", axis)
		}
		isNew[axis] = true
	}
	shape, strides := make([]int, n), make([]int, n)
	from := 0
	for i := range shape {
		if isNew[i] {
			shape[i] = 1
			continue
		}
		shape[i], strides[i] = a.shape[from], a.strides[from]
		from++
	}
	return a.like(shape, strides, a.offset), nil
}

// Squeeze returns a view without the given axes, which must have length one; without all such axes when none is
// given.
func (a *Array) Squeeze(axes ...int) (*Array, error) {
	drop := make([]bool, len(a.shape))
	for _, axis := range axes {
		axis, err := normAxis("squeeze", axis, len(a.shape))
		if err != nil {
			return nil, err
		}
		if a.shape[axis] != 1 {
			return nil, fail(ErrShape, "squeeze: axis %d of shape %s has length %d, not 1", axis, ShapeString(a.shape), a.shape[axis])
		}
		drop[axis] = true
	}
	shape, strides := []int{}, []int{}
	for i, n := range a.shape {
		if drop[i] || len(axes) == 0 && n == 1 {
			continue
		}
		shape, strides = append(shape, n), append(strides, a.strides[i])
	}
	return a.like(shape, strides, a.offset), nil
}

// Flip returns a view with the order of the elements reversed along the given axes, all of them by default.
func (a *Array) Flip(axes ...int) (*Array, error) {
	if len(axes) == 0 {
		for i := range a.shape {
			axes = append(axes, i)
		}
	}
	v := a.like(slices.Clone(a.shape), slices.Clone(a.strides), a.offset)
	for _, axis := range axes {
		axis, err := normAxis("flip", axis, len(a.shape))
		if err != nil {
			return nil, err
		}
		if n := v.shape[axis]; n > 0 {
			v.offset += (n - 1) * v.strides[axis]
			v.strides[axis] = -v.strides[axis]
		}
	}
	return v, nil
}

// Diagonal returns a view of the elements [i, i+k] of a 2-d array.
func (a *Array) Diagonal(k int) (*Array, error) {
	if len(a.shape) != 2 {
		return nil, fail(ErrShape, "diagonal: an array of shape %s is not 2-d", ShapeString(a.shape))
	}
	row, col := max(0, -k), max(0, k)
	n := max(0, min(a.shape[0]-row, a.shape[1]-col))
	at := a.offset
	if n > 0 {
		at += row*a.strides[0] + col*a.strides[1]
	}
	return a.like([]int{n}, []int{a.strides[0] + a.strides[1]}, at), nil
}

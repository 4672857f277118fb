package ndarray

import (
	"slices"

	"sheaf/dtype"
)

// MatMul returns the matrix product of the array with another, NumPy's x @ b: the last two axes are matrices, the axes
// before them are broadcast, and a 1-d operand is a row on the left and a column on the right, whose axis the result
// does not have. Floats and complex numbers go to BLAS; integers wrap in their promoted type; bool is or of and.
func (a *Array) MatMul(b any) (*Array, error) {
	y, err := operand(a.dt, b)
	if err != nil {
		return nil, err
	}
	x := a
	if len(x.shape) == 0 || len(y.shape) == 0 {
		return nil, fail(ErrShape, "matmul: shapes %s and %s; a number is no matrix, use Mul", ShapeString(x.shape), ShapeString(y.shape))
	}
	var drop []int
	if len(x.shape) == 1 {
		x, drop = x.like([]int{1, x.shape[0]}, []int{0, x.strides[0]}, x.offset), append(drop, -2)
	}
	if len(y.shape) == 1 {
		y, drop = y.like([]int{y.shape[0], 1}, []int{y.strides[0], 0}, y.offset), append(drop, -1)
	}
	n := len(x.shape)
	if x.shape[n-1] != y.shape[len(y.shape)-2] {
		return nil, fail(ErrShape, "matmul: shapes %s and %s do not fit: %d columns and %d rows", ShapeString(a.shape),
			ShapeString(y.shape), x.shape[n-1], y.shape[len(y.shape)-2])
	}
	out, err := matmulBatch(x, y)
	if err != nil {
		return nil, err
	}
	if len(drop) == 0 {
		return out, nil
	}
	return out.Squeeze(drop...)
}

// matmulBatch multiplies matrices over broadcast leading axes.
func matmulBatch(x, y *Array) (*Array, error) {
	t, err := productType("matmul", x, y)
	if err != nil {
		return nil, err
	}
	nx, ny := len(x.shape)-2, len(y.shape)-2
	batch, err := BroadcastShapes(x.shape[:nx], y.shape[:ny])
	if err != nil {
		return nil, fail(ErrShape, "matmul: leading axes of %s and %s do not fit", ShapeString(x.shape), ShapeString(y.shape))
	}
	shape := append(slices.Clone(batch), x.shape[nx], y.shape[ny+1])
	if _, err := checkShape("matmul", t, shape); err != nil {
		return nil, err
	}
	out := newArray(t, shape, true)
	return out, matmulInto(out, x, y, batch, true)
}

// matmulInto adds the products of matrices over broadcast leading axes to out, or sets it to them.
func matmulInto(out, x, y *Array, batch []int, add bool) (err error) {
	t := out.dt
	nx, ny := len(x.shape)-2, len(y.shape)-2
	rows, inner, cols := x.shape[nx], x.shape[nx+1], y.shape[ny+1]
	if x, err = x.as(t).BroadcastTo(append(slices.Clone(batch), rows, inner)...); err != nil {
		return err
	}
	if y, err = y.as(t).BroadcastTo(append(slices.Clone(batch), inner, cols)...); err != nil {
		return err
	}
	n := len(batch)
	plane := func(a *Array) *Array { return a.like(a.shape[:n], a.strides[:n], a.offset) }
	matrix := func(a *Array, at int) *Array { return a.like(a.shape[n:], a.strides[n:], at) }
	w := newWalk(batch, plane(out), plane(x), plane(y))
	w.each(func(at []int) {
		for i := range w.run {
			gemm(matrix(out, at[0]+i*w.step[0]), matrix(x, at[1]+i*w.step[1]), matrix(y, at[2]+i*w.step[2]), add)
		}
	})
	return nil
}

// productType returns the type of a matrix product.
func productType(op string, a, b *Array) (dtype.Type, error) {
	t, err := dtype.Promote(a.dt, b.dt)
	if err != nil || t.IsTemporal() {
		return dtype.Invalid, fail(ErrDType, "%s: not defined for %v and %v", op, a.dt, b.dt)
	}
	return t, nil
}

// TensorDot sums products of a and b over pairs of axes: axis axesA[i] of a with axis axesB[i] of b. The result has
// the other axes of a, then those of b.
//
// Same as numpy.tensordot; its int argument n is the last n axes of a and the first n of b.
func TensorDot(a, b *Array, axesA, axesB []int) (*Array, error) {
	d, err := newDots(a, b, axesA, axesB)
	if err != nil {
		return nil, err
	}
	if _, err := checkShape("tensordot", d.t, []int{d.rows, d.cols}); err != nil {
		return nil, err
	}
	out := newArray(d.t, []int{d.rows, d.cols}, true)
	gemm(out, d.x, d.y, true)
	return out.Reshape(d.shape...)
}

// dots is a product over pairs of axes as a product of matrices.
type dots struct {
	t          dtype.Type
	x, y       *Array
	rows, cols int
	shape      []int // of the result
}

func newDots(a, b *Array, axesA, axesB []int) (d dots, err error) {
	if len(axesA) != len(axesB) {
		return d, fail(ErrAxis, "tensordot: %d axes of one array and %d of the other", len(axesA), len(axesB))
	}
	if d.t, err = productType("tensordot", a, b); err != nil {
		return d, err
	}
	restA, sumA, err := splitAxes(a, axesA)
	if err != nil {
		return d, err
	}
	restB, sumB, err := splitAxes(b, axesB)
	if err != nil {
		return d, err
	}
	inner := 1
	for i, axis := range sumA {
		n := a.shape[axis]
		if b.shape[sumB[i]] != n {
			return d, fail(ErrShape, "tensordot: axis %d of %s and axis %d of %s have different lengths", axesA[i],
				ShapeString(a.shape), axesB[i], ShapeString(b.shape))
		}
		inner *= n
	}
	if d.x, err = a.as(d.t).Transpose(slices.Concat(restA, sumA)...); err != nil {
		return d, err
	}
	if d.y, err = b.as(d.t).Transpose(slices.Concat(sumB, restB)...); err != nil {
		return d, err
	}
	shapeA, shapeB := d.x.shape[:len(restA)], d.y.shape[len(sumB):]
	d.rows, d.cols, d.shape = product(shapeA), product(shapeB), slices.Concat(shapeA, shapeB)
	if d.x, err = d.x.Reshape(d.rows, inner); err != nil {
		return d, err
	}
	d.y, err = d.y.Reshape(inner, d.cols)
	return d, err
}

// splitAxes returns the axes that are not listed, and those that are, counted from the start.
func splitAxes(a *Array, axes []int) (rest, listed []int, err error) {
	taken := make([]bool, len(a.shape))
	for _, axis := range axes {
		axis, err := normAxis("tensordot", axis, len(a.shape))
		if err != nil {
			return nil, nil, err
		}
		if taken[axis] {
			return nil, nil, fail(ErrAxis, "tensordot: axis %d is given twice", axis)
		}
		taken[axis] = true
		listed = append(listed, axis)
	}
	for axis, is := range taken {
		if !is {
			rest = append(rest, axis)
		}
	}
	return rest, listed, nil
}

// Dot returns the dot product: of vectors a number (0-d), of matrices the matrix product, with a number the product,
// and otherwise the sum over the last axis of a and the last but one of b.
//
// Same as numpy.dot.
func (a *Array) Dot(b any) (*Array, error) {
	y, err := operand(a.dt, b)
	if err != nil {
		return nil, err
	}
	if len(a.shape) == 0 || len(y.shape) == 0 {
		return a.Mul(y)
	}
	last, second := len(a.shape)-1, max(0, len(y.shape)-2)
	if a.shape[last] != y.shape[second] {
		return nil, fail(ErrShape, "dot: shapes %s and %s do not fit: %d and %d", ShapeString(a.shape), ShapeString(y.shape),
			a.shape[last], y.shape[second])
	}
	return TensorDot(a, y, []int{last}, []int{second})
}

// Outer returns the products of all elements of a with all of b, both flattened, as a 2-d array.
func (a *Array) Outer(b any) (*Array, error) {
	y, err := operand(a.dt, b)
	if err != nil {
		return nil, err
	}
	column, err := a.Ravel().ExpandDims(1)
	if err != nil {
		return nil, err
	}
	return column.Mul(y.Ravel())
}

package ndarray

import "slices"

// TensorDotInto sets dst to [TensorDot] of a and b, or adds it to dst, which has the shape and type of the result and is
// contiguous, or a matrix whose rows are. Sums over many blocks need no memory for each of them that way.
func TensorDotInto(dst, a, b *Array, axesA, axesB []int, add bool) error {
	d, err := newDots(a, b, axesA, axesB)
	if err != nil {
		return err
	}
	matrix := len(d.shape) == 2 && d.shape[0] == d.rows && rowsLie(dst)
	if !slices.Equal(dst.shape, d.shape) || dst.dt != d.t || !matrix && !dst.IsContiguous() {
		return fail(ErrShape, "tensordot: a result of %v %s for %v %s", d.t, ShapeString(d.shape), dst.dt, ShapeString(dst.shape))
	}
	if matrix {
		gemm(dst, d.x, d.y, add)
		return nil
	}
	gemm(dst.like([]int{d.rows, d.cols}, []int{d.cols, 1}, dst.offset), d.x, d.y, add)
	return nil
}

// rowsLie reports whether the elements of each row of a matrix lie together and the rows do not overlap.
func rowsLie(a *Array) bool {
	n := len(a.shape)
	return n >= 2 && (a.strides[n-1] == 1 || a.shape[n-1] == 1) && (a.strides[n-2] >= a.shape[n-1] || a.shape[n-2] == 1)
}

// MatMulInto sets dst to the matrix product of a and b, or adds it to dst, which has the shape and type of the result and
// whose rows are contiguous. Both operands have at least two axes.
func MatMulInto(dst, a, b *Array, add bool) error {
	nx, ny := len(a.shape)-2, len(b.shape)-2
	if nx < 0 || ny < 0 || a.shape[nx+1] != b.shape[ny] {
		return fail(ErrShape, "matmul: shapes %s and %s do not fit", ShapeString(a.shape), ShapeString(b.shape))
	}
	t, err := productType("matmul", a, b)
	if err != nil {
		return err
	}
	batch, err := BroadcastShapes(a.shape[:nx], b.shape[:ny])
	if err != nil {
		return fail(ErrShape, "matmul: leading axes of %s and %s do not fit", ShapeString(a.shape), ShapeString(b.shape))
	}
	if shape := append(slices.Clone(batch), a.shape[nx], b.shape[ny+1]); !slices.Equal(dst.shape, shape) || dst.dt != t || !rowsLie(dst) {
		return fail(ErrShape, "matmul: a result of %v %s for %v %s", t, ShapeString(shape), dst.dt, ShapeString(dst.shape))
	}
	return matmulInto(dst, a, b, batch, add)
}

package ndarray

import "slices"

// TensorDotInto sets dst to [TensorDot] of a and b, or adds it to dst, which has the shape and type of the result and is
// contiguous. Sums over many blocks need no memory for each of them that way.
func TensorDotInto(dst, a, b *Array, axesA, axesB []int, add bool) error {
	d, err := newDots(a, b, axesA, axesB)
	if err != nil {
		return err
	}
	if !slices.Equal(dst.shape, d.shape) || dst.dt != d.t || !dst.IsContiguous() {
		return fail(ErrShape, "tensordot: a result of %v %s for %v %s", d.t, ShapeString(d.shape), dst.dt, ShapeString(dst.shape))
	}
	gemm(dst.like([]int{d.rows, d.cols}, []int{d.cols, 1}, dst.offset), d.x, d.y, add)
	return nil
}

// MatMulInto sets dst to the matrix product of a and b, or adds it to dst, which has the shape and type of the result and is
// contiguous. Both operands have at least two axes.
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
	if shape := append(slices.Clone(batch), a.shape[nx], b.shape[ny+1]); !slices.Equal(dst.shape, shape) || dst.dt != t || !dst.IsContiguous() {
		return fail(ErrShape, "matmul: a result of %v %s for %v %s", t, ShapeString(shape), dst.dt, ShapeString(dst.shape))
	}
	return matmulInto(dst, a, b, batch, add)
}

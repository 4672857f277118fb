package ndarray

import (
	"math"

	gonum "gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/blas/cblas128"
	"gonum.org/v1/gonum/blas/cblas64"

	"sheaf/dtype"
	"sheaf/internal/kernel/blas"
)

// gemm sets c to a·b for matrices of one type, or adds it to c, whose rows are contiguous.
func gemm(c, a, b *Array, add bool) {
	if c.Size() == 0 {
		return
	}
	rows, inner, cols := a.shape[0], a.shape[1], b.shape[1]
	ldc := max(c.strides[0], cols)
	switch fast := inner > 0; {
	case fast && c.dt == dtype.Float64 && blas.Fast64():
		blas.Gemm64(rows, cols, inner, operandOf(a), operandOf(b), c.first(), ldc, add)
		return
	case fast && c.dt == dtype.Float32 && blas.Fast32():
		blas.Gemm32(rows, cols, inner, operandOf(a), operandOf(b), c.first(), ldc, add)
		return
	case fast && c.dt == dtype.Complex128 && blas.FastComplex():
		blas.Gemm128(rows, cols, inner, operandOf(a), operandOf(b), c.first(), ldc, add)
		return
	case fast && c.dt == dtype.Complex64 && blas.FastComplex():
		blas.GemmComplex64(rows, cols, inner, operandOf(a), operandOf(b), c.first(), ldc, add)
		return
	}
	if !c.IsContiguous() {
		gemmApart(c, a, b, add)
		return
	}
	if !add {
		clear(bytesOf(c))
	}
	if inner == 0 {
		return
	}
	switch c.dt {
	case dtype.Float64, dtype.Float32, dtype.Complex64, dtype.Complex128:
		if finite(a) && finite(b) { // gonum's BLAS skips zeros, which infinities make NaN
			blasGemm(c, a, b)
			return
		}
	}
	plainGemm(c, a.contiguous(), b.contiguous())
}

// gemmApart is gemm for results with gaps between their rows, where only contiguous ones can be computed.
func gemmApart(c, a, b *Array, add bool) {
	tmp := newArray(c.dt, c.shape, true)
	row := func(x *Array, i int) []byte {
		return bytesOf(x.like(x.shape[1:], x.strides[1:], x.offset+i*x.strides[0]))
	}
	if add {
		for i := range c.shape[0] {
			copy(row(tmp, i), row(c, i))
		}
	}
	gemm(tmp, a, b, true)
	for i := range c.shape[0] {
		copy(row(c, i), row(tmp, i))
	}
}

// operandOf describes a matrix, which is not empty, to the kernels.
func operandOf(a *Array) blas.Matrix {
	return blas.Matrix{Data: a.first(), RowStride: a.strides[0], ColStride: a.strides[1]}
}

// finite reports whether a matrix has neither NaN nor infinities.
func finite(a *Array) bool {
	switch a.dt {
	case dtype.Float32:
		return allFinite[float32](a, func(v float32) float64 { return float64(v) })
	case dtype.Complex64:
		return allFinite[complex64](a, func(v complex64) float64 { return float64(real(v)) + float64(imag(v)) })
	case dtype.Complex128:
		return allFinite[complex128](a, func(v complex128) float64 { return real(v)*0 + imag(v)*0 })
	}
	return allFinite[float64](a, func(v float64) float64 { return v })
}

func allFinite[T dtype.Element](a *Array, magnitude func(T) float64) bool {
	bad, buf, w := 0.0, buffer[T](a), newWalk(a.shape, a)
	w.each(func(at []int) {
		for i := range w.run {
			bad += magnitude(buf[at[0]+i*w.step[0]]) * 0 // NaN once something is not finite
		}
	})
	return !math.IsNaN(bad)
}

// order returns how BLAS reads a matrix: as it lies, or transposed. Matrices that lie otherwise are copied.
func order(a *Array) (m *Array, trans gonum.Transpose, stride int) {
	rows, cols := a.shape[0], a.shape[1]
	switch s0, s1 := a.strides[0], a.strides[1]; {
	case (s1 == 1 || cols == 1) && (s0 >= cols || rows == 1):
		return a, gonum.NoTrans, max(s0, cols, 1)
	case (s0 == 1 || rows == 1) && (s1 >= rows || cols == 1):
		return a, gonum.Trans, max(s1, rows, 1)
	}
	c := a.Copy()
	return c, gonum.NoTrans, max(cols, 1)
}

// stored returns the rows and columns of a matrix as it lies in memory.
func stored(a *Array, trans gonum.Transpose) (rows, cols int) {
	if trans == gonum.Trans {
		return a.shape[1], a.shape[0]
	}
	return a.shape[0], a.shape[1]
}

// blasGemm adds a·b to c with gonum's BLAS seam.
func blasGemm(c, a, b *Array) {
	a, ta, sa := order(a)
	b, tb, sb := order(b)
	ra, ca := stored(a, ta)
	rb, cb := stored(b, tb)
	rows, cols := c.shape[0], c.shape[1]
	switch c.dt {
	case dtype.Float64:
		x := blas64.General{Rows: ra, Cols: ca, Stride: sa, Data: buffer[float64](a)[a.offset:]}
		y := blas64.General{Rows: rb, Cols: cb, Stride: sb, Data: buffer[float64](b)[b.offset:]}
		blas64.Gemm(ta, tb, 1, x, y, 1, blas64.General{Rows: rows, Cols: cols, Stride: cols, Data: buffer[float64](c)[c.offset:]})
	case dtype.Float32:
		x := blas32.General{Rows: ra, Cols: ca, Stride: sa, Data: buffer[float32](a)[a.offset:]}
		y := blas32.General{Rows: rb, Cols: cb, Stride: sb, Data: buffer[float32](b)[b.offset:]}
		blas32.Gemm(ta, tb, 1, x, y, 1, blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: buffer[float32](c)[c.offset:]})
	case dtype.Complex64:
		x := cblas64.General{Rows: ra, Cols: ca, Stride: sa, Data: buffer[complex64](a)[a.offset:]}
		y := cblas64.General{Rows: rb, Cols: cb, Stride: sb, Data: buffer[complex64](b)[b.offset:]}
		cblas64.Gemm(ta, tb, 1, x, y, 1, cblas64.General{Rows: rows, Cols: cols, Stride: cols, Data: buffer[complex64](c)[c.offset:]})
	default:
		x := cblas128.General{Rows: ra, Cols: ca, Stride: sa, Data: buffer[complex128](a)[a.offset:]}
		y := cblas128.General{Rows: rb, Cols: cb, Stride: sb, Data: buffer[complex128](b)[b.offset:]}
		cblas128.Gemm(ta, tb, 1, x, y, 1, cblas128.General{Rows: rows, Cols: cols, Stride: cols, Data: buffer[complex128](c)[c.offset:]})
	}
}

// plainGemm adds the product of contiguous matrices of any type to c, row by row.
func plainGemm(c, a, b *Array) {
	switch c.dt {
	case dtype.Bool:
		boolGemm(c, a, b)
	case dtype.Int8:
		mulRows[int8](c, a, b)
	case dtype.Int16:
		mulRows[int16](c, a, b)
	case dtype.Int32:
		mulRows[int32](c, a, b)
	case dtype.Int64:
		mulRows[int64](c, a, b)
	case dtype.Uint8:
		mulRows[uint8](c, a, b)
	case dtype.Uint16:
		mulRows[uint16](c, a, b)
	case dtype.Uint32:
		mulRows[uint32](c, a, b)
	case dtype.Uint64:
		mulRows[uint64](c, a, b)
	case dtype.Float32:
		mulRows[float32](c, a, b)
	case dtype.Float64:
		mulRows[float64](c, a, b)
	case dtype.Complex64:
		mulRows[complex64](c, a, b)
	case dtype.Complex128:
		mulRows[complex128](c, a, b)
	}
}

func mulRows[T dtype.Number](c, a, b *Array) {
	rows, inner, cols := a.shape[0], a.shape[1], b.shape[1]
	x, y, z := elems[T](a.first(), rows*inner), elems[T](b.first(), inner*cols), elems[T](c.first(), rows*cols)
	for i := range rows {
		out := z[i*cols : (i+1)*cols]
		for k, v := range x[i*inner : (i+1)*inner] {
			for j, w := range y[k*cols : (k+1)*cols] {
				out[j] += v * w
			}
		}
	}
}

func boolGemm(c, a, b *Array) {
	rows, inner, cols := a.shape[0], a.shape[1], b.shape[1]
	x, y, z := elems[bool](a.first(), rows*inner), elems[bool](b.first(), inner*cols), elems[bool](c.first(), rows*cols)
	for i := range rows {
		out := z[i*cols : (i+1)*cols]
		for k, v := range x[i*inner : (i+1)*inner] {
			if !v {
				continue
			}
			for j, w := range y[k*cols : (k+1)*cols] {
				out[j] = out[j] || w
			}
		}
	}
}

package blas

import (
	"unsafe"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
)

// vectorRows is how many results are added up at a time: they stay in the first cache.
const vectorRows = 2048

// gemv is the product of a matrix of m rows and k columns and a vector, or adds it to y. It reads the matrix once, as it lies,
// where packing would copy it. It reports false where neither rows nor columns lie together.
func gemv[T float32 | float64](m, k int, a Matrix, x unsafe.Pointer, stepX int, y unsafe.Pointer, stepY int, add bool) bool {
	size := int(unsafe.Sizeof(T(0)))
	byRows := a.ColStride == 1
	if k == 0 || !byRows && a.RowStride != 1 {
		return false
	}
	mem, free := buffer((k + vectorRows) * size)
	defer free()
	factors := unsafe.Slice((*T)(mem), k)
	for p := range factors {
		factors[p] = *(*T)(unsafe.Add(x, p*stepX*size))
	}
	sums := unsafe.Slice((*T)(unsafe.Add(mem, k*size)), vectorRows)
	for i := 0; i < m; i += vectorRows {
		out := sums[:min(vectorRows, m-i)]
		part := a.at(i, 0, size)
		if byRows {
			for r := range out {
				out[r] = dot(unsafe.Slice((*T)(part.at(r, 0, size).Data), k), factors)
			}
		} else {
			clear(out)
			for p, f := range factors {
				axpy(f, unsafe.Slice((*T)(part.at(0, p, size).Data), len(out)), out)
			}
		}
		for r, v := range out {
			to := (*T)(unsafe.Add(y, (i+r)*stepY*size))
			if add {
				v += *to
			}
			*to = v
		}
	}
	return true
}

// dot returns the sum of products.
func dot[T float32 | float64](x, y []T) T {
	switch x := any(x).(type) {
	case []float64:
		y := any(y).([]float64)
		return T(blas64.Dot(blas64.Vector{N: len(x), Data: x, Inc: 1}, blas64.Vector{N: len(y), Data: y, Inc: 1}))
	case []float32:
		y := any(y).([]float32)
		return T(blas32.Dot(blas32.Vector{N: len(x), Data: x, Inc: 1}, blas32.Vector{N: len(y), Data: y, Inc: 1}))
	}
	return 0
}

// axpy adds f·x to y.
func axpy[T float32 | float64](f T, x, y []T) {
	if f == 0 { // gonum's would skip it, but zero times infinity is NaN
		for i, v := range x {
			y[i] += f * v
		}
		return
	}
	switch x := any(x).(type) {
	case []float64:
		blas64.Axpy(float64(f), blas64.Vector{N: len(x), Data: x, Inc: 1}, blas64.Vector{N: len(y), Data: any(y).([]float64), Inc: 1})
	case []float32:
		blas32.Axpy(float32(f), blas32.Vector{N: len(x), Data: x, Inc: 1}, blas32.Vector{N: len(y), Data: any(y).([]float32), Inc: 1})
	}
}

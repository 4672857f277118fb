package blas

import (
	"sync"
	"unsafe"
)

// Matrix is a matrix in memory: element (i, j) is RowStride·i + ColStride·j elements after Data.
type Matrix struct {
	Data                 unsafe.Pointer
	RowStride, ColStride int
}

// at returns the matrix from element (i, j) on.
func (m Matrix) at(i, j, size int) Matrix {
	m.Data = unsafe.Add(m.Data, (i*m.RowStride+j*m.ColStride)*size)
	return m
}

// t returns the transposed matrix.
func (m Matrix) t() Matrix { return Matrix{m.Data, m.ColStride, m.RowStride} }

// kernel is a micro-kernel and how the product is blocked around it.
type kernel struct {
	rows, cols int // of the tile
	inner      int // steps of the inner dimension that are packed at once
	height     int // rows that are packed at once
	width      int // columns that are packed at once
	run        func(k int, a, b, c unsafe.Pointer, ldc, add int)
}

// The kernels for this machine, nil where there is none.
var kernel64, kernel32 *kernel

// Fast64 reports whether there is an own kernel for this machine, or an OpenBLAS.
func Fast64() bool { return kernel64 != nil || found() != nil }

// Fast32 is [Fast64] for float32.
func Fast32() bool { return kernel32 != nil || found() != nil }

// Gemm64 sets c to a·b, or adds it to c. a has m rows and k columns, b k rows and n columns; the rows of c are contiguous and
// ldc elements apart. Without [Fast64] it must not be called.
func Gemm64(m, n, k int, a, b Matrix, c unsafe.Pointer, ldc int, add bool) {
	if l := libraryFor(kernel64); l != nil {
		multiplyWith(l.gemm64, 8, m, n, k, a, b, c, ldc, add)
		return
	}
	gemm[float64](kernel64, m, n, k, a, b, c, ldc, add)
}

// Gemm32 is Gemm64 for float32.
func Gemm32(m, n, k int, a, b Matrix, c unsafe.Pointer, ldc int, add bool) {
	if l := libraryFor(kernel32); l != nil {
		multiplyWith(l.gemm32, 4, m, n, k, a, b, c, ldc, add)
		return
	}
	gemm[float32](kernel32, m, n, k, a, b, c, ldc, add)
}

// gemm is the product around a micro-kernel.
func gemm[T float32 | float64](u *kernel, m, n, k int, a, b Matrix, c unsafe.Pointer, ldc int, add bool) {
	size := int(unsafe.Sizeof(T(0)))
	if m == 0 || n == 0 {
		return
	}
	switch {
	case n == 1 && gemv[T](m, k, a, b.Data, b.RowStride, c, ldc, add):
		return
	case m == 1 && gemv[T](n, k, b.t(), a.Data, a.ColStride, c, 1, add):
		return
	}
	if n < u.rows && m > n { // a narrow result wastes fewer lanes when it lies on its side
		gemmNarrow[T](u, m, n, k, a, b, c, ldc, add)
		return
	}
	inner, height, width := min(u.inner, k), min(u.height, up(m, u.rows)), min(u.width, up(n, u.cols))
	rows, freeRows := buffer(height * inner * size)
	cols, freeCols := buffer(width * inner * size)
	edge, freeEdge := buffer(u.rows * u.cols * size)
	defer freeRows()
	defer freeCols()
	defer freeEdge()
	w := &work{u: u, size: size, rows: rows, cols: cols, edge: edge, ldc: ldc}
	for j := 0; j < n; j += width {
		for p := 0; p < k || p == 0; p += max(1, inner) {
			w.k, w.n, w.add = min(inner, k-p), min(width, n-j), add || p > 0
			pack[T](cols, b.at(p, j, size).t(), w.n, w.k, u.cols)
			for i := 0; i < m; i += height {
				w.m = min(height, m-i)
				pack[T](rows, a.at(i, p, size), w.m, w.k, u.rows)
				w.c = unsafe.Add(c, (i*ldc+j)*size)
				multiply[T](w)
			}
		}
	}
}

func up(n, step int) int { return (n + step - 1) / step * step }

// work is the product of a packed block of rows and a packed block of columns.
type work struct {
	u                *kernel
	size             int
	rows, cols, edge unsafe.Pointer
	c                unsafe.Pointer
	ldc              int
	m, n, k          int
	add              bool
}

// multiply runs the micro-kernel on every tile. The panel of columns stays in the first cache while the rows pass.
func multiply[T float32 | float64](w *work) {
	u, size := w.u, w.size
	add := 0
	if w.add {
		add = 1
	}
	for j := 0; j < w.n; j += u.cols {
		b := unsafe.Add(w.cols, j*w.k*size)
		for i := 0; i < w.m; i += u.rows {
			a := unsafe.Add(w.rows, i*w.k*size)
			c := unsafe.Add(w.c, (i*w.ldc+j)*size)
			if i+u.rows <= w.m && j+u.cols <= w.n {
				u.run(w.k, a, b, c, w.ldc*size, add)
				continue
			}
			u.run(w.k, a, b, w.edge, u.cols*size, 0)
			for r := range min(u.rows, w.m-i) {
				out := unsafe.Slice((*T)(unsafe.Add(c, r*w.ldc*size)), min(u.cols, w.n-j))
				tile := unsafe.Slice((*T)(unsafe.Add(w.edge, r*u.cols*size)), len(out))
				if w.add {
					for x, v := range tile {
						out[x] += v
					}
				} else {
					copy(out, tile)
				}
			}
		}
	}
}

// gemmNarrow computes the transposed result and turns it.
func gemmNarrow[T float32 | float64](u *kernel, m, n, k int, a, b Matrix, c unsafe.Pointer, ldc int, add bool) {
	size := int(unsafe.Sizeof(T(0)))
	const step = 1 << 12 // rows at a time
	tmp, free := buffer(n * min(m, step) * size)
	defer free()
	for i := 0; i < m; i += step {
		h := min(step, m-i)
		gemm[T](u, n, h, k, b.t(), a.at(i, 0, size).t(), tmp, h, false)
		for r := range h {
			out := unsafe.Slice((*T)(unsafe.Add(c, (i+r)*ldc*size)), n)
			for j := range out {
				v := *(*T)(unsafe.Add(tmp, (j*h+r)*size))
				if add {
					v += out[j]
				}
				out[j] = v
			}
		}
	}
}

// align is the length of a cache line.
const align = 64

var buffers [40]sync.Pool // of memory by the logarithm of its length

// buffer returns memory of at least n bytes at a cache line, and how to give it back.
func buffer(n int) (unsafe.Pointer, func()) {
	class := 0
	for 1<<class < n+align {
		class++
	}
	mem, ok := buffers[class].Get().(*[]uint64)
	if !ok {
		s := make([]uint64, (1<<class+7)/8)
		mem = &s
	}
	p := unsafe.Pointer(unsafe.SliceData(*mem))
	p = unsafe.Add(p, (align-int(uintptr(p)%align))%align)
	return p, func() { buffers[class].Put(mem) }
}

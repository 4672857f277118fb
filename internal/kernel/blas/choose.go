package blas

import (
	"fmt"
	"log/slog"
	"os"
	"sync"
	"unsafe"
)

// variable is the environment variable that says which product is used: "auto" or nothing, "own", or the path of an OpenBLAS.
//
// "auto" takes the own kernels where there are some, and for everything else (complex numbers, other machines) an OpenBLAS of
// the system if there is one. "own" loads nothing. A path is loaded and used for every type.
const variable = "SHEAF_ARRAY_BLAS"

// systemNames are where the system's OpenBLAS is looked for.
var systemNames = []string{"libopenblas.so.0", "libopenblas.so", "libopenblas.dylib", "/opt/homebrew/opt/openblas/lib/libopenblas.dylib"}

// chosen is the OpenBLAS that was asked for by its path, nil for the others.
var chosen = sync.OnceValue(func() *library {
	path := os.Getenv(variable)
	switch path {
	case "", "auto", "own":
		return nil
	}
	l, err := open(path)
	if err != nil {
		slog.Warn("array: the BLAS that "+variable+" names cannot be used; sheaf's own kernels are", "path", path, "error", err)
		return nil
	}
	return l
})

// found is the OpenBLAS for what has no own kernel.
var found = sync.OnceValue(func() *library {
	if l := chosen(); l != nil || os.Getenv(variable) == "own" {
		return l
	}
	for _, name := range systemNames {
		if l, err := open(name); err == nil {
			return l
		}
	}
	return nil
})

// libraryFor returns the OpenBLAS to use beside an own kernel that may be there, nil for none.
func libraryFor(own *kernel) *library {
	if own != nil {
		return chosen()
	}
	return found()
}

// Describe says what multiplies float64 matrices: "own 8×24", "OpenBLAS (Haswell) of libopenblas.so.0" or "gonum".
func Describe() string {
	if l := libraryFor(kernel64); l != nil {
		return fmt.Sprintf("OpenBLAS (%s) of %s", l.core, l.path)
	}
	if kernel64 != nil {
		return fmt.Sprintf("own %d×%d", kernel64.rows, kernel64.cols)
	}
	return "gonum"
}

// library is an OpenBLAS that was loaded. Its functions are CBLAS', without the constants 1 and the choice of 0 or 1 for what
// the result is multiplied with before.
type library struct {
	path, core             string
	gemm64, gemm32         cblas
	gemmComplex64, gemm128 cblas
}

type cblas func(ta, tb int32, m, n, k int, a unsafe.Pointer, lda int, b unsafe.Pointer, ldb int, add bool, c unsafe.Pointer, ldc int)

// CBLAS' constants.
const (
	rowMajor   = 101
	noTrans    = 111
	transposed = 112
)

// multiplyWith runs a product of CBLAS. Matrices that it cannot take as they lie are copied.
func multiplyWith(f cblas, size, m, n, k int, a, b Matrix, c unsafe.Pointer, ldc int, add bool) {
	pa, ta, lda, freeA := laid(a, m, k, size)
	pb, tb, ldb, freeB := laid(b, k, n, size)
	defer freeA()
	defer freeB()
	f(ta, tb, m, n, k, pa, lda, pb, ldb, add, c, ldc)
}

// laid returns how CBLAS reads a matrix.
func laid(m Matrix, rows, cols, size int) (p unsafe.Pointer, trans int32, ld int, free func()) {
	switch {
	case (m.ColStride == 1 || cols == 1) && (m.RowStride >= cols || rows == 1):
		return m.Data, noTrans, max(m.RowStride, cols, 1), func() {}
	case (m.RowStride == 1 || rows == 1) && (m.ColStride >= rows || cols == 1):
		return m.Data, transposed, max(m.ColStride, rows, 1), func() {}
	}
	p, free = buffer(rows * cols * size)
	for i := range rows {
		for j := range cols {
			src := unsafe.Slice((*byte)(m.at(i, j, size).Data), size)
			copy(unsafe.Slice((*byte)(unsafe.Add(p, (i*cols+j)*size)), size), src)
		}
	}
	return p, noTrans, max(cols, 1), free
}

// FastComplex reports whether there is an OpenBLAS for complex numbers.
func FastComplex() bool { return found() != nil }

// Gemm128 is [Gemm64] for complex128, if [FastComplex].
func Gemm128(m, n, k int, a, b Matrix, c unsafe.Pointer, ldc int, add bool) {
	multiplyWith(found().gemm128, 16, m, n, k, a, b, c, ldc, add)
}

// GemmComplex64 is [Gemm64] for complex64, if [FastComplex].
func GemmComplex64(m, n, k int, a, b Matrix, c unsafe.Pointer, ldc int, add bool) {
	multiplyWith(found().gemmComplex64, 8, m, n, k, a, b, c, ldc, add)
}

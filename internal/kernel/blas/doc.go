// Package blas multiplies matrices: with own vector kernels (AVX2 and AVX-512, float64 and float32), or with an OpenBLAS that
// is found when the program runs.
//
// The own product is blocked as Goto and van de Geijn describe ("Anatomy of high-performance matrix multiplication", 2008):
// panels of the operands are packed so that a micro-kernel reads them one after the other, from the first cache (the
// columns) and the second (the rows). Operands may have any strides; packing evens them out.
//
// Everything runs in the calling goroutine.
package blas

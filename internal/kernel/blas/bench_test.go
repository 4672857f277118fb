package blas

import (
	"fmt"
	"testing"
	"unsafe"
)

// BenchmarkGemm64 reports GFLOP/s of one goroutine.
func BenchmarkGemm64(b *testing.B) {
	for _, n := range []int{32, 100, 500, 1000, 2000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			if !Fast64() {
				b.Skip("no kernel")
			}
			x, c := make([]float64, n*n), make([]float64, n*n)
			for i := range x {
				x[i] = float64(i % 17)
			}
			m := Matrix{unsafe.Pointer(&x[0]), n, 1}
			for b.Loop() {
				Gemm64(n, n, n, m, m, unsafe.Pointer(&c[0]), n, false)
			}
			b.ReportMetric(2*float64(n)*float64(n)*float64(n)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
		})
	}
}

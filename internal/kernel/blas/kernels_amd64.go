//go:build amd64 && !purego

package blas

import (
	"os"

	"golang.org/x/sys/cpu"
)

// The sizes of blocks were measured: a panel of columns of inner steps fills about the first cache (48 KiB with AVX-512, 32 KiB
// with AVX2), a block of rows about a quarter of the second (1 MiB or more).
var (
	avx512of64 = kernel{rows: 8, cols: 24, inner: 256, height: 192, width: 3072, run: gemm64AVX512}
	avx512of32 = kernel{rows: 8, cols: 48, inner: 256, height: 384, width: 3072, run: gemm32AVX512}
	avx2of64   = kernel{rows: 4, cols: 12, inner: 256, height: 192, width: 3072, run: gemm64AVX2}
	avx2of32   = kernel{rows: 4, cols: 24, inner: 256, height: 384, width: 3072, run: gemm32AVX2}
)

func init() {
	x, wanted := &cpu.X86, os.Getenv("SHEAF_SIMD")
	switch {
	case wanted == "off":
	case wanted != "avx2" && x.HasAVX512F && x.HasAVX512DQ && x.HasAVX512VL:
		kernel64, kernel32 = &avx512of64, &avx512of32
	case x.HasAVX2 && x.HasFMA:
		kernel64, kernel32 = &avx2of64, &avx2of32
	}
}

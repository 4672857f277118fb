// Command asmgen writes the AVX-512 kernels of package rng: several lanes of one PCG64 stream, and the part of the
// ziggurat that accepts at once.
//
// A state of 128 bits is kept in three vectors of limbs (52, 52 and 24 bits), which is what VPMADD52 multiplies. The
// multiplier and the increment are those of 32 steps, so that four vectors of eight lanes hold 32 successive states.
package main

import (
	"log/slog"
	"os"

	"sheaf/internal/kernel/asm"
)

// vectors is the number of vectors of eight lanes that run side by side to hide the latency of the multiplications.
const vectors = 4

func main() {
	f := asm.New("rng", "internal/kernel/rng/asmgen", "amd64 && !purego")
	pcgKernel(f, "pcgRawIFMA", "writes n raw outputs of 64 bits, n a positive multiple of 32.", false)
	pcgKernel(f, "pcgUniformIFMA", "writes n float64 low + scale*u with u in [0, 2^53), n a positive multiple of 32.", true)
	normalKernel(f)
	expKernel(f)
	if err := f.Write("fill_amd64.s", "fill_amd64_gen.go"); err != nil {
		slog.Error("asmgen", "err", err)
		os.Exit(1)
	}
}

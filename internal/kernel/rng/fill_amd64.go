//go:build amd64 && !purego

package rng

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// useIFMA and useAVX512 say which kernels run; tests switch them off to compare with the portable code.
var (
	useAVX512 = cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512BW && allowed("avx512")
	useIFMA   = useAVX512 && cpu.X86.HasAVX512IFMA
)

// wideRaw fills as much of dst as whole blocks of lanes can and returns how much that is.
func (g *Generator) wideRaw(dst []uint64) int {
	n := len(dst) / wideLanes * wideLanes
	if !useIFMA || n == 0 {
		return 0
	}
	g.wide.prepare(g.src)
	pcgRawIFMA(unsafe.Pointer(&dst[0]), unsafe.Pointer(&g.wide), n)
	g.src = g.wide.finish()
	return n
}

// wideUniform is wideRaw for float64 low + scale*u, u a 53-bit integer.
func (g *Generator) wideUniform(dst []float64, low, scale float64) int {
	n := len(dst) / wideLanes * wideLanes
	if !useIFMA || n == 0 {
		return 0
	}
	g.wide.prepare(g.src)
	pcgUniformIFMA(unsafe.Pointer(&dst[0]), unsafe.Pointer(&g.wide), n, low, scale)
	g.src = g.wide.finish()
	return n
}

// normalsFast makes normals of raw words up to the first that the ziggurat does not accept at once.
func normalsFast(dst []float64, raw []uint64) int {
	n := min(len(dst), len(raw))
	if !useAVX512 || n < 8 {
		return acceptNormals(dst[:n], raw)
	}
	return normalZigguratAVX512(unsafe.Pointer(&dst[0]), unsafe.Pointer(&raw[0]), n, unsafe.Pointer(&normalK), unsafe.Pointer(&normalW))
}

// exponentialsFast is normalsFast for the exponential distribution.
func exponentialsFast(dst []float64, raw []uint64) int {
	n := min(len(dst), len(raw))
	if !useAVX512 || n < 8 {
		return acceptExponentials(dst[:n], raw)
	}
	return expZigguratAVX512(unsafe.Pointer(&dst[0]), unsafe.Pointer(&raw[0]), n, unsafe.Pointer(&expK), unsafe.Pointer(&expW))
}

//go:build !amd64 || purego

package rng

func (g *Generator) wideRaw([]uint64) int                        { return 0 }
func (g *Generator) wideUniform([]float64, float64, float64) int { return 0 }

func normalsFast(dst []float64, raw []uint64) int      { return acceptNormals(dst, raw) }
func exponentialsFast(dst []float64, raw []uint64) int { return acceptExponentials(dst, raw) }

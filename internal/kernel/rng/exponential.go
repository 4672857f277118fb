package rng

import "math"

// StandardExponential returns a draw of mean 1, as standard_exponential() does with its ziggurat.
func (g *Generator) StandardExponential() float64 {
	for {
		if x, ok := g.exponentialFrom(g.Uint64()); ok {
			return x
		}
	}
}

// exponentialFrom makes an exponential of the raw word r, or reports that another word must be drawn.
func (g *Generator) exponentialFrom(r uint64) (float64, bool) {
	i := r >> 3 & 0xff
	r >>= 11
	x := float64(r) * expW[i]
	if r < expK[i] {
		return x, true
	}
	if i == 0 {
		return expR - math.Log1p(-g.Float64()), true
	}
	y := float64((expF[i-1]-expF[i])*g.Float64()) + expF[i]
	return x, y < math.Exp(-x)
}

// StandardExponential32 returns a float32 draw, as standard_exponential(dtype=float32) does. Draws from
// the tail (one in 2,000) can differ by one unit of the last place, because C libraries round log1pf differently.
func (g *Generator) StandardExponential32() float32 {
	for {
		r := g.Uint32() >> 1
		i := r & 0xff
		r >>= 8
		x := float32(r) * exp32W[i]
		if r < exp32K[i] {
			return x
		}
		if i == 0 {
			return float32(expR) - float32(math.Log1p(-float64(g.Float32())))
		}
		y := float32((exp32F[i-1]-exp32F[i])*g.Float32()) + exp32F[i]
		if y < float32(math.Exp(-float64(x))) {
			return x
		}
	}
}

// Exponential returns a draw of the mean scale.
func (g *Generator) Exponential(scale float64) float64 { return scale * g.StandardExponential() }

// FillExponential fills dst with exponentials of mean 1, as standard_exponential(len(dst)) does.
func (g *Generator) FillExponential(dst []float64) {
	g.ziggurat(dst, exponentialsFast, g.exponentialFrom)
}

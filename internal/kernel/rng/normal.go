package rng

import "math"

// Where the tail of the normal ziggurat starts, and its inverse.
const (
	normalR    = 3.6541528853610087963519472518
	normalRInv = 0.27366123732975827203338247596
	expR       = 7.6971174701310497140446280481
)

// StandardNormal returns a draw of mean 0 and variance 1, as standard_normal() does: bit for bit where the mathematical
// library's exp and log1p agree, which decide about 1 % of the draws and make 3 in 10,000.
func (g *Generator) StandardNormal() float64 {
	for {
		if x, ok := g.normalFrom(g.Uint64()); ok {
			return x
		}
	}
}

// normalFrom makes a normal of the raw word r, or reports that it was rejected and another word must be drawn.
func (g *Generator) normalFrom(r uint64) (float64, bool) {
	i := r & 0xff
	rabs := r >> 9 & (1<<52 - 1)
	x := float64(rabs) * normalW[i]
	if r&0x100 != 0 {
		x = -x
	}
	if rabs < normalK[i] {
		return x, true
	}
	if i == 0 {
		for {
			xx := -normalRInv * math.Log1p(-g.Float64())
			yy := -math.Log1p(-g.Float64())
			if yy+yy > float64(xx*xx) {
				if rabs>>8&1 != 0 {
					return -(normalR + xx), true
				}
				return normalR + xx, true
			}
		}
	}
	y := float64((normalF[i-1]-normalF[i])*g.Float64()) + normalF[i]
	return x, y < math.Exp(float64(-0.5*x)*x)
}

// StandardNormal32 returns a float32 draw, as standard_normal(dtype=float32) does.
func (g *Generator) StandardNormal32() float32 {
	for {
		r := g.Uint32()
		i := r & 0xff
		rabs := r >> 9
		x := float32(rabs) * normal32W[i]
		if r&0x100 != 0 {
			x = -x
		}
		if rabs < normal32K[i] {
			return x
		}
		if i == 0 {
			for {
				xx := float32(-float32(normalRInv) * float32(math.Log1p(-float64(g.Float32()))))
				yy := -float32(math.Log1p(-float64(g.Float32())))
				if yy+yy > float32(xx*xx) {
					if rabs>>8&1 != 0 {
						return -(float32(normalR) + xx)
					}
					return float32(normalR) + xx
				}
			}
		}
		y := float32((normal32F[i-1]-normal32F[i])*g.Float32()) + normal32F[i]
		if float64(y) < math.Exp(-0.5*float64(x)*float64(x)) {
			return x
		}
	}
}

// Normal returns a draw of the mean loc and the standard deviation scale.
func (g *Generator) Normal(loc, scale float64) float64 {
	return loc + float64(scale*g.StandardNormal())
}

// FillNormal fills dst with normals of mean 0 and variance 1, as standard_normal(len(dst)) does.
func (g *Generator) FillNormal(dst []float64) { g.ziggurat(dst, normalsFast, g.normalFrom) }

// ziggurat fills dst: fast takes words up to the first that is not accepted at once, slow handles that one and may draw
// more. A batch of words is never larger than the number of draws that are missing, so that none is left over.
func (g *Generator) ziggurat(dst []float64, fast func([]float64, []uint64) int, slow func(uint64) (float64, bool)) {
	for len(dst) > 0 {
		raw := g.buffer()
		raw = raw[:min(len(raw), len(dst))]
		g.FillRaw(raw)
		g.ahead = raw
		for len(g.ahead) > 0 {
			n := fast(dst, g.ahead)
			dst, g.ahead = dst[n:], g.ahead[n:]
			if len(g.ahead) == 0 {
				break
			}
			if x, ok := slow(g.Uint64()); ok {
				dst[0], dst = x, dst[1:]
			}
		}
	}
	g.ahead = nil
}

// FillNormal32 fills dst with float32 normals, as standard_normal(len(dst), dtype=float32) does.
func (g *Generator) FillNormal32(dst []float32) {
	for i := range dst {
		dst[i] = g.StandardNormal32()
	}
}

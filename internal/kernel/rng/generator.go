package rng

import (
	"math/bits"
)

// Generator draws from distributions with one PCG64 stream, as numpy.random.Generator does. It is not safe for
// concurrent use.
type Generator struct {
	src   PCG64
	has32 bool   // half of a word is left over from a 32-bit draw
	rest  uint32 // that half
	wide  lanes  // states of the lanes for bulk fills, kept from one fill to the next
	raw   []uint64
	ahead []uint64          // words of raw that a bulk fill has drawn and not used yet; empty between calls
	left  []uint64          // words of spare that come next: the end of a block of lanes that a fill did not need
	spare [wideLanes]uint64 // the last such block; the lanes need not be set up again for the next fill
}

// New returns a generator seeded with s, as numpy.random.Generator(PCG64(s)) is.
func New(s *SeedSequence) *Generator { return &Generator{src: NewPCG64(s)} }

// NewFrom returns a generator that goes on from the state p.
func NewFrom(p PCG64) *Generator { return &Generator{src: p} }

// State returns the state of the underlying stream. The half word that a 32-bit draw left over is not part of it.
func (g *Generator) State() PCG64 {
	p := g.src
	if n := uint64(len(g.left)); n > 0 {
		p.apply(p.jumpBy(^uint64(0), -n)) // 2^128 - n steps are n steps back
	}
	return p
}

// Uint64 returns the next 64 random bits.
func (g *Generator) Uint64() uint64 {
	if len(g.ahead) > 0 {
		v := g.ahead[0]
		g.ahead = g.ahead[1:]
		return v
	}
	if len(g.left) > 0 {
		v := g.left[0]
		g.left = g.left[1:]
		return v
	}
	return g.src.Uint64()
}

// Uint32 returns the next 32 random bits: the lower half of a word, then its upper half.
func (g *Generator) Uint32() uint32 {
	if g.has32 {
		g.has32 = false
		return g.rest
	}
	v := g.Uint64()
	g.has32, g.rest = true, uint32(v>>32)
	return uint32(v)
}

// Float64 returns the next number in [0, 1) with 53 random bits, as Generator.random() does.
func (g *Generator) Float64() float64 { return float64(g.Uint64()>>11) * (1.0 / (1 << 53)) }

// Float32 returns the next number in [0, 1) with 24 random bits, as Generator.random(dtype=float32) does.
func (g *Generator) Float32() float32 { return float32(g.Uint32()>>8) * (1.0 / (1 << 24)) }

// Uniform returns the next number in [low, high).
func (g *Generator) Uniform(low, high float64) float64 {
	r := float64((high - low) * g.Float64())
	return low + r
}

// FillRaw fills dst with the next len(dst) words.
func (g *Generator) FillRaw(dst []uint64) {
	n := copy(dst, g.left)
	g.left, dst = g.left[n:], dst[n:]
	if len(dst) == 0 {
		return
	}
	n = g.wideRaw(dst)
	dst = dst[n:]
	if n > 0 && len(dst) > 0 {
		g.fillSpare()
		n = copy(dst, g.left)
		g.left = g.left[n:]
		return
	}
	if len(dst) >= 2*goLanes {
		n := len(dst) / goLanes * goLanes
		g.lanes4(dst[:n])
		dst = dst[n:]
	}
	for i := range dst {
		dst[i] = g.src.Uint64()
	}
}

// fillSpare draws a block of lanes ahead, after a fill that ran the lanes.
func (g *Generator) fillSpare() {
	g.wideRaw(g.spare[:])
	g.left = g.spare[:]
}

// goLanes is the number of independent chains of the portable bulk fill.
const goLanes = 4

// lanes4 fills dst, whose length is a multiple of goLanes, with four chains that move on four steps at a time.
func (g *Generator) lanes4(dst []uint64) {
	j := g.src.jumpBy(0, goLanes)
	a := g.src
	a.step()
	b := a
	b.step()
	c := b
	c.step()
	d := c
	d.step()
	for i := 0; ; i += goLanes {
		o := dst[i : i+goLanes : i+goLanes]
		o[0], o[1] = output(a.Hi, a.Lo), output(b.Hi, b.Lo)
		o[2], o[3] = output(c.Hi, c.Lo), output(d.Hi, d.Lo)
		if i+goLanes >= len(dst) {
			break
		}
		a.apply(j)
		b.apply(j)
		c.apply(j)
		d.apply(j)
	}
	g.src.Hi, g.src.Lo = d.Hi, d.Lo
}

// FillFloat64 fills dst with numbers in [0, 1), as random(len(dst)) does.
func (g *Generator) FillFloat64(dst []float64) { g.FillUniform(dst, 0, 1) }

// FillUniform fills dst with numbers in [low, high), as uniform(low, high, len(dst)) does.
func (g *Generator) FillUniform(dst []float64, low, high float64) {
	scale := high - low
	// Scaling by 2^-53 first is exact, so one product with scale*2^-53 rounds as NumPy's two do, unless it is subnormal.
	if small := scale * (1.0 / (1 << 53)); small*(1<<53) == scale {
		n := min(len(g.left), len(dst))
		uniforms(dst[:n], g.left, low, scale)
		g.left, dst = g.left[n:], dst[n:]
		n = g.wideUniform(dst, low, small)
		if dst = dst[n:]; n > 0 && len(dst) > 0 {
			g.fillSpare()
			uniforms(dst, g.left, low, scale)
			g.left = g.left[len(dst):]
			return
		}
	}
	raw := g.buffer()
	for len(dst) > 0 {
		r := raw[:min(len(raw), len(dst))]
		g.FillRaw(r)
		uniforms(dst[:len(r)], r, low, scale)
		dst = dst[len(r):]
	}
}

// uniforms makes numbers of raw words, one for each element of dst.
func uniforms(dst []float64, raw []uint64, low, scale float64) {
	for i := range dst {
		x := float64(scale * float64(float64(raw[i]>>11)*(1.0/(1<<53))))
		dst[i] = low + x
	}
}

// FillFloat32 fills dst with numbers in [0, 1) of 24 bits, as random(len(dst), dtype=float32) does.
func (g *Generator) FillFloat32(dst []float32) {
	g.halves(len(dst), func(at int, words []uint32) {
		for i, v := range words {
			dst[at+i] = float32(v>>8) * (1.0 / (1 << 24))
		}
	})
}

// bufferWords is the size of the buffer of raw words, 4 KiB.
const bufferWords = 512

func (g *Generator) buffer() []uint64 {
	if g.raw == nil {
		g.raw = make([]uint64, bufferWords)
	}
	return g.raw
}

// halves hands out n 32-bit draws in batches.
func (g *Generator) halves(n int, use func(at int, words []uint32)) {
	at := 0
	if n > 0 && g.has32 {
		use(0, []uint32{g.Uint32()})
		at = 1
	}
	raw := g.buffer()
	var words [2 * bufferWords]uint32
	for n-at >= 2 {
		r := raw[:min(len(raw), (n-at)/2)]
		g.FillRaw(r)
		for i, v := range r {
			words[2*i], words[2*i+1] = uint32(v), uint32(v>>32)
		}
		use(at, words[:2*len(r)])
		at += 2 * len(r)
	}
	if at < n {
		use(at, []uint32{g.Uint32()})
	}
}

// lanes holds the limbs of the states of 32 successive outputs for the AVX-512 kernels: see asmgen/pcg.go.
type lanes struct {
	limbs [wideLanes * 3]uint64
	mul   [3]uint64
	add   [3]uint64
	at    PCG64 // the state of the stream to which limbs belong; the first lane is one step after it
}

// wideLanes is the number of states that the AVX-512 kernels move on together.
const wideLanes = 32

const limbMask = 1<<52 - 1

func split(hi, lo uint64) [3]uint64 {
	return [3]uint64{lo & limbMask, (lo>>52 | hi<<12) & limbMask, hi >> 40}
}

// prepare makes the lanes belong to the state of p.
func (l *lanes) prepare(p PCG64) {
	if l.at == p {
		return
	}
	if l.at.IncHi != p.IncHi || l.at.IncLo != p.IncLo {
		j := p.jumpBy(0, wideLanes)
		l.mul, l.add = split(j.mulHi, j.mulLo), split(j.addHi, j.addLo)
	}
	l.at = p
	j := p.jumpBy(0, 8)
	for k := range 8 {
		p.step()
		for v, q := 0, p; v < wideLanes/8; v++ {
			s := split(q.Hi, q.Lo)
			l.limbs[24*v+k], l.limbs[24*v+8+k], l.limbs[24*v+16+k] = s[0], s[1], s[2]
			q.apply(j)
		}
	}
}

// finish returns the state of the stream after the lanes have moved on.
func (l *lanes) finish() PCG64 {
	l0, l1, l2 := l.limbs[0]&limbMask, l.limbs[8]&limbMask, l.limbs[16]
	lo, hi := l0|l1<<52, l1>>12|l2<<40
	// The first lane is one step ahead: undo it.
	var borrow uint64
	lo, borrow = bits.Sub64(lo, l.at.IncLo, 0)
	hi, _ = bits.Sub64(hi, l.at.IncHi, borrow)
	l.at.Hi, l.at.Lo = mul128(hi, lo, inverseHi, inverseLo)
	return l.at
}

// The inverse of the multiplier modulo 2^128.
var inverseHi, inverseLo = func() (hi, lo uint64) {
	lo = 1
	for range 7 { // Newton: x = x(2 - m x) doubles the number of right bits
		h, l := mul128(mulHi, mulLo, hi, lo)
		h, l = add128(^h, ^l, 0, 3) // 2 - m x
		hi, lo = mul128(hi, lo, h, l)
	}
	return hi, lo
}()

package rng

import "math/bits"

// The multiplier of the 128-bit linear congruential generator.
const (
	mulHi = 0x2360ed051fc65da4
	mulLo = 0x4385df649fccf645
)

// PCG64 is the generator PCG XSL-RR 128/64 (O'Neill 2014), numpy.random.PCG64. Its four words are its whole state,
// so that it can be copied, compared and sent. The zero value is not seeded.
type PCG64 struct {
	Hi, Lo       uint64 // state
	IncHi, IncLo uint64 // increment, odd
}

// NewPCG64 seeds a generator as numpy.random.PCG64(seedSequence) does.
func NewPCG64(s *SeedSequence) PCG64 {
	v := s.State64(4)
	p := PCG64{IncHi: v[2]<<1 | v[3]>>63, IncLo: v[3]<<1 | 1}
	p.step()
	var carry uint64
	p.Lo, carry = bits.Add64(p.Lo, v[1], 0)
	p.Hi, _ = bits.Add64(p.Hi, v[0], carry)
	p.step()
	return p
}

// mul128 returns the low 128 bits of a*b.
func mul128(aHi, aLo, bHi, bLo uint64) (hi, lo uint64) {
	hi, lo = bits.Mul64(aLo, bLo)
	return hi + aHi*bLo + aLo*bHi, lo
}

// add128 returns a+b modulo 2^128.
func add128(aHi, aLo, bHi, bLo uint64) (hi, lo uint64) {
	lo, carry := bits.Add64(aLo, bLo, 0)
	hi, _ = bits.Add64(aHi, bHi, carry)
	return hi, lo
}

func (p *PCG64) step() {
	hi, lo := mul128(p.Hi, p.Lo, mulHi, mulLo)
	p.Hi, p.Lo = add128(hi, lo, p.IncHi, p.IncLo)
}

// output is the XSL-RR permutation of a state.
func output(hi, lo uint64) uint64 { return bits.RotateLeft64(hi^lo, -int(hi>>58)) }

// Uint64 returns the next 64 random bits.
func (p *PCG64) Uint64() uint64 {
	p.step()
	return output(p.Hi, p.Lo)
}

// jump is the affine map of many steps at once: state → state*mul + add.
type jump struct{ mulHi, mulLo, addHi, addLo uint64 }

// jumpBy returns the map of n steps, by squaring (Brown 1994).
func (p *PCG64) jumpBy(nHi, nLo uint64) jump {
	acc := jump{mulLo: 1}
	cur := jump{mulHi, mulLo, p.IncHi, p.IncLo}
	for nHi|nLo != 0 {
		if nLo&1 != 0 {
			acc.mulHi, acc.mulLo = mul128(acc.mulHi, acc.mulLo, cur.mulHi, cur.mulLo)
			h, l := mul128(acc.addHi, acc.addLo, cur.mulHi, cur.mulLo)
			acc.addHi, acc.addLo = add128(h, l, cur.addHi, cur.addLo)
		}
		h, l := add128(cur.mulHi, cur.mulLo, 0, 1)
		cur.addHi, cur.addLo = mul128(h, l, cur.addHi, cur.addLo)
		cur.mulHi, cur.mulLo = mul128(cur.mulHi, cur.mulLo, cur.mulHi, cur.mulLo)
		nLo = nLo>>1 | nHi<<63
		nHi >>= 1
	}
	return acc
}

func (p *PCG64) apply(j jump) {
	hi, lo := mul128(p.Hi, p.Lo, j.mulHi, j.mulLo)
	p.Hi, p.Lo = add128(hi, lo, j.addHi, j.addLo)
}

// Advance moves the generator on as n calls of Uint64 do, in a time that grows with the bits of n.
func (p *PCG64) Advance(n uint64) { p.apply(p.jumpBy(0, n)) }

// Jumped returns the generator 2^127/φ steps ahead, as PCG64.jumped() does.
func (p PCG64) Jumped() PCG64 {
	p.apply(p.jumpBy(0x9e3779b97f4a7c15, 0xf39cc0605cedc835))
	return p
}

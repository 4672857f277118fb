package main

import (
	"fmt"
	"math"
	"strings"

	"sheaf/internal/kernel/asm"
)

// math is a kernel of one operand in float64 arithmetic; float32 is widened and narrowed on the way.
type mathOp struct {
	op   string
	emit func(m *mathFn, x, out string)
}

// mathFn is a kernel being written, with the registers that its loop must not touch.
type mathFn struct {
	*asm.Func
	g *gen
}

func (g *gen) transcendental() {
	for _, o := range []mathOp{
		{"Exp", (*mathFn).exp},
		{"Expm1", (*mathFn).expm1},
		{"Tanh", (*mathFn).tanh},
		{"Log", func(m *mathFn, x, out string) { m.log(x, out) }},
		{"Log2", (*mathFn).log2},
		{"Log10", (*mathFn).log10},
		{"Log1p", (*mathFn).log1p},
		{"Sin", func(m *mathFn, x, out string) { m.trig(x, out, 0) }},
		{"Cos", func(m *mathFn, x, out string) { m.trig(x, out, 1) }},
		{"Tan", (*mathFn).tan},
	} {
		for _, e := range []elem{f64, f32} {
			g.mathKernel(o, e)
		}
	}
}

// mathKernel writes the loop around the body of a function, one vector at a time: the processor overlaps the iterations.
func (g *gen) mathKernel(o mathOp, e elem) {
	name := fmt.Sprintf("%s%s%d", strings.ToLower(o.op[:1])+o.op[1:], e.name, g.bits)
	lanes := g.bits / 64
	fn := g.Func(name, fmt.Sprintf("is %s of n elements, a positive multiple of %d.", o.op, lanes), g.bits, ptrs("dst", "a"))
	fn.Load("dst", 0, "DI")
	fn.Load("a", 1, "SI")
	fn.Load("n", 2, "CX")
	m := &mathFn{Func: fn, g: g}
	loop := fn.NewLabel("loop")
	fn.Label(loop)
	x, out := fn.Vec(), fn.Vec()
	if e.size == 4 {
		fn.I("VCVTPS2PD", "(SI)", x)
	} else {
		fn.I("VMOVUPD", "(SI)", x)
	}
	o.emit(m, x, out)
	if e.size == 4 {
		if g.bits == 512 {
			fn.I("VCVTPD2PS", out, "Y0")
			fn.I("VMOVUPS", "Y0", "(DI)")
		} else {
			fn.I("VCVTPD2PSY", out, "X0")
			fn.I("VMOVUPS", "X0", "(DI)")
		}
	} else {
		fn.I("VMOVUPD", out, "(DI)")
	}
	fn.I("ADDQ", fmt.Sprintf("$%d", lanes*e.size), "SI")
	fn.I("ADDQ", fmt.Sprintf("$%d", lanes*e.size), "DI")
	fn.I("SUBQ", fmt.Sprintf("$%d", lanes), "CX")
	fn.I("JNZ", loop)
	fn.Ret()
	fmt.Fprintf(&g.reg.unary, "\t{%s, dtype.%s, %d, %d, %d, %s},\n", o.op, e.dtype, lanes, e.size, e.size, name)
}

func (m *mathFn) k(x float64) string  { return m.g.ConstF(x) }
func (m *mathFn) kb(b uint64) string  { return m.g.Const(b) }
func (m *mathFn) wide() bool          { return m.g.bits == 512 }
func (m *mathFn) mul(a, b, d string)  { m.I("VMULPD", b, a, d) }
func (m *mathFn) add(a, b, d string)  { m.I("VADDPD", b, a, d) }
func (m *mathFn) sub(a, b, d string)  { m.I("VSUBPD", b, a, d) }
func (m *mathFn) div(a, b, d string)  { m.I("VDIVPD", b, a, d) }
func (m *mathFn) mov(src, d string)   { m.I("VMOVAPD", src, d) }
func (m *mathFn) loadK(c, d string)   { m.I("VMOVUPD", c, d) }
func (m *mathFn) fma(a, b, c string)  { m.I("VFMADD231PD", b, a, c) }  // c += a*b
func (m *mathFn) fnma(a, b, c string) { m.I("VFNMADD231PD", b, a, c) } // c -= a*b

// poly evaluates the polynomial in z with the coefficients, highest first, by Horner's rule.
func (m *mathFn) poly(coeffs []float64, z, p string) {
	m.loadK(m.k(coeffs[0]), p)
	for _, c := range coeffs[1:] {
		m.I("VFMADD213PD", m.k(c), z, p) // p = p*z + c
	}
}

// logic emits a bitwise operation whose name differs between the widths only by its requirements.
func (m *mathFn) logic(op, b, a, d string) { m.I("V"+op+"PD", b, a, d) }

func (m *mathFn) round(x, d string) {
	m.I(map[bool]string{true: "VRNDSCALEPD", false: "VROUNDPD"}[m.wide()], "$8", x, d)
}

// blend puts y into d where x compares so with c, by the predicate of VCMPPD.
func (m *mathFn) blend(predicate int, c, x, y, d, t string) {
	if m.wide() {
		m.I("VCMPPD", fmt.Sprintf("$%d", predicate), c, x, "K1")
		m.I("VBLENDMPD", y, d, "K1", d)
		return
	}
	m.I("VCMPPD", fmt.Sprintf("$%d", predicate), c, x, t)
	m.I("VBLENDVPD", t, y, d, d)
}

// factorials returns ±1/n! for n from high down to low by step, with alternating signs starting so that low has sign.
func factorials(high, low, step int, lowSign float64, alternate bool) []float64 {
	var out []float64
	for n := high; n >= low; n -= step {
		f := 1.0
		for i := 2; i <= n; i++ {
			f *= float64(i)
		}
		s := lowSign
		if alternate && (n-low)/step%2 == 1 {
			s = -s
		}
		out = append(out, s/f)
	}
	return out
}

const (
	ln2Hi = 6.93147180369123816490e-01
	ln2Lo = 1.90821492927058770002e-10
)

// expReduce leaves k in k and e**r - 1 in t, for x = k ln2 + r.
func (m *mathFn) expReduce(x, k, t string) {
	r, q := m.Vec(), m.Vec()
	m.mul(x, m.k(math.Log2E), k)
	m.round(k, k)
	m.mov(x, r)
	m.fnma(k, m.k(ln2Hi), r)
	m.fnma(k, m.k(ln2Lo), r)
	m.poly(factorials(13, 2, 1, 1, false), r, q)
	m.mul(r, r, t)
	m.I("VFMADD213PD", r, q, t) // t = t*q + r
}

// clamp is min(max(x, lo), hi) that lets NaN through: VMIN and VMAX return their second source then.
func (m *mathFn) clamp(x, lo, hi, d string) {
	m.loadK(lo, d)
	m.I("VMAXPD", x, d, d)
	t := m.Vec()
	m.loadK(hi, t)
	m.I("VMINPD", d, t, d)
}

// scale multiplies y by 2**k, k a whole number in a float. t and u are temporaries.
func (m *mathFn) scale(y, k, t, u string) {
	if m.wide() {
		m.I("VSCALEFPD", k, y, y)
		return
	}
	// Through the low bits of k + 1.5 * 2^52, halved, so that neither factor leaves the range of normal numbers.
	m.add(k, m.k(0x1.8p52), t)
	m.I("VPSLLQ", "$32", t, t)
	m.I("VPSRAD", "$1", t, t) // k>>1 in the upper halves
	m.I("VPSRLQ", "$32", t, t)
	m.I("VPSLLQ", "$52", t, u) // the exponent (k>>1) << 52
	m.I("VPADDQ", m.kb(1023<<52), u, u)
	m.mul(y, u, y)
	// k - (k>>1)
	m.add(k, m.k(0x1.8p52), u)
	m.I("VPSUBQ", t, u, u)
	m.I("VPSLLQ", "$52", u, u)
	m.I("VPADDQ", m.kb(1023<<52), u, u)
	m.mul(y, u, y)
}

// pow2 leaves 2**(k+shift) in d.
func (m *mathFn) pow2(k string, shift int, d string) {
	m.add(k, m.k(0x1.8p52), d)
	m.I("VPSLLQ", "$52", d, d)
	m.I("VPADDQ", m.kb(uint64(1023+shift)<<52), d, d)
}

// keepNaN puts x into d where x is NaN.
func (m *mathFn) keepNaN(x, d, t string) { m.blend(3, x, x, x, d, t) }

// copySign gives d (>= 0) the sign of x.
func (m *mathFn) copySign(x, d, t string) {
	m.logic("AND", m.kb(1<<63), x, t)
	m.logic("OR", t, d, d)
}

func (m *mathFn) exp(x, out string) {
	c, k, u := m.Vec(), m.Vec(), m.Vec()
	m.clamp(x, m.k(-800), m.k(800), c)
	m.expReduce(c, k, out)
	m.add(out, m.k(1), out)
	m.scale(out, k, c, u)
}

// expm1 of the clamped argument is 2*(t*s + (s - 1/2)) with s = 2**(k-1); beyond k = 1024 it is infinite.
func (m *mathFn) expm1(x, out string) {
	c, k, s, t := m.Vec(), m.Vec(), m.Vec(), m.Vec()
	m.clamp(x, m.k(-50), m.k(800), c)
	m.expReduce(c, k, t)
	m.expm1Of(k, t, s, out)
	m.loadK(m.k(math.Inf(1)), t)
	m.blend(30, m.k(1024), k, t, out, s) // k > 1024
	m.logic("AND", m.kb(1<<63-1), out, out)
	m.copySign(x, out, t)
	m.keepNaN(x, out, t)
}

func (m *mathFn) expm1Of(k, t, s, out string) {
	m.pow2(k, -1, s)
	m.sub(s, m.k(0.5), out)
	m.fma(t, s, out)
	m.add(out, out, out)
}

func (m *mathFn) tanh(x, out string) {
	c, k, s, t, hi := m.Vec(), m.Vec(), m.Vec(), m.Vec(), m.Vec()
	m.logic("AND", m.kb(1<<63-1), x, c)
	m.add(c, c, c)
	m.loadK(m.k(50), hi)
	m.I("VMINPD", c, hi, c)
	m.expReduce(c, k, t)
	m.expm1Of(k, t, s, out)
	m.add(out, m.k(2), t)
	m.div(out, t, out)
	m.copySign(x, out, t)
	m.keepNaN(x, out, t)
}

// log leaves the logarithm of x = 2**e (1+f) in out; where x is not positive and finite, e and f are meaningless.
func (m *mathFn) log(x, out string) (exponent, fraction string) {
	e, mant, s, z, r, h, t := m.Vec(), m.Vec(), m.Vec(), m.Vec(), m.Vec(), m.Vec(), m.Vec()
	m.logSplit(x, mant, e, t, h)
	m.sub(mant, m.k(1), mant) // f
	m.add(mant, m.k(2), s)
	m.div(mant, s, s)
	m.mul(s, s, z)
	var coeffs []float64
	for n := 10; n >= 1; n-- {
		coeffs = append(coeffs, 2/float64(2*n+1))
	}
	m.poly(coeffs, z, r)
	m.mul(r, z, r)
	m.mul(mant, m.k(0.5), h)
	m.mul(h, mant, h)
	m.add(h, r, r)
	m.mul(e, m.k(ln2Lo), t)
	m.fma(s, r, t) // u
	m.sub(h, t, t)
	m.sub(t, mant, t) // w
	m.loadK(m.k(ln2Hi), out)
	m.I("VFMSUB213PD", t, e, out) // out = out*e - w
	// Zero, negative numbers, infinity, NaN.
	m.loadK(m.k(math.Inf(-1)), t)
	m.I("VXORPD", h, h, h)
	m.blend(0, h, x, t, out, s)
	m.loadK(m.kb(0x7ff8000000000001), t)
	m.blend(17, h, x, t, out, s)
	m.loadK(m.k(math.Inf(1)), t)
	m.blend(0, t, x, t, out, s)
	m.keepNaN(x, out, s)
	return e, mant
}

// log2 is the exponent where x is a power of two.
func (m *mathFn) log2(x, out string) {
	mark := m.Mark()
	e, f := m.log(x, out)
	m.Release(mark + 2) // of the registers of log, e and f come first
	p, t := m.Vec(), m.Vec()
	m.scaleLog(out, 1.4426950408889634, 2.0355273740931033e-17, p, t)
	m.logic("AND", m.kb(1<<63-1), out, p) // infinite or NaN: not of a positive finite number
	m.I("VSUBPD", p, p, p)
	m.logic("OR", p, f, f) // 0 only for powers of two
	m.I("VXORPD", p, p, p)
	m.blend(0, p, f, e, out, t)
}

func (m *mathFn) log10(x, out string) {
	mark := m.Mark()
	m.log(x, out)
	m.Release(mark)
	p, t := m.Vec(), m.Vec()
	m.scaleLog(out, 0.4342944819032518, 1.098319650216765e-17, p, t)
}

// scaleLog multiplies l by hi+lo in twice the precision, unless it is infinite or NaN.
func (m *mathFn) scaleLog(l string, hi, lo float64, p, t string) {
	m.mul(l, m.k(hi), p)
	m.mov(p, t)
	m.I("VFMSUB231PD", m.k(hi), l, t)
	m.fma(l, m.k(lo), t)
	m.add(p, t, t)
	u := m.Vec()
	m.sub(l, l, u)
	m.blend(0, u, u, t, p, u) // where l - l is 0
	m.mov(p, l)
}

// log1p is log(u) + (x - (u-1))/u with u = 1+x, and x where u is 1.
func (m *mathFn) log1p(x, out string) {
	u := m.Vec()
	m.add(x, m.k(1), u)
	mark := m.Mark()
	m.log(u, out)
	m.Release(mark)
	c, t, s := m.Vec(), m.Vec(), m.Vec()
	m.sub(u, m.k(1), c)
	m.sub(x, c, c)
	m.div(c, u, c)
	m.add(out, c, t)
	m.sub(out, out, c)
	m.blend(0, c, c, t, out, s) // where log(u) is finite
	m.loadK(m.k(1), t)
	m.blend(0, t, u, x, out, s)
}

// logSplit leaves in mant and e what logSplit of mathlog.go returns; t and u are temporaries.
func (m *mathFn) logSplit(x, mant, e, t, u string) {
	if m.wide() {
		m.I("VGETEXPPD", x, e)
		m.I("VGETMANTPD", "$0", x, mant)
		m.I("VCMPPD", "$30", m.k(math.Sqrt2), mant, "K1")
		m.I("VMULPD", m.k(0.5), mant, "K1", mant)
		m.I("VADDPD", m.k(1), e, "K1", e)
		return
	}
	// Subnormal numbers are scaled up by 2^54.
	m.mul(x, m.k(1<<54), t)
	m.I("VCMPPD", "$17", m.kb(1<<52), x, u) // below the smallest normal number
	m.I("VBLENDVPD", u, t, x, t)
	m.logic("AND", m.k(54), u, u)
	m.I("VPSRLQ", "$52", t, e)
	m.I("VPOR", m.k(0x1p52), e, e) // the exponent as a float: 2^52 + e
	m.sub(e, m.k(0x1p52+1023), e)
	m.sub(e, u, e)
	m.logic("AND", m.kb(1<<52-1), t, mant)
	m.logic("OR", m.kb(1023<<52), mant, mant)
	m.I("VCMPPD", "$30", m.k(math.Sqrt2), mant, u)
	m.mul(mant, m.k(0.5), t)
	m.I("VBLENDVPD", u, t, mant, mant)
	m.logic("AND", m.k(1), u, u)
	m.add(e, u, e)
}

// trig is sin(x + shift*pi/2) for |x| <= 1e5; the caller looks after the rest.
func (m *mathFn) trig(x, out string, shift int) {
	q, sin, t := m.sinCos(x, out, shift)
	m.choose(q, sin, out, t)
	m.I("VPSLLQ", "$62", q, q)
	m.logic("AND", m.kb(1<<63), q, q)
	m.logic("XOR", q, out, out)
	if shift == 0 {
		m.tiny(x, out, t, q)
	}
}

// tan is sin/cos in even quadrants and -cos/sin in odd ones.
func (m *mathFn) tan(x, out string) {
	q, sin, t := m.sinCos(x, out, 0)
	den := m.Vec()
	m.mov(sin, den)
	m.choose2(q, sin, out, den, t)
	m.div(sin, den, out)
	m.I("VPSLLQ", "$63", q, q)
	m.logic("XOR", q, out, out)
	m.tiny(x, out, t, q)
}

// tiny puts x into out where |x| < 2^-27.
func (m *mathFn) tiny(x, out, t, u string) {
	m.logic("AND", m.kb(1<<63-1), x, t)
	m.blend(17, m.k(0x1p-27), t, x, out, u)
}

// sinCos leaves the sine of the reduced argument in the register sin and its cosine in out; the low bits of q are the
// quadrant. t is free.
func (m *mathFn) sinCos(x, out string, shift int) (q, sin, t string) {
	k, q, y, r, t, z := m.Vec(), m.Vec(), m.Vec(), m.Vec(), m.Vec(), m.Vec()
	m.loadK(m.k(0x1.8p52), q)
	m.fma(x, m.k(0.6366197723675814), q)
	m.sub(q, m.k(0x1.8p52), k)
	if shift != 0 {
		m.I("VPADDQ", m.kb(uint64(shift)), q, q)
	}
	m.mov(x, y)
	m.fnma(k, m.k(1.57079632673412561417e+00), y)
	m.mov(y, r)
	m.fnma(k, m.k(6.07710050630396597660e-11), r)
	m.sub(y, r, t)
	m.fnma(k, m.k(6.07710050630396597660e-11), t)
	m.fnma(k, m.k(2.02226624879595063154e-21), t)
	m.mul(r, r, z)
	// cos in out: w + (z*z*p + ((1-w)-h - r*t))
	p, h := k, y // both are free from here on
	m.poly(factorials(16, 4, 2, 1, true), z, p)
	m.mul(z, m.k(0.5), h)
	one := m.Vec()
	m.loadK(m.k(1), one)
	m.sub(one, h, out) // w
	m.sub(one, out, one)
	m.sub(one, h, h)
	m.fnma(r, t, h)
	m.mul(z, z, one)
	m.fma(one, p, h)
	m.add(out, h, out)
	// sin in p: r + (r*z*p + tail)
	m.poly(factorials(17, 3, 2, -1, true), z, p)
	m.mul(z, m.k(-0.5), h)
	m.fma(h, t, t)
	m.mul(r, z, h)
	m.fma(h, p, t)
	m.add(r, t, p)
	return q, p, h
}

// choose puts sin into out where the quadrant is even.
func (m *mathFn) choose(q, sin, out, t string) {
	if m.wide() {
		m.I("VPTESTNMQ", m.kb(1), q, "K1")
		m.I("VBLENDMPD", sin, out, "K1", out)
		return
	}
	m.I("VPSLLQ", "$63", q, t)
	m.I("VBLENDVPD", t, out, sin, out)
}

// choose2 leaves the numerator of tan in sin and its denominator in den, which holds a copy of sin.
func (m *mathFn) choose2(q, sin, cos, den, t string) {
	if m.wide() {
		m.I("VPTESTNMQ", m.kb(1), q, "K1") // even
		m.I("VBLENDMPD", sin, cos, "K1", sin)
		m.I("VBLENDMPD", cos, den, "K1", den)
		return
	}
	m.I("VPSLLQ", "$63", q, t)
	m.I("VBLENDVPD", t, cos, sin, sin)
	m.I("VBLENDVPD", t, den, cos, den)
}

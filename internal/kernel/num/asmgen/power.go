package main

import "fmt"

// power writes x**y for x in (0, inf) and finite y, as powPositive of mathpow.go; with the 32 registers of AVX-512 only.
func (g *gen) power() {
	if g.bits != 512 {
		return
	}
	for _, e := range []elem{f64, f32} {
		var names [3]string
		for i, form := range []string{"VV", "VS", "SV"} {
			names[i] = fmt.Sprintf("power%s%s%d", e.name, form, g.bits)
			fn := g.Func(names[i], "is Pow of n elements, a positive multiple of 8, for positive finite a and finite b.", g.bits, ptrs("dst", "a", "b"))
			fn.Load("dst", 0, "DI")
			fn.Load("a", 1, "SI")
			fn.Load("b", 2, "DX")
			fn.Load("n", 3, "CX")
			m := &mathFn{Func: fn, g: g}
			x, y, out := fn.Vec(), fn.Vec(), fn.Vec()
			load := func(reg, base string, one bool) {
				switch {
				case one && e.size == 4:
					fn.I("VBROADCASTSS", "("+base+")", "Y31")
					fn.I("VCVTPS2PD", "Y31", reg)
				case one:
					fn.I("VBROADCASTSD", "("+base+")", reg)
				case e.size == 4:
					fn.I("VCVTPS2PD", "("+base+")", reg)
				default:
					fn.I("VMOVUPD", "("+base+")", reg)
				}
			}
			loop := fn.NewLabel("loop")
			fn.Label(loop)
			load(x, "SI", form == "SV")
			load(y, "DX", form == "VS")
			m.pow(x, y, out)
			if e.size == 4 {
				fn.I("VCVTPD2PS", out, "Y31")
				fn.I("VMOVUPS", "Y31", "(DI)")
			} else {
				fn.I("VMOVUPD", out, "(DI)")
			}
			step := fmt.Sprintf("$%d", 8*e.size)
			fn.I("ADDQ", step, "DI")
			if form != "SV" {
				fn.I("ADDQ", step, "SI")
			}
			if form != "VS" {
				fn.I("ADDQ", step, "DX")
			}
			fn.I("SUBQ", "$8", "CX")
			fn.I("JNZ", loop)
			fn.Ret()
		}
		fmt.Fprintf(&g.reg.binary, "\t{Pow, dtype.%s, 8, %d, %s, %s, %s},\n", e.dtype, e.size, names[0], names[1], names[2])
	}
}

// pow leaves x**y in out.
func (m *mathFn) pow(x, y, out string) {
	hi, lo := m.Vec(), m.Vec()
	mark := m.Mark()
	m.logDouble(x, hi, lo)
	m.Release(mark)
	p, q, t, k := m.Vec(), m.Vec(), m.Vec(), m.Vec()
	m.mul(y, hi, p)
	m.clamp(p, m.k(-800), m.k(800), t)
	p, t = t, p
	m.mov(p, q)
	m.I("VFMSUB231PD", hi, y, q) // y*hi - q
	m.fma(y, lo, q)
	m.logic("AND", m.kb(1<<63-1), q, t)
	m.I("VCMPPD", "$17", m.k(1), t, "K1") // |q| < 1, or the product was clamped
	m.I("VMOVAPD.Z", q, "K1", q)
	m.mul(p, m.k(1.44269504088896338700e+00), k)
	m.round(k, k)
	m.fnma(k, m.k(ln2Hi), p)
	m.fnma(k, m.k(ln2Lo), p)
	m.add(p, q, p)
	m.poly(factorials(13, 2, 1, 1, false), p, q)
	m.mul(p, p, t)
	m.I("VFMADD213PD", p, q, t) // t*q + p
	m.add(t, m.k(1), out)
	m.I("VSCALEFPD", k, out, out)
}

// logDouble leaves the logarithm of x in hi and lo, as logDouble of mathpow.go.
func (m *mathFn) logDouble(x, hi, lo string) {
	f, e, t, t2, s, s2 := m.Vec(), m.Vec(), m.Vec(), m.Vec(), m.Vec(), m.Vec()
	z, z2, c, c2, p, d, d2 := m.Vec(), m.Vec(), m.Vec(), m.Vec(), m.Vec(), m.Vec(), m.Vec()
	m.logSplit(x, f, e, t, t2)
	m.sub(f, m.k(1), f)
	m.add(f, m.k(2), t)
	m.sub(t, m.k(2), t2)
	m.sub(f, t2, t2)
	m.div(f, t, s)
	m.mov(f, s2)
	m.fnma(s, t, s2)
	m.fnma(s, t2, s2)
	m.div(s2, t, s2)
	m.mul(s, s, z)
	m.mov(z, z2)
	m.I("VFMSUB231PD", s, s, z2)
	m.add(s, s, t)
	m.fma(t, s2, z2)
	m.mul(z, s, c)
	m.mov(c, c2)
	m.I("VFMSUB231PD", s, z, c2)
	m.fma(z2, s, c2)
	m.fma(z, s2, c2)
	var coeffs []float64
	for n := 12; n >= 2; n-- {
		coeffs = append(coeffs, 2/float64(2*n+1))
	}
	m.poly(coeffs, z, p)
	const thirdsHi, thirdsLo = 0.6666666666666666, 3.7007434154171886e-17
	m.mul(c, m.k(thirdsHi), d)
	m.mov(d, d2)
	m.I("VFMSUB231PD", m.k(thirdsHi), c, d2)
	m.fma(c, m.k(thirdsLo), d2)
	m.fma(c2, m.k(thirdsHi), d2)
	m.mul(c, z, t)
	m.fma(t, p, d2)
	// a = e ln2 in t, b = 2s in t2.
	a, b, w, u, g := t, t2, z, z2, c
	m.mul(e, m.k(ln2Hi), a)
	m.add(s, s, b)
	m.add(a, b, hi)
	m.sub(hi, a, w)
	m.sub(hi, w, u)
	m.sub(a, u, lo)
	m.sub(b, w, u)
	m.add(lo, u, lo)
	m.add(hi, d, g)
	m.sub(g, hi, w)
	m.sub(g, w, u)
	m.sub(hi, u, u)
	m.sub(d, w, p)
	m.add(u, p, u)
	m.add(lo, u, lo)
	m.add(s2, s2, w)
	m.fma(e, m.k(ln2Lo), w)
	m.add(lo, w, lo)
	m.add(lo, d2, lo)
	m.add(g, lo, hi)
	m.sub(hi, g, w)
	m.sub(lo, w, lo)
}

package main

import (
	"fmt"
	"strings"

	"sheaf/internal/kernel/asm"
)

// compares writes the comparisons of floats, whose results are bools of one byte: the bits of a mask spread by PDEP.
func (g *gen) compares() {
	for _, e := range []elem{f64, f32} {
		for _, p := range []struct {
			op  string
			imm int
		}{{"Equal", 0}, {"NotEqual", 4}, {"Less", 17}, {"LessEqual", 18}, {"Greater", 30}, {"GreaterEqual", 29}} {
			g.compare(p.op, p.imm, e)
		}
	}
}

func (g *gen) compare(op string, imm int, e elem) {
	lanes := g.lanes(e)
	var names [3]string
	for i, form := range []string{"VV", "VS", "SV"} {
		names[i] = fmt.Sprintf("%s%s%s%d", strings.ToLower(op[:1])+op[1:], e.name, form, g.bits)
		fn := g.Func(names[i], fmt.Sprintf("is %s of n elements, a multiple of %d.", op, lanes), g.bits, ptrs("dst", "a", "b"))
		fn.Load("dst", 0, "DI")
		fn.Load("a", 1, "SI")
		fn.Load("b", 2, "DX")
		fn.Load("n", 3, "CX")
		fn.I("MOVQ", "$0x0101010101010101", "R8")
		d, a, b := stream{"DI", 1}, stream{"SI", e.size}, stream{"DX", e.size}
		streams := []stream{d, a, b}
		scalar, x, y := fn.Vec(), fn.Vec(), fn.Vec()
		switch form {
		case "VS":
			g.broadcast(fn, e, "(DX)", scalar)
			streams, y = []stream{d, a}, scalar
		case "SV":
			g.broadcast(fn, e, "(SI)", scalar)
			streams, x = []stream{d, b}, scalar
		}
		g.loop(fn, lanes, streams, func(v int) {
			if form != "SV" {
				fn.I(g.move(), mem(a, lanes, v), x)
			}
			if form != "VS" {
				fn.I(g.move(), mem(b, lanes, v), y)
			}
			g.mask(fn, e, imm, x, y)
			g.spread(fn, d, lanes, v)
		})
		fn.Ret()
	}
	fmt.Fprintf(&g.reg.binary, "\t{%s, dtype.%s, %d, %d, %s, %s, %s},\n", op, e.dtype, lanes, e.size, names[0], names[1], names[2])
}

// mask leaves the result of a comparison as bits in AX.
func (g *gen) mask(fn *asm.Func, e elem, imm int, x, y string) {
	if g.bits == 512 {
		fn.I("VCMP"+e.suffix, fmt.Sprintf("$%d", imm), y, x, "K1")
		fn.I("KMOVW", "K1", "AX")
		return
	}
	fn.I("VCMP"+e.suffix, fmt.Sprintf("$%d", imm), y, x, "Y15")
	fn.I("VMOVMSK"+e.suffix, "Y15", "AX")
}

// spread stores the low bits of AX as bytes of 0 or 1.
func (g *gen) spread(fn *asm.Func, d stream, lanes, v int) {
	switch lanes {
	case 16:
		fn.I("PDEPQ", "R8", "AX", "R9")
		fn.I("SHRL", "$8", "AX")
		fn.I("PDEPQ", "R8", "AX", "R10")
		fn.I("MOVQ", "R9", mem(d, lanes, v))
		fn.I("MOVQ", "R10", fmt.Sprintf("%d(DI)", v*lanes+8))
	case 8:
		fn.I("PDEPQ", "R8", "AX", "R9")
		fn.I("MOVQ", "R9", mem(d, lanes, v))
	default:
		fn.I("PDEPQ", "R8", "AX", "R9")
		fn.I("MOVL", "R9", mem(d, lanes, v))
	}
}

// where writes the selection of elements of 8 and 4 bytes by bools. as and bs are 0 for an operand of one element.
func (g *gen) where() {
	for _, e := range []elem{f64, f32} {
		lanes := g.lanes(e)
		for _, form := range []string{"VV", "VS", "SV", "SS"} {
			fn := g.Func(fmt.Sprintf("where%s%s%d", e.name, form, g.bits), fmt.Sprintf("selects from a where c is true, else from b, n a multiple of %d.", lanes), g.bits, ptrs("dst", "c", "a", "b"))
			fn.Load("dst", 0, "DI")
			fn.Load("c", 1, "R8")
			fn.Load("a", 2, "SI")
			fn.Load("b", 3, "DX")
			fn.Load("n", 4, "CX")
			d, c, a, b := stream{"DI", e.size}, stream{"R8", 1}, stream{"SI", e.size}, stream{"DX", e.size}
			streams := []stream{d, c}
			x, y, m := fn.Vec(), fn.Vec(), fn.Vec()
			zero := fn.Vec()
			fn.I(map[int]string{256: "VPXOR", 512: "VPXORQ"}[g.bits], zero, zero, zero)
			if form[0] == 'S' {
				g.broadcast(fn, e, "(SI)", x)
			} else {
				streams = append(streams, a)
			}
			if form[1] == 'S' {
				g.broadcast(fn, e, "(DX)", y)
			} else {
				streams = append(streams, b)
			}
			widen := map[int]string{8: "VPMOVZXBQ", 4: "VPMOVZXBD"}[e.size]
			q := map[int]string{8: "Q", 4: "D"}[e.size]
			g.loop(fn, lanes, streams, func(v int) {
				fn.I(widen, mem(c, lanes, v), m)
				if form[0] == 'V' {
					fn.I(g.move(), mem(a, lanes, v), x)
				}
				if form[1] == 'V' {
					fn.I(g.move(), mem(b, lanes, v), y)
				}
				if g.bits == 512 {
					fn.I("VPTESTM"+q, m, m, "K1")
					fn.I("VPBLENDM"+q, x, y, "K1", m)
				} else {
					fn.I("VPCMPEQ"+q, zero, m, m) // all ones where false
					fn.I("VBLENDV"+e.suffix, m, y, x, m)
				}
				fn.I(g.move(), m, mem(d, lanes, v))
			})
			fn.Ret()
		}
	}
}

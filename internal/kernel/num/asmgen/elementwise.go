package main

import (
	"fmt"
	"strings"

	"sheaf/internal/kernel/asm"
)

// operation computes dst from the vectors x and y, with t as a temporary.
type operation struct {
	op   string
	emit func(fn *asm.Func, e elem, x, y, dst, t string)
}

func simple(mnemonic string) func(fn *asm.Func, e elem, x, y, dst, t string) {
	return func(fn *asm.Func, e elem, x, y, dst, _ string) { fn.I(mnemonic+e.suffix, y, x, dst) }
}

// extreme gives x where both are equal or x is NaN, and y if y is NaN: VMIN and VMAX return their second source if they
// cannot decide, which is x here, and then y's NaNs are put in.
func extreme(mnemonic string) func(fn *asm.Func, e elem, x, y, dst, t string) {
	return func(fn *asm.Func, e elem, x, y, dst, t string) {
		fn.I(mnemonic+e.suffix, x, y, dst)
		if fn.Bits == 512 {
			fn.I("VCMP"+e.suffix, "$3", y, y, "K1")
			fn.I("VBLENDM"+e.suffix, y, dst, "K1", dst)
			return
		}
		fn.I("VCMP"+e.suffix, "$3", y, y, t)
		fn.I("VBLENDV"+e.suffix, t, y, dst, dst)
	}
}

func (g *gen) arithmetic() {
	ops := []operation{
		{"Add", simple("VADD")},
		{"Sub", simple("VSUB")},
		{"Mul", simple("VMUL")},
		{"Div", simple("VDIV")},
		{"Minimum", extreme("VMIN")},
		{"Maximum", extreme("VMAX")},
	}
	for _, e := range []elem{f64, f32} {
		for _, o := range ops {
			g.binary(o, e, []string{e.dtype})
		}
	}
}

// integers writes the operations that are the same for signed and unsigned numbers.
func (g *gen) integers() {
	plain := func(mnemonic string) func(fn *asm.Func, e elem, x, y, dst, t string) {
		return func(fn *asm.Func, _ elem, x, y, dst, _ string) { fn.I(mnemonic, y, x, dst) }
	}
	i64 := elem{"Int64", "I64", "PD", 8}
	i32 := elem{"Int32", "I32", "PS", 4}
	bytesOf := elem{"Uint8", "Bytes", "PS", 1}
	both := func(t string) []string { return []string{t, "U" + strings.ToLower(t)} }
	g.binary(operation{"Add", plain("VPADDQ")}, i64, both("Int64"))
	g.binary(operation{"Sub", plain("VPSUBQ")}, i64, both("Int64"))
	g.binary(operation{"Add", plain("VPADDD")}, i32, both("Int32"))
	g.binary(operation{"Sub", plain("VPSUBD")}, i32, both("Int32"))
	g.binary(operation{"Mul", plain("VPMULLD")}, i32, both("Int32"))
	if g.bits == 512 {
		g.binary(operation{"Mul", plain("VPMULLQ")}, i64, both("Int64"))
	}
	q := map[int]string{256: "", 512: "Q"}[g.bits]
	for _, o := range []operation{{"BitAnd", plain("VPAND" + q)}, {"BitOr", plain("VPOR" + q)}, {"BitXor", plain("VPXOR" + q)}} {
		g.binary(o, i64, both("Int64"))
		g.binary(o, i32, both("Int32"))
		g.binary(o, bytesOf, []string{"Uint8", "Int8", "Bool"})
	}
}

// binary writes the three forms of an operation on two operands.
func (g *gen) binary(o operation, e elem, types []string) {
	var names [3]string
	for i, form := range []string{"VV", "VS", "SV"} {
		names[i] = fmt.Sprintf("%s%s%s%d", strings.ToLower(o.op[:1])+o.op[1:], e.name, form, g.bits)
		fn := g.Func(names[i], "is "+o.op+" of n elements, a multiple of "+fmt.Sprint(g.lanes(e))+".", g.bits, ptrs("dst", "a", "b"))
		fn.Load("dst", 0, "DI")
		fn.Load("a", 1, "SI")
		fn.Load("b", 2, "DX")
		fn.Load("n", 3, "CX")
		d, a, b := stream{"DI", e.size}, stream{"SI", e.size}, stream{"DX", e.size}
		streams := []stream{d, a, b}
		scalar := fn.Vec()
		switch form {
		case "VS":
			g.broadcast(fn, e, "(DX)", scalar)
			streams = []stream{d, a}
		case "SV":
			g.broadcast(fn, e, "(SI)", scalar)
			streams = []stream{d, b}
		}
		base := fn.Mark()
		g.loop(fn, g.lanes(e), streams, func(v int) {
			fn.Release(base + 4*(v%3))
			x, y, r, t := fn.Vec(), fn.Vec(), fn.Vec(), fn.Vec()
			if form == "SV" {
				x = scalar
			} else {
				fn.I(g.move(), mem(a, g.lanes(e), v), x)
			}
			if form == "VS" {
				y = scalar
			} else {
				fn.I(g.move(), mem(b, g.lanes(e), v), y)
			}
			o.emit(fn, e, x, y, r, t)
			fn.I(g.move(), r, mem(d, g.lanes(e), v))
		})
		fn.Ret()
	}
	for _, t := range types {
		fmt.Fprintf(&g.reg.binary, "\t{%s, dtype.%s, %d, %d, %s, %s, %s},\n", o.op, t, g.lanes(e), e.size, names[0], names[1], names[2])
	}
}

// broadcast fills a vector with one element from memory.
func (g *gen) broadcast(fn *asm.Func, e elem, src, dst string) {
	fn.I(map[int]string{8: "VBROADCASTSD", 4: "VBROADCASTSS", 1: "VPBROADCASTB"}[e.size], src, dst)
}

// unaries writes the operations of one operand that are one or two instructions.
func (g *gen) unaries() {
	round := map[int]string{256: "VROUND", 512: "VRNDSCALE"}[g.bits]
	ops := []struct {
		op   string
		emit func(fn *asm.Func, e elem, x, dst string, k string)
		k64  uint64 // constant operand
		k32  uint32
	}{
		{"Negative", func(fn *asm.Func, e elem, x, dst, k string) { fn.I("VXOR"+e.suffix, k, x, dst) }, 1 << 63, 1 << 31},
		{"Abs", func(fn *asm.Func, e elem, x, dst, k string) { fn.I("VANDN"+e.suffix, x, k, dst) }, 1 << 63, 1 << 31},
		{"Sqrt", func(fn *asm.Func, e elem, x, dst, _ string) { fn.I("VSQRT"+e.suffix, x, dst) }, 0, 0},
		{"Square", func(fn *asm.Func, e elem, x, dst, _ string) { fn.I("VMUL"+e.suffix, x, x, dst) }, 0, 0},
		{"Reciprocal", func(fn *asm.Func, e elem, x, dst, k string) { fn.I("VDIV"+e.suffix, x, k, dst) }, 0x3ff0000000000000, 0x3f800000},
		{"Rint", func(fn *asm.Func, e elem, x, dst, _ string) { fn.I(round+e.suffix, "$8", x, dst) }, 0, 0},
		{"Floor", func(fn *asm.Func, e elem, x, dst, _ string) { fn.I(round+e.suffix, "$9", x, dst) }, 0, 0},
		{"Ceil", func(fn *asm.Func, e elem, x, dst, _ string) { fn.I(round+e.suffix, "$10", x, dst) }, 0, 0},
		{"Trunc", func(fn *asm.Func, e elem, x, dst, _ string) { fn.I(round+e.suffix, "$11", x, dst) }, 0, 0},
	}
	for _, e := range []elem{f64, f32} {
		for _, o := range ops {
			name := fmt.Sprintf("%s%s%d", strings.ToLower(o.op[:1])+o.op[1:], e.name, g.bits)
			fn := g.Func(name, fmt.Sprintf("is %s of n elements, a multiple of %d.", o.op, g.lanes(e)), g.bits, ptrs("dst", "a"))
			fn.Load("dst", 0, "DI")
			fn.Load("a", 1, "SI")
			fn.Load("n", 2, "CX")
			d, a := stream{"DI", e.size}, stream{"SI", e.size}
			k := fn.Vec()
			if o.k64 != 0 {
				c := g.Const(o.k64)
				if e.size == 4 {
					c = g.Const32(o.k32)
				}
				fn.I("VMOVUPD", c, k)
			}
			base := fn.Mark()
			g.loop(fn, g.lanes(e), []stream{d, a}, func(v int) {
				fn.Release(base + 2*v)
				x, r := fn.Vec(), fn.Vec()
				fn.I(g.move(), mem(a, g.lanes(e), v), x)
				o.emit(fn, e, x, r, k)
				fn.I(g.move(), r, mem(d, g.lanes(e), v))
			})
			fn.Ret()
			fmt.Fprintf(&g.reg.unary, "\t{%s, dtype.%s, %d, %d, %d, %s},\n", o.op, e.dtype, g.lanes(e), e.size, e.size, name)
		}
	}
}

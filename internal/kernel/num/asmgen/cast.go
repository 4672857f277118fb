package main

import "fmt"

// casts writes the conversions that are one instruction: a vector of the wider type at a time.
func (g *gen) casts() {
	for _, c := range []struct {
		from, to        string
		inSize, outSize int
		mnemonic        string
		narrow, only512 bool
	}{
		{"Float32", "Float64", 4, 8, "VCVTPS2PD", false, false},
		{"Float64", "Float32", 8, 4, "VCVTPD2PS", true, false},
		{"Int32", "Float64", 4, 8, "VCVTDQ2PD", false, false},
		{"Int32", "Float32", 4, 4, "VCVTDQ2PS", false, false},
		{"Int32", "Int64", 4, 8, "VPMOVSXDQ", false, false},
		{"Uint32", "Int64", 4, 8, "VPMOVZXDQ", false, false},
		{"Int64", "Float64", 8, 8, "VCVTQQ2PD", false, true},
		{"Uint64", "Float64", 8, 8, "VCVTUQQ2PD", false, true},
		{"Uint8", "Int64", 1, 8, "VPMOVZXBQ", false, false},
		{"Bool", "Int64", 1, 8, "VPMOVZXBQ", false, false},
		{"Uint8", "Int32", 1, 4, "VPMOVZXBD", false, false},
		{"Uint8", "Float32", 1, 4, "VPMOVZXBD+VCVTDQ2PS", false, false},
		{"Uint8", "Float64", 1, 8, "VPMOVZXBD+VCVTDQ2PD", false, false},
		{"Bool", "Float64", 1, 8, "VPMOVZXBD+VCVTDQ2PD", false, false},
	} {
		if c.only512 && g.bits != 512 {
			continue
		}
		lanes := g.bits / 8 / max(c.inSize, c.outSize)
		name := fmt.Sprintf("cast%sTo%s%d", c.from, c.to, g.bits)
		fn := g.Func(name, fmt.Sprintf("converts n elements, a multiple of %d.", lanes), g.bits, ptrs("dst", "a"))
		fn.Load("dst", 0, "DI")
		fn.Load("a", 1, "SI")
		fn.Load("n", 2, "CX")
		d, a := stream{"DI", c.outSize}, stream{"SI", c.inSize}
		half := map[int]string{256: "X", 512: "Y"}[g.bits]
		g.loop(fn, lanes, []stream{d, a}, func(v int) {
			full, part := fn.V(v), fmt.Sprintf("%s%d", half, v)
			src, dst := mem(a, lanes, v), mem(d, lanes, v)
			switch {
			case c.narrow:
				fn.I("VMOVUPD", src, full)
				fn.I(map[int]string{256: c.mnemonic + "Y", 512: c.mnemonic}[g.bits], full, part)
				fn.I("VMOVUPS", part, dst)
			case c.mnemonic == "VPMOVZXBD+VCVTDQ2PS":
				fn.I("VPMOVZXBD", src, full)
				fn.I("VCVTDQ2PS", full, full)
				fn.I("VMOVUPS", full, dst)
			case c.mnemonic == "VPMOVZXBD+VCVTDQ2PD":
				fn.I("VPMOVZXBD", src, part)
				fn.I("VCVTDQ2PD", part, full)
				fn.I("VMOVUPD", full, dst)
			default:
				fn.I(c.mnemonic, src, full)
				fn.I("VMOVUPD", full, dst)
			}
		})
		fn.Ret()
		fmt.Fprintf(&g.reg.casts, "\t{dtype.%s, dtype.%s, %d, %d, %d, %s},\n", c.from, c.to, lanes, c.inSize, c.outSize, name)
	}
}

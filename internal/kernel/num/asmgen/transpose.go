package main

import (
	"fmt"

	"sheaf/internal/kernel/asm"
)

// transposes writes dst[r][c] = src[c][r] in square blocks; rows and columns are multiples of the block.
func (g *gen) transposes() {
	if g.bits == 512 {
		g.transpose("transpose64x8", 8, 8, transpose8x8)
		return
	}
	g.transpose("transpose64x4", 4, 8, transpose4x4)
	g.transpose("transpose32x8", 8, 4, transpose8x8of4)
}

// transpose writes the loops around one block: R12 and R13 are the block's first rows in src and dst.
func (g *gen) transpose(name string, block, size int, body func(fn *asm.Func, load, store func(i int) string)) {
	fn := g.Func(name, fmt.Sprintf("transposes blocks of %d × %d elements of %d bytes: dst[r*drs+c] = src[c*srs+r];\nrows and cols are positive multiples of %d.", block, block, size, block), g.bits,
		[]asm.Arg{{Name: "dst", Type: "unsafe.Pointer"}, {Name: "drs", Type: "int"}, {Name: "src", Type: "unsafe.Pointer"}, {Name: "srs", Type: "int"}, {Name: "rows", Type: "int"}, {Name: "cols", Type: "int"}})
	fn.Load("dst", 0, "DI")
	fn.Load("drs", 1, "R8")
	fn.Load("src", 2, "SI")
	fn.Load("srs", 3, "R9")
	fn.Load("rows", 4, "DX")
	fn.Load("cols", 5, "CX")
	shift := map[int]string{8: "$3", 4: "$2"}[size]
	fn.I("SHLQ", shift, "R8")
	fn.I("SHLQ", shift, "R9")
	// Multiples of the strides: index*3, *5, *7 in registers that addressing modes can use.
	fn.I("LEAQ", "(R8)(R8*2)", "AX")
	fn.I("LEAQ", "(R9)(R9*2)", "BX")
	cols, rows := fn.NewLabel("cols"), fn.NewLabel("rows")
	fn.Label(cols) // over blocks of columns of dst: rows of src
	fn.I("MOVQ", "SI", "R12")
	fn.I("MOVQ", "DI", "R13")
	fn.I("MOVQ", "DX", "R11")
	fn.Label(rows)
	at := func(base, half, stride, three string) func(i int) string {
		return func(i int) string {
			b := base
			if i >= 4 {
				b = half
			}
			switch i % 4 {
			case 1:
				return fmt.Sprintf("(%s)(%s*1)", b, stride)
			case 2:
				return fmt.Sprintf("(%s)(%s*2)", b, stride)
			case 3:
				return fmt.Sprintf("(%s)(%s*1)", b, three)
			}
			return fmt.Sprintf("(%s)", b)
		}
	}
	if block == 8 {
		fn.I("LEAQ", "(R12)(R9*4)", "R10")
		fn.I("LEAQ", "(R13)(R8*4)", "R15")
	}
	body(fn, at("R12", "R10", "R9", "BX"), at("R13", "R15", "R8", "AX"))
	fn.I("ADDQ", fmt.Sprintf("$%d", block*size), "R12")
	fn.I("LEAQ", fmt.Sprintf("(R13)(R8*%d)", block), "R13")
	fn.I("SUBQ", fmt.Sprintf("$%d", block), "R11")
	fn.I("JNZ", rows)
	fn.I("LEAQ", fmt.Sprintf("(SI)(R9*%d)", block), "SI")
	fn.I("ADDQ", fmt.Sprintf("$%d", block*size), "DI")
	fn.I("SUBQ", fmt.Sprintf("$%d", block), "CX")
	fn.I("JNZ", cols)
	fn.Ret()
}

// transpose8x8 transposes eight rows of eight 64-bit elements: pairs, then pairs of 128 bits, then of 256.
func transpose8x8(fn *asm.Func, load, store func(i int) string) {
	for i := range 8 {
		fn.I("VMOVUPD", load(i), fn.V(i))
	}
	for i := 0; i < 8; i += 2 {
		fn.I("VUNPCKLPD", fn.V(i+1), fn.V(i), fn.V(8+i))
		fn.I("VUNPCKHPD", fn.V(i+1), fn.V(i), fn.V(9+i))
	}
	// V8+i: rows i,i+1; even columns in V8,V10,…, odd ones in V9,V11,…; lanes of 128 bits hold column pairs.
	for i := range 2 {
		fn.I("VSHUFF64X2", "$0x88", fn.V(10+i), fn.V(8+i), fn.V(16+i))  // columns 0,4 (1,5) of rows 0-3
		fn.I("VSHUFF64X2", "$0xdd", fn.V(10+i), fn.V(8+i), fn.V(18+i))  // columns 2,6 (3,7)
		fn.I("VSHUFF64X2", "$0x88", fn.V(14+i), fn.V(12+i), fn.V(20+i)) // the same of rows 4-7
		fn.I("VSHUFF64X2", "$0xdd", fn.V(14+i), fn.V(12+i), fn.V(22+i))
	}
	for i := range 2 {
		fn.I("VSHUFF64X2", "$0x88", fn.V(20+i), fn.V(16+i), fn.V(i))
		fn.I("VSHUFF64X2", "$0xdd", fn.V(20+i), fn.V(16+i), fn.V(4+i))
		fn.I("VSHUFF64X2", "$0x88", fn.V(22+i), fn.V(18+i), fn.V(2+i))
		fn.I("VSHUFF64X2", "$0xdd", fn.V(22+i), fn.V(18+i), fn.V(6+i))
	}
	for i := range 8 {
		fn.I("VMOVUPD", fn.V(i), store(i))
	}
}

func transpose4x4(fn *asm.Func, load, store func(i int) string) {
	for i := range 4 {
		fn.I("VMOVUPD", load(i), fn.V(i))
	}
	for i := 0; i < 4; i += 2 {
		fn.I("VUNPCKLPD", fn.V(i+1), fn.V(i), fn.V(4+i))
		fn.I("VUNPCKHPD", fn.V(i+1), fn.V(i), fn.V(5+i))
	}
	fn.I("VPERM2F128", "$0x20", fn.V(6), fn.V(4), fn.V(0))
	fn.I("VPERM2F128", "$0x20", fn.V(7), fn.V(5), fn.V(1))
	fn.I("VPERM2F128", "$0x31", fn.V(6), fn.V(4), fn.V(2))
	fn.I("VPERM2F128", "$0x31", fn.V(7), fn.V(5), fn.V(3))
	for i := range 4 {
		fn.I("VMOVUPD", fn.V(i), store(i))
	}
}

// transpose8x8of4 transposes eight rows of eight 32-bit elements.
func transpose8x8of4(fn *asm.Func, load, store func(i int) string) {
	for i := range 8 {
		fn.I("VMOVUPS", load(i), fn.V(i))
	}
	for i := 0; i < 8; i += 2 {
		fn.I("VUNPCKLPS", fn.V(i+1), fn.V(i), fn.V(8+i))
		fn.I("VUNPCKHPS", fn.V(i+1), fn.V(i), fn.V(9+i))
	}
	for i := 0; i < 8; i += 4 {
		for h := range 2 { // low, high halves of the pairs
			fn.I("VUNPCKLPD", fn.V(10+i+h), fn.V(8+i+h), fn.V(i+2*h))
			fn.I("VUNPCKHPD", fn.V(10+i+h), fn.V(8+i+h), fn.V(i+2*h+1))
		}
	}
	for i := range 4 {
		fn.I("VPERM2F128", "$0x20", fn.V(4+i), fn.V(i), fn.V(8+i))
		fn.I("VPERM2F128", "$0x31", fn.V(4+i), fn.V(i), fn.V(12+i))
	}
	for i := range 8 {
		fn.I("VMOVUPS", fn.V(8+i), store(i))
	}
}

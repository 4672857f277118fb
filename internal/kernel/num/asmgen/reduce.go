package main

import (
	"fmt"

	"sheaf/internal/kernel/asm"
)

// sums writes the sums of rows into 32 lanes: vector j of a block of 32 elements goes to lanes 8j to 8j+7, whatever the
// width of the vectors.
func (g *gen) sums() {
	for _, e := range []elem{f64, f32} {
		g.laneSum("sumLanes"+e.name, "adds n elements, a positive multiple of 32, to the 32 lanes in float64.", e, false)
	}
	g.laneSum("sqdLanesF64", "adds the squares of x - mean to the 32 lanes, n a positive multiple of 32.", f64, true)
	g.byteSum()
}

func (g *gen) laneSum(name, doc string, e elem, squares bool) {
	args := []asm.Arg{{Name: "p", Type: "unsafe.Pointer"}, {Name: "n", Type: "int"}, {Name: "lanes", Type: "unsafe.Pointer"}}
	if squares {
		args = append(args, asm.Arg{Name: "mean", Type: "float64"})
	}
	fn := g.Func(fmt.Sprintf("%s%d", name, g.bits), doc, g.bits, args)
	fn.Load("p", 0, "SI")
	fn.Load("n", 1, "CX")
	fn.Load("lanes", 2, "DI")
	wide := g.bits / 64
	acc := fn.Vecs(32 / wide)
	mean, x := "", fn.Vec()
	if squares {
		mean = fn.Vec()
		fn.I("VBROADCASTSD", "mean+24(FP)", mean)
	}
	for i, r := range acc {
		fn.I("VMOVUPD", fmt.Sprintf("%d(DI)", g.bits/8*i), r)
	}
	loop := fn.NewLabel("loop")
	fn.Label(loop)
	for i, r := range acc {
		src := fmt.Sprintf("%d(SI)", i*wide*e.size)
		switch {
		case squares:
			fn.I("VMOVUPD", src, x)
			fn.I("VSUBPD", mean, x, x)
			fn.I("VMULPD", x, x, x)
			fn.I("VADDPD", x, r, r)
		case e.size == 4:
			fn.I("VCVTPS2PD", src, x)
			fn.I("VADDPD", x, r, r)
		default:
			fn.I("VADDPD", src, r, r)
		}
	}
	fn.I("ADDQ", fmt.Sprintf("$%d", 32*e.size), "SI")
	fn.I("SUBQ", "$32", "CX")
	fn.I("JNZ", loop)
	for i, r := range acc {
		fn.I("VMOVUPD", r, fmt.Sprintf("%d(DI)", g.bits/8*i))
	}
	fn.Ret()
}

// byteSum adds bytes by their sums of absolute differences from zero.
func (g *gen) byteSum() {
	fn := g.Func(fmt.Sprintf("sumBytes%d", g.bits), "returns the sum of n unsigned bytes, a positive multiple of 64.", g.bits,
		[]asm.Arg{{Name: "p", Type: "unsafe.Pointer"}, {Name: "n", Type: "int"}, {Name: "out", Type: "unsafe.Pointer"}})
	fn.Load("p", 0, "SI")
	fn.Load("n", 1, "CX")
	fn.Load("out", 2, "DI")
	acc, zero, x := fn.Vec(), fn.Vec(), fn.Vec()
	xor := map[int]string{256: "VPXOR", 512: "VPXORQ"}[g.bits]
	fn.I(xor, acc, acc, acc)
	fn.I(xor, zero, zero, zero)
	loop := fn.NewLabel("loop")
	fn.Label(loop)
	for off := 0; off < 64; off += g.bits / 8 {
		fn.I("VPSADBW", fmt.Sprintf("%d(SI)", off), zero, x)
		fn.I("VPADDQ", x, acc, acc)
	}
	fn.I("ADDQ", "$64", "SI")
	fn.I("SUBQ", "$64", "CX")
	fn.I("JNZ", loop)
	fn.I("VMOVUPD", acc, "(DI)")
	fn.Ret()
}

// extremes writes the minimum and maximum of rows: of all lanes, and ones in the lanes where a NaN was seen.
func (g *gen) extremes() {
	for _, e := range []elem{f64, f32} {
		for _, op := range []string{"MIN", "MAX"} {
			lanes := g.lanes(e)
			fn := g.Func(fmt.Sprintf("%sLanes%s%d", map[string]string{"MIN": "min", "MAX": "max"}[op], e.name, g.bits),
				fmt.Sprintf("writes the extremes of the lanes of n elements, a positive multiple of %d,\nthen bits that are set where the lane had a NaN.", 4*lanes), g.bits,
				[]asm.Arg{{Name: "p", Type: "unsafe.Pointer"}, {Name: "n", Type: "int"}, {Name: "out", Type: "unsafe.Pointer"}})
			fn.Load("p", 0, "SI")
			fn.Load("n", 1, "CX")
			fn.Load("out", 2, "DI")
			acc, x, bad := fn.Vecs(4), fn.Vecs(4), fn.Vec()
			for i, r := range acc {
				fn.I("VMOVUPD", fmt.Sprintf("%d(SI)", g.bits/8*i), r)
			}
			if g.bits == 512 {
				fn.I("KXORW", "K2", "K2", "K2")
			} else {
				fn.I("VXORPD", bad, bad, bad)
			}
			loop := fn.NewLabel("loop")
			fn.Label(loop)
			for i, r := range acc {
				fn.I("VMOVUPD", fmt.Sprintf("%d(SI)", g.bits/8*i), x[i])
				fn.I("V"+op+e.suffix, x[i], r, r)
			}
			for i := 0; i < 4; i += 2 { // unordered if either is NaN
				if g.bits == 512 {
					fn.I("VCMP"+e.suffix, "$3", x[i], x[i+1], "K1")
					fn.I("KORW", "K1", "K2", "K2")
				} else {
					fn.I("VCMP"+e.suffix, "$3", x[i], x[i+1], x[i])
					fn.I("VORPD", x[i], bad, bad)
				}
			}
			fn.I("ADDQ", fmt.Sprintf("$%d", 4*g.bits/8), "SI")
			fn.I("SUBQ", fmt.Sprintf("$%d", 4*lanes), "CX")
			fn.I("JNZ", loop)
			for _, pair := range [][2]int{{0, 1}, {2, 3}, {0, 2}} {
				fn.I("V"+op+e.suffix, acc[pair[1]], acc[pair[0]], acc[pair[0]])
			}
			fn.I("VMOVUPD", acc[0], "(DI)")
			if g.bits == 512 {
				fn.I("KMOVW", "K2", "AX")
			} else {
				fn.I("VMOVMSK"+e.suffix, bad, "AX")
			}
			fn.I("MOVQ", "AX", fmt.Sprintf("%d(DI)", g.bits/8))
			fn.Ret()
		}
	}
}

// columns writes the reductions of columns: several vectors of columns at a time, over all rows of the tile.
func (g *gen) columns() {
	g.addColumns()
	g.colMoments()
}

// columnLoop writes the loop over the columns, in groups of vectors. SI is the first row, R8 the bytes between rows, R9
// the rows; body gets the byte offsets of the vectors of a group.
func (g *gen) columnLoop(fn *asm.Func, group int, body func(vectors int)) {
	wide := g.bits / 64
	for _, n := range []int{group, 1} {
		head, next := fn.NewLabel("cols"), fn.NewLabel("next")
		fn.Label(head)
		fn.I("CMPQ", "CX", fmt.Sprintf("$%d", n*wide))
		fn.I("JLT", next)
		body(n)
		for _, r := range []string{"SI", "DI", "DX"} {
			fn.I("ADDQ", fmt.Sprintf("$%d", n*g.bits/8), r)
		}
		fn.I("SUBQ", fmt.Sprintf("$%d", n*wide), "CX")
		fn.I("JMP", head)
		fn.Label(next)
	}
}

// rowLoop writes a loop over the rows: R10 walks down, R11 counts.
func rowLoop(fn *asm.Func, from string, body func()) {
	loop, end := fn.NewLabel("rows"), fn.NewLabel("rowsend")
	fn.I("MOVQ", "SI", "R10")
	fn.I("MOVQ", "R9", "R11")
	if from == "second" {
		fn.I("ADDQ", "R8", "R10")
		fn.I("DECQ", "R11")
		fn.I("JZ", end)
	}
	fn.Label(loop)
	body()
	fn.I("ADDQ", "R8", "R10")
	fn.I("DECQ", "R11")
	fn.I("JNZ", loop)
	fn.Label(end)
}

func (g *gen) addColumns() {
	fn := g.Func(fmt.Sprintf("addColumns%d", g.bits), fmt.Sprintf("adds the columns of rows × cols float64, rs elements apart, to acc; cols a multiple of %d.", g.bits/64), g.bits,
		[]asm.Arg{{Name: "acc", Type: "unsafe.Pointer"}, {Name: "p", Type: "unsafe.Pointer"}, {Name: "rs", Type: "int"}, {Name: "rows", Type: "int"}, {Name: "cols", Type: "int"}})
	fn.Load("acc", 0, "DI")
	fn.Load("p", 1, "SI")
	fn.Load("rs", 2, "R8")
	fn.Load("rows", 3, "R9")
	fn.Load("cols", 4, "CX")
	fn.I("SHLQ", "$3", "R8")
	s := fn.Vecs(8)
	off := func(i int, reg string) string { return fmt.Sprintf("%d(%s)", i*g.bits/8, reg) }
	g.columnLoop(fn, len(s), func(n int) {
		for i := range n {
			fn.I("VMOVUPD", off(i, "SI"), s[i])
		}
		rowLoop(fn, "second", func() {
			for i := range n {
				fn.I("VADDPD", off(i, "R10"), s[i], s[i])
			}
		})
		for i := range n {
			fn.I("VADDPD", off(i, "DI"), s[i], s[i])
			fn.I("VMOVUPD", s[i], off(i, "DI"))
		}
	})
	fn.Ret()
}

func (g *gen) colMoments() {
	fn := g.Func(fmt.Sprintf("colMoments%d", g.bits), fmt.Sprintf("merges the moments of columns, as colMomentsGo does; cols a multiple of %d.", g.bits/64), g.bits,
		[]asm.Arg{
			{Name: "mean", Type: "unsafe.Pointer"},
			{Name: "m2", Type: "unsafe.Pointer"},
			{Name: "p", Type: "unsafe.Pointer"},
			{Name: "rs", Type: "int"},
			{Name: "rows", Type: "int"},
			{Name: "cols", Type: "int"},
			{Name: "inv", Type: "float64"},
			{Name: "w", Type: "float64"},
			{Name: "f", Type: "float64"},
		})
	fn.Load("mean", 0, "DI")
	fn.Load("m2", 1, "DX")
	fn.Load("p", 2, "SI")
	fn.Load("rs", 3, "R8")
	fn.Load("rows", 4, "R9")
	fn.Load("cols", 5, "CX")
	fn.I("SHLQ", "$3", "R8")
	inv, w, f := fn.Vec(), fn.Vec(), fn.Vec()
	fn.I("VBROADCASTSD", "inv+48(FP)", inv)
	fn.I("VBROADCASTSD", "w+56(FP)", w)
	fn.I("VBROADCASTSD", "f+64(FP)", f)
	group := 4
	s, q, t := fn.Vecs(group), fn.Vecs(group), fn.Vecs(group)
	off := func(i int, reg string) string { return fmt.Sprintf("%d(%s)", i*g.bits/8, reg) }
	g.columnLoop(fn, group, func(n int) {
		for i := range n {
			fn.I("VMOVUPD", off(i, "SI"), s[i])
			fn.I("VXORPD", q[i], q[i], q[i])
		}
		rowLoop(fn, "second", func() {
			for i := range n {
				fn.I("VADDPD", off(i, "R10"), s[i], s[i])
			}
		})
		for i := range n {
			fn.I("VMULPD", inv, s[i], s[i])
		}
		rowLoop(fn, "first", func() {
			for i := range n {
				fn.I("VMOVUPD", off(i, "R10"), t[i])
				fn.I("VSUBPD", s[i], t[i], t[i])
				fn.I("VMULPD", t[i], t[i], t[i])
				fn.I("VADDPD", t[i], q[i], q[i])
			}
		})
		for i := range n {
			fn.I("VMOVUPD", off(i, "DI"), t[i])
			fn.I("VSUBPD", t[i], s[i], s[i]) // the difference of the means
			fn.I("VMULPD", w, s[i], t[i])
			fn.I("VADDPD", off(i, "DI"), t[i], t[i])
			fn.I("VMOVUPD", t[i], off(i, "DI"))
			fn.I("VMULPD", s[i], s[i], s[i])
			fn.I("VMULPD", f, s[i], s[i])
			fn.I("VADDPD", s[i], q[i], q[i])
			fn.I("VADDPD", off(i, "DX"), q[i], q[i])
			fn.I("VMOVUPD", q[i], off(i, "DX"))
		}
	})
	fn.Ret()
}

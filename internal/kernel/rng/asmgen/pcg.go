package main

import (
	"fmt"

	"sheaf/internal/kernel/asm"
)

// pcgKernel writes the loop over a block of 32 states. The lanes argument points to 32×3 limbs (vector-major: for each
// vector its low, middle and high limbs) followed by the 3 limbs of the multiplier and the 3 of the increment; the states
// are those of the first 32 outputs, and are written back moved on by n.
func pcgKernel(f *asm.File, name, doc string, uniform bool) {
	args := []asm.Arg{{Name: "dst", Type: "unsafe.Pointer"}, {Name: "lanes", Type: "unsafe.Pointer"}, {Name: "n", Type: "int"}}
	if uniform {
		args = append(args, asm.Arg{Name: "low", Type: "float64"}, asm.Arg{Name: "scale", Type: "float64"})
	}
	fn := f.Func(name, doc, 512, args)
	fn.Load("dst", 0, "DI")
	fn.Load("lanes", 1, "SI")
	fn.Load("n", 2, "CX")
	states := make([][]string, vectors)
	for v := range states {
		states[v] = fn.Vecs(3)
		for l, r := range states[v] {
			fn.I("VMOVDQU64", fmt.Sprintf("%d(SI)", 64*(3*v+l)), r)
		}
	}
	m, c := fn.Vecs(3), fn.Vecs(3)
	for l := range 3 {
		fn.I("VPBROADCASTQ", fmt.Sprintf("%d(SI)", 64*3*vectors+8*l), m[l])
		fn.I("VPBROADCASTQ", fmt.Sprintf("%d(SI)", 64*3*vectors+24+8*l), c[l])
	}
	mask, mask40 := fn.Vec(), fn.Vec()
	fn.I("VMOVDQU64", f.Const(1<<52-1), mask)
	fn.I("VMOVDQU64", f.Const(1<<40-1), mask40)
	var low, scale string
	if uniform {
		low, scale = fn.Vec(), fn.Vec()
		fn.I("VBROADCASTSD", "low+24(FP)", low)
		fn.I("VBROADCASTSD", "scale+32(FP)", scale)
	}
	fn.Label(name + "loop")
	mark := fn.Mark()
	for v, s := range states {
		fn.Release(mark)
		emitOutput(fn, s, mask, mask40, fmt.Sprintf("%d(DI)", 64*v), low, scale)
	}
	for v := range states {
		fn.Release(mark)
		if v%2 == 1 {
			fn.Vecs(3) // two sets of temporaries, so that neighbours do not wait for each other
		}
		emitStep(fn, states[v], m, c)
	}
	fn.Release(mark)
	fn.I("ADDQ", fmt.Sprintf("$%d", 64*vectors), "DI")
	fn.I("SUBQ", fmt.Sprintf("$%d", 8*vectors), "CX")
	fn.I("JNZ", name+"loop")
	for v := range states {
		for l, r := range states[v] {
			fn.I("VMOVDQU64", r, fmt.Sprintf("%d(SI)", 64*(3*v+l)))
		}
	}
	fn.Ret()
}

// emitOutput stores the XSL-RR output of the states s, as raw bits or as a float64.
func emitOutput(fn *asm.Func, s []string, mask, mask40, dst, low, scale string) {
	lo, hi, t := fn.Vec(), fn.Vec(), fn.Vec()
	fn.I("VPSLLQ", "$52", s[1], lo)
	fn.I("VPTERNLOGQ", "$0xF8", mask, s[0], lo) // lo = lo | (s0 & mask)
	fn.I("VPSRLQ", "$12", s[1], t)
	fn.I("VPSLLQ", "$40", s[2], hi)
	fn.I("VPTERNLOGQ", "$0xF8", mask40, t, hi)
	fn.I("VPXORQ", lo, hi, lo)
	fn.I("VPSRLQ", "$58", hi, hi)
	fn.I("VPRORVQ", hi, lo, lo)
	if low != "" {
		fn.I("VPSRLQ", "$11", lo, lo)
		fn.I("VCVTUQQ2PD", lo, lo)
		fn.I("VMULPD", scale, lo, lo)
		fn.I("VADDPD", low, lo, lo)
	}
	fn.I("VMOVDQU64", lo, dst)
}

// emitStep replaces the limbs s by those of s*m + c. Limbs may keep bits above their width: VPMADD52 reads the low 52
// bits only, and emitOutput masks.
func emitStep(fn *asm.Func, s, m, c []string) {
	t := fn.Vecs(3)
	for l := range 3 {
		fn.I("VMOVDQA64", c[l], t[l])
	}
	fn.I("VPMADD52LUQ", s[0], m[0], t[0])
	fn.I("VPMADD52HUQ", s[0], m[0], t[1])
	fn.I("VPMADD52LUQ", s[0], m[1], t[1])
	fn.I("VPMADD52HUQ", s[0], m[1], t[2])
	fn.I("VPMADD52LUQ", s[1], m[0], t[1])
	fn.I("VPMADD52HUQ", s[1], m[0], t[2])
	fn.I("VPMADD52LUQ", s[0], m[2], t[2])
	fn.I("VPMADD52LUQ", s[1], m[1], t[2])
	fn.I("VPMADD52LUQ", s[2], m[0], t[2])
	// Carries: s[0] is free as a temporary from here on.
	fn.I("VPSRLQ", "$52", t[0], s[0])
	fn.I("VPADDQ", s[0], t[1], s[1])
	fn.I("VPSRLQ", "$52", s[1], s[0])
	fn.I("VPADDQ", s[0], t[2], s[2])
	fn.I("VMOVDQA64", t[0], s[0])
}

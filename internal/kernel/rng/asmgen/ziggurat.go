package main

import "sheaf/internal/kernel/asm"

// normalKernel writes the accepting part of the normal ziggurat: eight raw words at a time become eight normals, until a
// word falls outside of its layer's box (0.7 % of them) or fewer than eight are left.
func normalKernel(f *asm.File) {
	fn := f.Func("normalZigguratAVX512",
		"makes normals of raw words until one needs the slow path, and returns how many are done.\n"+
			"At least n elements of dst may be written beyond what is reported.", 512,
		[]asm.Arg{
			{Name: "dst", Type: "unsafe.Pointer"},
			{Name: "raw", Type: "unsafe.Pointer"},
			{Name: "n", Type: "int"},
			{Name: "k", Type: "unsafe.Pointer"},
			{Name: "w", Type: "unsafe.Pointer"},
		}, asm.Arg{Name: "done", Type: "int"})
	prologue(fn)
	r, idx, rabs, x, w, k, sign := fn.Vec(), fn.Vec(), fn.Vec(), fn.Vec(), fn.Vec(), fn.Vec(), fn.Vec()
	low8, mask52, signBit := fn.Vec(), fn.Vec(), fn.Vec()
	fn.I("VMOVDQU64", f.Const(0xff), low8)
	fn.I("VMOVDQU64", f.Const(1<<52-1), mask52)
	fn.I("VMOVDQU64", f.Const(1<<63), signBit)
	begin(fn, "normal")
	fn.I("VMOVDQU64", "(SI)(AX*8)", r)
	fn.I("VPANDQ", low8, r, idx)
	gather(fn, idx, w, k)
	fn.I("VPSRLQ", "$9", r, rabs)
	fn.I("VPANDQ", mask52, rabs, rabs)
	fn.I("VCVTUQQ2PD", rabs, x)
	fn.I("VMULPD", w, x, x)
	fn.I("VPSLLQ", "$55", r, sign) // bit 8 is the sign
	fn.I("VPTERNLOGQ", "$0x78", signBit, sign, x)
	fn.I("VMOVDQU64", x, "(DI)(AX*8)")
	finish(fn, "normal", rabs, k)
}

// expKernel is the same for the exponential distribution.
func expKernel(f *asm.File) {
	fn := f.Func("expZigguratAVX512",
		"makes exponentials of raw words until one needs the slow path, and returns how many are done.\n"+
			"At least n elements of dst may be written beyond what is reported.", 512,
		[]asm.Arg{
			{Name: "dst", Type: "unsafe.Pointer"},
			{Name: "raw", Type: "unsafe.Pointer"},
			{Name: "n", Type: "int"},
			{Name: "k", Type: "unsafe.Pointer"},
			{Name: "w", Type: "unsafe.Pointer"},
		}, asm.Arg{Name: "done", Type: "int"})
	prologue(fn)
	r, idx, x, w, k, low8 := fn.Vec(), fn.Vec(), fn.Vec(), fn.Vec(), fn.Vec(), fn.Vec()
	fn.I("VMOVDQU64", f.Const(0xff), low8)
	begin(fn, "exp")
	fn.I("VMOVDQU64", "(SI)(AX*8)", r)
	fn.I("VPSRLQ", "$3", r, r)
	fn.I("VPANDQ", low8, r, idx)
	gather(fn, idx, w, k)
	fn.I("VPSRLQ", "$8", r, r)
	fn.I("VCVTUQQ2PD", r, x)
	fn.I("VMULPD", w, x, x)
	fn.I("VMOVDQU64", x, "(DI)(AX*8)")
	finish(fn, "exp", r, k)
}

func prologue(fn *asm.Func) {
	fn.Load("dst", 0, "DI")
	fn.Load("raw", 1, "SI")
	fn.Load("n", 2, "CX")
	fn.Load("k", 3, "R8")
	fn.Load("w", 4, "R9")
	fn.I("XORQ", "AX", "AX")
	fn.I("SUBQ", "$8", "CX")
}

// begin opens the loop: AX is the element, CX the last at which a whole vector fits.
func begin(fn *asm.Func, name string) {
	fn.Label(name + "loop")
	fn.I("CMPQ", "AX", "CX")
	fn.I("JGT", name+"end")
}

// gather looks the layers idx up in both tables.
func gather(fn *asm.Func, idx, w, k string) {
	fn.I("KXNORW", "K0", "K0", "K1")
	fn.I("KXNORW", "K0", "K0", "K2")
	fn.I("VPXORQ", w, w, w)
	fn.I("VPXORQ", k, k, k)
	fn.I("VGATHERQPD", "(R9)("+idx+"*8)", "K1", w)
	fn.I("VPGATHERQQ", "(R8)("+idx+"*8)", "K2", k)
}

// finish closes the loop: all eight below their bound k goes on, otherwise the number of leading ones is added and the
// function returns.
func finish(fn *asm.Func, name, value, k string) {
	fn.I("VPCMPUQ", "$1", k, value, "K3") // value < k
	fn.I("KMOVW", "K3", "DX")
	fn.I("CMPL", "DX", "$0xff")
	fn.I("JNE", name+"reject")
	fn.I("ADDQ", "$8", "AX")
	fn.I("JMP", name+"loop")
	fn.Label(name + "reject")
	fn.I("NOTL", "DX")
	fn.I("BSFL", "DX", "DX")
	fn.I("ADDQ", "DX", "AX")
	fn.Label(name + "end")
	fn.I("MOVQ", "AX", "done+40(FP)")
	fn.Ret()
}

package main

import (
	"fmt"

	"sheaf/internal/kernel/asm"
)

// streamCopy writes a copy that goes past the caches: the destination is not read first, and does not push out what is
// there.
func (g *gen) streamCopy() {
	fn := g.Func(fmt.Sprintf("streamCopy%d", g.bits), "copies n bytes, a positive multiple of 256, to dst, which is aligned to 64 bytes, past the caches.", g.bits,
		[]asm.Arg{{Name: "dst", Type: "unsafe.Pointer"}, {Name: "src", Type: "unsafe.Pointer"}, {Name: "n", Type: "int"}})
	fn.Load("dst", 0, "DI")
	fn.Load("src", 1, "SI")
	fn.Load("n", 2, "CX")
	loop := fn.NewLabel("loop")
	fn.Label(loop)
	step := g.bits / 8
	for i := range 256 / step {
		fn.I("VMOVUPD", fmt.Sprintf("%d(SI)", i*step), fn.V(i))
	}
	for i := range 256 / step {
		fn.I("VMOVNTPD", fn.V(i), fmt.Sprintf("%d(DI)", i*step))
	}
	fn.I("ADDQ", "$256", "SI")
	fn.I("ADDQ", "$256", "DI")
	fn.I("SUBQ", "$256", "CX")
	fn.I("JNZ", loop)
	fn.I("SFENCE")
	fn.Ret()
}

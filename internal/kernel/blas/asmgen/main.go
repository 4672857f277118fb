// Command asmgen writes the micro-kernels of the matrix product, for AVX2 and for AVX-512, for float64 and float32.
//
// A micro-kernel holds a tile of the result in registers, rows × vectors, and adds the product of a packed panel of rows and a
// packed panel of columns to it: for every step of the inner dimension it loads the vectors of the columns' panel once and
// multiplies them with each element of the rows' panel.
package main

import (
	"fmt"
	"log/slog"
	"os"

	"sheaf/internal/kernel/asm"
)

// tile is the shape of a kernel.
type tile struct {
	name    string
	bits    int
	suffix  string // of instructions
	size    int    // bytes of an element
	rows    int
	vectors int
}

var tiles = []tile{
	{"gemm64AVX2", 256, "D", 8, 4, 3},
	{"gemm32AVX2", 256, "S", 4, 4, 3},
	{"gemm64AVX512", 512, "D", 8, 8, 3},
	{"gemm32AVX512", 512, "S", 4, 8, 3},
}

// unroll is how many steps of the inner dimension one round of the loop takes.
const unroll = 4

func main() {
	f := asm.New("blas", "internal/kernel/blas/asmgen", "amd64 && !purego")
	for _, t := range tiles {
		t.write(f)
	}
	if err := f.Write("kernels_amd64.s", "kernels_amd64_gen.go"); err != nil {
		slog.Error(err.Error())
		os.Exit(1)
	}
}

func (t tile) write(f *asm.File) {
	doc := fmt.Sprintf("adds the product of k columns of %d rows and k rows of %d columns to c, whose rows are ldc bytes apart.\n"+
		"With add 0 it sets c to the product.", t.rows, t.vectors*t.bits/8/t.size)
	fn := f.Func(t.name, doc, t.bits, []asm.Arg{
		{Name: "k", Type: "int"},
		{Name: "a", Type: "unsafe.Pointer"},
		{Name: "b", Type: "unsafe.Pointer"},
		{Name: "c", Type: "unsafe.Pointer"},
		{Name: "ldc", Type: "int"},
		{Name: "add", Type: "int"},
	})
	for i, r := range []string{"AX", "BX", "CX", "DX", "SI", "DI"} {
		fn.Load([]string{"k", "a", "b", "c", "ldc", "add"}[i], i, r)
	}
	var acc [][]string
	for range t.rows {
		acc = append(acc, fn.Vecs(t.vectors))
	}
	cols := fn.Vecs(t.vectors)
	spare := fn.Vecs(min(2, (map[int]int{256: 16, 512: 32})[t.bits]-t.rows*t.vectors-t.vectors))
	fn.I("MOVQ", "DX", "R8")
	for _, row := range acc {
		for v, r := range row {
			fn.I("VXORPS", r, r, r)
			fn.I("PREFETCHT0", fmt.Sprintf("%d(R8)", v*64))
		}
		fn.I("ADDQ", "SI", "R8")
	}
	many, one, last := fn.NewLabel("many"), fn.NewLabel("one"), fn.NewLabel("last")
	fn.I("MOVQ", "AX", "R9")
	fn.I("SHRQ", "$2", "AX")
	fn.I("JZ", one)
	fn.Label(many)
	for u := range unroll {
		t.step(fn, acc, cols, spare, u)
	}
	fn.I("ADDQ", fmt.Sprintf("$%d", unroll*t.rows*t.size), "BX")
	fn.I("ADDQ", fmt.Sprintf("$%d", unroll*t.vectors*t.bits/8), "CX")
	fn.I("DECQ", "AX")
	fn.I("JNZ", many)
	fn.Label(one)
	fn.I("ANDQ", "$3", "R9")
	fn.I("JZ", last)
	rest := fn.NewLabel("rest")
	fn.Label(rest)
	t.step(fn, acc, cols, spare, 0)
	fn.I("ADDQ", fmt.Sprintf("$%d", t.rows*t.size), "BX")
	fn.I("ADDQ", fmt.Sprintf("$%d", t.vectors*t.bits/8), "CX")
	fn.I("DECQ", "R9")
	fn.I("JNZ", rest)
	fn.Label(last)
	t.store(fn, acc)
}

// step multiplies one column of the rows' panel with one row of the columns' panel, u steps after where the pointers are.
func (t tile) step(fn *asm.Func, acc [][]string, cols, spare []string, u int) {
	for v, r := range cols {
		fn.I("VMOVUP"+t.suffix, fmt.Sprintf("%d(CX)", (u*t.vectors+v)*t.bits/8), r)
	}
	for i, row := range acc {
		s := spare[i%len(spare)]
		fn.I("VBROADCASTS"+t.suffix, fmt.Sprintf("%d(BX)", (u*t.rows+i)*t.size), s)
		for v, r := range row {
			fn.I("VFMADD231P"+t.suffix, cols[v], s, r)
		}
	}
}

func (t tile) store(fn *asm.Func, acc [][]string) {
	set := fn.NewLabel("set")
	fn.I("TESTQ", "DI", "DI")
	fn.I("JZ", set)
	fn.I("MOVQ", "DX", "R8")
	for _, row := range acc {
		for v, r := range row {
			fn.I("VADDP"+t.suffix, fmt.Sprintf("%d(R8)", v*t.bits/8), r, r)
		}
		fn.I("ADDQ", "SI", "R8")
	}
	fn.Label(set)
	for i, row := range acc {
		for v, r := range row {
			fn.I("VMOVUP"+t.suffix, r, fmt.Sprintf("%d(DX)", v*t.bits/8))
		}
		if i < len(acc)-1 {
			fn.I("ADDQ", "SI", "DX")
		}
	}
	fn.Ret()
}

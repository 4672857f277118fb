// Package asm writes Go assembler: functions, replicated constants and the Go declarations that belong to them.
//
// It is a tool of the generators of the kernels and not linked into programs. A [File] collects functions as text; the
// operand order is the Go assembler's (destination last). There is no register allocation beyond [Func.Vec], because the
// kernels are small enough to see all of their registers.
package asm

import (
	"bytes"
	"fmt"
	"go/format"
	"math"
	"os"
	"sort"
	"strings"
)

// File is one assembler file with its Go declarations.
type File struct {
	pkg    string
	source string
	tags   string
	text   bytes.Buffer
	stubs  bytes.Buffer
	consts map[string][]uint64
	labels int
}

// New returns an empty file of the package pkg. source names the generator in the header; tags is the build constraint.
func New(pkg, source, tags string) *File {
	return &File{pkg: pkg, source: source, tags: tags, consts: map[string][]uint64{}}
}

// Func is a function being written.
type Func struct {
	*File
	Name string
	Bits int // width of the vectors: 256 or 512
	next int
}

// Arg is a parameter: its name and Go type, unsafe.Pointer, int or float64 (all of 8 bytes).
type Arg struct{ Name, Type string }

// Ptrs returns pointer arguments of the names, in order.
func Ptrs(names ...string) []Arg {
	var out []Arg
	for _, n := range names {
		out = append(out, Arg{n, "unsafe.Pointer"})
	}
	return out
}

// Func begins a function without frame. doc is its comment in the declarations, as whole lines without slashes.
func (f *File) Func(name, doc string, bits int, args []Arg, results ...Arg) *Func {
	var params, rets []string
	size := 8 * (len(args) + len(results))
	for _, a := range args {
		params = append(params, a.Name+" "+a.Type)
	}
	for _, a := range results {
		rets = append(rets, a.Name+" "+a.Type)
	}
	sig := strings.Join(params, ", ")
	fmt.Fprintf(&f.stubs, "\n// %s %s\n//\n//go:noescape\nfunc %s(%s)", name, strings.ReplaceAll(doc, "\n", "\n// "), name, sig)
	if len(rets) > 0 {
		fmt.Fprintf(&f.stubs, " (%s)", strings.Join(rets, ", "))
	}
	f.stubs.WriteString("\n")
	goSig := fmt.Sprintf("func %s(%s)", name, sig)
	if len(rets) > 0 {
		goSig += " (" + strings.Join(rets, ", ") + ")"
	}
	fmt.Fprintf(&f.text, "\n// %s\nTEXT ·%s(SB), NOSPLIT, $0-%d\n", goSig, name, size)
	fn := &Func{File: f, Name: name, Bits: bits}
	return fn
}

// I writes one instruction; operands are strings or things that print as operands.
func (f *Func) I(op string, operands ...any) {
	var s []string
	for _, o := range operands {
		s = append(s, fmt.Sprint(o))
	}
	if len(s) == 0 {
		fmt.Fprintf(&f.text, "\t%s\n", op)
		return
	}
	fmt.Fprintf(&f.text, "\t%-12s %s\n", op, strings.Join(s, ", "))
}

// Label starts a block.
func (f *Func) Label(name string) { fmt.Fprintf(&f.text, "\n%s:\n", name) }

// NewLabel returns a label that is unique in the file.
func (f *Func) NewLabel(prefix string) string {
	f.labels++
	return fmt.Sprintf("%s%d", prefix, f.labels)
}

// Comment writes a comment line.
func (f *Func) Comment(s string) { fmt.Fprintf(&f.text, "\t// %s\n", s) }

// Load moves the 8-byte argument number i, named name, to a general register.
func (f *Func) Load(name string, i int, reg string) {
	f.I("MOVQ", fmt.Sprintf("%s+%d(FP)", name, 8*i), reg)
}

// V names vector register i in the width of the function.
func (f *Func) V(i int) string {
	if i < 0 || i > 31 || (f.Bits == 256 && i > 15) {
		panic(fmt.Sprintf("%s: no vector register %d", f.Name, i))
	}
	if f.Bits == 512 {
		return fmt.Sprintf("Z%d", i)
	}
	return fmt.Sprintf("Y%d", i)
}

// Vec returns the next vector register that was not handed out yet.
func (f *Func) Vec() string {
	r := f.V(f.next)
	f.next++
	return r
}

// Vecs returns n new vector registers.
func (f *Func) Vecs(n int) []string {
	var out []string
	for range n {
		out = append(out, f.Vec())
	}
	return out
}

// Mark and Release bracket temporary registers: what was handed out after Mark is free again after Release.
func (f *Func) Mark() int { return f.next }

// Release returns the registers handed out since mark.
func (f *Func) Release(mark int) { f.next = mark }

// Ret returns from the function, clearing the upper halves of the vector registers.
func (f *Func) Ret() {
	f.I("VZEROUPPER")
	f.I("RET")
}

// Const returns the operand of a constant that fills a whole vector with copies of the 64 bits.
func (f *File) Const(bits uint64) string {
	name := fmt.Sprintf("k%016x", bits)
	if _, ok := f.consts[name]; !ok {
		w := make([]uint64, 8)
		for i := range w {
			w[i] = bits
		}
		f.consts[name] = w
	}
	return name + "<>(SB)"
}

// ConstF is Const for the bits of a float64.
func (f *File) ConstF(x float64) string { return f.Const(math.Float64bits(x)) }

// Const32 is Const for 32 bits, twice in each lane of 64.
func (f *File) Const32(bits uint32) string { return f.Const(uint64(bits)<<32 | uint64(bits)) }

// Table returns the operand of a named table of 64-bit words.
func (f *File) Table(name string, words []uint64) string {
	f.consts[name] = words
	return name + "<>(SB)"
}

// Write writes base.s and base.go, formatted.
func (f *File) Write(asmPath, goPath string) error {
	head := fmt.Sprintf("// Code generated by %s; DO NOT EDIT.\n\n//go:build %s\n\n", f.source, f.tags)
	var b bytes.Buffer
	b.WriteString(head + "#include \"textflag.h\"\n\n")
	names := make([]string, 0, len(f.consts))
	for n := range f.consts {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		for i, w := range f.consts[n] {
			fmt.Fprintf(&b, "DATA %s<>+%d(SB)/8, $%#016x\n", n, 8*i, w)
		}
		fmt.Fprintf(&b, "GLOBL %s<>(SB), RODATA|NOPTR, $%d\n\n", n, 8*len(f.consts[n]))
	}
	b.Write(f.text.Bytes())
	if err := os.WriteFile(asmPath, b.Bytes(), 0o644); err != nil {
		return err
	}
	src, err := format.Source([]byte(head + "package " + f.pkg + "\n\nimport \"unsafe\"\n" + f.stubs.String()))
	if err != nil {
		return err
	}
	return os.WriteFile(goPath, src, 0o644)
}

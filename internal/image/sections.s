//go:build amd64 || arm64 || riscv64 || ppc64le || loong64 || s390x || mips64le || mips64 || ppc64

#include "textflag.h"

// The linker's names for the ends of the executable's sections.
DATA ·sections+0(SB)/8, $runtime·text(SB)
DATA ·sections+8(SB)/8, $runtime·etext(SB)
DATA ·sections+16(SB)/8, $runtime·types(SB)
DATA ·sections+24(SB)/8, $runtime·etypes(SB)
DATA ·sections+32(SB)/8, $runtime·data(SB)
DATA ·sections+40(SB)/8, $runtime·edata(SB)
DATA ·sections+48(SB)/8, $runtime·bss(SB)
DATA ·sections+56(SB)/8, $runtime·ebss(SB)
GLOBL ·sections(SB), NOPTR, $64

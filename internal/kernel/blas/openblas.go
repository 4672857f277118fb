//go:build (cgo || openblas) && (linux || darwin) && (amd64 || arm64)

package blas

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"unsafe"

	"github.com/ebitengine/purego"
	"golang.org/x/sys/cpu"
)

// The names under which builds of OpenBLAS export CBLAS: plain, with 64-bit integers, and as SciPy's wheels do.
var spellings = []struct {
	prefix, suffix string
	wide           bool // integers have 64 bits
}{
	{"", "", false}, {"", "64_", true}, {"scipy_", "64_", true}, {"scipy_", "", false},
}

// open loads an OpenBLAS and tells it to stay in the calling thread. A build that takes a machine with AVX-512 for one
// without (it did so on Zen 5) is loaded again with the right core named.
func open(path string) (*library, error) {
	if err := setenv("OPENBLAS_NUM_THREADS", "1"); err != nil {
		return nil, err
	}
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, err
	}
	core := coreOf(handle)
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512VL && (core == "Haswell" || core == "Zen") && os.Getenv("OPENBLAS_CORETYPE") == "" {
		if err := errors.Join(purego.Dlclose(handle), setenv("OPENBLAS_CORETYPE", "SkylakeX")); err != nil {
			return nil, err
		}
		if handle, err = purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL); err != nil {
			return nil, err
		}
		core = coreOf(handle)
	}
	l := &library{path: path, core: core}
	for _, s := range spellings {
		if _, err := purego.Dlsym(handle, s.prefix+"cblas_dgemm"+s.suffix); err != nil {
			continue
		}
		return l, l.bind(handle, s.prefix, s.suffix, s.wide)
	}
	return nil, errors.Join(fmt.Errorf("%s has no cblas_dgemm", path), purego.Dlclose(handle))
}

// setenv sets a variable where libraries see it, which os.Setenv does not do in programs without C.
func setenv(name, value string) error {
	f, err := purego.Dlsym(purego.RTLD_DEFAULT, "setenv")
	if err != nil {
		return err
	}
	var call func(name, value string, overwrite int32) int32
	purego.RegisterFunc(&call, f)
	if call(name, value, 0) != 0 {
		return fmt.Errorf("setenv %s failed", name)
	}
	return nil
}

// symbol returns the first function of a name in any spelling, 0 if there is none.
func symbol(handle uintptr, name string) uintptr {
	for _, s := range spellings {
		if p, err := purego.Dlsym(handle, s.prefix+name+s.suffix); err == nil {
			return p
		}
	}
	return 0
}

func coreOf(handle uintptr) string {
	p := symbol(handle, "openblas_get_corename")
	if p == 0 {
		return "unknown core"
	}
	var name func() string
	purego.RegisterFunc(&name, p)
	return strings.Clone(name())
}

// gemmReal and the like are the signatures of CBLAS; I is its integer, S its scalar: a number, or a pointer for complex ones.
type gemmReal[I int32 | int64, S any] func(order, ta, tb int32, m, n, k I, alpha S, a unsafe.Pointer, lda I, b unsafe.Pointer, ldb I,
	beta S, c unsafe.Pointer, ldc I)

func (l *library) bind(handle uintptr, prefix, suffix string, wide bool) error {
	for _, f := range []struct {
		to   *cblas
		name string
		bind func(p uintptr) cblas
	}{
		{&l.gemm64, "cblas_dgemm", pick(wide, real[int64, float64], real[int32, float64])},
		{&l.gemm32, "cblas_sgemm", pick(wide, real[int64, float32], real[int32, float32])},
		{&l.gemm128, "cblas_zgemm", pick(wide, complexOf[int64, complex128], complexOf[int32, complex128])},
		{&l.gemmComplex64, "cblas_cgemm", pick(wide, complexOf[int64, complex64], complexOf[int32, complex64])},
	} {
		p, err := purego.Dlsym(handle, prefix+f.name+suffix)
		if err != nil {
			return err
		}
		*f.to = f.bind(p)
	}
	if p := symbol(handle, "openblas_set_num_threads"); p != 0 {
		var threads func(n int32)
		purego.RegisterFunc(&threads, p)
		threads(1)
	}
	return nil
}

func pick[T any](first bool, a, b T) T {
	if first {
		return a
	}
	return b
}

// real makes a product of floats.
func real[I int32 | int64, T float32 | float64](p uintptr) cblas {
	var f gemmReal[I, T]
	purego.RegisterFunc(&f, p)
	return func(ta, tb int32, m, n, k int, a unsafe.Pointer, lda int, b unsafe.Pointer, ldb int, add bool, c unsafe.Pointer, ldc int) {
		beta := T(0)
		if add {
			beta = 1
		}
		f(rowMajor, ta, tb, I(m), I(n), I(k), 1, a, I(lda), b, I(ldb), beta, c, I(ldc))
	}
}

// complexOf makes a product of complex numbers, whose scalars are passed by their addresses.
func complexOf[I int32 | int64, T complex64 | complex128](p uintptr) cblas {
	var f gemmReal[I, unsafe.Pointer]
	purego.RegisterFunc(&f, p)
	return func(ta, tb int32, m, n, k int, a unsafe.Pointer, lda int, b unsafe.Pointer, ldb int, add bool, c unsafe.Pointer, ldc int) {
		scalars := [2]T{1, 0}
		if add {
			scalars[1] = 1
		}
		f(rowMajor, ta, tb, I(m), I(n), I(k), unsafe.Pointer(&scalars[0]), a, I(lda), b, I(ldb), unsafe.Pointer(&scalars[1]), c, I(ldc))
		runtime.KeepAlive(&scalars)
	}
}

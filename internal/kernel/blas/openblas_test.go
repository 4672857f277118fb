package blas

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"
)

// anyLibrary loads an OpenBLAS: that of SHEAF_TEST_OPENBLAS, or the system's.
func anyLibrary(t *testing.T) *library {
	t.Helper()
	names := systemNames
	if path := os.Getenv("SHEAF_TEST_OPENBLAS"); path != "" {
		names = []string{path}
	}
	for _, name := range names {
		if l, err := open(name); err == nil {
			return l
		} else if name == os.Getenv("SHEAF_TEST_OPENBLAS") {
			t.Fatal(err)
		}
	}
	t.Skip("no OpenBLAS here; SHEAF_TEST_OPENBLAS names one")
	return nil
}

// TestOpenBLAS compares the products of every type and layout with the definition.
func TestOpenBLAS(t *testing.T) {
	l := anyLibrary(t)
	t.Logf("%s of %s", l.core, l.path)
	against(t, l.gemm64, func(i int) float64 { return float64(i) })
	against(t, l.gemm32, func(i int) float32 { return float32(i) })
	against(t, l.gemm128, func(i int) complex128 { return complex(float64(i), 1) })
	against(t, l.gemmComplex64, func(i int) complex64 { return complex(float32(i), -1) })
}

func against[T float32 | float64 | complex64 | complex128](t *testing.T, f cblas, of func(i int) T) {
	t.Helper()
	size := int(unsafe.Sizeof(T(0)))
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		m, n, k, gap := 1+r.IntN(20), 1+r.IntN(20), 1+r.IntN(20), 1+r.IntN(2)
		a, b, c := make([]T, m*k*gap), make([]T, k*n), make([]T, m*n)
		for i := range a {
			a[i] = of(i%7 - 3)
		}
		for i := range b {
			b[i] = of(i%5 - 2)
		}
		x, y := Matrix{unsafe.Pointer(&a[0]), k * gap, gap}, Matrix{unsafe.Pointer(&b[0]), 1, k}
		if r.IntN(2) == 0 {
			x, y = Matrix{unsafe.Pointer(&a[0]), 1, m}, Matrix{unsafe.Pointer(&b[0]), n, 1}
		}
		add := r.IntN(2) == 0
		for i := range c {
			c[i] = 5
		}
		multiplyWith(f, size, m, n, k, x, y, unsafe.Pointer(&c[0]), n, add)
		for i := range m {
			for j := range n {
				want := T(0)
				if add {
					want = 5
				}
				for p := range k {
					want += *(*T)(x.at(i, p, size).Data) * *(*T)(y.at(p, j, size).Data)
				}
				if c[i*n+j] != want {
					t.Fatalf("%T %d×%d×%d: element (%d, %d) is %v, want %v", want, m, n, k, i, j, c[i*n+j], want)
				}
			}
		}
	}
}

func TestOpenErrors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "libno.so")
	if _, err := open(path); err == nil {
		t.Error("a library that does not exist was loaded")
	}
	if err := os.WriteFile(path, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := open(path); err == nil {
		t.Error("a text was loaded")
	}
}

func ExampleDescribe() {
	fmt.Println(strings.Contains("own OpenBLAS gonum", strings.Fields(Describe())[0]))
	// Output: true
}

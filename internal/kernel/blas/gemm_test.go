//go:build amd64 && !purego

package blas

import (
	"fmt"
	"math"
	"testing"
	"unsafe"

	"golang.org/x/sys/cpu"
	"pgregory.net/rapid"
)

// kernels returns every kernel that this machine can run.
func kernels(t interface{ Skip(...any) }) (of64, of32 []*kernel) {
	if kernel64 == nil {
		t.Skip("no kernel for this machine")
	}
	of64, of32 = []*kernel{&avx2of64}, []*kernel{&avx2of32}
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL {
		of64, of32 = append(of64, &avx512of64), append(of32, &avx512of32)
	}
	return of64, of32
}

// strided draws a matrix of small integers with strides of any order and sign, and gaps.
func strided[T float32 | float64](t *rapid.T, rows, cols int, label string) (Matrix, func(i, j int) T) {
	rs, cs := cols, 1
	if rapid.Bool().Draw(t, label+" transposed") {
		rs, cs = 1, rows
	}
	gap := rapid.IntRange(1, 3).Draw(t, label+" gap")
	rs, cs = rs*gap, cs*gap
	mem := make([]T, max(1, rows*cols*gap))
	for i := range mem {
		mem[i] = T((i*7+i/5)%19 - 9)
	}
	first := 0
	if rapid.Bool().Draw(t, label+" reversed") && rows > 0 && cols > 0 {
		first, rs = (rows-1)*rs, -rs
	}
	m := Matrix{unsafe.Pointer(&mem[first]), rs, cs}
	return m, func(i, j int) T { return mem[first+i*rs+j*cs] }
}

// product compares a kernel with the definition; sums of small integers are exact.
func product[T float32 | float64](t *rapid.T, u *kernel) {
	v := *u
	if rapid.Bool().Draw(t, "small blocks") {
		v.inner, v.height, v.width = rapid.IntRange(1, 9).Draw(t, "inner"), 2*u.rows, 2*u.cols
	}
	size := func(label string) int {
		if rapid.Bool().Draw(t, label+" small") {
			return rapid.IntRange(0, 9).Draw(t, label)
		}
		return rapid.IntRange(0, 120).Draw(t, label)
	}
	m, n, k := size("m"), size("n"), size("k")
	switch rapid.IntRange(0, 5).Draw(t, "vector") {
	case 0:
		m = 1
	case 1:
		n = 1
	}
	a, at := strided[T](t, m, k, "a")
	b, bt := strided[T](t, k, n, "b")
	ldc := n + rapid.IntRange(0, 2).Draw(t, "gap")
	c := make([]T, m*ldc+1)
	for i := range c {
		c[i] = T(i%5) - 2
	}
	before := append([]T{}, c...)
	add := rapid.Bool().Draw(t, "add")
	gemm[T](&v, m, n, k, a, b, unsafe.Pointer(&c[0]), ldc, add)
	for i := range m {
		for j := range n {
			want := T(0)
			if add {
				want = before[i*ldc+j]
			}
			for p := range k {
				want += at(i, p) * bt(p, j)
			}
			if got := c[i*ldc+j]; got != want {
				t.Fatalf("%d×%d×%d add %v: element (%d, %d) is %v, want %v", m, n, k, add, i, j, got, want)
			}
		}
		for j := n; j < ldc; j++ {
			if c[i*ldc+j] != before[i*ldc+j] {
				t.Fatalf("%d×%d×%d: wrote beside row %d", m, n, k, i)
			}
		}
	}
	if c[m*ldc] != before[m*ldc] {
		t.Fatal("wrote behind the result")
	}
}

func TestGemm(t *testing.T) {
	of64, of32 := kernels(t)
	for _, u := range of64 {
		t.Run(fmt.Sprintf("float64 %d×%d", u.rows, u.cols), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { product[float64](t, u) })
		})
	}
	for _, u := range of32 {
		t.Run(fmt.Sprintf("float32 %d×%d", u.rows, u.cols), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { product[float32](t, u) })
		})
	}
}

// TestGemmLarge crosses every block of the real sizes.
func TestGemmLarge(t *testing.T) {
	of64, _ := kernels(t)
	for _, u := range of64 {
		m, n, k := u.height+u.rows+1, u.width+u.cols+1, u.inner+1
		a, b, c := make([]float64, m*k), make([]float64, k*n), make([]float64, m*n)
		for i := range a {
			a[i] = float64(i%11 - 5)
		}
		for i := range b {
			b[i] = float64(i%7 - 3)
		}
		gemm[float64](u, m, n, k, Matrix{unsafe.Pointer(&a[0]), k, 1}, Matrix{unsafe.Pointer(&b[0]), n, 1}, unsafe.Pointer(&c[0]), n, false)
		for _, i := range []int{0, 7, u.height - 1, u.height, m - 1} {
			for _, j := range []int{0, 23, u.width - 1, u.width, n - 1} {
				want := 0.0
				for p := range k {
					want += a[i*k+p] * b[p*n+j]
				}
				if c[i*n+j] != want {
					t.Errorf("element (%d, %d) is %v, want %v", i, j, c[i*n+j], want)
				}
			}
		}
	}
}

// TestVectorLarge has more rows than are added up at a time.
func TestVectorLarge(t *testing.T) {
	of64, _ := kernels(t)
	m, k := 2*vectorRows+5, 3
	a, x := make([]float64, m*k), []float64{1, 0, -2}
	for i := range a {
		a[i] = float64(i % 13)
	}
	for _, lie := range []Matrix{{unsafe.Pointer(&a[0]), k, 1}, {unsafe.Pointer(&a[0]), 1, m}} {
		y := make([]float64, m)
		gemm[float64](of64[0], m, 1, k, lie, Matrix{unsafe.Pointer(&x[0]), 1, 1}, unsafe.Pointer(&y[0]), 1, false)
		for i, got := range y {
			at := func(p int) float64 { return *(*float64)(lie.at(i, p, 8).Data) }
			if want := at(0) - 2*at(2); got != want {
				t.Fatalf("element %d is %v, want %v", i, got, want)
			}
		}
	}
}

// TestNotFinite has NaN and infinities where zeros meet them.
func TestNotFinite(t *testing.T) {
	of64, _ := kernels(t)
	for _, u := range of64 {
		a, b, c := []float64{0, 1, 0, 0}, []float64{math.NaN(), 1, math.Inf(1), 2}, make([]float64, 4)
		gemm[float64](u, 2, 2, 2, Matrix{unsafe.Pointer(&a[0]), 2, 1}, Matrix{unsafe.Pointer(&b[0]), 2, 1}, unsafe.Pointer(&c[0]), 2, false)
		if !math.IsNaN(c[0]) || c[1] != 2 || !math.IsNaN(c[2]) || c[3] != 0 {
			t.Errorf("got %v", c)
		}
		b = []float64{math.NaN(), math.Inf(1), 1, 2}
		for _, lie := range []Matrix{{unsafe.Pointer(&b[0]), 2, 1}, {unsafe.Pointer(&b[0]), 1, 2}} {
			y := make([]float64, 2)
			gemm[float64](u, 1, 2, 2, Matrix{unsafe.Pointer(&a[2]), 2, 1}, lie, unsafe.Pointer(&y[0]), 2, false)
			if !math.IsNaN(y[0]) {
				t.Errorf("zeros times NaN and infinity: got %v", y)
			}
		}
	}
}

func ExampleMatrix() {
	if !Fast64() {
		fmt.Println("[7 15]")
		return
	}
	a, b, c := []float64{1, 2, 3, 4}, []float64{1, 3}, make([]float64, 2)
	Gemm64(2, 1, 2, Matrix{unsafe.Pointer(&a[0]), 2, 1}, Matrix{unsafe.Pointer(&b[0]), 1, 1}, unsafe.Pointer(&c[0]), 1, false)
	fmt.Println(c)
	// Output: [7 15]
}

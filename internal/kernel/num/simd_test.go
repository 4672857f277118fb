package num

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"sheaf/dtype"
)

// levels are what this machine can run beyond the portable loops.
func levels() []Level {
	var out []Level
	for l := AVX2; l <= machineLevel(); l++ {
		out = append(out, l)
	}
	return out
}

// atLevel runs f with the kernels of a level.
func atLevel(l Level, f func()) {
	old := level
	setLevel(l)
	defer setLevel(old)
	f()
}

var specials = []float64{
	0, math.Copysign(0, -1), 1, -1, 0.5, -0.5, 2, math.Inf(1), math.Inf(-1), math.NaN(), math.MaxFloat64, -math.MaxFloat64,
	math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64, 0x1p-1022, 0x1p-1030, 1e-300, 1e300, 709.78, 709.79, -708.4, -745.1, -745.2, -800, 1e9,
	99999, 1e5, 100001, -1e5, math.Pi, math.Pi / 2, 3 * math.Pi / 2, 1e-8, -1e-9, 0x1p-27, 22, -22, 36.7, 2.5, -3.5, 4503599627370497.5,
	0.7071067811865476, 1.4142135623730951, 0.9999999999999999, 1.0000000000000002, 1 << 53, -(1 << 53),
}

// sample fills n elements of the dtype with ordinary and special values.
func sample(t dtype.Type, n int, seed uint64) unsafe.Pointer {
	r := rand.New(rand.NewPCG(seed, 7))
	buf := make([]uint64, n*2+8)
	p := unsafe.Pointer(&buf[0])
	for i := range n {
		x := r.NormFloat64() * math.Exp(4*r.NormFloat64())
		if r.IntN(8) == 0 {
			x = specials[r.IntN(len(specials))]
		}
		at := unsafe.Add(p, i*t.Size())
		switch t {
		case dtype.Float64:
			*(*float64)(at) = x
		case dtype.Float32:
			*(*float32)(at) = float32(x)
		case dtype.Complex128:
			*(*complex128)(at) = complex(x, r.NormFloat64())
		case dtype.Complex64:
			*(*complex64)(at) = complex64(complex(x, r.NormFloat64()))
		case dtype.Bool:
			*(*bool)(at) = r.IntN(2) == 0
		default:
			w := r.Uint64()
			if r.IntN(2) == 0 {
				w = uint64(r.IntN(9) - 4)
			}
			copy(unsafe.Slice((*byte)(at), t.Size()), unsafe.Slice((*byte)(unsafe.Pointer(&w)), t.Size()))
		}
	}
	return p
}

// sameBits compares elements, taking all NaNs as equal.
func sameBits(t dtype.Type, a, b unsafe.Pointer, n int) error {
	for i := range n {
		pa, pb := unsafe.Add(a, i*t.Size()), unsafe.Add(b, i*t.Size())
		switch t {
		case dtype.Float64:
			x, y := *(*float64)(pa), *(*float64)(pb)
			if math.Float64bits(x) != math.Float64bits(y) && (x == x || y == y) {
				return fmt.Errorf("element %d: got %v want %v", i, x, y)
			}
		case dtype.Float32:
			x, y := *(*float32)(pa), *(*float32)(pb)
			if math.Float32bits(x) != math.Float32bits(y) && (x == x || y == y) {
				return fmt.Errorf("element %d: got %v want %v", i, x, y)
			}
		default:
			x, y := unsafe.Slice((*byte)(pa), t.Size()), unsafe.Slice((*byte)(pb), t.Size())
			if string(x) != string(y) {
				return fmt.Errorf("element %d: got % x want % x", i, x, y)
			}
		}
	}
	return nil
}

// loopResult is what one loop gave.
type loopResult struct {
	what string
	t    dtype.Type
	p    unsafe.Pointer
	n    int
}

// runLoops runs every loop of every dtype in all its forms, and those of one operand in place too.
func runLoops() []loopResult {
	var out []loopResult
	for _, typ := range dtype.All() {
		for _, to := range dtype.All() {
			if n := 301; CanCast(typ, to) {
				dst := sample(to, n, 1)
				castLoops[typ][to](dst, sample(typ, n, 9), n)
				out = append(out, loopResult{fmt.Sprintf("cast of %s to %s", typ, to), to, dst, n})
			}
		}
		for op := Positive; op < numOps; op++ {
			if !HasLoop(op, typ) || op.Arity() == 0 || op.Arity() == 3 {
				continue
			}
			for _, n := range []int{1, 7, 8, 33, 517} {
				a, b := sample(typ, n, uint64(op)), sample(typ, n, uint64(op)+100)
				rt := resultType(op, typ)
				forms := []binary{func(dst, _, _ unsafe.Pointer, n int) { unaryLoops[op][typ](dst, a, n) }}
				if op.Arity() == 2 {
					f := binaryLoops[op][typ]
					forms = []binary{f.vv, f.vs, f.sv}
				}
				for k, f := range forms {
					dst := sample(rt, n, 1)
					f(dst, a, b, n)
					out = append(out, loopResult{fmt.Sprintf("%s of %d %s, form %d", op, n, typ, k), rt, dst, n})
				}
				if op.Arity() == 1 && rt == typ {
					unaryLoops[op][typ](a, a, n)
					out = append(out, loopResult{fmt.Sprintf("%s of %d %s, in place", op, n, typ), rt, a, n})
				}
			}
		}
	}
	return out
}

// TestKernelsEqualPortable runs every loop with the vector kernels and without: the bits are the same.
func TestKernelsEqualPortable(t *testing.T) {
	var want []loopResult
	atLevel(Portable, func() { want = runLoops() })
	for _, l := range levels() {
		atLevel(l, func() {
			for i, got := range runLoops() {
				if err := sameBits(got.t, got.p, want[i].p, got.n); err != nil {
					t.Errorf("%s: %s: %v", l, got.what, err)
				}
			}
		})
	}
}

func TestReductionKernelsEqualPortable(t *testing.T) {
	type result struct {
		sum, sum32, sqd                float64
		lo, hi                         float64
		lo32, hi32                     float32
		count                          uint64
		cols, mean, m2                 string
		transposed, transposed32, pick string
	}
	measure := func(n int, special bool) result {
		x, y, b := random(n, 5), make([]float32, n), sample(dtype.Bool, n, 6)
		for i, v := range x {
			y[i] = float32(v)
		}
		if special {
			x[n/2], y[n/3] = 0, 0
			x[n-1] = math.Copysign(0, -1)
		}
		px, py := unsafe.Pointer(&x[0]), unsafe.Pointer(&y[0])
		cols := make([]float64, n)
		mean, m2 := make([]float64, n), make([]float64, n)
		rows, width := 1, n
		if n > 40 {
			rows, width = n/20, 19
		}
		addColumns(unsafe.Pointer(&cols[0]), px, width, rows, width)
		colMoments(unsafe.Pointer(&mean[0]), unsafe.Pointer(&m2[0]), px, width, rows, width, 1/float64(rows), 0.25, 1.5)
		t64, t32, pick := make([]float64, n), make([]float32, n), make([]float64, n)
		transpose64(unsafe.Pointer(&t64[0]), width, px, rows, rows, width)
		transpose32(unsafe.Pointer(&t32[0]), width, py, rows, rows, width)
		where64(unsafe.Pointer(&pick[0]), b, px, unsafe.Pointer(&cols[0]), n, 1, 0)
		return result{
			sumFloat64(px, n), sumFloat32(py, n), sqdFloat64(px, n, 0.3), minFloat64(px, n), maxFloat64(px, n),
			minFloat32(py, n), maxFloat32(py, n), countBools(b, n), fmt.Sprint(cols), fmt.Sprint(mean), fmt.Sprint(m2),
			fmt.Sprint(t64), fmt.Sprint(t32), fmt.Sprint(pick),
		}
	}
	for _, l := range levels() {
		for _, n := range []int{1, 5, 31, 32, 33, 64, 100, 333, 1000, 2048, 5000} {
			var got, want result
			atLevel(l, func() { got = measure(n, n%2 == 0) })
			atLevel(Portable, func() { want = measure(n, n%2 == 0) })
			if got != want {
				t.Errorf("%s: %d elements: got %+v\nwant %+v", l, n, got, want)
			}
		}
	}
}

// TestPowersEqualPortable is TestKernelsEqualPortable for positive bases, which alone the vector kernel of Pow takes.
func TestPowersEqualPortable(t *testing.T) {
	const n = 4000
	r := rand.New(rand.NewPCG(1, 2))
	x, y := make([]float64, n), make([]float64, n)
	x32, y32 := make([]float32, n), make([]float32, n)
	for i := range x {
		x[i], y[i] = math.Exp(r.NormFloat64()*math.Exp(3*r.Float64())), r.NormFloat64()*math.Exp(6*r.Float64())
		if i%50 == 0 {
			x[i] = 0x1p-1060
		}
		x[i] = max(x[i], math.SmallestNonzeroFloat64)
		x32[i], y32[i] = max(float32(x[i]), 1e-40), float32(y[i])
	}
	run := func() (out [6][]float64, out32 []float32) {
		f := binaryLoops[Pow][dtype.Float64]
		for i := range out {
			out[i] = make([]float64, n)
		}
		px, py := unsafe.Pointer(&x[0]), unsafe.Pointer(&y[0])
		f.vv(unsafe.Pointer(&out[0][0]), px, py, n)
		f.vs(unsafe.Pointer(&out[1][0]), px, py, n)
		f.sv(unsafe.Pointer(&out[2][0]), px, py, n)
		for k, v := range []float64{2, -1, 0.5} {
			f.vs(unsafe.Pointer(&out[3+k][0]), px, unsafe.Pointer(&v), n)
		}
		out32 = make([]float32, n)
		binaryLoops[Pow][dtype.Float32].vv(unsafe.Pointer(&out32[0]), unsafe.Pointer(&x32[0]), unsafe.Pointer(&y32[0]), n)
		return out, out32
	}
	var want [6][]float64
	var want32 []float32
	atLevel(Portable, func() { want, want32 = run() })
	for _, l := range levels() {
		atLevel(l, func() {
			got, got32 := run()
			for k := range got {
				if err := sameBits(dtype.Float64, unsafe.Pointer(&got[k][0]), unsafe.Pointer(&want[k][0]), n); err != nil {
					t.Errorf("%s: form %d: %v", l, k, err)
				}
			}
			if err := sameBits(dtype.Float32, unsafe.Pointer(&got32[0]), unsafe.Pointer(&want32[0]), n); err != nil {
				t.Errorf("%s: float32: %v", l, err)
			}
		})
	}
}

func BenchmarkLoops(b *testing.B) {
	const n = 2048
	x, out := random(n, 1), make([]float64, n)
	for i := range x {
		x[i] = math.Abs(x[i]) + 0.1
	}
	px, po := unsafe.Pointer(&x[0]), unsafe.Pointer(&out[0])
	for _, op := range []Op{Sqrt, Exp, Expm1, Log, Log2, Log10, Log1p, Sin, Cos, Tan, Tanh, Cbrt, Arctan} {
		b.Run(op.String(), func(b *testing.B) {
			b.SetBytes(8 * n)
			for b.Loop() {
				unaryLoops[op][dtype.Float64](po, px, n)
			}
		})
	}
	for _, op := range []Op{Add, Div, Maximum, Less, Pow, Mod, FloorDiv, Hypot} {
		b.Run(op.String(), func(b *testing.B) {
			b.SetBytes(8 * n)
			for b.Loop() {
				binaryLoops[op][dtype.Float64].vv(po, px, px, n)
			}
		})
	}
}

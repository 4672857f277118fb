//go:build amd64 && !purego

package num

import (
	"math"
	"unsafe"

	"golang.org/x/sys/cpu"

	"sheaf/dtype"
)

// binaryKernel is a vector kernel of two operands for whole vectors.
type binaryKernel struct {
	op          Op
	t           dtype.Type
	lanes, size int
	vv, vs, sv  binary
}

// unaryKernel is a vector kernel of one operand. in and out are the sizes of the elements.
type unaryKernel struct {
	op      Op
	t       dtype.Type
	lanes   int
	in, out int
	f       unary
}

// castKernel is a vector kernel of Cast.
type castKernel struct {
	from, to dtype.Type
	lanes    int
	in, out  int
	f        unary
}

// machineLevel is what the machine has.
func machineLevel() Level {
	x := &cpu.X86
	switch {
	case !x.HasAVX2 || !x.HasFMA || !x.HasBMI2:
		return Portable
	case !x.HasAVX512F || !x.HasAVX512DQ || !x.HasAVX512BW || !x.HasAVX512VL:
		return AVX2
	}
	return AVX512
}

// The portable loops, kept when the vector kernels take their places in the tables.
var (
	portableUnary  = unaryLoops
	portableBinary = binaryLoops
	portableCasts  = castLoops
)

// An init function of a file that sorts last: the tables of portable loops are full by now.
func init() {
	portableUnary, portableBinary, portableCasts = unaryLoops, binaryLoops, castLoops
	setLevel(min(wanted(), machineLevel()))
}

// setLevel fills the tables with the kernels of a level that the machine has.
func setLevel(l Level) {
	level = l
	unaryLoops, binaryLoops, castLoops = portableUnary, portableBinary, portableCasts
	setPortableKernels()
	if l >= AVX2 {
		install(binaryAVX2, unaryAVX2)
		installCasts(castsAVX2)
		useAVX2()
	}
	if l >= AVX512 {
		install(binaryAVX512, unaryAVX512)
		installCasts(castsAVX512)
		useAVX512()
	}
}

func install(bs []binaryKernel, us []unaryKernel) {
	for _, k := range bs {
		tail, outSize := portableBinary[k.op][k.t], k.size
		if resultType(k.op, k.t) == dtype.Bool {
			outSize = 1
		}
		binaryLoops[k.op][k.t] = forms{
			vv: withTail2(k.vv, tail.vv, k.lanes, outSize, k.size, k.size),
			vs: withTail2(k.vs, tail.vs, k.lanes, outSize, k.size, 0),
			sv: withTail2(k.sv, tail.sv, k.lanes, outSize, 0, k.size),
		}
	}
	for _, t := range []dtype.Type{dtype.Float64, dtype.Float32} {
		if len(bs) > 0 && bs[0].lanes == 8 { // AVX-512
			binaryLoops[Pow][t] = positivePowers(binaryLoops[Pow][t], portableBinary[Pow][t], t)
		}
	}
	for _, k := range us {
		tail := portableUnary[k.op][k.t]
		f := withTail1(k.f, tail, k.lanes, k.in)
		if k.op == Sin || k.op == Cos || k.op == Tan {
			beyond := beyond64
			if k.t == dtype.Float32 {
				beyond = beyond32
			}
			f = withFar(f, tail, beyond, k.in)
		}
		unaryLoops[k.op][k.t] = f
	}
}

func installCasts(cs []castKernel) {
	for _, k := range cs {
		tail := portableCasts[k.from][k.to]
		castLoops[k.from][k.to] = func(dst, a unsafe.Pointer, n int) {
			m := n &^ (k.lanes - 1)
			if m != 0 {
				k.f(dst, a, m)
			}
			if m != n {
				tail(unsafe.Add(dst, m*k.out), unsafe.Add(a, m*k.in), n-m)
			}
		}
	}
}

// withTail2 runs whole vectors by the kernel f and the rest by the portable loop; ds, as and bs are the bytes from
// element to element, 0 for an operand of one element.
func withTail2(f, tail binary, lanes, ds, as, bs int) binary {
	return func(dst, a, b unsafe.Pointer, n int) {
		m := n &^ (lanes - 1)
		if m != 0 {
			f(dst, a, b, m)
		}
		if m != n {
			tail(unsafe.Add(dst, m*ds), unsafe.Add(a, m*as), unsafe.Add(b, m*bs), n-m)
		}
	}
}

// withTail1 runs whole vectors by the kernel f, and the rest by a last vector that overlaps them or, where that would read
// what was already written, by the portable loop.
func withTail1(f, tail unary, lanes, size int) unary {
	return func(dst, a unsafe.Pointer, n int) {
		m := n &^ (lanes - 1)
		if m != 0 {
			f(dst, a, m)
		}
		switch {
		case m == n:
		case m != 0 && dst != a:
			last := (n - lanes) * size
			f(unsafe.Add(dst, last), unsafe.Add(a, last), lanes)
		default:
			tail(unsafe.Add(dst, m*size), unsafe.Add(a, m*size), n-m)
		}
	}
}

// farBlock is the number of elements that are done by the portable loop if one of them is too large for sin or cos.
const farBlock = 32

// withFar does by the portable loop what lies beyond the reduction of the vector kernel.
func withFar(f, far unary, beyond func(a unsafe.Pointer, n int) bool, size int) unary {
	return func(dst, a unsafe.Pointer, n int) {
		if !beyond(a, n) {
			f(dst, a, n)
			return
		}
		for i := 0; i < n; i += farBlock {
			k, d, p := min(farBlock, n-i), unsafe.Add(dst, i*size), unsafe.Add(a, i*size)
			if beyond(p, k) {
				far(d, p, k)
			} else {
				f(d, p, k)
			}
		}
	}
}

// beyond reports whether an element is too large for the vector kernel of sin and cos, or NaN.
func beyond64(a unsafe.Pointer, n int) bool {
	return !(minFloat64(a, n) >= -trigMax && maxFloat64(a, n) <= trigMax)
}

func beyond32(a unsafe.Pointer, n int) bool {
	return !(minFloat32(a, n) >= -trigMax && maxFloat32(a, n) <= trigMax)
}

// positivePowers uses the vector kernel of Pow for blocks of positive finite bases and finite exponents only, and the
// portable loop for the others.
func positivePowers(f, rest forms, t dtype.Type) forms {
	size := t.Size()
	fine := func(a, b unsafe.Pointer, na, nb int) bool {
		if t == dtype.Float32 {
			return minFloat32(a, na) > 0 && maxFloat32(a, na) <= math.MaxFloat32 && minFloat32(b, nb) >= -math.MaxFloat32 && maxFloat32(b, nb) <= math.MaxFloat32
		}
		return minFloat64(a, na) > 0 && maxFloat64(a, na) <= math.MaxFloat64 && minFloat64(b, nb) >= -math.MaxFloat64 && maxFloat64(b, nb) <= math.MaxFloat64
	}
	blocks := func(f, rest binary, as, bs int) binary {
		many := func(stride, n int) int { return (n-1)*stride + 1 }
		return func(dst, a, b unsafe.Pointer, n int) {
			if n == 0 || fine(a, b, many(as, n), many(bs, n)) {
				f(dst, a, b, n)
				return
			}
			for i := 0; i < n; i += farBlock {
				k, d, p, q := min(farBlock, n-i), unsafe.Add(dst, i*size), unsafe.Add(a, i*as*size), unsafe.Add(b, i*bs*size)
				if fine(p, q, many(as, k), many(bs, k)) {
					f(d, p, q, k)
				} else {
					rest(d, p, q, k)
				}
			}
		}
	}
	out := forms{vv: blocks(f.vv, rest.vv, 1, 1), vs: blocks(f.vs, rest.vs, 1, 0), sv: blocks(f.sv, rest.sv, 0, 1)}
	if t == dtype.Float32 {
		return powerLoops[float32](out, t)
	}
	return powerLoops[float64](out, t)
}

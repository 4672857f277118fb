package num

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"
	"unsafe"

	"sheaf/dtype"
)

type ufuncCase struct {
	Op         string
	Dtype, Out string
	N          int
	Args       []string
	Result     string
}

// inexact are the operations that are compared in units of the last place; the others give NumPy's bits.
var inexact = map[Op]float64{
	Cbrt: 2, Exp: 2, Exp2: 2, Expm1: 2, Log: 2, Log2: 2, Log10: 2, Log1p: 2, Sin: 2, Cos: 2, Tan: 3, Arcsin: 3, Arccos: 3, Arctan: 3,
	Sinh: 4, Cosh: 4, Tanh: 4, Arcsinh: 4, Arccosh: 4, Arctanh: 4, Pow: 2, Hypot: 2, Arctan2: 3, Logaddexp: 4, Logaddexp2: 4, Deg2rad: 1, Rad2deg: 1,
	Angle: 3,
}

// Values from NumPy 2, see testdata/ufuncs.py.
func TestUfuncs(t *testing.T) {
	data, err := os.ReadFile("testdata/ufuncs.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []ufuncCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if err := checkUfunc(c); err != nil {
			t.Errorf("%s of %s: %v", c.Op, c.Dtype, err)
		}
	}
}

func checkUfunc(c ufuncCase) error {
	op, err := ParseOp(c.Op)
	if err != nil {
		return err
	}
	in, _ := dtype.Parse(c.Dtype)
	out, _ := dtype.Parse(c.Out)
	var views []View
	for _, a := range c.Args {
		b, err := hex.DecodeString(a)
		if err != nil {
			return err
		}
		b = append(b, 0)
		views = append(views, View{Type: in, Data: unsafe.Pointer(&b[0]), Shape: []int{c.N}, Strides: []int{1}})
	}
	want, _ := hex.DecodeString(c.Result)
	got := make([]uint64, len(want)/8+2)
	dst := View{Type: out, Data: unsafe.Pointer(&got[0]), Shape: []int{c.N}, Strides: []int{1}}
	if err := Apply(context.Background(), op, dst, views...); err != nil {
		return err
	}
	for i := range c.N {
		if err := sameElement(op, out, unsafe.Add(dst.Data, i*out.Size()), unsafe.Pointer(&want[i*out.Size()])); err != nil {
			args := ""
			for _, v := range views {
				args += fmt.Sprint(show(in, unsafe.Add(v.Data, i*in.Size())), " ")
			}
			return fmt.Errorf("(%s): %w", args, err)
		}
	}
	return nil
}

func show(t dtype.Type, p unsafe.Pointer) any {
	switch t {
	case dtype.Float64:
		return *(*float64)(p)
	case dtype.Float32:
		return *(*float32)(p)
	case dtype.Complex128:
		return *(*complex128)(p)
	case dtype.Complex64:
		return *(*complex64)(p)
	case dtype.Int8:
		return *(*int8)(p)
	case dtype.Int64:
		return *(*int64)(p)
	}
	return fmt.Sprintf("%x", unsafe.Slice((*byte)(p), t.Size()))
}

func sameElement(op Op, t dtype.Type, got, want unsafe.Pointer) error {
	limit := inexact[op]
	bad := fmt.Errorf("got %v want %v", show(t, got), show(t, want))
	close := func(a, b, unit float64) bool {
		return a == b || a != a && b != b || math.Abs(a-b) <= limit*unit
	}
	switch t {
	case dtype.Float64:
		a, b := *(*float64)(got), *(*float64)(want)
		if !close(a, b, math.Nextafter(math.Abs(b), math.Inf(1))-math.Abs(b)) || a == 0 && b == 0 && limit == 0 && (op < Minimum || op > Fmax) && math.Signbit(a) != math.Signbit(b) {
			return bad
		}
	case dtype.Float32:
		a, b := *(*float32)(got), *(*float32)(want)
		switch op {
		case Logaddexp, Logaddexp2: // NumPy computes these in float32, with cancellation
			limit = 300
		case Abs:
			limit = 1
		}
		if !close(float64(a), float64(b), float64(math.Nextafter32(float32(math.Abs(float64(b))), math.MaxFloat32)-float32(math.Abs(float64(b))))) {
			return bad
		}
	case dtype.Complex128:
		a, b := *(*complex128)(got), *(*complex128)(want)
		limit = 16
		unit := 0x1p-52 * (math.Abs(real(b)) + math.Abs(imag(b)))
		if !close(real(a), real(b), unit) || !close(imag(a), imag(b), unit) {
			return bad
		}
	case dtype.Complex64:
		a, b := *(*complex64)(got), *(*complex64)(want)
		limit = 16
		unit := 0x1p-23 * (math.Abs(float64(real(b))) + math.Abs(float64(imag(b))))
		if !close(float64(real(a)), float64(real(b)), unit) || !close(float64(imag(a)), float64(imag(b)), unit) {
			return bad
		}
	default:
		if string(unsafe.Slice((*byte)(got), t.Size())) != string(unsafe.Slice((*byte)(want), t.Size())) {
			return bad
		}
	}
	return nil
}

// fmod takes a short cut that must give the exact remainder.
func TestFmod(t *testing.T) {
	x, y := sample(dtype.Float64, 20000, 3), sample(dtype.Float64, 20000, 4)
	for i := range 20000 {
		a, b := *(*float64)(unsafe.Add(x, 8*i)), *(*float64)(unsafe.Add(y, 8*i))
		if i%2 == 0 {
			a = b * math.Round(a) // close to a multiple
		}
		got, want := fmod(a, b), math.Mod(a, b)
		if got != want && (got == got || want == want) || math.Signbit(got) != math.Signbit(want) && got == got {
			t.Errorf("fmod(%v, %v): got %v want %v", a, b, got, want)
		}
	}
}

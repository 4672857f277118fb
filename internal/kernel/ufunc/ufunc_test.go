package ufunc_test

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"testing"

	"sheaf/dtype"
	"sheaf/internal/kernel/num"
	"sheaf/internal/kernel/ufunc"
)

// ops returns all operations on elements that NumPy has.
func ops() []num.Op {
	var out []num.Op
	for op := num.Positive; op <= num.Clip; op++ {
		if op != num.NanToZero && op != num.Cast {
			out = append(out, op)
		}
	}
	return out
}

func TestResolveGolden(t *testing.T) {
	f, err := os.Open("testdata/golden.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var golden map[string]map[string]string
	if err := json.NewDecoder(z).Decode(&golden); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, op := range ops() {
		want, ok := golden[op.String()]
		if !ok {
			if op.Arity() < 3 {
				t.Errorf("%v: no golden values", op)
			}
			continue
		}
		seen++
		for _, a := range dtype.All() {
			for _, b := range dtype.All() {
				in := []dtype.Type{a, b}[:op.Arity()]
				key := a.String()
				if op.Arity() == 2 {
					key += "," + b.String()
				}
				got := ""
				if sig, err := ufunc.Resolve(op, in...); err == nil {
					got = sig.Out.String()
				}
				if a == dtype.Bool && (op == num.Angle || op == num.Real || op == num.Imag) {
					break // not functions of NumPy that resolve types
				}
				if got != want[key] {
					t.Errorf("%v(%s): got %q want %q", op, key, got, want[key])
				}
				if op.Arity() == 1 {
					break
				}
			}
		}
	}
	if seen < len(golden) {
		t.Errorf("compared %d of %d functions", seen, len(golden))
	}
}

// TestEmit checks that every operation that resolves can be compiled.
func TestEmit(t *testing.T) {
	n := 0
	for _, op := range ops() {
		for _, a := range dtype.All() {
			for _, c := range dtype.All() {
				in := []dtype.Type{a, c, c}[:op.Arity()]
				if _, err := ufunc.Resolve(op, in...); err != nil {
					continue
				}
				n++
				var b num.Builder
				args := make([]num.Value, len(in))
				for i, ty := range in {
					args[i] = b.Input(ty)
				}
				v, err := ufunc.Emit(&b, op, args...)
				if err != nil {
					t.Errorf("%v%v: %v", op, in, err)
					continue
				}
				b.Store(v)
				if _, err := b.Build(); err != nil {
					t.Errorf("%v%v: %v", op, in, err)
				}
			}
		}
	}
	if n < 5000 {
		t.Errorf("only %d combinations", n)
	}
}

func TestResolveErrors(t *testing.T) {
	for _, c := range []struct {
		op   num.Op
		in   []dtype.Type
		want string
	}{
		{num.Add, []dtype.Type{dtype.Int8}, "add: takes 2 operands, not 1"},
		{num.Sub, []dtype.Type{dtype.Bool, dtype.Bool}, "subtract: not defined for bool; use logical_xor or not_equal"},
		{num.Add, []dtype.Type{dtype.Int8, dtype.String}, "add: not defined for int8 and string"},
		{num.Exp, []dtype.Type{dtype.Datetime}, "exp: not defined for datetime64[ns]"},
	} {
		if _, err := ufunc.Resolve(c.op, c.in...); err == nil || err.Error() != c.want {
			t.Errorf("%v%v: got %v want %s", c.op, c.in, err, c.want)
		}
	}
}

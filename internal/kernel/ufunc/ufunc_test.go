package ufunc_test

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"sheaf/dtype"
	"sheaf/internal/kernel/ufunc"
)

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
	for _, op := range ufunc.All() {
		want, ok := golden[op.String()]
		if !ok {
			if op.NIn() < 3 {
				t.Errorf("%v: no golden values", op)
			}
			continue
		}
		seen++
		for _, a := range dtype.All() {
			for _, b := range dtype.All() {
				in := []dtype.Type{a, b}[:op.NIn()]
				key := a.String()
				if op.NIn() == 2 {
					key += "," + b.String()
				}
				got := ""
				if sig, err := ufunc.Resolve(op, in...); err == nil {
					got = sig.Out.String()
				}
				if a == dtype.Bool && (op == ufunc.Angle || op == ufunc.Real || op == ufunc.Imag) {
					break // not functions of NumPy that resolve types
				}
				if got != want[key] {
					t.Errorf("%v(%s): got %q want %q", op, key, got, want[key])
				}
				if op.NIn() == 1 {
					break
				}
			}
		}
	}
	if seen < len(golden) {
		t.Errorf("compared %d of %d functions", seen, len(golden))
	}
}

func TestNames(t *testing.T) {
	for _, op := range ufunc.All() {
		name := op.String()
		if got, err := ufunc.Parse(name); err != nil || got != op {
			t.Errorf("Parse(%q): got %v, %v", name, got, err)
		}
		if n := op.NIn(); n < 1 || n > 3 || strings.Contains(name, " ") || name == "" {
			t.Errorf("%v: takes %d operands", op, n)
		}
	}
	if _, err := ufunc.Parse("divide_time"); err == nil {
		t.Error("an internal function was parsed")
	}
	if _, err := ufunc.Resolve(ufunc.Add, dtype.Int8); err == nil || err.Error() != "add: takes 2 operands, not 1" {
		t.Errorf("got %v", err)
	}
	if _, err := ufunc.Resolve(ufunc.Add, dtype.Int8, dtype.String); err == nil {
		t.Error("adding a string must be an error")
	}
}

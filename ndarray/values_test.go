package ndarray_test

import (
	"bytes"
	"encoding/base64"
	"slices"
	"testing"

	"sheaf/dtype"
	"sheaf/ndarray"
)

// raw returns the raw form of an array: type, shape and elements.
func raw(t testing.TB, a *ndarray.Array) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := a.WriteRaw(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// same reports an array that is not equal to another, bit for bit, in type and shape too.
func same(t testing.TB, what string, got, want *ndarray.Array) {
	t.Helper()
	if got.DType() != want.DType() || !slices.Equal(got.Shape(), want.Shape()) {
		t.Errorf("%s: got %v%v want %v%v", what, got.DType(), got.Shape(), want.DType(), want.Shape())
		return
	}
	if !bytes.Equal(raw(t, got), raw(t, want)) {
		t.Errorf("%s: got\n%v\nwant\n%v", what, got.Repr(), want.Repr())
	}
}

type goldenValues struct {
	Arange, Linspace, Eye []struct {
		Args     []float64
		Endpoint bool
		Npy      string
	}
	Cast []struct{ From, To, Npy string }
	Sort []struct{ Npy, Sort0, Sort1, Argsort0, Argsort1, Unique, Index, Inverse, Counts string }
	Scan []struct {
		Npy, Sum, Prod string
		Axis           int
	}
	Concat []struct {
		Parts []string
		Axis  int
		Npy   string
	}
	Files []struct {
		File, Npy string
		Exact     bool
	}
	Refused []string
}

func golden(t testing.TB) *goldenValues {
	t.Helper()
	g := &goldenValues{}
	loadGolden(t, "values.json.gz", g)
	return g
}

func TestCreateGolden(t *testing.T) {
	g := golden(t)
	for _, c := range g.Arange {
		want := npy(t, c.Npy)
		if want.DType() == dtype.Float64 {
			same(t, "arange", must(ndarray.Arange(c.Args...))(t), want)
			continue
		}
		args := make([]int, len(c.Args))
		for i, v := range c.Args {
			args[i] = int(v)
		}
		same(t, "arange", must(ndarray.Arange(args...))(t), want)
	}
	for _, c := range g.Linspace {
		same(t, "linspace", must(ndarray.Linspace(c.Args[0], c.Args[1], int(c.Args[2]), c.Endpoint))(t), npy(t, c.Npy))
	}
	for _, c := range g.Eye {
		same(t, "eye", must(ndarray.Eye(dtype.Float64, int(c.Args[0]), int(c.Args[1]), int(c.Args[2])))(t), npy(t, c.Npy))
	}
	if len(g.Arange) < 10 || len(g.Linspace) < 10 || len(g.Eye) < 5 {
		t.Error("golden values are missing")
	}
}

func TestCastGolden(t *testing.T) {
	g := golden(t)
	for _, c := range g.Cast {
		to := must(dtype.Parse(c.To))(t)
		x := npy(t, c.From)
		want := npy(t, c.Npy)
		same(t, "cast", must(x.AsType(to))(t), want)
		// The same through a strided source and into a strided destination.
		twice := must(ndarray.Stack([]*ndarray.Array{x, x}, 1))(t)
		same(t, "cast of a column", must(must(twice.Index(ndarray.All, 1))(t).AsType(to))(t), want)
		wide := must(ndarray.New(to, x.Size(), 2))(t)
		column := must(wide.Index(ndarray.All, 1))(t)
		if err := column.Assign(x); err != nil {
			t.Fatal(err)
		}
		same(t, "cast into a column", column.Copy(), want)
	}
	if len(g.Cast) != 15*15 {
		t.Errorf("%d conversions", len(g.Cast))
	}
}

func TestSortGolden(t *testing.T) {
	g := golden(t)
	for _, c := range g.Sort {
		x := npy(t, c.Npy)
		same(t, "sort 0", must(x.Sort(0))(t), npy(t, c.Sort0))
		same(t, "sort -1", must(x.Sort(-1))(t), npy(t, c.Sort1))
		same(t, "argsort 0", must(x.ArgSort(0))(t), npy(t, c.Argsort0))
		same(t, "argsort 1", must(x.ArgSort(1))(t), npy(t, c.Argsort1))
		same(t, "unique", x.Unique(), npy(t, c.Unique))
		values, index, inverse, counts := x.UniqueAll()
		same(t, "unique values", values, npy(t, c.Unique))
		same(t, "unique index", index, npy(t, c.Index))
		same(t, "unique inverse", inverse, npy(t, c.Inverse))
		same(t, "unique counts", counts, npy(t, c.Counts))
	}
	for _, c := range g.Scan {
		x := npy(t, c.Npy)
		same(t, "cumsum", must(x.CumSum(c.Axis))(t), npy(t, c.Sum))
		same(t, "cumprod", must(x.CumProd(c.Axis))(t), npy(t, c.Prod))
	}
	if len(g.Sort) != 15 || len(g.Scan) != 26 {
		t.Error("golden values are missing")
	}
}

func TestConcatenateGolden(t *testing.T) {
	for _, c := range golden(t).Concat {
		var parts []*ndarray.Array
		for _, p := range c.Parts {
			parts = append(parts, npy(t, p))
		}
		same(t, "concatenate", must(ndarray.Concatenate(parts, c.Axis))(t), npy(t, c.Npy))
	}
}

func TestNpyGolden(t *testing.T) {
	g := golden(t)
	for i, c := range g.Files {
		file := must(base64.StdEncoding.DecodeString(c.File))(t)
		a := npy(t, c.File)
		same(t, "npy", a.Copy(), npy(t, c.Npy).Copy())
		var b bytes.Buffer
		if err := ndarray.WriteNpy(&b, a); err != nil {
			t.Fatal(err)
		}
		if c.Exact && !bytes.Equal(b.Bytes(), file) {
			t.Errorf("file %d: wrote\n%q\nNumPy writes\n%q", i, b.Bytes(), file)
		}
		same(t, "npy round trip", must(ndarray.ReadNpy(&b))(t), a.Copy())
		for n := range len(file) { // every truncation is an error
			if _, err := ndarray.ReadNpy(bytes.NewReader(file[:n])); err == nil {
				t.Fatalf("file %d: cut to %d of %d bytes, no error", i, n, len(file))
			}
		}
	}
	for i, text := range g.Refused {
		file := must(base64.StdEncoding.DecodeString(text))(t)
		if a, err := ndarray.ReadNpy(bytes.NewReader(file)); err == nil {
			t.Errorf("refused %d: got %v%v", i, a.DType(), a.Shape())
		}
	}
	if len(g.Files) < 60 || len(g.Refused) < 8 {
		t.Error("golden values are missing")
	}
}

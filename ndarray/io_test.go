package ndarray_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sheaf/dtype"
	"sheaf/internal/codec"
	"sheaf/ndarray"
)

func TestSaveLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.npy")
	x := must(must(ndarray.Arange(12))(t).Reshape(3, 4))(t)
	if err := ndarray.Save(path, x.T()); err != nil {
		t.Fatal(err)
	}
	same(t, "load", must(ndarray.Load(path))(t), x.T().Copy())
	if err := ndarray.Save(filepath.Join(t.TempDir(), "no", "such", "dir.npy"), x); err == nil {
		t.Error("save to a missing directory must be an error")
	}
	if _, err := ndarray.Load(path + ".missing"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("load of a missing file: got %v", err)
	}
	names := must(os.ReadDir(filepath.Dir(path)))(t)
	if len(names) != 1 {
		t.Errorf("files left behind: %v", names)
	}
}

func TestNpyStreams(t *testing.T) {
	var b bytes.Buffer
	w := must(ndarray.NewNpyWriter(&b, dtype.Int32, 5, 2))(t)
	for i := range 5 {
		row := must(ndarray.From([]int{2 * i, 2*i + 1}))(t)
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); (err == nil) != (i == 4) {
			t.Errorf("close after %d rows: %v", i+1, err)
		}
	}
	if err := w.Write(must(ndarray.From([]int{1}))(t)); !errors.Is(err, ndarray.ErrShape) {
		t.Errorf("one element too many: got %v", err)
	}
	r := must(ndarray.NewNpyReader(&b))(t)
	var rows []int
	var values []int32
	for {
		a, err := r.Read(2)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, a.Dim(0))
		values = append(values, must(ndarray.Values[int32](a))(t)...)
	}
	if !slices.Equal(rows, []int{2, 2, 1}) || !slices.Equal(values, []int32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) {
		t.Errorf("got rows %v values %v", rows, values)
	}
}

// header returns a .npy file with the given dictionary and no data.
func header(dict string) []byte {
	n := len(dict)
	return append([]byte{0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, byte(n), byte(n >> 8)}, dict...)
}

func TestNpyErrors(t *testing.T) {
	for _, c := range []struct{ dict, want string }{
		{"", "not a dictionary"},
		{"{'descr': '<f8', 'fortran_order': False}", "2 of the keys"},
		{"{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", "shape is"},
		{"{'descr': '<f8', 'fortran_order': 0, 'shape': (1,)}", "fortran_order is"},
		{"{'descr': '<f8', 'fortran_order': False, 'shape': (9000000000000000000, 9), }", "too large"},
		{"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }", "ends after 0 of 8000000000000 bytes"},
		{"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), 'x': 1}", "unknown key"},
		{"{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (2,)}", "structured"},
		{"{'descr': '|O', 'fortran_order': False, 'shape': (2,)}", "not supported"},
		{"{'descr': '<f2', 'fortran_order': False, 'shape': (2,)}", "not supported"},
		{"{'descr': 'float64', 'fortran_order': False, 'shape': (2,)}", "ends after"},
	} {
		_, err := ndarray.ReadNpy(bytes.NewReader(header(c.dict)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v want %s", c.dict, err, c.want)
		}
	}
	big := []byte("\x93NUMPY\x02\x00\xff\xff\xff\xff")
	if _, err := ndarray.ReadNpy(bytes.NewReader(big)); !errors.Is(err, ndarray.ErrFormat) {
		t.Errorf("a header of 4 GiB: got %v", err)
	}
}

func TestRaw(t *testing.T) {
	for _, ty := range dtype.All() {
		for _, shape := range [][]int{{}, {0}, {3}, {2, 0, 3}, {2, 3}, {1, 2, 3, 4, 1, 2, 1, 1, 2}} {
			x := must(ndarray.Full(ty, true, shape...))(t)
			if ty.IsTemporal() {
				x = must(must(ndarray.Full(dtype.Int64, 5, shape...))(t).View(ty))(t)
			}
			b := raw(t, x)
			if int64(len(b)) != x.RawSize() {
				t.Errorf("%v%v: %d bytes, RawSize %d", ty, shape, len(b), x.RawSize())
			}
			same(t, "read raw", must(ndarray.ReadRaw(bytes.NewReader(b)))(t), x)
			same(t, "from raw", must(ndarray.FromRaw(b))(t), x)
			shifted := append([]byte{0}, b...) // not aligned
			same(t, "from unaligned raw", must(ndarray.FromRaw(shifted[1:]))(t), x)
			for n := range len(b) {
				if _, err := ndarray.ReadRaw(bytes.NewReader(b[:n])); !errors.Is(err, ndarray.ErrFormat) {
					t.Fatalf("%v%v cut to %d bytes: got %v", ty, shape, n, err)
				}
			}
		}
	}
	view := must(must(ndarray.Arange(10))(t).Index(ndarray.S(ndarray.None, ndarray.None, -3)))(t)
	same(t, "raw of a view", must(ndarray.ReadRaw(bytes.NewReader(raw(t, view))))(t), view.Copy())
	large := must(ndarray.Arange(1 << 20))(t) // more than is taken at once
	same(t, "large raw", must(ndarray.ReadRaw(io.MultiReader(bytes.NewReader(raw(t, large)))))(t), large)
}

func FuzzReadNpy(f *testing.F) {
	f.Add(header("{'descr': '<f8', 'fortran_order': False, 'shape': (0,), }"))
	f.Add(append(header("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 1), }"), 1, 2, 3, 4))
	f.Add(append(header("{'descr': '<M8[D]', 'fortran_order': False, 'shape': (), }"), 1, 2, 3, 4, 5, 6, 7, 8))
	f.Add(header("{'descr': '|b1', 'fortran_order': False, 'shape': (99999999999, 0, 7), }"))
	f.Add([]byte("\x93NUMPY\x02\x00\x04\x00\x00\x00{''}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := ndarray.ReadNpy(bytes.NewReader(b))
		if err != nil {
			return
		}
		var w bytes.Buffer
		if err := ndarray.WriteNpy(&w, a); err != nil {
			t.Fatal(err)
		}
		same(t, "round trip", must(ndarray.ReadNpy(&w))(t), a.Copy())
		_ = a.Repr()
	})
}

func FuzzReadRaw(f *testing.F) {
	x := must(ndarray.Arange(3))(f)
	f.Add(raw(f, x))
	f.Add(raw(f, must(ndarray.New(dtype.Bool, 0, 3))(f)))
	f.Add([]byte("SNDA\x01\x0b\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := ndarray.ReadRaw(bytes.NewReader(b))
		c, err2 := ndarray.FromRaw(b)
		if err != nil {
			if err2 == nil {
				t.Fatalf("FromRaw reads what ReadRaw does not: %v", err)
			}
			return
		}
		if err2 == nil {
			same(t, "both", c, a)
		}
		if got := raw(t, a); err2 == nil && a.DType() != dtype.Bool && !bytes.Equal(got, b) && !zeroPadded(b, a) {
			t.Fatalf("wrote %q from %q", got, b)
		}
	})
}

// zeroPadded reports whether the header has something in the bytes that are ignored.
func zeroPadded(b []byte, a *ndarray.Array) bool {
	return bytes.ContainsFunc(b[16+8*a.Ndim():a.RawSize()-int64(a.Nbytes())], func(r rune) bool { return r != 0 })
}

func ExampleNpyWriter() {
	var file bytes.Buffer
	w, err := ndarray.NewNpyWriter(&file, dtype.Float64, 4)
	if err != nil {
		panic(err)
	}
	for _, part := range [][]float64{{1, 2}, {3, 4}} {
		a, _ := ndarray.From(part)
		if err := w.Write(a); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	x, err := ndarray.ReadNpy(&file)
	os.Stdout.WriteString(x.String())
	if err != nil {
		panic(err)
	}
	// Output: [1. 2. 3. 4.]
}

func ExampleNpyReader() {
	var file bytes.Buffer
	x, _ := ndarray.Arange(5)
	if err := ndarray.WriteNpy(&file, x); err != nil {
		panic(err)
	}
	r, err := ndarray.NewNpyReader(&file)
	for err == nil {
		var rows *ndarray.Array
		if rows, err = r.Read(2); err == nil {
			os.Stdout.WriteString(rows.String() + "\n")
		}
	}
	// Output:
	// [0 1]
	// [2 3]
	// [4]
}

func ExampleNpyHeader() {
	var file bytes.Buffer
	x, _ := ndarray.New(dtype.Float32, 3, 2)
	if err := ndarray.WriteNpy(&file, x); err != nil {
		panic(err)
	}
	h, err := ndarray.ReadNpyHeader(&file)
	if err != nil {
		panic(err)
	}
	os.Stdout.WriteString(h.DType.String() + ndarray.ShapeString(h.Shape))
	// Output: float32(3, 2)
}

func TestCodec(t *testing.T) {
	type pair struct {
		name string
		a, b *ndarray.Array
	}
	x := must(must(ndarray.Arange(6))(t).Reshape(2, 3))(t)
	var b bytes.Buffer
	if err := codec.EncodeAs(&b, pair{"p", x, x.T()}); err != nil {
		t.Fatal(err)
	}
	got := must(codec.DecodeAs[pair](&b))(t)
	if got.name != "p" {
		t.Errorf("got %q", got.name)
	}
	same(t, "array", got.a, x)
	same(t, "view", got.b, x.T().Copy())
}

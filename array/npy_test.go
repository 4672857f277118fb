package array_test

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"
	"pgregory.net/rapid"

	"sheaf/array"
	"sheaf/dtype"
	"sheaf/ndarray"
)

// npyAnswer is what Dask and NumPy read.
type npyAnswer struct {
	DType  dtype.Type `json:"dtype"`
	Shape  []int      `json:"shape"`
	Chunks [][]int    `json:"chunks"`
	Data   []byte     `json:"data"`
}

func (a npyAnswer) array(t *testing.T) *ndarray.Array {
	t.Helper()
	var file bytes.Buffer
	if _, err := ndarray.NewNpyWriter(&file, a.DType, a.Shape...); err != nil {
		t.Fatal(err)
	}
	file.Write(a.Data)
	return must(ndarray.ReadNpy(&file))
}

// npyGolden unpacks what Dask and NumPy wrote and read.
func npyGolden(t *testing.T) (dir string, answers struct{ Python, Ours map[string]npyAnswer }) {
	t.Helper()
	dir = t.TempDir()
	f, err := os.Open(filepath.Join("testdata", "npy.tar.xz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for r := tar.NewReader(must(xz.NewReader(f))); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, filepath.FromSlash(h.Name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, must(io.ReadAll(r)), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := json.Unmarshal(must(os.ReadFile(filepath.Join(dir, "answers.json"))), &answers); err != nil {
		t.Fatal(err)
	}
	return dir, answers
}

func TestNpyFromPython(t *testing.T) {
	dir, answers := npyGolden(t)
	if len(answers.Python) < 12 {
		t.Fatalf("%d answers", len(answers.Python))
	}
	for name, want := range answers.Python {
		path := filepath.Join(dir, "python", name)
		if !strings.HasSuffix(name, ".npy") {
			same(t, name, array.FromNpyStack(path), want.array(t), nil)
			continue
		}
		same(t, name, array.FromNpy(path), want.array(t), nil)
		if len(want.Shape) == 3 {
			same(t, name, array.FromNpy(path, array.Chunks(3, 2, 4)), want.array(t), nil)
		}
	}
}

// TestNpyWritten compares files with those of which Dask and NumPy have said what they read, byte for byte. With NPY_WRITE it
// only writes them there.
func TestNpyWritten(t *testing.T) {
	root := os.Getenv("NPY_WRITE")
	only := root != ""
	if !only {
		root = t.TempDir()
	}
	x := grid(6, 7, 4, 3)
	for name, a := range map[string]*array.Array{
		"f8": x, "c16": x.AsType(dtype.Complex128), "bool": x.Gt(4), "time": x.AsType(dtype.Int64).AsType(dtype.Datetime), "i1": x.AsType(dtype.Int8),
	} {
		for axis := range 2 {
			if err := a.ToNpyStack(filepath.Join(root, fmt.Sprint(name, "-", axis)), axis).Run(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if err := a.T().ToNpy(filepath.Join(root, name+".npy")).Run(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if only {
		return
	}
	old, answers := npyGolden(t)
	old = filepath.Join(old, "ours")
	for name, want := range answers.Ours {
		y := array.FromNpy(filepath.Join(root, name))
		if want.Chunks != nil {
			y = array.FromNpyStack(filepath.Join(root, name))
			if fmt.Sprint(y.Chunks()) != fmt.Sprint(want.Chunks) {
				t.Errorf("%s: got chunks %v, want %v", name, y.Chunks(), want.Chunks)
			}
		}
		same(t, name, y, want.array(t), nil)
	}
	count := 0
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		count++
		if got, want := must(os.ReadFile(filepath.Join(root, path))), must(os.ReadFile(filepath.Join(old, path))); !bytes.Equal(got, want) {
			t.Errorf("%s: got %q, Dask has read %q", path, got, want)
		}
		return nil
	})
	if err != nil || count != 5+5*(2+1)+5*(3+1) {
		t.Errorf("%d files: %v", count, err)
	}
}

func TestNpyRoundTrip(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		shape := drawShape(t, "shape")
		nd, x := drawArray(t, rapid.SampledFrom(numbers).Draw(t, "dtype"), shape, "x")
		path := filepath.Join(dir, "x.npy")
		if err := x.ToNpy(path, array.Overwrite()).Run(ctx); err != nil {
			t.Fatal(err)
		}
		same(t, "npy", array.FromNpy(path), nd, nil)
		if len(shape) == 0 {
			return
		}
		stack := filepath.Join(dir, "stack")
		if err := x.ToNpyStack(stack, rapid.IntRange(-len(shape), len(shape)-1).Draw(t, "axis"), array.Overwrite()).Run(ctx); err != nil {
			t.Fatal(err)
		}
		same(t, "stack", array.FromNpyStack(stack), nd, nil)
	})
}

func TestNpyErrors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.npy")
	x := grid(6, 7, 4, 3)
	if err := x.ToNpy(path).Run(ctx); err != nil {
		t.Fatal(err)
	}
	if err := x.ToNpy(path).Run(ctx); !errors.Is(err, fs.ErrExist) {
		t.Errorf("it exists: got %v", err)
	}
	bad := array.FromFunction(func(_ context.Context, _ array.Block) (*ndarray.Array, error) {
		return nil, errBoom
	}, array.Size(4), array.Chunks(2))
	if err := bad.ToNpy(filepath.Join(dir, "y.npy")).Run(ctx); !errors.Is(err, errBoom) {
		t.Errorf("got %v", err)
	}
	if err := bad.ToNpyStack(filepath.Join(dir, "stack"), 0).Run(ctx); !errors.Is(err, errBoom) {
		t.Errorf("got %v", err)
	}
	onlyThese(t, dir, "x.npy")
	y := array.FromNpy(path)
	if err := os.Truncate(path, 200); err != nil {
		t.Fatal(err)
	}
	if _, err := y.Compute(ctx); !errors.Is(err, array.ErrFormat) || !strings.Contains(err.Error(), "has changed") {
		t.Errorf("got %v", err)
	}
	if err := array.FromNpy(path).Err(); !errors.Is(err, array.ErrFormat) || !strings.Contains(err.Error(), "has 200 bytes") {
		t.Errorf("got %v", err)
	}
	if err := array.FromNpy(filepath.Join(dir, "no")).Err(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if err := array.FromNpyStack(dir).Err(); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "info") {
		t.Errorf("got %v", err)
	}
	if err := x.ToNpyStack(filepath.Join(dir, "s"), 2).Run(ctx); !errors.Is(err, array.ErrAxis) {
		t.Errorf("got %v", err)
	}
	if err := x.ToNpyStack(filepath.Join(dir, "s"), 0).Run(ctx); err != nil {
		t.Fatal(err)
	}
	if err := ndarray.Save(filepath.Join(dir, "s", "1.npy"), must(ndarray.Ones(dtype.Float64, 3, 7))); err != nil {
		t.Fatal(err)
	}
	if _, err := array.FromNpyStack(filepath.Join(dir, "s")).Compute(ctx); !errors.Is(err, array.ErrFormat) || !strings.Contains(err.Error(), "1.npy has shape (3, 7)") {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "s", "info"), []byte("cos\nsystem\n(Vtrue\ntR."), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := array.FromNpyStack(filepath.Join(dir, "s")).Err(); !errors.Is(err, array.ErrFormat) || !strings.Contains(err.Error(), "os.system") {
		t.Errorf("got %v", err)
	}
}

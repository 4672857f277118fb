package array_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sheaf/array"
	"sheaf/dtype"
	"sheaf/fn"
	"sheaf/internal/testexec"
	"sheaf/ndarray"
)

// grid is an array of n×m numbers that are all different.
func grid(n, m int, chunks ...any) *array.Array {
	return array.From(must(must(ndarray.Arange(float64(n*m))).Reshape(n, m)), array.Chunks(chunks...))
}

func TestZarrRoundTrip(t *testing.T) {
	types := []dtype.Type{dtype.Bool, dtype.Int8, dtype.Uint16, dtype.Int64, dtype.Float32, dtype.Float64, dtype.Complex128, dtype.Datetime}
	dir := t.TempDir()
	runs := 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		path := filepath.Join(dir, fmt.Sprintf("%d.zarr", runs))
		shape := drawShape(t, "shape")
		source := rapid.SampledFrom(types).Draw(t, "dtype")
		drawn := source
		if source == dtype.Datetime || source == dtype.Complex128 {
			drawn = dtype.Int64
		}
		nd, x := drawArray(t, drawn, shape, "x")
		nd, x = must(nd.AsType(source)), x.AsType(source)
		chunks := make([]any, len(shape))
		again := make([]any, len(shape))
		for a := range shape {
			chunks[a], again[a] = rapid.IntRange(1, 4).Draw(t, "chunk"), rapid.IntRange(1, 6).Draw(t, "read")
		}
		opts := []array.Option{
			array.ZarrVersion(rapid.IntRange(2, 3).Draw(t, "version")),
			array.Compression(rapid.SampledFrom([]string{"zstd", "gzip", "none"}).Draw(t, "codec")),
		}
		if len(shape) > 0 {
			opts = append(opts, array.Chunks(chunks...))
		}
		if err := x.ToZarr(path, opts...).Run(ctx); err != nil {
			t.Fatal(err)
		}
		same(t, "stored chunks", array.FromZarr(path), nd, nil)
		if len(shape) == 0 {
			return
		}
		same(t, "other chunks", array.FromZarr(path, array.Chunks(again...)), nd, nil)
	})
}

func TestFromZarr(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.zarr")
	if err := grid(10, 12, 4, 5).ToZarr(path).Run(ctx); err != nil {
		t.Fatal(err)
	}
	x := array.FromZarr(path)
	if got := fmt.Sprint(x.Chunks(), x.DType()); got != "[[4 4 2] [5 5 2]] float64" {
		t.Errorf("got %s", got)
	}
	if got := fmt.Sprint(array.FromZarr(path, array.Chunks("400B")).Chunks()); got != "[[4 6] [5 7]]" {
		t.Errorf("automatic chunks are not made of whole stored ones: %s", got)
	}
	if got := must(must(x.Sub(x.Mean()).Sum().Compute(ctx)).Float64()); got != 0 {
		t.Errorf("got %v", got)
	}
	if a, b := must(x.Graph()).Outputs[0].Layer.Token(), must(array.FromZarr(path).Graph()).Outputs[0].Layer.Token(); a != b {
		t.Error("one file has two identities")
	}
	if err := grid(10, 12, 4, 5).Add(1).ToZarr(path, array.Overwrite()).Run(ctx); err != nil {
		t.Fatal(err)
	}
	if got := must(must(array.FromZarr(path).Min().Compute(ctx)).Float64()); got != 1 {
		t.Errorf("after it was overwritten: got %v", got)
	}
}

func TestFromZarrErrors(t *testing.T) {
	dir := t.TempDir()
	if err := array.FromZarr(filepath.Join(dir, "no")).Err(); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "zarr_test.go:") {
		t.Errorf("got %v", err)
	}
	if err := array.FromZarr(dir).Err(); !errors.Is(err, array.ErrFormat) {
		t.Errorf("got %v", err)
	}
	path := filepath.Join(dir, "x.zarr")
	if err := grid(4, 4, 2, 2).ToZarr(path).Run(ctx); err != nil {
		t.Fatal(err)
	}
	chunk := filepath.Join(path, "c", "1", "0")
	if err := os.WriteFile(chunk, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := array.FromZarr(path).Compute(ctx); !errors.Is(err, array.ErrFormat) || !strings.Contains(err.Error(), chunk) {
		t.Errorf("got %v, want the name of the chunk's file", err)
	}
}

func TestToZarrErrors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.zarr")
	for _, c := range []struct {
		x     *array.Array
		opts  []array.Option
		cause error
		text  string
	}{
		{grid(10, 2, []int{3, 5, 2}, 2), nil, array.ErrChunks, "chunks along axis 0 are (3, 5, 2)"},
		{grid(4, 2, []int{1, 3}, 2), nil, array.ErrChunks, "call x.Rechunk"},
		{grid(4, 2, 2, 2), []array.Option{array.Compression("lzma")}, array.ErrValue, `compression "lzma"`},
		{grid(4, 2, 2, 2), []array.Option{array.Compression("zstd", 40)}, array.ErrValue, "level 40"},
		{grid(4, 2, 2, 2), []array.Option{array.ZarrVersion(4)}, array.ErrValue, "2 or 3"},
		{grid(4, 2, 2, 2), []array.Option{array.KeepDims()}, array.ErrValue, "KeepDims has no meaning"},
		{grid(4, 2, 2, 2).Reshape(7), nil, array.ErrShape, "reshape"},
		{grid(4, 2, 2, 2).Index(grid(4, 2, 2, 2).Gt(3)), nil, array.ErrUnknownChunks, "unknown"},
	} {
		err := c.x.ToZarr(path, c.opts...).Run(ctx)
		if !errors.Is(err, c.cause) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("got %v, want %q", err, c.text)
		}
	}
	for _, name := range []string{"file", "taken"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	err := grid(4, 2, 2, 2).ToZarr(filepath.Join(dir, "file", "x")).Run(ctx)
	if err == nil || !strings.Contains(err.Error(), "array: to zarr: ") {
		t.Errorf("a file in place of a directory: got %v", err)
	}
	if err := grid(4, 2, 2, 2).ToZarr(filepath.Join(dir, "taken"), array.Overwrite()).Run(ctx); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a file under the name: got %v", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "precious", "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := grid(4, 2, 2, 2).ToZarr(filepath.Join(dir, "precious"), array.Overwrite()).Run(ctx); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a directory of something else: got %v", err)
	}
	onlyThese(t, dir, "file", "precious", "taken")
}

// onlyThese reports whatever else is in a directory, hidden files too.
func onlyThese(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if fmt.Sprint(got) != fmt.Sprint(names) {
		t.Errorf("%s has %v, want %v", dir, got, names)
	}
}

// broken is an array of which one block fails after others were written.
func broken(fail func(ctx context.Context) error) *array.Array {
	type failing = func(context.Context) error
	return array.FromFunction(fn.Bind2Err(func(fail failing, ctx context.Context, b array.Block) (*ndarray.Array, error) {
		if b.Index == 5 {
			return nil, fail(ctx)
		}
		return ndarray.Ones(dtype.Float64, b.Shape...)
	}, fail), array.Size(60, 10), array.Chunks(10, 10))
}

func TestToZarrFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.zarr")
	bad := broken(func(context.Context) error { return errBoom })
	if err := bad.ToZarr(path).Run(ctx); !errors.Is(err, errBoom) {
		t.Errorf("got %v", err)
	}
	onlyThese(t, dir)
	if err := grid(4, 2, 2, 2).ToZarr(path).Run(ctx); err != nil {
		t.Fatal(err)
	}
	if err := grid(4, 2, 2, 2).ToZarr(path).Run(ctx); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "Overwrite") {
		t.Errorf("it exists: got %v", err)
	}
	if err := bad.ToZarr(path, array.Overwrite()).Run(ctx); !errors.Is(err, errBoom) {
		t.Errorf("got %v", err)
	}
	onlyThese(t, dir, "x.zarr")
	if got := must(must(array.FromZarr(path).Sum().Compute(ctx)).Float64()); got != 28 {
		t.Errorf("a failed run has changed what was there: %v", got)
	}
}

func TestToZarrCancelled(t *testing.T) {
	testexec.LocalOnly(t, "its function cancels a context of this process")
	dir := t.TempDir()
	run, cancel := context.WithCancel(ctx)
	x := broken(func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	})
	if err := x.ToZarr(filepath.Join(dir, "x.zarr")).Run(run); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	onlyThese(t, dir)
}

func ExampleArray_ToZarr() {
	dir, err := os.MkdirTemp("", "zarr")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "ones.zarr")
	x := array.Ones(array.Size(1000, 1000), array.Chunks(500, 500))
	if err := x.ToZarr(path, array.Compression("gzip", 1)).Run(context.Background()); err != nil {
		fmt.Println(err)
	}
	fmt.Println(array.FromZarr(path).Sum().Compute(context.Background()))
	// Output: 1000000.0 <nil>
}

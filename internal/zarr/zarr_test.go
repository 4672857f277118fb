package zarr

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"

	"sheaf/dtype"
	"sheaf/ndarray"
)

// An answer is what zarr-python reads of an array.
type answer struct {
	DType  dtype.Type `json:"dtype"`
	Shape  []int      `json:"shape"`
	Chunks []int      `json:"chunks"`
	Data   []byte     `json:"data"`
	Format int        `json:"format"`
}

type answers struct{ Python, Ours map[string]answer }

// golden unpacks an archive of testdata and returns its directory, with the answers.
func golden(t testing.TB, name string) (string, answers) {
	t.Helper()
	var a answers
	dir := t.TempDir()
	unpack(t, "answers.tar.xz", dir)
	b, err := os.ReadFile(filepath.Join(dir, "answers.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &a); err != nil {
		t.Fatal(err)
	}
	unpack(t, name, dir)
	return dir, a
}

func unpack(t testing.TB, name, dir string) {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	x, err := xz.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(x); ; {
		h, err := r.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, filepath.FromSlash(h.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func readAll(t testing.TB, dir string) (*Meta, *ndarray.Array) {
	t.Helper()
	m, err := Open(dir)
	if err != nil {
		t.Fatalf("%s: %v", filepath.Base(dir), err)
	}
	a, err := m.Read(t.Context(), dir, make([]int, len(m.Shape)), m.Shape)
	if err != nil {
		t.Fatalf("%s: %v", filepath.Base(dir), err)
	}
	return m, a
}

func check(t *testing.T, name string, m *Meta, a *ndarray.Array, want answer) {
	t.Helper()
	if a.DType() != want.DType || !slices.Equal(a.Shape(), want.Shape) {
		t.Errorf("%s: got %v %v, want %v %v", name, a.DType(), a.Shape(), want.DType, want.Shape)
		return
	}
	if !slices.Equal(m.Chunks, want.Chunks) {
		t.Errorf("%s: got chunks %v, want %v", name, m.Chunks, want.Chunks)
	}
	if a.Size() > 0 && string(bytesOf(a)) != string(want.Data) {
		w, _ := ndarray.New(want.DType, want.Shape...)
		copy(bytesOf(w), want.Data)
		t.Errorf("%s: got\n%v\nwant\n%v", name, a, w)
	}
}

// TestReadPython reads what zarr-python wrote.
func TestReadPython(t *testing.T) {
	dir, a := golden(t, "python.tar.xz")
	if len(a.Python) < 80 {
		t.Fatalf("%d arrays", len(a.Python))
	}
	for name, want := range a.Python {
		m, got := readAll(t, filepath.Join(dir, name))
		check(t, name, m, got, want)
	}
}

// TestReadBoxes reads boxes that lie across the stored chunks.
func TestReadBoxes(t *testing.T) {
	dir, a := golden(t, "python.tar.xz")
	for name, want := range a.Python {
		if len(want.Shape) < 2 || want.Shape[0] < 4 {
			continue
		}
		m, all := readAll(t, filepath.Join(dir, name))
		for _, cut := range [][4]int{{1, 3, 1, 3}, {0, 1, 2, 4}, {2, 2, 0, 4}, {1, 4, 0, 4}} {
			lo, hi := make([]int, len(want.Shape)), slices.Clone(want.Shape)
			lo[0], hi[0], lo[1], hi[1] = cut[0], cut[1], cut[2], cut[3]
			got, err := m.Read(t.Context(), filepath.Join(dir, name), lo, hi)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			box, err := boxOf(all, lo, hi)
			if err != nil {
				t.Fatal(err)
			}
			if w := box.Copy(); got.Size() != w.Size() || w.Size() > 0 && string(bytesOf(got)) != string(bytesOf(w)) {
				t.Errorf("%s %v to %v: got\n%v\nwant\n%v", name, lo, hi, got, w)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	dir, _ := golden(t, "python.tar.xz")
	for name, c := range map[string]struct {
		cause error
		text  string
	}{
		"group-v2":     {ErrFormat, "name one of its members: a"},
		"group-v3":     {ErrFormat, "name one of its members: b"},
		"bad-delta-v2": {ErrUnsupported, `the filter "delta"`},
		"bad-text-v3":  {ErrUnsupported, `elements of type "string"`},
		"bad-half-v2":  {ErrUnsupported, `elements of type "<f2"`},
		"nowhere":      {fs.ErrNotExist, "no such file"},
		".":            {ErrFormat, "neither zarr.json nor .zarray"},
	} {
		_, err := Open(filepath.Join(dir, name))
		if !errors.Is(err, c.cause) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got %v, want %q", name, err, c.text)
		}
	}
}

// written are the arrays that TestWrite writes and zarr-python has read.
func written(t testing.TB, root string) {
	t.Helper()
	for _, dt := range dtype.All() {
		if !dt.IsArray() {
			continue
		}
		x, err := ndarray.Steps(dtype.Int64, -3, 1, 35)
		if err != nil {
			t.Fatal(err)
		}
		if x, err = x.AsType(dt); err != nil {
			t.Fatal(err)
		}
		if x, err = x.Reshape(7, 5); err != nil {
			t.Fatal(err)
		}
		slug := strings.NewReplacer("[", "-", "]", "").Replace(dt.String())
		for _, version := range []int{2, 3} {
			save(t, filepath.Join(root, slug+"-v"+string(rune('0'+version))), x, version, []int{3, 2}, "none", 0)
		}
	}
	x, err := ndarray.Linspace(0, 1, 600, true)
	if err != nil {
		t.Fatal(err)
	}
	x, err = x.Reshape(20, 30)
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []int{2, 3} {
		v := "-v" + string(rune('0'+version))
		save(t, filepath.Join(root, "zstd"+v), x, version, []int{8, 30}, "zstd", 1)
		save(t, filepath.Join(root, "gzip"+v), x, version, []int{8, 7}, "gzip", 6)
		save(t, filepath.Join(root, "transposed"+v), x.T(), version, []int{8, 7}, "zstd", 9)
		s, err := ndarray.Scalar(dtype.Float64, 2.5)
		if err != nil {
			t.Fatal(err)
		}
		save(t, filepath.Join(root, "scalar"+v), s, version, []int{}, "zstd", 1)
		e, err := ndarray.Zeros(dtype.Int16, 0, 4)
		if err != nil {
			t.Fatal(err)
		}
		save(t, filepath.Join(root, "empty"+v), e, version, []int{1, 2}, "zstd", 1)
	}
}

func save(t testing.TB, dir string, x *ndarray.Array, version int, chunks []int, compression string, level int) {
	t.Helper()
	m, err := New(version, x.DType(), x.Shape(), chunks, compression, level)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := m.Create(dir); err != nil {
		t.Fatal(err)
	}
	if x.Size() == 0 {
		return
	}
	err = eachBlock(chunks, make([]int, x.Ndim()), x.Shape(), func(b block) error {
		part, err := boxOf(x, b.lo, b.hi)
		if err != nil {
			return err
		}
		return m.Write(t.Context(), dir, b.coords, part)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestWrite writes arrays and compares them with files of which zarr-python has said what it reads: metadata to the letter,
// chunks decoded. With ZARR_WRITE it only writes them there.
func TestWrite(t *testing.T) {
	if dir := os.Getenv("ZARR_WRITE"); dir != "" {
		written(t, dir)
		return
	}
	old, a := golden(t, "ours.tar.xz")
	dir := t.TempDir()
	written(t, dir)
	for name, want := range a.Ours {
		m, got := readAll(t, filepath.Join(dir, name))
		check(t, name, m, got, want)
		before, got := readAll(t, filepath.Join(old, name))
		check(t, name, m, got, want)
		if string(m.Text) != string(before.Text) || m.Version != want.Format {
			t.Errorf("%s: the metadata is now\n%s\nzarr-python has read\n%s", name, m.Text, before.Text)
		}
		if now, then := files(t, filepath.Join(dir, name)), files(t, filepath.Join(old, name)); !slices.Equal(now, then) {
			t.Errorf("%s: got files %v, want %v", name, now, then)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != len(a.Ours) {
		t.Errorf("%d arrays written, zarr-python has read %d", len(entries), len(a.Ours))
	}
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

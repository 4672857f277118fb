package blockio

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// write makes files in a temporary directory and gives the directory.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestExpand(t *testing.T) {
	dir := write(t, map[string]string{
		"a-10.csv": "1", "a-2.csv": "12", "b.csv": "", ".hidden.csv": "x", "sub/deep/c.csv": "c", "odd[1].csv": "o", "z.json": "{}",
	})
	for _, c := range []struct {
		patterns []string
		want     []string
	}{
		{[]string{"a-*.csv"}, []string{"a-10.csv", "a-2.csv"}},
		{[]string{"**/*.csv"}, []string{"a-10.csv", "a-2.csv", "b.csv", "odd[1].csv", "sub/deep/c.csv"}},
		{[]string{"{z,b}.*"}, []string{"b.csv", "z.json"}},
		{[]string{"z.json", "[ab].csv"}, []string{"z.json", "b.csv"}},
		{[]string{"odd[1].csv"}, []string{"odd[1].csv"}},
		{[]string{"*"}, []string{"a-10.csv", "a-2.csv", "b.csv", "odd[1].csv", "z.json"}},
	} {
		var patterns []string
		for _, p := range c.patterns {
			patterns = append(patterns, filepath.Join(dir, p))
		}
		files, err := Expand(patterns...)
		if err != nil {
			t.Errorf("%v: %v", c.patterns, err)
			continue
		}
		var got []string
		for _, f := range files {
			rel, _ := filepath.Rel(dir, f.Path)
			got = append(got, filepath.ToSlash(rel))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%v (-want +got)\n%s", c.patterns, diff)
		}
	}
	if files, err := Expand(filepath.Join(dir, "a-2.csv")); err != nil || files[0].Size != 2 {
		t.Errorf("got %+v %v, want size 2", files, err)
	}
}

func TestExpandErrors(t *testing.T) {
	dir := write(t, map[string]string{"a.csv": ""})
	for _, c := range []struct {
		pattern string
		want    []string
	}{
		{filepath.Join(dir, "b*.csv"), []string{"no file matches", "b*.csv", dir, "1 entries"}},
		{filepath.Join(dir, "nope", "*.csv"), []string{"no file matches", filepath.Join(dir, "nope"), "does not exist"}},
		{filepath.Join(dir, "b.csv"), []string{"no file matches", "b.csv", dir}},
		{dir, []string{"is a directory", "name its files"}},
		{filepath.Join(dir, "[a"), []string{"unbalanced"}},
		{"", []string{"empty"}},
	} {
		_, err := Expand(c.pattern)
		for _, w := range c.want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("Expand(%q): got %v, want it to contain %q", c.pattern, err, w)
			}
		}
	}
	if _, err := Expand(); !errors.Is(err, ErrNoFiles) {
		t.Errorf("got %v, want ErrNoFiles", err)
	}
}

func TestCompressionRoundTrip(t *testing.T) {
	text := strings.Repeat("some text, with lines\n", 5000)
	for _, c := range []struct {
		ext  string
		comp Compression
	}{{".gz", Gzip}, {".zst", Zstd}, {".xz", XZ}, {".lz4", LZ4}, {"", None}} {
		var buf bytes.Buffer
		w, err := Compress(&buf, c.comp)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		dir := write(t, map[string]string{"x" + c.ext: buf.String()})
		files, err := Expand(filepath.Join(dir, "x"+c.ext))
		if err != nil {
			t.Fatal(err)
		}
		if files[0].Compression != c.comp {
			t.Errorf("%s: got %v, want %v", c.ext, files[0].Compression, c.comp)
		}
		var got []byte
		blocks := Blocks(files, 1000, "")
		if c.comp != None && len(blocks) != 1 {
			t.Errorf("%s: got %d blocks, want 1", c.ext, len(blocks))
		}
		for _, b := range blocks {
			data, err := ReadBlock(t.Context(), b)
			if err != nil {
				t.Fatalf("%s: %v", c.ext, err)
			}
			got = append(got, data...)
		}
		if string(got) != text {
			t.Errorf("%s: got %d bytes, want %d", c.ext, len(got), len(text))
		}
	}
}

// The bytes are bz2.compress(b"hello\nworld\n") of Python 3.11.
const helloBz2 = "\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\x6b\x5f\xb1\xdd\x00\x00\x02\x41\x80\x00\x10\x06\x44\x90\x80\x20\x00\x31\x0c\x08\x21\xa3\x69\x08\x07\x23\xae\x87\x8b\xb9\x22\x9c\x28\x48\x35\xaf\xd8\xee\x80"

func TestReadBzip2(t *testing.T) {
	dir := write(t, map[string]string{"x.bz2": helloBz2})
	files, err := Expand(filepath.Join(dir, "x.bz2"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadBlock(t.Context(), Blocks(files, 0, "")[0])
	if err != nil || string(got) != "hello\nworld\n" {
		t.Errorf("got %q %v", got, err)
	}
	if _, err := Compress(&bytes.Buffer{}, Bzip2); !errors.Is(err, ErrCompression) {
		t.Errorf("got %v, want ErrCompression", err)
	}
}

func TestBrokenCompressedFile(t *testing.T) {
	dir := write(t, map[string]string{"not.gz": "plain text", "cut.bz2": helloBz2[:30]})
	for name, want := range map[string]string{"not.gz": "not a gzip file", "cut.bz2": "data broken after"} {
		files, err := Expand(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		_, err = ReadBlock(t.Context(), Blocks(files, 0, "")[0])
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v, want %q", name, err, want)
		}
	}
}

func TestParseCompression(t *testing.T) {
	for name, want := range map[string]Compression{"infer": Infer, "": None, "GZIP": Gzip, "gz": Gzip, "zst": Zstd, "bz2": Bzip2, "xz": XZ, "lz4": LZ4} {
		if got, err := ParseCompression(name); err != nil || got != want {
			t.Errorf("%q: got %v %v, want %v", name, got, err, want)
		}
	}
	if _, err := ParseCompression("rar"); !errors.Is(err, ErrCompression) {
		t.Errorf("got %v, want ErrCompression", err)
	}
}

func TestBlocksAreEven(t *testing.T) {
	blocks := Blocks([]File{{Path: "a", Size: 105, Compression: None}, {Path: "b", Size: 0, Compression: None}}, 10, "")
	if len(blocks) != 11 {
		t.Fatalf("got %d blocks, want 11", len(blocks))
	}
	for i, b := range blocks[:10] {
		if n := b.End - b.Start; n < 10 || n > 11 || (i > 0 && b.Start != blocks[i-1].End) {
			t.Errorf("block %d is [%d, %d)", i, b.Start, b.End)
		}
	}
	if blocks[9].End != 105 || blocks[10].End != 0 {
		t.Errorf("got %+v", blocks[9:])
	}
	if huge := cut(1<<62, 1<<40, 1<<40); huge != 1<<62 {
		t.Errorf("got %d, want 2^62", huge)
	}
}

func TestChangedFile(t *testing.T) {
	dir := write(t, map[string]string{"a": "1\n2\n"})
	files, err := Expand(filepath.Join(dir, "a"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(files[0].Path, []byte("1\n2\n3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadBlock(t.Context(), Blocks(files, 0, "")[0]); !errors.Is(err, ErrChanged) {
		t.Errorf("got %v, want ErrChanged", err)
	}
}

func TestCancelled(t *testing.T) {
	dir := write(t, map[string]string{"a": "1\n2\n\"3\n"})
	files, err := Expand(filepath.Join(dir, "a"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ReadBlock(ctx, Blocks(files, 0, "")[0]); !errors.Is(err, context.Canceled) {
		t.Errorf("ReadBlock: got %v", err)
	}
	if _, err := CSVBlocks(ctx, Blocks(files, 2, ""), Dialect{}); !errors.Is(err, context.Canceled) {
		t.Errorf("CSVBlocks: got %v", err)
	}
}

func TestPosition(t *testing.T) {
	dir := write(t, map[string]string{"a": "one\ntwo\n\nfour"})
	files, err := Expand(filepath.Join(dir, "a"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][3]int64{{0, 1, 1}, {3, 1, 4}, {4, 2, 1}, {6, 2, 3}, {8, 3, 1}, {9, 4, 1}, {13, 4, 5}, {99, 4, 5}} {
		line, col, err := Position(t.Context(), files[0], c[0])
		if err != nil || line != c[1] || col != c[2] {
			t.Errorf("offset %d: got %d:%d %v, want %d:%d", c[0], line, col, err, c[1], c[2])
		}
	}
}

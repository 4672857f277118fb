package client

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sheaf"
)

// archive makes a tar of entries, given as name and content; a name that ends in / is a directory, a content "-> x" a link.
func archive(t testing.TB, entries ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for k := 0; k < len(entries); k += 2 {
		name, text := entries[k], entries[k+1]
		h := &tar.Header{Name: name, Mode: 0o777, Typeflag: tar.TypeReg, Size: int64(len(text))}
		target, link := strings.CutPrefix(text, "-> ")
		switch {
		case link:
			h.Typeflag, h.Linkname, h.Size, text = tar.TypeSymlink, target, 0, ""
		case strings.HasSuffix(name, "/"):
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestUntar: nothing is written outside of the directory, and no links are made.
func TestUntar(t *testing.T) {
	for name, entries := range map[string][]string{
		"up":          {"../x", "bad"},
		"rooted":      {"/tmp/x", "bad"},
		"link":        {"l", "-> ../.."},
		"by a link":   {"l", "-> ..", "l/x", "bad"},
		"twice":       {"a", "1", "a", "2"},
		"up later":    {"d/", "", "d/../../x", "bad"},
		"no parent":   {"none/a", "1"},
		"itself":      {".", "bad"},
		"through dir": {"d/", "", "d", "bad"},
	} {
		dir := filepath.Join(t.TempDir(), "in", "it")
		if err := os.Mkdir(filepath.Dir(dir), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := untar(bytes.NewReader(archive(t, entries...)), dir); err == nil {
			t.Errorf("%s: it was taken", name)
		}
		if all, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(all) != 1 {
			t.Errorf("%s: beside the directory are %v, %v", name, all, err)
		}
	}
	dir := filepath.Join(t.TempDir(), "it")
	if err := untar(bytes.NewReader(archive(t, "d/", "", "d/a", "1")), dir); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "d", "a")); err != nil || string(b) != "1" {
		t.Errorf("got %q, %v", b, err)
	}
	if i, err := os.Stat(filepath.Join(dir, "d", "a")); err != nil || i.Mode().Perm()&0o022 != 0 {
		t.Errorf("mode %v, %v: others may write", i.Mode(), err)
	}
}

func FuzzUntar(f *testing.F) {
	f.Add(archive(f, "d/", "", "d/a", "1"))
	f.Add(archive(f, "../x", "bad"))
	f.Add(archive(f, "l", "-> ..", "l/x", "bad"))
	f.Fuzz(func(t *testing.T, b []byte) {
		parent := t.TempDir()
		_ = untar(bytes.NewReader(b), filepath.Join(parent, "it"))
		if all, err := os.ReadDir(parent); err != nil || len(all) > 1 {
			t.Errorf("beside the directory are %v, %v", all, err)
		}
	})
}

// TestFilesPlace: what comes damaged, short or late is not taken, and versions of which nobody reads any more go.
func TestFilesPlace(t *testing.T) {
	parent := t.TempDir()
	x := NewFiles(parent)
	of := func(serial uint64, text string) fileVersion {
		return fileVersion{Name: "f", Serial: serial, Sum: sha256.Sum256([]byte(text)), Bytes: int64(len(text)), Mode: 0o755}
	}
	give := func(text string, err error) func(io.Writer) error {
		return func(w io.Writer) error {
			_, _ = io.WriteString(w, text)
			return err
		}
	}
	read := func() string {
		p, _ := x.look("f")
		if p == nil {
			return "nothing"
		}
		b, err := os.ReadFile(p.path)
		if err != nil {
			return err.Error()
		}
		return string(b)
	}
	if err := x.place(of(1, "one"), give("onf", nil)); err == nil || !strings.Contains(err.Error(), "checksums differ") {
		t.Errorf("damaged: %v", err)
	}
	if p, _ := x.look("f"); p == nil || p.err == nil {
		t.Error("nobody is told that it did not come")
	}
	if err := x.place(of(2, "one"), give("one", nil)); err != nil || read() != "one" {
		t.Errorf("%v, %s", err, read())
	}
	first, _ := x.look("f")
	boom := errors.New("boom")
	if err := x.place(of(3, "two"), give("t", boom)); !errors.Is(err, boom) || read() != "one" {
		t.Errorf("%v, %s", err, read())
	}
	if err := x.place(of(5, "two"), give("two", nil)); err != nil || read() != "two" {
		t.Errorf("%v, %s", err, read())
	}
	if err := x.place(of(4, "late"), give("late", nil)); err != nil || read() != "two" {
		t.Errorf("an earlier version came later: %v, %s", err, read())
	}
	if _, err := os.Stat(first.path); err != nil {
		t.Errorf("the version before: %v", err)
	}
	if err := x.place(of(6, "three"), give("three", nil)); err != nil || read() != "three" {
		t.Errorf("%v, %s", err, read())
	}
	if _, err := os.Stat(first.path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("two versions before: %v", err)
	}
	if err := x.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(parent); err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
	if err := x.place(of(7, "x"), give("x", nil)); !errors.Is(err, sheaf.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

package clienttest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sheaf/client"
)

// readUploaded returns the content of an uploaded file, by way of its worker.
func readUploaded(ctx context.Context, name string) (string, error) {
	path, err := client.UploadedFile(ctx, name)
	if err != nil {
		return "", err
	}
	b, err := os.ReadFile(path)
	return string(b), err
}

// sumUploaded returns size and checksum of an uploaded file.
func sumUploaded(ctx context.Context, name string) (string, error) {
	text, err := readUploaded(ctx, name)
	return fmt.Sprintf("%d %x", len(text), sha256.Sum256([]byte(text))), err
}

// listUploaded returns what is in an uploaded directory, and in its files.
func listUploaded(ctx context.Context, name string) (string, error) {
	root, err := client.UploadedFile(ctx, name)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(root, path)
		fmt.Fprintf(&b, "%s=%s ", filepath.ToSlash(rel), text)
		return err
	})
	return b.String(), err
}

// readTwice opens a file, waits until another version was uploaded, and reads it then: by the open file, and by its path once more.
func readTwice(ctx context.Context, name, opened, goOn string) (string, error) {
	path, err := client.UploadedFile(ctx, name)
	if err != nil {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	if err := mark(opened); err != nil {
		return "", err
	}
	if err := await(ctx, goOn); err != nil {
		return "", err
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(f); err != nil {
		return "", err
	}
	again, err := os.ReadFile(path)
	return b.String() + string(again), err
}

func testUpload(t *testing.T, c *client.Client) {
	ctx := t.Context()
	everywhere := func(f any, name, want string) {
		t.Helper()
		got, err := c.Run[string](ctx, f, name)
		if err != nil || len(got) == 0 {
			t.Errorf("%s on %d workers: %v", name, len(got), err)
		}
		for worker, text := range got {
			if text != want {
				t.Errorf("%s on worker %s is %.100q, want %.100q", name, worker, text, want)
			}
		}
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "settings.txt")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := c.UploadFile(ctx, path); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	everywhere(readUploaded, "settings.txt", "one")
	result(t, c.Submit[string](readUploaded, "settings.txt", client.Pure(false)), "one")

	// Another version; who reads the one before goes on.
	opened, goOn := file(t, "opened"), file(t, "go")
	reads := c.Submit[string](readTwice, "settings.txt", opened, goOn)
	if err := await(ctx, opened); err != nil {
		t.Fatal(err)
	}
	write("two!")
	everywhere(readUploaded, "settings.txt", "two!")
	if err := mark(goOn); err != nil {
		t.Fatal(err)
	}
	result(t, reads, "oneone")
	write("two!")
	write("three")
	everywhere(readUploaded, "settings.txt", "three")

	for _, size := range []int{0, 1 << 20, 1<<20 + 1, 20<<20 + 7} {
		big := bytes.Repeat([]byte("0123456789abcdef!"), size/17+1)[:size]
		if err := c.UploadReader(ctx, "big", bytes.NewReader(big)); err != nil {
			t.Fatal(err)
		}
		everywhere(sumUploaded, "big", fmt.Sprintf("%d %x", size, sha256.Sum256(big)))
	}
	testUploadDirectory(t, c, dir, everywhere)
	testUploadRefused(t, c)
	if names, err := c.ListDatasets(ctx); err != nil || len(names) > 0 {
		t.Errorf("datasets: %v, %v", names, err)
	}
	if err := c.RemoveFile(ctx, "settings.txt"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Run[string](ctx, readUploaded, "settings.txt"); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("a file that was removed: %v", err)
	}
	if err := c.RemoveFile(ctx, "settings.txt"); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
	write("four")
	everywhere(readUploaded, "settings.txt", "four")
}

func testUploadDirectory(t *testing.T, c *client.Client, dir string, everywhere func(f any, name, want string)) {
	t.Helper()
	ctx := t.Context()
	model := filepath.Join(dir, "model")
	if err := os.MkdirAll(filepath.Join(model, "deep", "empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"a.txt": "A", "deep/b.txt": "B"} {
		if err := os.WriteFile(filepath.Join(model, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.UploadDirectory(ctx, model); err != nil {
		t.Fatal(err)
	}
	everywhere(listUploaded, "model", "a.txt=A deep/b.txt=B ")
	if err := os.Symlink("a.txt", filepath.Join(model, "link")); err == nil {
		if err := c.UploadDirectory(ctx, model); err == nil || !strings.Contains(err.Error(), "link") {
			t.Errorf("a link was uploaded: %v", err)
		}
	}
	everywhere(listUploaded, "model", "a.txt=A deep/b.txt=B ")
}

func testUploadRefused(t *testing.T, c *client.Client) {
	t.Helper()
	ctx := t.Context()
	for _, name := range []string{"", ".", "..", "../x", "a/b", `a\b`, "/etc/passwd", ".hidden", "c:x", "nul\x00", strings.Repeat("x", 201)} {
		if err := c.UploadReader(ctx, name, strings.NewReader("x")); err == nil {
			t.Errorf("the name %q was taken", name)
		}
	}
	broken := errors.New("broken")
	if err := c.UploadReader(ctx, "broken", brokenReader{broken}); !errors.Is(err, broken) {
		t.Errorf("a reader that fails: %v", err)
	}
	if err := c.UploadFile(ctx, filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if err := c.UploadFile(ctx, t.TempDir()); err == nil || !strings.Contains(err.Error(), "UploadDirectory") {
		t.Errorf("a directory as a file: %v", err)
	}
	if err := c.UploadDirectory(ctx, os.Args[0]); err == nil {
		t.Error("a file as a directory")
	}
	if _, err := c.Run[string](ctx, readUploaded, "broken"); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("a file that was not uploaded: %v", err)
	}
	if _, err := client.UploadedFile(ctx, "big"); err == nil {
		t.Error("the test is no worker")
	}
}

type brokenReader struct{ err error }

func (b brokenReader) Read([]byte) (int, error) { return 0, b.err }

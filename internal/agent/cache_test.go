package agent

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func hashOf(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// from returns a Fetch of some content, and how often it was called.
func from(content []byte) (Fetch, *atomic.Int32) {
	n := new(atomic.Int32)
	return func(context.Context, string) (io.ReadCloser, error) {
		n.Add(1)
		return io.NopCloser(bytes.NewReader(content)), nil
	}, n
}

func open(t *testing.T, limit int64) *Cache {
	t.Helper()
	c, err := OpenCache(filepath.Join(t.TempDir(), "executables"), limit)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func names(t *testing.T, c *Cache) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), usedSuffix) {
			all = append(all, e.Name())
		}
	}
	return all
}

func TestCacheFetchesOnce(t *testing.T) {
	c, content := open(t, 0), []byte("a program")
	fetch, fetched := from(content)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			path, release, err := c.Get(t.Context(), hashOf(content), fetch)
			if err != nil {
				t.Error(err)
				return
			}
			defer release()
			if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content) {
				t.Errorf("got %q, %v", got, err)
			}
			if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
				t.Errorf("got %v, %v; want mode 700", info.Mode(), err)
			}
		})
	}
	wg.Wait()
	if fetched.Load() != 1 {
		t.Errorf("fetched %d times", fetched.Load())
	}
	if got := names(t, c); len(got) != 1 {
		t.Errorf("got files %v", got)
	}
}

func TestCacheRefusesWhatIsWrong(t *testing.T) {
	c := open(t, 0)
	wrong, _ := from([]byte("another program"))
	if _, _, err := c.Get(t.Context(), hashOf([]byte("a program")), wrong); !errors.Is(err, ErrHash) {
		t.Errorf("got %v, want ErrHash", err)
	}
	broken := func(context.Context, string) (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader("a prog"), errReader{})), nil
	}
	if _, _, err := c.Get(t.Context(), hashOf([]byte("a program")), broken); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want the reader's error", err)
	}
	if _, _, err := c.Get(t.Context(), hashOf([]byte("a program")), nil); err == nil {
		t.Error("got something from nowhere")
	}
	if _, _, err := c.Get(t.Context(), "../../etc/passwd", wrong); err == nil {
		t.Error("a path was taken for a hash")
	}
	if got := names(t, c); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
	if len(c.held) != 0 {
		t.Errorf("held: %v", c.held)
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestCacheFetchesAgainWhatWasChanged(t *testing.T) {
	c, content := open(t, 0), []byte("a program")
	fetch, fetched := from(content)
	path, release, err := c.Get(t.Context(), hashOf(content), fetch)
	if err != nil {
		t.Fatal(err)
	}
	release()
	time.Sleep(2 * time.Millisecond)
	if err := os.WriteFile(path, []byte("a virus!!"), 0o700); err != nil {
		t.Fatal(err)
	}
	path, release, err = c.Get(t.Context(), hashOf(content), fetch)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content) || fetched.Load() != 2 {
		t.Errorf("got %q, %v, fetched %d times", got, err, fetched.Load())
	}
}

// TestCacheIsCleaned keeps what is used, and of the rest what was used last.
func TestCacheIsCleaned(t *testing.T) {
	c := open(t, 250)
	get := func(name string) (string, func()) {
		content := bytes.Repeat([]byte(name), 100)
		fetch, _ := from(content)
		path, release, err := c.Get(t.Context(), hashOf(content), fetch)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
		return path, release
	}
	a, releaseA := get("a")
	b, releaseB := get("b")
	releaseB()
	_, again := get("b")
	again()
	unfinished := filepath.Join(c.dir, partPrefix+"1")
	if err := os.WriteFile(unfinished, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-2 * partAge)
	if err := os.Chtimes(unfinished, old, old); err != nil {
		t.Fatal(err)
	}
	d, releaseD := get("d")
	defer releaseD()
	for path, want := range map[string]bool{a: true, b: false, d: true, unfinished: false} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%.10s…: got %v", filepath.Base(path), err)
		}
	}
	releaseA()
	_, releaseE := get("e")
	defer releaseE()
	if _, err := os.Stat(a); err == nil {
		t.Error("what nobody uses was kept")
	}
	if got := names(t, c); len(got) != 2 {
		t.Errorf("got files %v", got)
	}
}

func TestCacheOfAnotherIsRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("access lists are inherited")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenCache(dir, 0); err == nil || !strings.Contains(err.Error(), "can be written to by others") {
		t.Errorf("got %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenCache(file, 0); err == nil {
		t.Error("a file was taken for a directory")
	}
}

// TestConfiguredExecutable uses the local file when its content is right, and the cache otherwise.
func TestConfiguredExecutable(t *testing.T) {
	content := []byte("a program")
	local := filepath.Join(t.TempDir(), "local")
	if err := os.WriteFile(local, content, 0o700); err != nil {
		t.Fatal(err)
	}
	fetch, fetched := from([]byte("another"))
	c := Config{Executable: local, Hash: hashOf(content), CacheDir: filepath.Join(t.TempDir(), "cache"), Fetch: fetch}
	if path, _, err := c.executable(t.Context()); err != nil || path != local || fetched.Load() != 0 {
		t.Errorf("got %s, %v", path, err)
	}
	c.Hash = hashOf([]byte("another"))
	path, release, err := c.executable(t.Context())
	if err != nil || path != filepath.Join(c.CacheDir, c.Hash) || fetched.Load() != 1 {
		t.Errorf("got %s, %v", path, err)
	}
	release()
	c.Executable = "" // this test's own
	if path, release, err = c.executable(t.Context()); err != nil || path != filepath.Join(c.CacheDir, c.Hash) {
		t.Errorf("got %s, %v", path, err)
	}
	release()
	c.CacheDir = ""
	if _, _, err := c.executable(t.Context()); !errors.Is(err, ErrHash) {
		t.Errorf("got %v, want ErrHash", err)
	}
}

func TestHashOf(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	for _, content := range []string{"one", "two", "three"} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got, err := HashOf(file); err != nil || got != hashOf([]byte(content)) {
				t.Errorf("%s: got %s, %v", content, got, err)
			}
		}
		time.Sleep(10 * time.Millisecond) // so that the times differ on any file system
	}
	if _, err := HashOf(t.TempDir()); err == nil {
		t.Error("hashed a directory")
	}
	if _, err := HashOf(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestSelf(t *testing.T) {
	self, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(self.Path)
	if err != nil {
		t.Fatal(err)
	}
	if self.Hash != hashOf(content) {
		t.Errorf("got %+v", self)
	}
}

func TestParseHash(t *testing.T) {
	good := strings.Repeat("0aB", 21) + "f"
	sum, err := ParseHash(good)
	if got, want := hex.EncodeToString(sum[:]), strings.ToLower(good); err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	for _, text := range []string{"", "abc", good[1:], good + "00", "g" + good[1:], " " + good[1:], strings.Repeat("é", 32)} {
		if sum, err := ParseHash(text); err == nil || !strings.Contains(err.Error(), "is no SHA-256") {
			t.Errorf("%q: got %x, %v", text, sum, err)
		}
	}
	if fileName(good) || !fileName(strings.ToLower(good)) {
		t.Error("files have names in lower case")
	}
}

package atomicfile_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"sheaf/internal/atomicfile"
)

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	write := func(text string, err error) error {
		return atomicfile.Write(path, 0o640, func(w io.Writer) error {
			_, _ = io.WriteString(w, text)
			return err
		})
	}
	broken := errors.New("broken")
	if err := errors.Join(write("one", nil), write("two", nil)); err != nil {
		t.Fatal(err)
	}
	if err := write("three", broken); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	b, err := os.ReadFile(path)
	info, e := os.Stat(path)
	if err != nil || e != nil || string(b) != "two" || info.Mode().Perm() != 0o640 {
		t.Errorf("the file has %q, %v, %v, %v", b, info.Mode(), err, e)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
	if err := atomicfile.Write(dir, 0o600, func(io.Writer) error { return nil }); err == nil {
		t.Error("a directory was overwritten")
	}
	if left, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func ExampleWrite() {
	err := atomicfile.Write("/no/such/directory/file", 0o600, func(io.Writer) error { return nil })
	fmt.Println(err != nil)
	// Output: true
}

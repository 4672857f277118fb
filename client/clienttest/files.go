package clienttest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The functions of the suite run in this process or in others, so they talk to the test through files.

// file returns the path of a file that does not exist yet.
func file(t *testing.T, name string) string { return filepath.Join(t.TempDir(), name) }

// mark makes a file.
func mark(path string) error { return os.WriteFile(path, nil, 0o600) }

// await waits until somebody has made a file.
func await(ctx context.Context, path string) error {
	for {
		if _, err := os.Stat(path); err == nil || !errors.Is(err, os.ErrNotExist) {
			return err
		}
		select {
		case <-time.After(2 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// note appends a line to a file and returns how many lines it has then.
func note(path, line string) (int, error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	_, err = f.WriteString(line + "\n")
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, err
	}
	return len(notes(path)), nil
}

// notes returns the lines of a file, none if it does not exist.
func notes(path string) []string {
	b, _ := os.ReadFile(path)
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")[:strings.Count(string(b), "\n")]
}

// eventually waits until ok is true.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Errorf("it did not come to pass that %s", what)
}

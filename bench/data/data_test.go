package data

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestEnsureMakesOnce checks that a finished set is kept and that a broken attempt is made again from nothing.
func TestEnsureMakesOnce(t *testing.T) {
	root, calls := t.TempDir(), 0
	broken := errors.New("disk full")
	fails := true
	Sets["test"] = Set{Name: "test", Make: func(_ context.Context, dir string) error {
		calls++
		if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
			t.Errorf("attempt %d: got %d entries and %v, want an empty directory", calls, len(entries), err)
		}
		if err := os.WriteFile(filepath.Join(dir, "part"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if fails {
			return broken
		}
		return nil
	}}
	defer delete(Sets, "test")
	if _, err := Ensure(t.Context(), root, "test"); !errors.Is(err, broken) {
		t.Fatalf("got %v, want the maker's error", err)
	}
	fails = false
	for range 2 {
		if _, err := Ensure(t.Context(), root, "test"); err != nil {
			t.Fatal(err)
		}
	}
	if calls != 2 {
		t.Errorf("got %d calls, want 2: one that failed and one that counts", calls)
	}
}

// Package tempdir makes directories in the system's place for temporary files that do not outlive their process for long. A program
// that ends without closing anything, or is killed, cannot remove its own: the next one that makes such a directory does.
package tempdir

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	owner    = ".owner"    // the file in each directory that its process keeps locked
	young    = time.Minute // directories of this age may be without their lock yet
	sweepMax = 16          // directories that are removed at a time, so that nobody waits for long
)

var (
	mu   sync.Mutex // guards held
	held = map[string]*os.File{}
)

// Make makes a directory whose name begins with sheaf-, then name. Only the user may look into it. [Remove] removes it.
//
// Before that it removes directories of that name which the same user's processes have left.
func Make(name string) (string, error) {
	prefix := "sheaf-" + name + "-"
	sweep(os.TempDir(), prefix, time.Now().Add(-young))
	dir, err := os.MkdirTemp("", prefix)
	if err != nil {
		return "", err
	}
	f, err := os.OpenFile(filepath.Join(dir, owner), os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		if err = lock(f); err != nil {
			_ = f.Close()
		}
	}
	if err != nil {
		_ = os.RemoveAll(dir)
		return "", fmt.Errorf("a temporary directory: %w", err)
	}
	mu.Lock()
	defer mu.Unlock()
	held[dir] = f
	return dir, nil
}

// Remove removes a directory that Make has made, with what is in it.
func Remove(dir string) error {
	err := os.RemoveAll(dir)
	mu.Lock()
	defer mu.Unlock()
	if f := held[dir]; f != nil {
		_ = f.Close()
		delete(held, dir)
	}
	return err
}

// sweep removes the directories of that prefix whose processes are gone. Those made after a time are left alone.
func sweep(parent, prefix string, before time.Time) (removed int) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return 0
	}
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), prefix) {
			continue
		}
		if dir := filepath.Join(parent, e.Name()); orphaned(dir, before) {
			_ = os.RemoveAll(dir)
			if removed++; removed == sweepMax {
				break
			}
		}
	}
	return removed
}

// orphaned reports whether the process that made a directory is gone.
func orphaned(dir string, before time.Time) bool {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() || !mine(info) {
		return false
	}
	f, err := os.OpenFile(filepath.Join(dir, owner), os.O_RDWR, 0)
	if err != nil {
		return false // somebody else's, or not one of these
	}
	defer func() { _ = f.Close() }()
	info, err = f.Stat()
	return err == nil && info.ModTime().Before(before) && lock(f) == nil
}

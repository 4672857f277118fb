package cluster_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sheaf/client"
	"sheaf/cluster"
	"sheaf/cluster/clustertest"
)

// uploadedBytes returns the size of an uploaded file on the worker.
func uploadedBytes(ctx context.Context, name string) (int64, error) {
	path, err := client.UploadedFile(ctx, name)
	if err != nil {
		return 0, err
	}
	i, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return i.Size(), nil
}

// fileHomes returns the directories in which workers keep uploaded files.
func fileHomes(t *testing.T, dir string) (homes []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && strings.HasPrefix(d.Name(), "sheaf-files-") {
			homes = append(homes, d.Name())
		}
		return nil //nolint:nilerr // what goes meanwhile is gone
	})
	if err != nil {
		t.Fatal(err)
	}
	return homes
}

// TestUploadLate: workers that join later have the files too, also when the client that uploaded them is gone, and nothing is left of them in the end,
// be it that a worker was killed.
func TestUploadLate(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	l, err := cluster.StartLocal(ctx, cluster.Config{Workers: 1, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	closed := false
	defer func() {
		if !closed {
			_ = l.Close(context.Background())
		}
	}()
	first, err := l.Client(ctx)
	if err != nil {
		t.Fatal(err)
	}
	sizes := map[string]int64{"small": 5, "large": 3<<20 + 1}
	for name, n := range sizes {
		if err := first.UploadReader(ctx, name, bytes.NewReader(make([]byte, n))); err != nil {
			t.Fatal(err)
		}
	}
	c := clustertest.ClientOf(t, l)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	l.Scale(3)
	if err := c.WaitForWorkers(ctx, 3); err != nil {
		t.Fatal(err)
	}
	for name, want := range sizes {
		for w := range 3 {
			n, err := c.Submit[int64](uploadedBytes, name, client.OnWorkers(fmt.Sprintf("local-%d", w)), client.Pure(false)).Result(ctx)
			if err != nil || n != want {
				t.Errorf("%s on worker %d: %d bytes, %v", name, w, n, err)
			}
		}
	}
	if homes := fileHomes(t, dir); len(homes) != 3 {
		t.Errorf("directories with files: %v", homes)
	}

	pids := must(c.Run[int](ctx, os.Getpid))
	killed := pids["local-1"]
	if p, err := os.FindProcess(killed); err != nil || p.Kill() != nil {
		t.Fatal("the worker cannot be killed")
	}
	within(t, "another process has taken the place of the one that was killed", func() bool {
		now, err := c.Run[int](ctx, os.Getpid)
		return err == nil && len(now) == 3 && now["local-1"] != killed
	})
	if n, err := c.Submit[int64](uploadedBytes, "large", client.OnWorkers("local-1"), client.Pure(false)).Result(ctx); err != nil || n != sizes["large"] {
		t.Errorf("after it was killed: %d bytes, %v", n, err)
	}
	within(t, "what the killed process has left is removed", func() bool {
		homes := strings.Join(fileHomes(t, dir), " ")
		return !strings.Contains(homes, fmt.Sprintf("-%d-", killed))
	})
	closed = true
	if err := l.Close(ctx); err != nil {
		t.Error(err)
	}
	time.Sleep(100 * time.Millisecond)
	if homes := fileHomes(t, dir); len(homes) > 0 {
		t.Errorf("left over: %v", homes)
	}
}

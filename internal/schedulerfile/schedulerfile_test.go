package schedulerfile_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sheaf/internal/schedulerfile"
)

func TestWriteReadRemove(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scheduler.json")
	ours := &schedulerfile.File{URL: "nats://a:1", Cluster: "default", Token: "secret", Host: "a", PID: 7, Started: time.Now()}
	go func() {
		time.Sleep(100 * time.Millisecond)
		if err := ours.Write(path); err != nil {
			t.Error(err)
		}
	}()
	got, err := schedulerfile.Read(t.Context(), path) // waits
	if err != nil || got.URL != ours.URL || got.Token != ours.Token || !got.Started.Equal(ours.Started) {
		t.Fatalf("got %v, %v", got, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a file with a token is %v, %v", info.Mode(), err)
	}
	next := *ours
	next.PID = 8
	if err := errors.Join(next.Write(path), ours.Remove(path)); err != nil {
		t.Fatal(err)
	}
	if got, err := schedulerfile.Read(t.Context(), path); err != nil || got.PID != 8 {
		t.Errorf("another scheduler's file was removed: %v, %v", got, err)
	}
	if err := errors.Join(next.Remove(path), next.Remove(path)); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is there still: %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestNoFile(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, errors.New("too late"))
	defer cancel()
	if _, err := schedulerfile.Read(ctx, filepath.Join(dir, "none")); err == nil || !strings.Contains(err.Error(), "too late") {
		t.Errorf("got %v", err)
	}
	for _, text := range []string{"", "{}", "garbage", `{"url": 5}`, strings.Repeat(" ", 1<<20)} {
		path := filepath.Join(dir, "bad")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := schedulerfile.Read(t.Context(), path); err == nil || !strings.Contains(err.Error(), "no scheduler's file") {
			t.Errorf("%.20q: got %v", text, err)
		}
	}
	if _, err := schedulerfile.Read(t.Context(), dir); err == nil {
		t.Error("a directory was read")
	}
	if err := (&schedulerfile.File{}).Write(filepath.Join(dir, "none", "f")); err == nil {
		t.Error("written into no directory")
	}
}

func ExamplePath() {
	fmt.Println(schedulerfile.Path("file:scheduler.json"))
	fmt.Println(schedulerfile.Path("file:///home/me/scheduler.json"))
	fmt.Println(schedulerfile.Path("nats://host:4222"))
	// Output:
	// scheduler.json true
	// /home/me/scheduler.json true
	// nats://host:4222 false
}

func ExampleFile() {
	f := schedulerfile.File{Host: "node1", PID: 42, Started: time.Date(2026, 11, 23, 5, 0, 0, 0, time.Local)}
	fmt.Println(&f)
	// Output: process 42 on node1, at 2026-11-23 05:00:00
}

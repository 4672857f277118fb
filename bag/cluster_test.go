//go:build unix

package bag_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sheaf"
	"sheaf/bag"
	"sheaf/cluster/clustertest"
	"sheaf/internal/testexec"
)

// clusterDir is where functions on workers leave word for the test, which is in another process.
const clusterDir = "SHEAF_TEST_SHUFFLE_DIR"

// lines of partition i: some long, so that they go to files.
func manyLines(i int) []string {
	if f, err := os.OpenFile(filepath.Join(os.Getenv(clusterDir), "senders"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666); err == nil {
		fmt.Fprintln(f, os.Getpid())
		f.Close()
	}
	var out []string
	for k := range 2000 {
		out = append(out, fmt.Sprintf("%03d %d %s", (i*31+k*17)%101, i*2000+k, strings.Repeat("x", k%300)))
	}
	return out
}

func keyOfLine(s string) string { return s[:3] }

// fatal kills the first process of all that runs it, if the test wants that.
func fatal(g bag.Group[string, string]) bag.KV[string, int] {
	dir := os.Getenv(clusterDir)
	if _, err := os.Stat(filepath.Join(dir, "armed")); err == nil {
		if f, err := os.OpenFile(filepath.Join(dir, "killed"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666); err == nil {
			fmt.Fprintln(f, os.Getpid())
			f.Close()
			time.Sleep(50 * time.Millisecond)
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	n := 0
	for _, v := range g.Values {
		n = n*31 + len(v) + int(v[4]) // depends on the order
	}
	return bag.KV[string, int]{Key: g.Key, Value: n}
}

func counted(g bag.Group[string, string]) int { return len(g.Values) }

// TestGroupByOnProcesses: groups on worker processes are those that are made here, with their elements in the order of the bag, also
// beside other bags in one, and when a worker is killed while it makes groups. Then no more partitions are sent again than it held.
func TestGroupByOnProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	testexec.LocalOnly(t, "it starts its own cluster")
	dir := t.TempDir()
	t.Setenv(clusterDir, dir)
	c := clustertest.Processes(t, 2)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	there := sheaf.With(ctx, sheaf.On(c))
	lines := bag.Flatten(bag.Range(8, bag.Partitions(8)).Map(manyLines))
	groups := bag.GroupBy(lines, keyOfLine, bag.Partitions(12))
	sizes := groups.Map(counted)
	for name, b := range map[string]*bag.Bag[int]{"sizes": sizes, "with others": bag.Concat(bag.Range(3), sizes, sizes.Map(func(n int) int { return -n }))} {
		want, err := b.Compute(ctx)
		if err != nil {
			t.Fatal(err)
		}
		got, err := b.Compute(there)
		if err != nil {
			t.Fatal(err)
		}
		if len(want) < 101 || !slices.Equal(got, want) {
			t.Errorf("%s: got %d groups, want %d, or others", name, len(got), len(want))
		}
	}
	sums := groups.Map(fatal)
	want, err := sums.Compute(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_ = os.Remove(filepath.Join(dir, "senders"))
	if err := os.WriteFile(filepath.Join(dir, "armed"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	got, err := sums.Compute(there)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("after a kill: got %d groups, want %d, or others", len(got), len(want))
	}
	killed, err := os.ReadFile(filepath.Join(dir, "killed"))
	if err != nil {
		t.Fatal("nobody was killed")
	}
	runs, err := os.ReadFile(filepath.Join(dir, "senders"))
	if err != nil {
		t.Fatal(err)
	}
	all, lost := strings.Fields(string(runs)), 0
	for _, pid := range all {
		if pid == strings.TrimSpace(string(killed)) {
			lost++
		}
	}
	t.Logf("%d senders ran, %d of them in the process that was killed", len(all), lost)
	if again := len(all) - 8; again > lost {
		t.Errorf("%d senders ran again, %d were lost", again, lost)
	}
}

package main

import (
	"path/filepath"
	"strings"
	"testing"

	"sheaf/cluster/clustertest"
)

func TestMain(m *testing.M) { clustertest.Main(m) }

// TestDemoOnProcesses compares what programs print on worker processes with what they print on goroutines.
func TestDemoOnProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := t.TempDir()
	args := []string{"demo", "--run", "^(loops|delayed|bags|futures)$", "--dir", filepath.Join(dir, "data"), "--graphs", filepath.Join(dir, "graphs")}
	out := must(t, append(args, "--processes", "2")...)
	for _, want := range []string{"2 worker processes were started in", "the client is its own", "4 programs in"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if here := results(must(t, args...)); results(out) != here || !strings.Contains(here, "[3 4 5 6 8 10 12 15 18 24]") {
		t.Errorf("got\n%s\nwant\n%s", results(out), here)
	}
}

// results keeps the lines that stand before the times that programs took.
func results(out string) string {
	var kept []string
	before := ""
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "→ ") {
			kept = append(kept, before)
		}
		before = line
	}
	return strings.Join(kept, "")
}

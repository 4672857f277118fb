package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// run runs the command with arguments and returns what it prints.
func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	c := command()
	c.SetArgs(args)
	c.SetOut(&out)
	c.SetErr(&out)
	err := c.ExecuteContext(t.Context())
	return out.String(), err
}

func must(t *testing.T, args ...string) string {
	t.Helper()
	out, err := run(t, args...)
	if err != nil {
		t.Fatalf("sheaf %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func TestConfig(t *testing.T) {
	out := must(t, "config")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if !strings.HasPrefix(lines[0], "KEY ") || len(lines) < 20 {
		t.Fatalf("got\n%s", out)
	}
	at := strings.Index(lines[0], "SOURCE")
	for _, l := range lines[1:] {
		if len(l) <= at || l[at-1] != ' ' || l[at] == ' ' {
			t.Errorf("no source at column %d of %q", at, l)
		}
	}
	if !strings.Contains(out, "\nmemory.limit ") || !strings.Contains(out, "60% = ") {
		t.Errorf("the memory limit is missing:\n%s", out)
	}
	if list := must(t, "config", "list"); list != out {
		t.Errorf("got\n%s\nwant\n%s", list, out)
	}
	if docs := must(t, "config", "--docs"); !strings.Contains(docs, "Goroutines that run tasks") {
		t.Errorf("got\n%s", docs)
	}
	var settings []struct{ Key, Source, Doc string }
	if err := json.Unmarshal([]byte(must(t, "config", "--json")), &settings); err != nil || len(settings) != len(lines)-1 {
		t.Errorf("got %d settings, %v, want %d", len(settings), err, len(lines)-1)
	}
}

func TestConfigOfOneKey(t *testing.T) {
	if got := must(t, "config", "get", "progress.delay"); got != "2s\n" {
		t.Errorf("got %q", got)
	}
	if got := must(t, "config", "find", "scheduler"); !strings.Contains(got, "from default") || !strings.Contains(got, "one of goroutines, synchronous") {
		t.Errorf("got %q", got)
	}
	if _, err := run(t, "config", "get", "progres.delay"); err == nil || !strings.Contains(err.Error(), "did you mean progress.delay") {
		t.Errorf("got %v", err)
	}
}

func TestInfo(t *testing.T) {
	out := must(t, "info")
	for _, want := range []string{"version", "processors", "GOMAXPROCS", "memory limit", "workers, goroutines", "data frames", "vector kernels"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	var facts map[string]string
	if err := json.Unmarshal([]byte(must(t, "info", "--json")), &facts); err != nil || facts["version"] == "" {
		t.Errorf("got %v, %v", facts, err)
	}
}

func TestVersion(t *testing.T) {
	if a, b := must(t, "version"), must(t, "--version"); a != b || !strings.HasPrefix(a, "sheaf ") {
		t.Errorf("got %q and %q", a, b)
	}
}

func TestHelpAndMistakes(t *testing.T) {
	for _, c := range []string{"demo", "config", "info", "version"} {
		if out := must(t); !strings.Contains(out, c) {
			t.Errorf("%s is missing in\n%s", c, out)
		}
		if out := must(t, c, "--help"); !strings.Contains(out, "Usage:") {
			t.Errorf("got %q", out)
		}
	}
	for _, args := range [][]string{{"dance"}, {"demo", "extra"}, {"config", "get"}, {"demo", "--run", "nothing like it"}, {"demo", "--run", "("}} {
		if _, err := run(t, args...); err == nil {
			t.Errorf("sheaf %s: no error", strings.Join(args, " "))
		}
	}
}

// TestDemo runs the programs that need no large arrays; examples/seed tests the results of all.
func TestDemo(t *testing.T) {
	dir := t.TempDir()
	data, graphs := filepath.Join(dir, "data"), filepath.Join(dir, "graphs")
	out := must(t, "demo", "--run", "^(loops|delayed|futures|bags)$", "--dir", data, "--graphs", graphs)
	for _, want := range []string{
		"sheaf demo: 4 programs", "/4 delayed: Delayed: Lazy ──", "a := delayed.Call[int](inc, 1)", "\n5\n→ ", "[3 4 5 6 8 10 12 15 18 24]", "4 programs in",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	for _, name := range []string{"loops.svg", "delayed.svg", "bags.svg"} {
		text, err := os.ReadFile(filepath.Join(graphs, name))
		if err != nil || !bytes.Contains(text, []byte("<svg")) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list := must(t, "demo", "--list"); !strings.Contains(list, "delayed") || strings.Count(list, "\n") < 5 {
		t.Errorf("got %q", list)
	}
}

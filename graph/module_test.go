package graph_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCollectionInAnotherModule builds and runs the example's collection as a program of a module of its own.
func TestCollectionInAnotherModule(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("the go command is not installed")
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	example, err := os.ReadFile("example_collection_test.go")
	if err != nil {
		t.Fatal(err)
	}
	program := strings.Replace(string(example), "package graph_test", "package main", 1)
	program = strings.Replace(program, "func Example_collection() {", "func main() {", 1)
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	// The program needs what sheaf needs, so its module file is sheaf's under another name, with one requirement more.
	own := strings.Replace(string(mod), "module sheaf\n", "module example.org/squares\n", 1) +
		"\nrequire sheaf v0.0.0\n\nreplace sheaf => " + root + "\n"
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"main.go": program, "go.mod": own, "go.sum": string(sum)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), goTool, "run", "-mod=mod", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, want, _ := strings.Cut(string(example), "// Output:\n")
	want, _, _ = strings.Cut(want, "\n}")
	var lines []string
	for line := range strings.SplitSeq(want, "\n") {
		lines = append(lines, strings.TrimPrefix(strings.TrimSpace(line), "// "))
	}
	got := strings.ReplaceAll(strings.TrimSpace(string(out)), "main.", "graph_test.")
	if got != strings.Join(lines, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(lines, "\n"))
	}
}

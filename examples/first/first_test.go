package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestReadme checks that the README shows this very program and what it prints.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "run", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text := strings.TrimPrefix(string(program), "// Command first is the program of the README.\n")
	if want := "```go\n" + text + "```\n```\n" + string(out) + "```\n"; !strings.Contains(string(readme), want) {
		t.Errorf("the README does not contain the program and its output:\n%s", want)
	}
}

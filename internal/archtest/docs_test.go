package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheWalkIsReal checks that each `Name` (`file.go`) of docs/walk.md is a function that the file declares.
func TestTheWalkIsReal(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "walk.md"))
	if err != nil {
		t.Fatal(err)
	}
	steps := regexp.MustCompile("`([\\w.]+)`\\s+\\(`([\\w/]+\\.go)`\\)").FindAllStringSubmatch(string(text), -1)
	if len(steps) < 45 {
		t.Errorf("got %d steps, want the whole walk", len(steps))
	}
	for _, step := range steps {
		name, path := step[1], step[2]
		source, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		declaration := `(?m)^func ` + name + `\b`
		if typ, method, ok := strings.Cut(name, "."); ok {
			declaration = `(?m)^func \((\w+ )?\*?` + typ + `(\[.*\])?\) ` + method + `\b`
		}
		if !regexp.MustCompile(declaration).Match(source) {
			t.Errorf("%s declares no %s", path, name)
		}
	}
}

// TestFilesNamedInDocsExist checks the relative links of the documents.
func TestFilesNamedInDocsExist(t *testing.T) {
	documents, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	guides, err := filepath.Glob(filepath.Join(root, "docs", "*", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	documents = append(append(documents, guides...), filepath.Join(root, "README.md"))
	for _, document := range documents {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range regexp.MustCompile(`\]\(([\w-]*[./][\w./-]*)\)`).FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(document), filepath.FromSlash(link[1]))); err != nil {
				t.Errorf("%s: %v", document, err)
			}
		}
	}
}

package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// module is the path of the module, and root its directory as seen from here.
const module = "sheaf"

var root = filepath.Join("..", "..")

// sourceFile is a Go file that is not a test, parsed.
type sourceFile struct {
	path string // relative to the root
	dir  string // the package's directory, "." for the root
	ast  *ast.File
	fset *token.FileSet
}

// imports returns the import paths of the file.
func (f sourceFile) imports() []string {
	var paths []string
	for _, spec := range f.ast.Imports {
		if path, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, path)
		}
	}
	return paths
}

// at says where a node is.
func (f sourceFile) at(n ast.Node) string {
	return f.path + ":" + strconv.Itoa(f.fset.Position(n.Pos()).Line)
}

var readSource = sync.OnceValues(func() (files []sourceFile, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != root && (name == "testdata" || name == "tools" && filepath.Dir(path) == root || strings.HasPrefix(name, ".")) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		dir := "."
		if i := strings.LastIndexByte(rel, '/'); i >= 0 {
			dir = rel[:i]
		}
		files = append(files, sourceFile{rel, dir, file, fset})
		return nil
	})
	return files, err
})

// source returns every Go file of the module that is not a test.
func source(t *testing.T) []sourceFile {
	t.Helper()
	files, err := readSource()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// under says whether dir is one of the rooms or below one.
func under(dir string, rooms ...string) bool {
	for _, room := range rooms {
		if dir == room || strings.HasPrefix(dir, room+"/") {
			return true
		}
	}
	return false
}

// parseText makes a file of a literal.
func parseText(t *testing.T, text string) sourceFile {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "p.go", text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return sourceFile{"p.go", ".", file, fset}
}

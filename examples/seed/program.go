package seed

import (
	"context"
	"embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"reflect"
	"runtime"
	"strings"
)

// A Program is one program of the document.
type Program struct {
	Name  string // as in examples/NAME
	Title string // the section of the document

	// Run runs the program on the data below dir, where it also writes what it writes, and returns the results that it
	// would print, in order.
	Run func(ctx context.Context, dir string) ([]any, error)

	// Graphs are the names of the pictures that Run writes to dir/graphs.
	Graphs []string
}

//go:embed *.go
var sources embed.FS

// Source returns the text of the program's function without its comment.
func (p Program) Source() (string, error) {
	rf := runtime.FuncForPC(reflect.ValueOf(p.Run).Pointer())
	if rf == nil {
		return "", fmt.Errorf("seed: %s has no function", p.Name)
	}
	file, _ := rf.FileLine(rf.Entry())
	file = path.Base(strings.ReplaceAll(file, `\`, "/"))
	name := rf.Name()[strings.LastIndexByte(rf.Name(), '.')+1:]
	text, err := sources.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("seed: the text of %s: %w", p.Name, err)
	}
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, file, text, parser.SkipObjectResolution)
	if err != nil {
		return "", fmt.Errorf("seed: the text of %s: %w", p.Name, err)
	}
	for _, d := range tree.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == name {
			return string(text[fset.Position(f.Pos()).Offset:fset.Position(f.End()).Offset]), nil
		}
	}
	return "", fmt.Errorf("seed: %s is not in %s", name, file)
}

// Programs returns all programs in the order of the document. Without cgo those that need dataframes are missing.
func Programs() []Program {
	var all []Program
	for _, name := range order {
		if p, ok := programs[name]; ok {
			all = append(all, p)
		}
	}
	return all
}

// LeftOut returns the names of the programs that this build does not have.
func LeftOut() []string {
	var names []string
	for _, name := range order {
		if _, ok := programs[name]; !ok {
			names = append(names, name)
		}
	}
	return names
}

// Lookup returns the program of a name.
func Lookup(name string) (Program, bool) {
	p, ok := programs[name]
	return p, ok
}

// order is the order of the document.
var order = []string{
	"arrays", "dataframes", "bags", "loops", "lazy", "combined", "compute", "persist", "delayed", "futures", "convert", "mistakes",
}

var programs = map[string]Program{}

// register adds a program; each file does so for its own.
func register(p Program) { programs[p.Name] = p }

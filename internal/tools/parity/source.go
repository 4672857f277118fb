package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
)

// source is what the Go files of a module declare, by package directory.
type source struct {
	packages map[string]*declared // "array/random", "." for the root
	byName   map[string][]string  // package name → directories
}

// declared is what one package declares.
type declared struct {
	names   map[string]bool            // functions, types, constants, variables
	members map[string]map[string]bool // type → methods and fields
	embeds  map[string][]string        // type → embedded type names, as written
	tests   map[string]bool            // Test, Example, Benchmark and Fuzz functions
}

// indexModule parses every Go file under root; testdata, hidden directories and other modules are left out.
func indexModule(root string) (*source, error) {
	s := &source{packages: map[string]*declared{}, byName: map[string][]string{}}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != root && (name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")) {
				return filepath.SkipDir
			}
			if path != root {
				if mods, _ := filepath.Glob(filepath.Join(path, "go.mod")); len(mods) > 0 {
					return filepath.SkipDir
				}
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		return s.addFile(filepath.ToSlash(dir), path)
	})
	return s, err
}

func (s *source) addFile(dir, path string) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	p := s.packages[dir]
	if p == nil {
		p = &declared{map[string]bool{}, map[string]map[string]bool{}, map[string][]string{}, map[string]bool{}}
		s.packages[dir] = p
		name := strings.TrimSuffix(file.Name.Name, "_test")
		s.byName[name] = append(s.byName[name], dir)
	}
	isTest := strings.HasSuffix(path, "_test.go")
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			p.addFunc(d, isTest)
		case *ast.GenDecl:
			if !isTest {
				p.addSpecs(d)
			}
		}
	}
	return nil
}

func (p *declared) addFunc(d *ast.FuncDecl, isTest bool) {
	switch {
	case isTest:
		if d.Recv == nil {
			for _, prefix := range []string{"Test", "Example", "Benchmark", "Fuzz"} {
				if strings.HasPrefix(d.Name.Name, prefix) {
					p.tests[d.Name.Name] = true
				}
			}
		}
	case d.Recv == nil:
		p.names[d.Name.Name] = true
	default:
		p.addMember(typeName(d.Recv.List[0].Type), d.Name.Name)
	}
}

func (p *declared) addSpecs(d *ast.GenDecl) {
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.ValueSpec:
			for _, n := range s.Names {
				p.names[n.Name] = true
			}
		case *ast.TypeSpec:
			p.names[s.Name.Name] = true
			switch t := s.Type.(type) {
			case *ast.StructType:
				p.addFields(s.Name.Name, t.Fields)
			case *ast.InterfaceType:
				p.addFields(s.Name.Name, t.Methods)
			default:
				if s.Assign.IsValid() { // an alias has the members of what it stands for
					p.embeds[s.Name.Name] = append(p.embeds[s.Name.Name], typeName(t))
				}
			}
		}
	}
}

func (p *declared) addFields(typ string, fields *ast.FieldList) {
	for _, f := range fields.List {
		for _, n := range f.Names {
			p.addMember(typ, n.Name)
		}
		if len(f.Names) == 0 {
			embedded := typeName(f.Type)
			p.embeds[typ] = append(p.embeds[typ], embedded)
			p.addMember(typ, embedded[strings.LastIndexByte(embedded, '.')+1:])
		}
	}
}

func (p *declared) addMember(typ, member string) {
	if p.members[typ] == nil {
		p.members[typ] = map[string]bool{}
	}
	p.members[typ][member] = true
}

// typeName returns the name in *T, T[K] or pkg.T, as written.
func typeName(e ast.Expr) string {
	switch t := e.(type) {
	case *ast.StarExpr:
		return typeName(t.X)
	case *ast.IndexExpr:
		return typeName(t.X)
	case *ast.IndexListExpr:
		return typeName(t.X)
	case *ast.ParenExpr:
		return typeName(t.X)
	case *ast.SelectorExpr:
		return typeName(t.X) + "." + t.Sel.Name
	case *ast.Ident:
		return t.Name
	}
	return ""
}

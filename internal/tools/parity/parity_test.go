package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// module writes a small module and returns its root; extra files replace or add to it.
func module(t *testing.T, extra map[string]string) string {
	t.Helper()
	files := map[string]string{
		"go.mod": "module m\n",
		"array/array.go": `package array
type core struct{}
func (c *core) Sum() {}
type Array struct { *core; Chunks []int }
func (a Array) Mean() {}
type List[T any] []T
func (l List[T]) Len() int { return len(l) }
func Zeros() {}
const Auto = -1
`,
		"array/array_test.go": "package array_test\nfunc TestSum() {}\nfunc ExampleArray() {}\n",
		"docs/parity/array.tsv": header + "\n" +
			"da.sum\treduce\t1\tAdds.\t\t\n" +
			"da.mean\treduce\t2\tAverages.\t\t\n" +
			"da.pickle\tpython\t4\tNo sense.\t\t\n",
	}
	maps.Copy(files, extra)
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestFillWritesTablesAndCounts(t *testing.T) {
	root := module(t, map[string]string{
		"docs/parity/fill/array.tsv": "# by hand\nda.sum\tarray.Array.Sum\tarray.TestSum/axis, array.ExampleArray\n",
	})
	if problems, err := run(&bytes.Buffer{}, root, false); err != nil || len(problems) != 1 || !strings.Contains(problems[0], "run the tool with -fill") {
		t.Fatalf("got %q and %v, want to be told to run with -fill", problems, err)
	}
	var out bytes.Buffer
	if problems, err := run(&out, root, true); err != nil || len(problems) != 0 {
		t.Fatalf("got %q and %v, want no problems", problems, err)
	}
	want := " table  tier 1  tier 2  tier 3  tier 4  all\n array     1/1     0/1     0/0     0/1  1/3\n total     1/1     0/1     0/0     0/1  1/3\n"
	if diff := cmp.Diff(strings.Fields(want), strings.Fields(out.String())); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs/parity/array.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	if line := "da.sum\treduce\t1\tAdds.\tarray.Array.Sum\tarray.TestSum/axis, array.ExampleArray\n"; !strings.Contains(string(text), line) {
		t.Errorf("got table\n%s\nwant the line %q", text, line)
	}
	if problems, err := run(&bytes.Buffer{}, root, false); err != nil || len(problems) != 0 {
		t.Errorf("after -fill: got %q and %v, want no problems", problems, err)
	}
}

func TestCheckFindsWhatIsMissing(t *testing.T) {
	for _, c := range []struct{ name, fill, want string }{
		{"no test", "da.sum\tarray.Array.Sum\t", "array.Array.Sum has no test"},
		{"no implementation", "da.sum\t\tarray.TestSum", "tests nothing that is named"},
		{"no such method", "da.sum\tarray.Array.Add\tarray.TestSum", "Array has no method or field Add"},
		{"no such function", "da.sum\tarray.Ones\tarray.TestSum", "declares no Ones"},
		{"no such package", "da.sum\tbag.Sum\tarray.TestSum", "no package bag"},
		{"no such test", "da.sum\tarray.Zeros\tarray.TestMean", "has no test TestMean"},
		{"a test is no implementation", "da.sum\tarray.TestSum\tarray.TestSum", "declares no TestSum"},
		{"no such row", "sum\tarray.Zeros\tarray.TestSum", `no row is named "sum"; did you mean da.sum?`},
		{"contradiction", "da.sum\tarray.Zeros\tarray.TestSum\nda.sum\tarray.Auto\tarray.TestSum", "is filled differently"},
		{"columns", "da.sum\tarray.Zeros", "got 2 columns"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := module(t, map[string]string{"docs/parity/fill/a.tsv": c.fill + "\n"})
			problems, err := run(&bytes.Buffer{}, root, true)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(strings.Join(problems, "\n"), c.want) {
				t.Errorf("got problems %q, want one with %q", problems, c.want)
			}
		})
	}
}

func TestFindAcceptsEveryKindOfName(t *testing.T) {
	s, err := indexModule(module(t, map[string]string{
		"array/random/random.go":   "package random\ntype Generator struct{}\nfunc (g *Generator) Normal() {}\n",
		"internal/random/other.go": "package random\nfunc Other() {}\n",
		"top.go":                   "package m\ntype Alias = Real\ntype Real struct{}\nfunc (Real) Do() {}\n",
	}))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{
		"array.Zeros", "array.Auto", "array.Array", "array.Array.Chunks", "array.Array.Mean", "array.Array.Sum", "array.List.Len",
		"array/random.Generator.Normal", "m.Real.Do", "m.Alias.Do",
	} {
		if err := s.find(id); err != nil {
			t.Errorf("find(%q): got %v, want nil", id, err)
		}
	}
	if err := s.find("random.Other"); err == nil || !strings.Contains(err.Error(), "write the directory") {
		t.Errorf("an ambiguous package: got %v, want to be asked for the directory", err)
	}
}

// TestTables checks the tables of this module, which is what the command does.
func TestTables(t *testing.T) {
	problems, err := run(&bytes.Buffer{}, filepath.Join("..", "..", ".."), false)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Error(p)
	}
}

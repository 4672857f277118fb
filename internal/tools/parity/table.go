package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
)

// header is the first line of every table.
const header = "dask_name\tgroup\ttier\tsemantics\tgo\ttest"

// table is one file of docs/parity.
type table struct {
	path string
	rows []row
}

// row is one public name of Dask.
type row struct {
	line                         int
	name, group, tier, semantics string
	impl, test                   string // comma-separated lists; both empty when not covered
}

func readTables(dir string) ([]*table, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.tsv"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no tables in %s", dir)
	}
	var tables []*table
	for _, path := range paths {
		t := &table{path: path}
		err := eachLine(path, func(n int, line string) error {
			if n == 1 {
				if line != header {
					return fmt.Errorf("%s:1: got header %q, want %q", path, line, header)
				}
				return nil
			}
			f := strings.Split(line, "\t")
			if len(f) != 6 {
				return fmt.Errorf("%s:%d: got %d columns, want 6", path, n, len(f))
			}
			t.rows = append(t.rows, row{n, f[0], f[1], f[2], f[3], f[4], f[5]})
			return nil
		})
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	return tables, nil
}

// write puts the table back to its file if that changes anything.
func (t *table) write() error {
	var b strings.Builder
	b.WriteString(header + "\n")
	for _, r := range t.rows {
		b.WriteString(strings.Join([]string{r.name, r.group, r.tier, r.semantics, r.impl, r.test}, "\t") + "\n")
	}
	if old, err := os.ReadFile(t.path); err == nil && string(old) == b.String() {
		return nil
	}
	return os.WriteFile(t.path, []byte(b.String()), 0o644)
}

// fillRow is a line of a fill file: what covers a name.
type fillRow struct {
	where            string // file:line
	name, impl, test string
}

func readFills(dir string) (fills []fillRow, problems []string, err error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.tsv"))
	if err != nil {
		return nil, nil, err
	}
	for _, path := range paths {
		err := eachLine(path, func(n int, line string) error {
			if line == "" || strings.HasPrefix(line, "#") {
				return nil
			}
			where := fmt.Sprintf("%s:%d", path, n)
			f := strings.Split(line, "\t")
			if len(f) != 3 {
				problems = append(problems, fmt.Sprintf("%s: got %d columns, want dask_name, go, test", where, len(f)))
				return nil
			}
			fills = append(fills, fillRow{where, strings.TrimSpace(f[0]), strings.TrimSpace(f[1]), strings.TrimSpace(f[2])})
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return fills, problems, nil
}

// merge applies the fills to the tables, or only says which rows differ when apply is false.
// A few names stand in two tables; one line fills both.
func merge(tables []*table, fills []fillRow, apply bool) (problems []string) {
	rows := map[string][]*row{}
	for _, t := range tables {
		for i := range t.rows {
			rows[t.rows[i].name] = append(rows[t.rows[i].name], &t.rows[i])
		}
	}
	before := map[string]fillRow{}
	for _, f := range fills {
		if len(rows[f.name]) == 0 {
			problems = append(problems, fmt.Sprintf("%s: no row is named %q%s", f.where, f.name, nearest(rows, f.name)))
			continue
		}
		if b, ok := before[f.name]; ok && (b.impl != f.impl || b.test != f.test) {
			problems = append(problems, fmt.Sprintf("%s: %q is filled differently by %s", f.where, f.name, b.where))
			continue
		}
		before[f.name] = f
		for _, r := range rows[f.name] {
			if apply {
				r.impl, r.test = f.impl, f.test
			} else if r.impl != f.impl || r.test != f.test {
				problems = append(problems, fmt.Sprintf("%s: %q is not in the table; run the tool with -fill", f.where, f.name))
			}
		}
	}
	return problems
}

// nearest suggests the rows that end like name does, which is how a forgotten prefix looks.
func nearest(rows map[string][]*row, name string) string {
	last := name[strings.LastIndexByte(name, '.')+1:]
	var found []string
	for n := range rows {
		if strings.HasSuffix(n, "."+last) {
			found = append(found, n)
		}
	}
	if len(found) == 0 {
		return ""
	}
	slices.Sort(found)
	return "; did you mean " + strings.Join(found[:min(3, len(found))], " or ") + "?"
}

// count prints how many rows of each table and tier are covered.
func count(out io.Writer, tables []*table) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "table\ttier 1\ttier 2\ttier 3\ttier 4\tall\t")
	var sumDone, sumAll [5]int
	for _, t := range tables {
		var done, all [5]int
		for _, r := range t.rows {
			tier := int(r.tier[0] - '0')
			all[tier]++
			if r.impl != "" {
				done[tier]++
			}
		}
		countLine(w, strings.TrimSuffix(filepath.Base(t.path), ".tsv"), done, all)
		for i := range all {
			sumDone[i] += done[i]
			sumAll[i] += all[i]
		}
	}
	countLine(w, "total", sumDone, sumAll)
	return w.Flush()
}

func countLine(w io.Writer, name string, done, all [5]int) {
	fmt.Fprintf(w, "%s\t", name)
	var d, a int
	for tier := 1; tier <= 4; tier++ {
		fmt.Fprintf(w, "%d/%d\t", done[tier], all[tier])
		d += done[tier]
		a += all[tier]
	}
	fmt.Fprintf(w, "%d/%d\t\n", d, a)
}

func eachLine(path string, do func(n int, line string) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for n := 1; s.Scan(); n++ {
		if err := do(n, s.Text()); err != nil {
			return err
		}
	}
	return s.Err()
}

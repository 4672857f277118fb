// Command parity checks the tables in docs/parity against the Go source: whatever a row names must exist, and a row
// that names an implementation must name a test too. It prints how many names of each tier are covered.
//
//	go run ./internal/tools/parity           check and count
//	go run ./internal/tools/parity -fill     merge docs/parity/fill/*.tsv into the tables first
//
// The module's source is only parsed, never built, so that this works without cgo and in a second.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	root := flag.String("root", ".", "directory of the module")
	fill := flag.Bool("fill", false, "merge docs/parity/fill/*.tsv into the tables before checking")
	flag.Parse()
	problems, err := run(os.Stdout, *root, *fill)
	if err != nil {
		fmt.Fprintln(os.Stderr, "parity:", err)
		os.Exit(2)
	}
	for _, p := range problems {
		fmt.Fprintln(os.Stderr, p)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
}

// run does the whole job for the module at root and returns the problems that it found in the tables.
func run(out io.Writer, root string, fill bool) ([]string, error) {
	dir := filepath.Join(root, "docs", "parity")
	tables, err := readTables(dir)
	if err != nil {
		return nil, err
	}
	fills, problems, err := readFills(filepath.Join(dir, "fill"))
	if err != nil {
		return nil, err
	}
	problems = append(problems, merge(tables, fills, fill)...)
	if fill {
		for _, t := range tables {
			if err := t.write(); err != nil {
				return nil, err
			}
		}
	}
	source, err := indexModule(root)
	if err != nil {
		return nil, err
	}
	problems = append(problems, check(tables, source)...)
	return problems, count(out, tables)
}

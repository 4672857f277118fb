// Package data makes the files that the benchmark cases read.
//
// Every data set is a directory under one root. It is made once, deterministically, and is complete when its
// marker file exists; a directory without one is a broken attempt and is made again.
package data

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// Set is one data set: a directory of files that some cases read.
type Set struct {
	// Name is the directory under the root.
	Name string
	// About is one line for people, with the size on disk.
	About string
	// Make fills the empty directory dir.
	Make func(ctx context.Context, dir string) error
}

// Sets lists every data set by name.
var Sets = map[string]Set{
	"seedcsv":  {"seedcsv", "24 CSV files of the seed's accounts, 1.1 GB", SeedCSV},
	"seedjson": {"seedjson", "10 JSON-lines files of the seed's accounts, 465 MB", SeedJSON},
	"groups":   {"groups", "a Parquet table of 64 million rows in 16 million groups, 2 GB in memory", Groups},
	"records":  {"records", "8 text files of 16 million keyed records, 1 GB", Records},
	"tpch":     {"tpch", "TPC-H at scale factor 1 as Parquet, by tpchgen-cli", TPCH},
}

// marker is the name of the file whose presence says that a data set is complete.
const marker = ".complete"

// Ensure makes the named data set under root unless it is there already, and returns its directory.
func Ensure(ctx context.Context, root, name string) (string, error) {
	set, ok := Sets[name]
	if !ok {
		return "", fmt.Errorf("bench: no data set %q", name)
	}
	dir := filepath.Join(root, set.Name)
	done := filepath.Join(dir, marker)
	if _, err := os.Stat(done); err == nil {
		return dir, nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", fmt.Errorf("bench: removing an incomplete data set: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	if err := set.Make(ctx, dir); err != nil {
		return "", fmt.Errorf("bench: making data set %s: %w", name, err)
	}
	if err := os.WriteFile(done, nil, 0o644); err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	return dir, nil
}

// Package data holds the data of the examples: the flights that left New York City in 2013, and made-up accounts.
//
// The tables are embedded, compressed; [Unpack] writes them as the monthly CSV and JSON-lines files that the examples
// read. README.md says where they come from (CC0) and what each file holds.
package data

import (
	"bytes"
	"embed"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
)

//go:embed nycflights13/*.csv.zst
var packed embed.FS

// Glob patterns of what Unpack writes, below its directory.
const (
	FlightsCSV   = "flights/2013-*.csv"
	FlightsJSON  = "flights/2013-*.json"
	Airlines     = "airlines.csv"
	Airports     = "airports.csv"
	Planes       = "planes.csv"
	Weather      = "weather.csv"
	AccountsCSV  = "accounts/2018-*-*.csv"
	AccountsJSON = "accounts/*.json"
)

// Temp unpacks everything into a new temporary directory. The caller removes it with cleanup.
func Temp() (dir string, cleanup func() error, err error) {
	dir, err = os.MkdirTemp("", "sheaf-data-")
	if err != nil {
		return "", nil, fmt.Errorf("data: %w", err)
	}
	cleanup = func() error { return os.RemoveAll(dir) }
	if err := Unpack(dir); err != nil {
		_ = cleanup()
		return "", nil, err
	}
	return dir, cleanup, nil
}

// Unpack writes all files below dir, about 100 MB. Files that are there already are overwritten.
func Unpack(dir string) error {
	for _, sub := range []string{"flights", "accounts"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return fmt.Errorf("data: %w", err)
		}
	}
	if err := unpackFlights(dir); err != nil {
		return fmt.Errorf("data: unpacking flights: %w", err)
	}
	for _, table := range []string{"airlines", "airports", "planes", "weather"} {
		if err := unpackTable(dir, table); err != nil {
			return fmt.Errorf("data: unpacking %s: %w", table, err)
		}
	}
	if err := writeAccounts(filepath.Join(dir, "accounts")); err != nil {
		return fmt.Errorf("data: writing accounts: %w", err)
	}
	return nil
}

// open returns the rows of an embedded table, the header first.
func open(table string) (*csv.Reader, error) {
	raw, err := packed.ReadFile("nycflights13/" + table + ".csv.zst")
	if err != nil {
		return nil, err
	}
	z, err := zstd.NewReader(bytes.NewReader(raw), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(z.IOReadCloser())
	r.ReuseRecord = true
	return r, nil
}

// eachRow calls do with every row of an embedded table, the header first. Missing values are empty.
func eachRow(table string, do func(row []string) error) error {
	r, err := open(table)
	if err != nil {
		return err
	}
	for {
		row, err := r.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		for i, cell := range row {
			if cell == "NA" {
				row[i] = ""
			}
		}
		if err := do(row); err != nil {
			return err
		}
	}
}

func unpackTable(dir, table string) error {
	f, err := createFile(filepath.Join(dir, table+".csv"))
	if err != nil {
		return err
	}
	w := csv.NewWriter(f)
	if err := eachRow(table, w.Write); err != nil {
		_ = f.close()
		return err
	}
	w.Flush()
	return f.close()
}

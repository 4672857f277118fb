package data

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestUnpack checks counts and sums against those of the R package (dplyr: nrow(flights), sum(flights$distance),
// sum(flights$dep_delay, na.rm = TRUE), sum(is.na(flights$dep_delay))).
func TestUnpack(t *testing.T) {
	dir, cleanup, err := Temp()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := cleanup(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("got %v, want the directory to be gone", err)
		}
	}()
	for _, c := range []struct {
		pattern     string
		files, rows int
	}{
		{FlightsCSV, 12, 336776 + 12},
		{FlightsJSON, 12, 336776},
		{Airlines, 1, 17},
		{Airports, 1, 1459},
		{Planes, 1, 3323},
		{Weather, 1, 26116},
		{AccountsCSV, 24, 24 * 1441},
		{AccountsJSON, 10, 10000},
	} {
		paths, err := filepath.Glob(filepath.Join(dir, c.pattern))
		if err != nil || len(paths) != c.files {
			t.Errorf("%s: got %d files and %v, want %d", c.pattern, len(paths), err, c.files)
		}
		rows := 0
		for _, p := range paths {
			text, err := os.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			rows += bytes.Count(text, []byte("\n"))
		}
		if rows != c.rows {
			t.Errorf("%s: got %d lines, want %d", c.pattern, rows, c.rows)
		}
	}
	checkFlights(t, dir)
	checkAccounts(t, dir)
}

func checkFlights(t *testing.T, dir string) {
	paths, _ := filepath.Glob(filepath.Join(dir, FlightsJSON))
	var distance, cancelled int
	var delay float64
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			var f Flight
			if err := json.Unmarshal(line, &f); err != nil {
				t.Fatalf("%s: %v", p, err)
			}
			distance += f.Distance
			if f.Delay == nil {
				cancelled++
			} else {
				delay += *f.Delay
			}
		}
	}
	if distance != 350217607 || cancelled != 8255 || delay != 4152200 {
		t.Errorf("got distance %d, cancelled %d, delay %v; want 350217607, 8255, 4152200", distance, cancelled, delay)
	}
}

func checkAccounts(t *testing.T, dir string) {
	f, err := os.Open(filepath.Join(dir, "accounts", "2018-01-02.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := rows[1][0]; got != "2018-01-02 00:00:00" {
		t.Errorf("got first timestamp %q, want 2018-01-02 00:00:00", got)
	}
}

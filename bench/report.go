package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"sheaf/bench/cases"
)

// report prints rows as they come.
type report struct {
	out      io.Writer
	json     bool
	versions map[string]string // of Go and sheaf, then of every peer seen
	machine  string
	started  bool
}

func newReport(out io.Writer, asJSON bool, versions map[string]string, machine string) *report {
	return &report{out: out, json: asJSON, versions: versions, machine: machine}
}

const rowFormat = "%-16s %8s %10s %7s %7s %-8s %9s  %s\n"

// add prints one row.
func (r *report) add(x row) error {
	if r.json {
		return json.NewEncoder(r.out).Encode(x)
	}
	if !r.started {
		r.started = true
		if _, err := fmt.Fprintf(r.out, rowFormat, "case", "unit", "sheaf", "ratio", "goal", "met", "peak MB", "peers"); err != nil {
			return err
		}
	}
	maps.Copy(r.versions, x.Versions)
	met := "missing"
	if x.Met != nil {
		met = map[bool]string{true: "yes", false: "NO"}[*x.Met]
	}
	var peers []string
	for _, name := range slices.Sorted(maps.Keys(x.Peers)) {
		peers = append(peers, name+" "+number(x.Peers[name]))
	}
	_, err := fmt.Fprintf(r.out, rowFormat, x.Case, x.Unit, number(x.Sheaf), number(x.Ratio), fmt.Sprintf("%.4g", x.Goal), met,
		fmt.Sprintf("%.0f", x.PeakRSSMB), strings.Join(peers, ", "))
	return err
}

func number(v *float64) string {
	if v == nil {
		return "missing"
	}
	return fmt.Sprintf("%.4g", *v)
}

// end prints under a table what it was measured with.
func (r *report) end() error {
	if r.json {
		return nil
	}
	var versions []string
	for _, name := range slices.Sorted(maps.Keys(r.versions)) {
		versions = append(versions, name+" "+r.versions[name])
	}
	_, err := fmt.Fprintf(r.out, "\n%s\n%s\n", r.machine, strings.Join(versions, ", "))
	return err
}

// list prints the cases.
func list(out io.Writer, chosen []cases.Case) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "case\tunit\tgoal\tpeers\tabout")
	for _, c := range chosen {
		goal := fmt.Sprintf("%.3g x %s", c.Goal.Ratio, strings.Join(c.Goal.Over, "|"))
		if c.Goal.Bar != 0 {
			goal = fmt.Sprintf("at most %g", c.Goal.Bar)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", c.Name, c.Unit, goal, strings.Join(c.Peers, ","), c.About)
	}
	return w.Flush()
}

// mergeResults puts the row into a file of JSON lines, in place of the case's old one, in the order of the cases.
func mergeResults(path string, x row) error {
	rows, err := readResults(path)
	if errors.Is(err, fs.ErrNotExist) {
		rows = map[string]*row{}
	} else if err != nil {
		return err
	}
	rows[x.Case] = &x
	var b bytes.Buffer
	for _, c := range cases.All {
		if x, ok := rows[c.Name]; ok {
			if err := json.NewEncoder(&b).Encode(x); err != nil {
				return err
			}
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

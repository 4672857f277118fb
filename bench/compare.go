package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"sheaf/bench/cases"
)

// compare prints how sheaf's results, and the ratios to the peers, changed from one file of results to another.
// Ratios are the better measure: times of two runs differ by what else the machine did.
func compare(out io.Writer, oldPath, newPath string) error {
	before, err := readResults(oldPath)
	if err != nil {
		return err
	}
	after, err := readResults(newPath)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "case\tunit\told\tnew\told/new\told ratio\tnew ratio\tgoal")
	for _, c := range cases.All {
		a, b := before[c.Name], after[c.Name]
		if a == nil || b == nil {
			continue
		}
		speedup := "missing"
		if a.Sheaf != nil && b.Sheaf != nil && *b.Sheaf > 0 {
			speedup = fmt.Sprintf("%.2f", *a.Sheaf / *b.Sheaf)
		}
		if a.Machine != b.Machine {
			speedup = "other machine"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%.4g\n",
			c.Name, c.Unit, number(a.Sheaf), number(b.Sheaf), speedup, number(a.Ratio), number(b.Ratio), b.Goal)
	}
	return w.Flush()
}

// readResults reads a file that -results wrote.
func readResults(path string) (map[string]*row, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	rows := map[string]*row{}
	s := bufio.NewScanner(bytes.NewReader(text))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		x := new(row)
		if err := json.Unmarshal(s.Bytes(), x); err != nil || x.Case == "" {
			return nil, fmt.Errorf("bench: %s is no file of results", path)
		}
		rows[x.Case] = x
	}
	return rows, s.Err()
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"sheaf/bench/cases"
)

// outcome is the line that one process of sheaf or a peer prints.
type outcome struct {
	Results  []float64         `json:"results"` // in the case's unit
	Answer   values            `json:"answer"`
	Versions map[string]string `json:"versions,omitempty"`

	peakMB float64 // of the resident set, 0 where the system does not say
}

// values is a number or a list of numbers.
type values []float64

func (v *values) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '[' {
		return json.Unmarshal(text, (*[]float64)(v))
	}
	var one float64
	err := json.Unmarshal(text, &one)
	*v = values{one}
	return err
}

// child is what a started copy of this program does: one case, one line.
func child(ctx context.Context, out io.Writer, name, data string, repeat int) error {
	results, answer, err := cases.Measure(ctx, name, data, repeat)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(outcome{Results: results, Answer: answer})
}

// runProcess starts a process with more environment and reads the outcome from the last line that it prints.
func runProcess(ctx context.Context, env []string, name string, args ...string) (outcome, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Env = append(append(os.Environ(), "PYTHONWARNINGS=ignore"), env...)
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return outcome{}, context.Cause(ctx)
	case err != nil:
		return outcome{}, fmt.Errorf("%w: %s", err, lastLine(stderr.String()))
	}
	o := outcome{}
	line := lastLine(stdout.String())
	if err := json.Unmarshal([]byte(line), &o); err != nil || len(o.Results) == 0 {
		return outcome{}, fmt.Errorf("printed %q, want a line with results and answer", line)
	}
	o.peakMB = peakMB(cmd.ProcessState)
	return o, nil
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"sheaf/bench/cases"
	"sheaf/bench/data"
)

// runner runs cases and reports them.
type runner struct {
	*settings
	self    string // this executable
	scripts string // temporary directory of the peers' scripts
	python  string // "" when the peers are not installed
	report  *report
	failed  bool
}

func newRunner(s *settings) (*runner, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	scripts, err := unpackPeers()
	if err != nil {
		return nil, err
	}
	r := &runner{settings: s, self: self, scripts: scripts, python: python(s.cache)}
	if _, err := os.Stat(r.python); err != nil {
		r.python = ""
		r.say("the peers are not installed: run `go run ./bench -install`")
	}
	r.report = newReport(os.Stdout, s.json, ownVersions(), machine())
	return r, nil
}

func (r *runner) close() { os.RemoveAll(r.scripts) } //nolint:errcheck,gosec // a temporary directory

func (r *runner) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...)
}

func (r *runner) runAll(ctx context.Context, chosen []cases.Case) error {
	for _, c := range chosen {
		row, err := r.runCase(ctx, c)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			r.say("%s: %v", c.Name, err)
			r.failed = true
		}
		if err := r.report.add(row); err != nil {
			return err
		}
		if r.results != "" {
			if err := mergeResults(r.results, row); err != nil {
				return err
			}
		}
	}
	if err := r.report.end(); err != nil {
		return err
	}
	if r.failed {
		return errFailed
	}
	return nil
}

// runCase runs sheaf and the peers in turns and makes the row. The row is complete also when there is an error.
func (r *runner) runCase(ctx context.Context, c cases.Case) (row, error) {
	results := newResults(c)
	if c.Data != "" {
		if _, err := data.Ensure(ctx, r.data, c.Data); err != nil {
			return results.row(r.report), fmt.Errorf("making the data set %s: %w", c.Data, err)
		}
	}
	repeat := strconv.Itoa(r.repeat)
	if c.Once {
		repeat = "1"
	}
	want := r.wanted(c)
	var errs []error
	sheafDown := !cases.HasSheaf(c.Name)
	if sheafDown {
		errs = append(errs, errors.New("this build has no sheaf side of the case (data frames need cgo)"))
	}
	for range r.rounds {
		if !sheafDown {
			o, err := r.process(ctx, c, r.self, "-child", c.Name, "-data", r.data, "-repeat", repeat)
			if err != nil {
				errs = append(errs, fmt.Errorf("sheaf: %w", err))
				sheafDown = true
			} else {
				results.addSheaf(o)
			}
		}
		for _, peer := range slices.Sorted(maps.Keys(want)) {
			if !want[peer] || r.python == "" {
				continue
			}
			o, err := r.process(ctx, c, r.python, filepath.Join(r.scripts, c.Family+".py"),
				"--case", c.Name, "--peer", peer, "--data", r.data, "--repeat", repeat)
			if err != nil {
				r.say("%s: %s is missing: %v", c.Name, peer, err)
				want[peer] = false
				continue
			}
			results.addPeer(peer, o)
		}
		if ctx.Err() != nil {
			return results.row(r.report), ctx.Err()
		}
	}
	errs = append(errs, results.disagreements()...)
	return results.row(r.report), errors.Join(errs...)
}

// process runs one process within the time limit.
func (r *runner) process(ctx context.Context, c cases.Case, name string, args ...string) (outcome, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, r.timeout, fmt.Errorf("took longer than %v", r.timeout))
	defer cancel()
	var env []string
	if c.MemoryLimit != "" {
		env = append(env, "SHEAF_MEMORY_LIMIT="+c.MemoryLimit)
	}
	o, err := runProcess(ctx, env, name, args...)
	if err == nil && c.Peak {
		if o.peakMB == 0 {
			return outcome{}, errors.New("this system does not tell the peak of a process's memory")
		}
		o.Results = []float64{o.peakMB}
	}
	return o, err
}

// Package cases holds the benchmark cases: what each measures, on which data, against whom and with which goal, and
// the program that sheaf runs for it.
//
// The peers' programs for the same cases are the Python scripts beside this package, one per family.
package cases

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Case is one thing measured.
type Case struct {
	Name   string
	Family string // the peers' script: machinery, arrays, frames, bags or memory
	Unit   string // s, us/task, us, MB; smaller is better in all of them
	About  string
	Data   string   // name of the data set it reads, "" for none
	Peers  []string // who runs the same
	Goal   Goal
	// Tolerance is the relative difference up to which an answer of a peer agrees with sheaf's.
	Tolerance float64
	// InLaw loosens the tolerance for peers that draw other random numbers.
	InLaw map[string]float64
	// Once says that the case runs once in a process: repeating it would change what it measures.
	Once bool
	// MemoryLimit, when set, is what SHEAF_MEMORY_LIMIT says in the process that runs sheaf's side.
	MemoryLimit string
	// Peak says that the result is the peak of the process's resident set and not a time.
	Peak bool
}

// Goal says what is aimed at: the best of the peers named in Over takes at least Ratio times what sheaf takes.
// An absolute bar, in the case's unit, is treated as one more peer with that result, which is named [Bar].
type Goal struct {
	Over  []string
	Ratio float64
	Bar   float64
}

// Bar is the name under which an absolute bar stands among the peers.
const Bar = "bar"

// Run does the timed work of a case once and returns its answer.
type Run func(ctx context.Context) (Answer, error)

// Answer is what a run found, to be compared with what the peers found.
type Answer struct {
	Values []float64
	// Measured, when not zero, replaces the time that the run took, in the case's unit.
	Measured float64
}

// Setup does the untimed part, in a process of its own, with the directory of the data sets.
type Setup func(ctx context.Context, data string) (Run, error)

// ours holds sheaf's side by case name; a build without cgo has none for data frames.
var ours = map[string]Setup{}

// scale says by what seconds are divided for the units that count per task.
var scale = map[string]float64{}

// Find returns the case with the given name.
func Find(name string) (Case, bool) {
	i := slices.IndexFunc(All, func(c Case) bool { return c.Name == name })
	if i < 0 {
		return Case{}, false
	}
	return All[i], true
}

// HasSheaf says whether this build has sheaf's side of the named case.
func HasSheaf(name string) bool { return ours[name] != nil }

// Prepare does the untimed part of sheaf's side of a case.
func Prepare(ctx context.Context, name, data string) (Run, error) {
	setup := ours[name]
	if setup == nil {
		return nil, fmt.Errorf("bench: this build has no sheaf side of case %q", name)
	}
	run, err := setup(ctx, data)
	if err != nil {
		return nil, fmt.Errorf("bench: setting up %s: %w", name, err)
	}
	return run, nil
}

// Measure runs sheaf's side of a case repeat times in this process.
// It returns the results in the case's unit and the last answer.
func Measure(ctx context.Context, name, data string, repeat int) (results, answer []float64, err error) {
	run, err := Prepare(ctx, name, data)
	if err != nil {
		return nil, nil, err
	}
	per := scale[name]
	if per == 0 {
		per = 1
	}
	for range repeat {
		start := time.Now()
		a, err := run(ctx)
		took := time.Since(start).Seconds() / per
		if err != nil {
			return nil, nil, fmt.Errorf("bench: running %s: %w", name, err)
		}
		if a.Measured != 0 {
			took = a.Measured
		}
		results, answer = append(results, took), a.Values
	}
	return results, answer, nil
}

package cluster

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
)

// A Phase is how far a member of a cluster is.
type Phase uint8

// The phases of a member.
const (
	_        Phase = iota
	Waiting        // it will be started, or started again after a failure
	Starting       // it was asked for and has not joined yet
	Running        // it has joined
	Leaving        // it hands its values to others, and ends then
)

func (p Phase) String() string {
	return [...]string{"unknown", "waiting", "starting", "running", "leaving"}[p%5]
}

// A MemberStatus is a member of a cluster at a moment.
type MemberStatus struct {
	Name     string
	Wanted   bool
	Phase    Phase
	Failures int   // in a row, of its start or soon after
	Err      error // the last failure; nil if there was none
}

// A SpecStatus is what of a cluster is there, and what shall be.
type SpecStatus struct {
	Wanted  int            // members
	Members []MemberStatus // wanted ones, and those that have not ended yet
}

// Running returns how many members have joined.
func (s SpecStatus) Running() (n int) {
	for _, m := range s.Members {
		if m.Phase == Running {
			n++
		}
	}
	return n
}

// Names returns the names of the members in any of these phases, of all of them without phases.
//
// All are what distributed's SpecCluster calls plan, those starting, running or leaving what it calls requested.
func (s SpecStatus) Names(phases ...Phase) []string {
	var names []string
	for _, m := range s.Members {
		found := len(phases) == 0
		for _, p := range phases {
			found = found || m.Phase == p
		}
		if found {
			names = append(names, m.Name)
		}
	}
	return names
}

// Err joins the failures of the members that do not run.
func (s SpecStatus) Err() error {
	var errs []error
	for _, m := range s.Members {
		if m.Err != nil && m.Phase != Running {
			errs = append(errs, fmt.Errorf("%s: %w", m.Name, m.Err))
		}
	}
	return errors.Join(errs...)
}

// String describes the members for people, a line each.
func (s SpecStatus) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d members run\n", s.Running(), s.Wanted)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, m := range s.Members {
		_, _ = fmt.Fprintf(w, "  %s\t%s", m.Name, m.Phase)
		if m.Failures > 0 {
			_, _ = fmt.Fprintf(w, "\t%d failures in a row", m.Failures)
		}
		if m.Err != nil {
			_, _ = fmt.Fprintf(w, "\t%s", strings.ReplaceAll(m.Err.Error(), "\n", " | "))
		}
		_, _ = fmt.Fprintln(w)
	}
	_ = w.Flush()
	return b.String()
}

// Status returns what of the cluster is there. It asks nobody.
func (c *SpecCluster) Status() SpecStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := SpecStatus{Wanted: c.target}
	for _, m := range c.members {
		s.Members = append(s.Members, MemberStatus{Name: m.Name, Wanted: m.wanted, Phase: m.phase, Failures: m.failures, Err: m.err})
	}
	return s
}

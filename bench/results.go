package main

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"sheaf/bench/cases"
)

// results gathers the outcomes of one case.
type results struct {
	c        cases.Case
	sheaf    *outcome            // nil when sheaf did not run
	peers    map[string]*outcome // only those that ran
	versions map[string]string
}

func newResults(c cases.Case) *results {
	return &results{c: c, peers: map[string]*outcome{}, versions: map[string]string{}}
}

func (r *results) addSheaf(o outcome) { r.sheaf = r.merge(r.sheaf, o) }

func (r *results) addPeer(peer string, o outcome) {
	r.peers[peer] = r.merge(r.peers[peer], o)
	maps.Copy(r.versions, o.Versions)
}

// merge keeps the smallest result of two rounds, or the largest if it is a peak of memory.
func (r *results) merge(old *outcome, o outcome) *outcome {
	o.Results = []float64{slices.Min(o.Results)}
	if old != nil {
		o.peakMB = max(o.peakMB, old.peakMB)
		o.Results[0] = min(o.Results[0], old.Results[0])
	}
	if r.c.Peak {
		o.Results[0] = o.peakMB
	}
	return &o
}

// disagreements returns an error for every peer whose answer is not sheaf's.
func (r *results) disagreements() (errs []error) {
	if r.sheaf == nil {
		return nil
	}
	for _, peer := range slices.Sorted(maps.Keys(r.peers)) {
		tolerance := r.c.Tolerance
		if t, ok := r.c.InLaw[peer]; ok {
			tolerance = t
		}
		if err := agree(r.sheaf.Answer, r.peers[peer].Answer, tolerance); err != nil {
			errs = append(errs, fmt.Errorf("the answers of sheaf and %s differ: %w", peer, err))
		}
	}
	return errs
}

// agree compares two answers with a relative tolerance.
func agree(a, b []float64, tolerance float64) error {
	if len(a) != len(b) {
		return fmt.Errorf("%d values and %d", len(a), len(b))
	}
	for i := range a {
		scale := max(math.Abs(a[i]), math.Abs(b[i]))
		if diff := math.Abs(a[i] - b[i]); !(diff <= tolerance*scale) {
			return fmt.Errorf("value %d is %v and %v", i, a[i], b[i])
		}
	}
	return nil
}

// row is one line of output. The names are part of the interface of the command.
type row struct {
	Case      string              `json:"case"`
	Unit      string              `json:"unit"`
	Sheaf     *float64            `json:"sheaf"`     // null when it did not run
	Peers     map[string]*float64 `json:"peers"`     // null for the missing
	BestPeer  *string             `json:"best_peer"` // the fastest that ran, null when none did
	Ratio     *float64            `json:"ratio"`     // result of the goal's best peer over sheaf's
	Goal      float64             `json:"goal"`      // what the ratio should reach
	Met       *bool               `json:"met"`       // null when it cannot be said
	PeakRSSMB float64             `json:"peak_rss_mb"`
	Versions  map[string]string   `json:"versions"`
	Machine   string              `json:"machine"`
}

// row computes the line of output from the gathered outcomes.
func (r *results) row(rep *report) row {
	versions := maps.Clone(rep.versions)
	maps.Copy(versions, r.versions)
	out := row{Case: r.c.Name, Unit: r.c.Unit, Peers: map[string]*float64{}, Goal: rounded(r.c.Goal.Ratio), Versions: versions, Machine: rep.machine}
	for _, peer := range r.c.Peers {
		out.Peers[peer] = nil
		if o := r.peers[peer]; o != nil {
			out.Peers[peer] = new(rounded(o.Results[0]))
			if out.BestPeer == nil || o.Results[0] < r.peers[*out.BestPeer].Results[0] {
				out.BestPeer = new(peer)
			}
		}
	}
	if r.c.Goal.Bar != 0 {
		out.Peers[cases.Bar] = new(r.c.Goal.Bar)
	}
	if r.sheaf == nil {
		return out
	}
	out.Sheaf, out.PeakRSSMB = new(rounded(r.sheaf.Results[0])), rounded(r.sheaf.peakMB)
	goal, complete := math.Inf(1), true
	for _, peer := range r.c.Goal.Over {
		if v := out.Peers[peer]; v != nil {
			goal = min(goal, *v)
		} else {
			complete = false
		}
	}
	if math.IsInf(goal, 1) {
		return out
	}
	ratio := goal / r.sheaf.Results[0]
	out.Ratio = new(rounded(ratio))
	// A disagreement or a ratio below the goal is final; a missing peer might have been the faster one.
	switch {
	case len(r.disagreements()) > 0 || ratio < r.c.Goal.Ratio:
		out.Met = new(false)
	case complete:
		out.Met = new(true)
	}
	return out
}

// rounded keeps four significant digits: there is no more in a measured time.
func rounded(x float64) float64 {
	if x == 0 || math.IsInf(x, 0) || math.IsNaN(x) {
		return x
	}
	unit := math.Pow(10, 3-math.Floor(math.Log10(math.Abs(x))))
	return math.Round(x*unit) / unit
}

package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sheaf/bench/cases"
	"sheaf/bench/data"
)

// TestCases checks that every case can be run: a script that knows each of its peers, a goal over peers that run, known data.
func TestCases(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range cases.All {
		if seen[c.Name] {
			t.Errorf("%s: listed twice", c.Name)
		}
		seen[c.Name] = true
		if c.Unit == "" || c.About == "" || c.Tolerance <= 0 || c.Goal.Ratio <= 0 || len(c.Goal.Over) == 0 {
			t.Errorf("%s: unit, about, tolerance and goal must be set: %+v", c.Name, c)
		}
		if _, ok := data.Sets[c.Data]; c.Data != "" && !ok {
			t.Errorf("%s: no data set %q", c.Name, c.Data)
		}
		script, err := peerFiles.ReadFile("peers/" + c.Family + ".py")
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
		for _, peer := range c.Peers {
			re := regexp.MustCompile(`@case\("` + c.Name + `", "` + peer + `"`)
			if !re.Match(script) {
				t.Errorf("%s: %s.py has no such case for %s", c.Name, c.Family, peer)
			}
		}
		for _, peer := range c.Goal.Over {
			if peer != cases.Bar && !slices.Contains(c.Peers, peer) {
				t.Errorf("%s: the goal is over %s, which does not run", c.Name, peer)
			}
		}
	}
}

func TestRow(t *testing.T) {
	c := cases.Case{
		Name: "c", Unit: "s", Peers: []string{"a", "b"}, Tolerance: 1e-9,
		Goal: cases.Goal{Over: []string{"a", "b"}, Ratio: 2},
	}
	rep := newReport(nil, true, map[string]string{"go": "go1"}, "m")
	got := func(sheaf, a, b float64, answer float64) row {
		r := newResults(c)
		if sheaf > 0 {
			r.addSheaf(outcome{Results: []float64{sheaf + 1, sheaf}, Answer: values{1}, peakMB: 5})
		}
		if a > 0 {
			r.addPeer("a", outcome{Results: []float64{a}, Answer: values{1}, Versions: map[string]string{"a": "1.0"}})
		}
		if b > 0 {
			r.addPeer("b", outcome{Results: []float64{b}, Answer: values{answer}})
		}
		return r.row(rep)
	}
	for _, x := range []struct {
		name        string
		sheaf, a, b float64
		answer      float64
		ratio       float64 // NaN for none
		met, best   string
	}{
		{"met", 1, 3, 2, 1, 2, "true", "b"},
		{"not met by the best peer", 1, 3, 1.5, 1, 1.5, "false", "b"},
		{"a missing peer might be faster", 1, 3, 0, 1, 3, "null", "a"},
		{"a missing peer does not save", 1, 1.5, 0, 1, 1.5, "false", "a"},
		{"no peers", 1, 0, 0, 1, math.NaN(), "null", ""},
		{"no sheaf", 0, 3, 2, 1, math.NaN(), "null", "b"},
		{"answers differ", 1, 9, 9, 1.1, 9, "false", "a"},
	} {
		r := got(x.sheaf, x.a, x.b, x.answer)
		met, _ := json.Marshal(r.Met)
		if string(met) != x.met {
			t.Errorf("%s: got met %s, want %s", x.name, met, x.met)
		}
		if (r.Ratio == nil) != math.IsNaN(x.ratio) || r.Ratio != nil && *r.Ratio != x.ratio {
			t.Errorf("%s: got ratio %s, want %v", x.name, number(r.Ratio), x.ratio)
		}
		if (r.BestPeer == nil) != (x.best == "") || r.BestPeer != nil && *r.BestPeer != x.best {
			t.Errorf("%s: got best peer %v, want %q", x.name, r.BestPeer, x.best)
		}
	}
}

func TestRowOfABar(t *testing.T) {
	c := cases.Case{Name: "c", Unit: "us", Peers: []string{"a"}, Tolerance: 1e-9, Goal: cases.Goal{Over: []string{cases.Bar}, Ratio: 1, Bar: 20}}
	r := newResults(c)
	r.addSheaf(outcome{Results: []float64{16}})
	x := r.row(newReport(nil, true, nil, ""))
	if x.Ratio == nil || *x.Ratio != 1.25 || x.Met == nil || !*x.Met || x.BestPeer != nil {
		t.Errorf("got %+v, want ratio 1.25, met and no best peer", x)
	}
}

func TestRowOfAPeak(t *testing.T) {
	c := cases.Case{Name: "c", Unit: "MB", Peak: true, Goal: cases.Goal{Over: []string{cases.Bar}, Ratio: 1, Bar: 20}}
	r := newResults(c)
	for _, mb := range []float64{15, 25, 10} {
		r.addSheaf(outcome{Results: []float64{mb}, peakMB: mb})
	}
	x := r.row(newReport(nil, true, nil, ""))
	if x.Sheaf == nil || *x.Sheaf != 25 || x.Met == nil || *x.Met {
		t.Errorf("got %+v, want the largest peak, which is above the bar", x)
	}
}

// TestJSONFields pins the names that readers of -json rely on.
func TestJSONFields(t *testing.T) {
	r := newResults(cases.Case{Name: "c", Unit: "s", Peers: []string{"a"}, Goal: cases.Goal{Over: []string{"a"}, Ratio: 2}})
	var out bytes.Buffer
	rep := newReport(&out, true, map[string]string{"go": "go1"}, "m")
	if err := rep.add(r.row(rep)); err != nil {
		t.Fatal(err)
	}
	want := `{"case":"c","unit":"s","sheaf":null,"peers":{"a":null},"best_peer":null,"ratio":null,"goal":2,"met":null,` +
		`"peak_rss_mb":0,"versions":{"go":"go1"},"machine":"m"}` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAgree(t *testing.T) {
	for _, x := range []struct {
		a, b []float64
		want bool
	}{
		{[]float64{1, 0}, []float64{1 + 1e-12, 0}, true},
		{[]float64{1}, []float64{1 + 1e-6}, false},
		{[]float64{1}, []float64{1, 2}, false},
		{[]float64{math.NaN()}, []float64{1}, false},
	} {
		if err := agree(x.a, x.b, 1e-9); (err == nil) != x.want {
			t.Errorf("agree(%v, %v): got %v, want agreement to be %v", x.a, x.b, err, x.want)
		}
	}
}

func TestMergeResults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results", "r.jsonl")
	for _, x := range []row{{Case: "chain", Goal: 1}, {Case: "fan", Goal: 1}, {Case: "chain", Goal: 2}} {
		if err := mergeResults(path, x); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], `"fan"`) || !strings.Contains(lines[1], `"goal":2`) {
		t.Errorf("got %q, want fan, then the second chain", lines)
	}
}

func TestWantedPeers(t *testing.T) {
	c := cases.Case{Peers: []string{"dask", "numpy"}}
	for _, x := range []struct {
		flag string
		want map[string]bool
	}{
		{"all", map[string]bool{"dask": true, "numpy": true}},
		{"none", map[string]bool{"dask": false, "numpy": false}},
		{"numpy,polars", map[string]bool{"dask": false, "numpy": true}},
	} {
		if diff := cmp.Diff(x.want, (&settings{peers: x.flag}).wanted(c)); diff != "" {
			t.Errorf("-peers %s (-want +got):\n%s", x.flag, diff)
		}
	}
}

func TestCompare(t *testing.T) {
	dir := t.TempDir()
	before, after := filepath.Join(dir, "old"), filepath.Join(dir, "new")
	write := func(path string, sheaf, ratio float64) {
		t.Helper()
		if err := mergeResults(path, row{Case: "fan", Unit: "us/task", Sheaf: &sheaf, Ratio: &ratio, Goal: 1}); err != nil {
			t.Fatal(err)
		}
	}
	write(before, 3, 2)
	write(after, 1.5, 4)
	var out bytes.Buffer
	if err := compare(&out, before, after); err != nil {
		t.Fatal(err)
	}
	if want := "fan us/task 3 1.5 2.00 2 4 1"; !strings.Contains(strings.Join(strings.Fields(out.String()), " "), want) {
		t.Errorf("got\n%s\nwant the fields %q", out.String(), want)
	}
	if err := os.WriteFile(before, []byte("case\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := compare(&out, before, after); err == nil || !strings.Contains(err.Error(), "no file of results") {
		t.Errorf("got %v, want to be told that this is no file of results", err)
	}
}

package diagnostics_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"sheaf"
	"sheaf/diagnostics"
)

func TestProfiler(t *testing.T) {
	var p diagnostics.Profiler
	before := time.Now()
	compute(t, work{Tasks: 50}, sheaf.Listen(&p))
	compute(t, work{Tasks: 7}, sheaf.Listen(&p))
	results := p.Results()
	if len(results) != 101+15 {
		t.Fatalf("got %d records, want 116", len(results))
	}
	names, seen := map[string]int{}, map[string]bool{}
	for k, r := range results {
		names[r.Key.Name]++
		if r.Layer != r.Key.Name || seen[r.Key.String()] || r.Start.Before(before) || r.End.Before(r.Start) || r.End.After(time.Now()) {
			t.Errorf("got %+v", r)
		}
		seen[r.Key.String()] = true
		if k > 0 && r.Start.Before(results[k-1].Start) {
			t.Error("records are not in the order of their starts")
		}
		if r.Layer == "load" && r.Bytes < 1000 {
			t.Errorf("%s made %d bytes, want at least 1000", r.Key, r.Bytes)
		}
	}
	if names["load"] != 57 || names["clean"] != 57 || names["sum"] != 2 {
		t.Errorf("got %v", names)
	}
	runs := p.Runs()
	if len(runs) != 2 || runs[0].Tasks != 101 || runs[1].Tasks != 15 || !runs[0].Ended || runs[0].Took <= 0 || runs[1].Start.Before(runs[0].Start) {
		t.Errorf("got %+v", runs)
	}
	p.Clear()
	if len(p.Results())+len(p.Runs()) != 0 {
		t.Error("Clear left something")
	}
}

func TestProfilerOfAFailure(t *testing.T) {
	var p diagnostics.Profiler
	_, err := sheaf.Compute(t.Context(), work{Tasks: 5, Bad: 3}, sheaf.Listen(&p), sheaf.Progress(false))
	if !errors.Is(err, errBad) {
		t.Fatal(err)
	}
	if r := p.Runs(); len(r) != 1 || !errors.Is(r[0].Err, errBad) {
		t.Errorf("got %+v", r)
	}
}

func TestResourceProfiler(t *testing.T) {
	p := diagnostics.ResourceProfiler{Every: 5 * time.Millisecond}
	compute(t, work{Tasks: 20, Sleep: 10 * time.Millisecond}, sheaf.Listen(&p))
	s := p.Results()
	if len(s) < 5 {
		t.Fatalf("got %d samples", len(s))
	}
	for k, x := range s {
		if x.Heap <= 0 || x.Goroutines < 2 || x.CPU < 0 || x.RSS < 0 || k > 0 && !x.Time.After(s[k-1].Time) {
			t.Errorf("got %+v", x)
		}
	}
	if last := s[len(s)-1]; last.Limit <= 0 {
		t.Errorf("the executor's limit is missing: %+v", last)
	}
	p.Clear()
	if len(p.Results()) != 0 {
		t.Error("Clear left something")
	}
}

func TestCallback(t *testing.T) {
	var events []string
	tasks := 0
	c := &diagnostics.Callback{
		Start: func(_ uint64, layers []diagnostics.Layer, total int) { events = append(events, "start") },
		Task:  func(_ uint64, l diagnostics.Layer, task diagnostics.Task) { tasks++ },
		Failed: func(_ uint64, l diagnostics.Layer, task diagnostics.Task, err error) {
			events = append(events, "failed "+l.Name)
		},
		Finish: func(_ uint64, err error) { events = append(events, "finish") },
	}
	compute(t, work{Tasks: 5}, sheaf.Listen(c))
	if tasks != 11 {
		t.Errorf("got %d tasks, want 11", tasks)
	}
	if _, err := sheaf.Compute(t.Context(), work{Tasks: 5, Bad: 2}, sheaf.Listen(c), sheaf.Progress(false)); err == nil {
		t.Error("got no error")
	}
	if got := strings.Join(events, ", "); got != "start, finish, start, failed clean, finish" {
		t.Errorf("got %s", got)
	}
	compute(t, work{Tasks: 2}, sheaf.Listen(&diagnostics.Callback{}))
}

func TestProgressBar(t *testing.T) {
	var out bytes.Buffer
	p := &diagnostics.ProgressBar{Out: &out, Width: 90}
	compute(t, work{Tasks: 30, Sleep: time.Millisecond}, sheaf.Listen(p))
	got := out.String()
	if !strings.HasPrefix(got, "load  ▓▓") || !strings.Contains(got, "30/30") || !strings.Contains(got, "100%") || strings.Count(got, "\n") != 1 {
		t.Errorf("got %q", got)
	}
	out.Reset()
	p.Minimum = time.Hour
	compute(t, work{Tasks: 3}, sheaf.Listen(p))
	if out.Len() > 0 {
		t.Errorf("a short run is shown: %q", out.String())
	}
}

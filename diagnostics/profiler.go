package diagnostics

import (
	"slices"
	"sync"
	"time"

	"sheaf/graph"
)

// A Profiler records every task: what, when, where, and how much it made. The zero value is ready; it may listen to several
// runs, one after the other or at once, and records until [Profiler.Clear]. A million tasks take about 100 MB, and the graphs
// of recorded runs are kept for the names.
//
// Same as dask.diagnostics.Profiler.
type Profiler struct {
	mu   sync.Mutex // guards runs
	runs []*profiledRun
}

type profiledRun struct {
	id     uint64
	begin  time.Time
	took   time.Duration // once it has ended
	layers []Layer
	tasks  []Task
	err    error
	ended  bool
}

// A Record is one task that ran.
type Record struct {
	Run        uint64
	Key        graph.Key
	Layer      string // the name of its layer
	Worker     int
	Start, End time.Time
	Bytes      int64 // of its result
}

// A RunRecord is one run that was recorded.
type RunRecord struct {
	Run   uint64
	Start time.Time
	Took  time.Duration // so far, if it has not ended
	Tasks int           // that were done
	Ended bool
	Err   error
}

// Handle records.
func (p *Profiler) Handle(e Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Kind == RunStarted {
		p.runs = append(p.runs, &profiledRun{id: e.Run, begin: e.Time, layers: e.Layers})
		return
	}
	at := -1
	for k := len(p.runs) - 1; k >= 0 && at < 0; k-- {
		if r := p.runs[k]; r.id == e.Run && !r.ended {
			at = k
		}
	}
	if at < 0 {
		return // cleared since
	}
	r := p.runs[at]
	switch e.Kind {
	case TasksDone:
		r.tasks = append(r.tasks, e.Tasks...)
	case RunDone:
		r.ended, r.err, r.took = true, e.Err, e.Time.Sub(r.begin)
	}
}

// Detailed asks for single tasks.
func (p *Profiler) Detailed() {}

// Results returns what was recorded, by the time at which tasks started. Tasks of a run that goes on may be missing.
func (p *Profiler) Results() []Record {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, r := range p.runs {
		n += len(r.tasks)
	}
	out := make([]Record, 0, n)
	for _, r := range p.runs {
		for _, t := range r.tasks {
			out = append(out, Record{
				Run: r.id, Key: t.Key(), Layer: r.layers[t.Layer].Name, Worker: t.Worker, Start: r.begin.Add(t.Start), End: r.begin.Add(t.End), Bytes: t.Bytes,
			})
		}
	}
	slices.SortStableFunc(out, func(a, b Record) int { return a.Start.Compare(b.Start) })
	return out
}

// Runs returns the recorded runs, the oldest first.
func (p *Profiler) Runs() []RunRecord {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]RunRecord, len(p.runs))
	for k, r := range p.runs {
		took := r.took
		if !r.ended {
			for _, t := range r.tasks {
				took = max(took, t.End)
			}
		}
		out[k] = RunRecord{Run: r.id, Start: r.begin, Took: took, Tasks: len(r.tasks), Ended: r.ended, Err: r.err}
	}
	return out
}

// Clear forgets what was recorded. Runs that go on are not recorded any more.
func (p *Profiler) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.runs = nil
}

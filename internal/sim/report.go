package sim

import (
	"fmt"
	"runtime/debug"
	"strings"
	"time"
)

// A Report is what a run came to. Two runs of one configuration have equal reports.
type Report struct {
	Seed       uint64
	Virtual    time.Duration // how long it took on its own clock
	Workers    int           // processes that ever were
	Clients    int
	Submitted  int // graphs
	Tasks      int // keys
	Attempts   int // dispatches
	Committed  int
	Failed     int
	Superseded int
	Executed   int // tasks that began to run, those of chains one by one
	Repeated   int // of them again, failures apart
	Lost       int // values that nobody had any more
	Read       int // by clients
	Erred      int
	Frames     int
	Faults     []Count
	Violations []Violation // the first ones
	Broken     int         // violations in all
	Hash       uint64
	Command    string // that repeats the run
}

// A Count says how often something happened.
type Count struct {
	What string
	N    int
}

// Run runs a cluster from its start to its end.
func Run(c Config) *Report {
	w := newWorld(c)
	w.populate()
	w.survive()
	return w.report()
}

// survive runs the world to its end. A machine that panics has broken a rule, and ends it.
func (w *world) survive() {
	defer func() {
		if p := recover(); p != nil {
			w.audit.internal("panic: %v", p)
			for frame := range strings.Lines(string(debug.Stack())) {
				if v := &w.audit.violations[len(w.audit.violations)-1]; strings.Contains(frame, "sheaf/internal/") && !strings.HasPrefix(frame, "\t") {
					v.Story = append(v.Story, strings.TrimSpace(frame))
				}
			}
		}
	}()
	w.until(never)
}

func (w *world) report() *Report {
	s := &w.audit.sums
	r := &Report{
		Seed: w.conf.Seed, Virtual: w.now, Workers: len(w.nodes), Clients: len(w.clients), Submitted: s.submitted, Tasks: s.tasks,
		Attempts: s.dispatched, Committed: s.committed, Failed: s.failed, Superseded: s.superseded, Executed: s.executed,
		Repeated: s.repeated, Lost: s.lostValues, Read: s.read, Erred: s.erred, Frames: w.net.sent, Violations: w.audit.violations,
		Broken: w.audit.broken, Hash: w.hash(),
	}
	for _, f := range w.faultOrder {
		r.Faults = append(r.Faults, Count{f, w.faults[f]})
	}
	for _, c := range []Count{
		{"frames lost", w.net.dropped}, {"frames repeated", w.net.repeated}, {"frames late", w.net.late}, {"frames damaged", w.net.flipped},
	} {
		if c.N > 0 {
			r.Faults = append(r.Faults, c)
		}
	}
	return r
}

// String writes the report for people.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: %v of virtual time, %d worker and %d client processes\n", r.Seed, r.Virtual.Round(time.Millisecond), r.Workers, r.Clients)
	fmt.Fprintf(&b, "  %d graphs, %d tasks; %d attempts: %d committed, %d failed, %d superseded; %d runs of tasks, %d of them again\n",
		r.Submitted, r.Tasks, r.Attempts, r.Committed, r.Failed, r.Superseded, r.Executed, r.Repeated)
	fmt.Fprintf(&b, "  %d values read, %d failures told, %d values lost, %d frames\n", r.Read, r.Erred, r.Lost, r.Frames)
	if len(r.Faults) > 0 {
		parts := make([]string, len(r.Faults))
		for k, f := range r.Faults {
			parts[k] = fmt.Sprintf("%s %d", f.What, f.N)
		}
		fmt.Fprintf(&b, "  faults: %s\n", strings.Join(parts, ", "))
	}
	fmt.Fprintf(&b, "  violations: %d; state %016x\n", r.Broken, r.Hash)
	for _, v := range r.Violations {
		fmt.Fprintf(&b, "  %v\n", v)
	}
	if r.Broken > 0 && r.Command != "" {
		fmt.Fprintf(&b, "  repeat it with: %s\n", r.Command)
	}
	return b.String()
}

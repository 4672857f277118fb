package scheduler

import (
	"cmp"
	"slices"
	"time"

	"sheaf/internal/wire"
)

// Overview is what a page about the cluster shows, besides [Scheduler.Info].
type Overview struct {
	Prefixes []Prefix
	Graphs   []GraphState // the newest first
	Spans    []wire.Span
	Failures []Failure // the newest first
	Events   []Event   // the newest first
}

// GraphState is how far a submitted graph has come.
type GraphState struct {
	Serial uint64
	Client uint32
	Span   []string
	Name   string // of one of its wanted layers
	Layers int
	Tasks  int
	Left   int // chains of tasks that are wanted and not there
	Erred  int
}

// A Failure is a task that failed for good.
type Failure struct {
	Ago     time.Duration
	Key     string
	Func    string
	Worker  string
	Message string
}

// An Event is a line of the cluster's history.
type Event struct {
	Ago   time.Duration
	Topic string
	Text  string
}

// failure is a Failure with its time.
type failure struct {
	at time.Duration
	Failure
}

const (
	failuresMax  = 64  // that are remembered
	failureBytes = 500 // of a message
)

// recordFailure counts and remembers a task that failed.
func (s *Scheduler) recordFailure(r *run, f *wire.Failure) {
	s.erredTasks++
	if r.span != nil {
		r.span.Failed++
	}
	s.failures.max = failuresMax
	text := firstLine(f.Message)
	text = text[:min(len(text), failureBytes)]
	s.failures.add(failure{s.now, Failure{Key: f.Key, Func: f.Func, Worker: f.Worker, Message: text}})
}

// Overview returns at most n of everything that grows. Its time is linear in the number of live layers and of workers.
func (s *Scheduler) Overview(n int) *Overview {
	o := &Overview{Prefixes: s.Prefixes(), Spans: s.Spans()}
	o.Prefixes = o.Prefixes[:min(len(o.Prefixes), n)]
	var newest []*run // a heap, the oldest first
	older := func(a, b *run) bool { return a.serial < b.serial }
	for _, r := range s.runs {
		if r == nil || r.index != nil || len(newest) == n && older(r, newest[0]) {
			continue
		}
		if newest = pushHeap(newest, r, older); len(newest) > n {
			newest, _ = popHeap(newest, older)
		}
	}
	slices.SortFunc(newest, func(a, b *run) int { return cmp.Compare(b.serial, a.serial) })
	for _, r := range newest {
		o.Graphs = append(o.Graphs, r.graphState())
	}
	s.failures.each(func(f *failure) {
		f.Ago = s.now - f.at
		o.Failures = append(o.Failures, f.Failure)
	})
	slices.Reverse(o.Failures)
	o.Failures = o.Failures[:min(len(o.Failures), n)]
	s.events.each(func(e *event) { o.Events = append(o.Events, Event{s.now - e.at, e.topic, e.text}) })
	slices.Reverse(o.Events)
	o.Events = slices.Clip(o.Events[:min(len(o.Events), n)])
	return o
}

func (r *run) graphState() GraphState {
	var sum [statusEnd]int
	r.states(&sum)
	g := GraphState{
		Serial: r.serial, Client: r.client.number, Span: slices.Clone(r.opts.Span), Layers: len(r.layers), Left: r.left, Erred: sum[statusErred],
	}
	for _, n := range sum {
		g.Tasks += n
	}
	if n := len(r.layers); n > 0 {
		g.Name = r.layerName(n - 1)
	}
	return g
}

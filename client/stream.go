package client

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"sheaf"
	"sheaf/diagnostics"
	"sheaf/graph"
	"sheaf/internal/event"
	"sheaf/internal/remote"
	"sheaf/internal/wire"
)

// TaskRecord says where and when one task ran.
type TaskRecord struct {
	Key        string
	Worker     string
	Thread     int
	Start, End time.Time // by the worker's clock
	Bytes      int64     // of the result
	Failed     bool
}

// streamMax is how many records are kept.
const streamMax = 100_000

// TaskStream returns the tasks that ended since a time, the newest 100,000 at most, in the order of their ends. In one process the recording
// begins with the first call.
//
// Same as Client.get_task_stream.
func (c *Client) TaskStream(ctx context.Context, since time.Time) ([]TaskRecord, error) {
	if c.closed.Load() {
		return nil, fmt.Errorf("client: the client is %w", sheaf.ErrClosed)
	}
	if c.link == nil {
		return c.recording().since(since), nil
	}
	m, err := remote.Ask[*wire.Tasks](ctx, c.link.x, &wire.TaskStream{Since: since.UnixNano(), Max: streamMax})
	if err != nil {
		return nil, err
	}
	out := make([]TaskRecord, len(m.Tasks))
	for i, t := range m.Tasks {
		out[i] = TaskRecord{
			Key: t.Key, Thread: t.Thread, Start: time.Unix(0, t.Start), End: time.Unix(0, t.End), Bytes: t.Bytes, Failed: t.Failed,
			Worker: strings.Join(c.link.x.Names([]uint32{t.Worker}), ""),
		}
	}
	return out, nil
}

// recorder keeps the tasks of a client in this process.
type recorder struct {
	mu    sync.Mutex // guards what follows
	begun map[uint64]time.Time
	tasks []TaskRecord
}

// recording returns the client's recorder, which begins to record if it did not yet.
func (c *Client) recording() *recorder {
	r := &recorder{begun: map[uint64]time.Time{}}
	if c.recorder.CompareAndSwap(nil, r) {
		return r
	}
	return c.recorder.Load()
}

// Handle takes an event of a run.
func (r *recorder) Handle(e event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e.Kind {
	case event.RunStarted:
		r.begun[e.Run] = e.Time
	case event.RunDone:
		delete(r.begun, e.Run)
	case event.TasksDone, event.TaskFailed:
		begin := r.begun[e.Run]
		for _, t := range e.Tasks {
			r.tasks = append(r.tasks, TaskRecord{
				Key: t.Key().String(), Worker: LocalWorker, Thread: t.Worker, Start: begin.Add(t.Start), End: begin.Add(t.End), Bytes: t.Bytes,
				Failed: e.Kind == event.TaskFailed,
			})
		}
		if n := len(r.tasks); n > 2*streamMax {
			r.tasks = slices.Delete(r.tasks, 0, n-streamMax)
		}
	}
}

// Detailed asks for every task.
func (r *recorder) Detailed() {}

func (r *recorder) since(t time.Time) []TaskRecord {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []TaskRecord
	for _, x := range r.tasks[max(0, len(r.tasks)-streamMax):] {
		if x.End.After(t) {
			out = append(out, x)
		}
	}
	return out
}

// PerformanceReport runs f and writes a page of HTML about the tasks that ran meanwhile: when and where each ran, and how much time each kind
// took. The page is written also if f fails.
//
// Same as distributed.performance_report.
func (c *Client) PerformanceReport(ctx context.Context, path string, f func(ctx context.Context) error) error {
	begin := time.Now()
	if c.link == nil {
		c.recording()
	}
	failed := f(c.Context(ctx))
	tasks, err := c.TaskStream(context.WithoutCancel(ctx), begin)
	if err == nil {
		err = diagnostics.WriteHTML(path, profileOf(begin, tasks))
	}
	if failed != nil {
		return failed
	}
	return err
}

// profileOf makes a profile of records.
func profileOf(begin time.Time, tasks []TaskRecord) *diagnostics.Profiler {
	p := &diagnostics.Profiler{}
	layers := map[string]int{}
	workers := map[string]int{}
	var names []event.Layer
	details := make([]event.Task, len(tasks))
	for i, t := range tasks {
		name, _, _ := strings.Cut(t.Key, "-")
		k, ok := layers[name]
		if !ok {
			k = len(names)
			layers[name] = k
			names = append(names, event.Layer{Name: name})
		}
		names[k].Tasks++
		lane := fmt.Sprint(t.Worker, " ", t.Thread)
		if _, ok := workers[lane]; !ok {
			workers[lane] = len(workers)
		}
		details[i] = event.Task{
			Layer: k, Worker: workers[lane], Bytes: t.Bytes, Start: t.Start.Sub(begin), End: t.End.Sub(begin),
			Key: func() graph.Key { return graph.KeyText(t.Key) },
		}
	}
	send := func(e event.Event) {
		e.Version, e.Run = event.Version, 1
		p.Handle(e)
	}
	send(event.Event{Kind: event.RunStarted, Time: begin, Layers: names, Total: len(tasks)})
	send(event.Event{Kind: event.TasksDone, Time: time.Now(), Tasks: details})
	send(event.Event{Kind: event.RunDone, Time: time.Now()})
	return p
}

// Story returns what happened to the tasks of futures, a line per change, as the scheduler has seen it.
//
// Same as Client.story.
func (c *Client) Story[R any](ctx context.Context, futures []*Future[R]) (string, error) {
	if err := c.needCluster("the story of tasks"); err != nil {
		return "", err
	}
	ids, err := idsOf(ctx, futures)
	if err != nil {
		return "", err
	}
	return c.text(ctx, &wire.Story{IDs: ids})
}

// Logs returns the newest records of the scheduler's and the workers' logs, one JSON object per line.
//
// Same as Client.get_scheduler_logs and Client.get_worker_logs.
func (c *Client) Logs(ctx context.Context) (string, error) {
	if err := c.needCluster("the logs of a cluster"); err != nil {
		return "", err
	}
	return c.text(ctx, &wire.Events{})
}

// Dump returns the whole state of the scheduler and the workers as text, for a report of a fault.
//
// Same as Client.dump_cluster_state.
func (c *Client) Dump(ctx context.Context) (string, error) {
	if err := c.needCluster("the state of a cluster"); err != nil {
		return "", err
	}
	return c.text(ctx, &wire.Dump{})
}

func (c *Client) text(ctx context.Context, ask wire.Body) (string, error) {
	t, err := remote.Ask[*wire.Text](ctx, c.link.x, ask)
	if err != nil {
		return "", err
	}
	return t.Text, nil
}

package client

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"sheaf/internal/event"
	"sheaf/internal/progress"
)

// printTopic is where [Print] sends what it prints.
const printTopic = "sheaf.print"

// Print prints its arguments like fmt.Println, in the process that runs the task and at every client that has called [Client.Prints].
//
// Same as distributed.print and distributed.warn.
func Print(ctx context.Context, args ...any) {
	text := fmt.Sprintln(args...)
	_, _ = io.WriteString(os.Stdout, text)
	if c, ok := Of(ctx); ok {
		_ = c.LogEvent(ctx, printTopic, text) // it was printed already
	}
}

// Prints writes to w what tasks print by [Print], from now on until ctx ends. It does not wait.
func (c *Client) Prints(ctx context.Context, w io.Writer) error {
	s, err := c.subscribe(ctx, printTopic, 0)
	if err != nil {
		return err
	}
	go s.read(func(m Message, err error) bool {
		if text, ok := m.Value.(string); ok && err == nil {
			_, _ = io.WriteString(w, text)
		}
		return err == nil
	})
	return nil
}

// Progress shows on w how far futures have come, a bar for each name of a task, until all are done or ctx ends.
//
// Same as distributed.progress.
func (c *Client) Progress[R any](ctx context.Context, w io.Writer, futures []*Future[R]) error {
	l := progress.New(progress.Config{Out: w, Keep: true, Terminal: true, Plain: w != os.Stderr && w != os.Stdout}).Listener(0)
	names := map[string]int{}
	var layers []event.Layer
	of := map[*Future[R]]int{}
	for _, f := range futures {
		name, _, _ := strings.Cut(f.Key(), "-")
		k, ok := names[name]
		if !ok {
			k = len(layers)
			names[name] = k
			layers = append(layers, event.Layer{Name: name})
		}
		layers[k].Tasks++
		of[f] = k
	}
	send := func(e event.Event) {
		e.Version, e.Time = event.Version, time.Now()
		l.Handle(e)
	}
	send(event.Event{Kind: event.RunStarted, Layers: layers, Total: len(futures)})
	done := NewCompleted(futures...)
	for batch := done.Batch(ctx); len(batch) > 0; batch = done.Batch(ctx) {
		counts := make([]event.Count, 0, len(batch))
		for _, f := range batch {
			counts = append(counts, event.Count{Layer: of[f], Tasks: 1})
		}
		send(event.Event{Kind: event.TasksDone, Counts: counts})
	}
	send(event.Event{Kind: event.RunDone, Err: context.Cause(ctx)})
	return context.Cause(ctx)
}

// A MemorySampler measures the memory of a cluster while something runs, under labels, to be compared afterwards. The zero value is ready
// to use.
//
// Same as distributed.diagnostics.MemorySampler.
type MemorySampler struct {
	mu      sync.Mutex // guards samples
	samples map[string][]MemorySample
}

// MemorySample is the memory of all workers together at a moment.
type MemorySample struct {
	Since   time.Duration // since the beginning of the run
	Values  int64         // bytes of the results in memory
	Spilled int64         // bytes of results on disk
	RSS     int64         // bytes of the processes
}

// Sample runs f and measures meanwhile, at the beginning, at each interval, and at the end. Running again under the same label replaces
// the samples.
func (m *MemorySampler) Sample(ctx context.Context, c *Client, label string, interval time.Duration, f func(ctx context.Context) error) error {
	if interval <= 0 {
		interval = 500 * time.Millisecond
	}
	begin := time.Now()
	var samples []MemorySample
	take := func() error {
		i, err := c.Info(ctx)
		if err != nil {
			return err
		}
		s := MemorySample{Since: time.Since(begin)}
		for _, w := range i.Workers {
			s.Values += w.MemoryBytes
			s.Spilled += w.SpilledBytes
			s.RSS += w.RSSBytes
		}
		samples = append(samples, s)
		return nil
	}
	if err := take(); err != nil {
		return err
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_ = take() // the end will tell
			case <-stop:
				return
			}
		}
	}()
	failed := f(c.Context(ctx))
	close(stop)
	<-stopped
	if err := take(); err != nil && failed == nil {
		failed = err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.samples == nil {
		m.samples = map[string][]MemorySample{}
	}
	m.samples[label] = samples
	return failed
}

// Samples returns what was measured under a label, in the order of time.
func (m *MemorySampler) Samples(label string) []MemorySample {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.samples[label])
}

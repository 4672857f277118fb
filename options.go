package sheaf

import (
	"context"
	"slices"
	"sync"

	"sheaf/graph"
	"sheaf/internal/config"
	"sheaf/internal/event"
	"sheaf/internal/exec"
	"sheaf/internal/progress"
	"sheaf/internal/testexec"
)

// RunOptions say how an [Executor] runs a graph.
type RunOptions = exec.Options

// A Listener reads the event stream of runs: see package diagnostics.
type Listener = event.Listener

// An Option changes how something is run.
type Option struct{ apply func(*settings) }

type settings struct {
	executor Executor
	run      RunOptions
	progress *bool
}

// On runs on the given executor: a client, or one made by [NewLocal].
func On(e Executor) Option { return Option{func(s *settings) { s.executor = e }} }

// Priority puts the run's tasks before those of runs with a lower priority; the default is 0.
func Priority(p int) Option { return Option{func(s *settings) { s.run.Priority = p }} }

// Retries runs a task whose function returned an error or panicked again, up to n times.
func Retries(n int) Option { return Option{func(s *settings) { s.run.Retries = max(0, n) }} }

// Listen sends the run's events to l.
func Listen(l Listener) Option {
	return Option{func(s *settings) {
		s.run.Listeners = append(slices.Clip(s.run.Listeners), l)
	}}
}

// Progress switches the progress display on or off. By default it is on: a run that takes longer than two seconds has a line
// on a terminal, and elsewhere a log record (by log/slog) per 30 seconds. The configuration's progress.enabled (in the
// environment SHEAF_PROGRESS_ENABLED=false) is the switch for all runs, progress.delay and progress.interval are the times.
func Progress(on bool) Option { return Option{func(s *settings) { s.progress = &on }} }

type optionsKey struct{}

// With returns a context in which everything runs with the given options.
func With(ctx context.Context, opts ...Option) context.Context {
	s := settingsOf(ctx, opts)
	return context.WithValue(ctx, optionsKey{}, s)
}

// ExecutorOf returns the executor that runs with this context use, and nil for the default one.
func ExecutorOf(ctx context.Context) Executor {
	e := settingsOf(ctx, nil).executor
	if e == nil && testexec.Name() != "" {
		e, _ = defaultLocal() // an error shows when something is run
	}
	return e
}

func settingsOf(ctx context.Context, opts []Option) *settings {
	s := &settings{}
	if outer, ok := ctx.Value(optionsKey{}).(*settings); ok {
		*s = *outer
	}
	for _, o := range opts {
		o.apply(s)
	}
	return s
}

// place is where the executor runs tasks.
func (s *settings) place() Place {
	e := s.executor
	if e == nil && testexec.Name() != "" {
		e, _ = defaultLocal() // an error shows when something is run
	}
	var where Place
	if d, ok := e.(Distributed); ok && d.Distributed() {
		where.Distributed = true
		if z, ok := e.(Sized); ok {
			where.MemoryBytes = z.MemoryBytes()
		}
	}
	return where
}

// start runs a graph on the executor of the settings.
func (s *settings) start(ctx context.Context, g graph.Graph) (Run, error) {
	e := s.executor
	if e == nil {
		var err error
		if e, err = defaultLocal(); err != nil {
			return nil, err
		}
	}
	fuse, err := config.Fuse.Get(ctx)
	if err != nil {
		return nil, err
	}
	if fuse {
		g = graph.Fuse(g)
	}
	run := s.run
	if l := s.display(ctx); l != nil {
		run.Listeners = append(slices.Clip(run.Listeners), l)
	}
	return e.Start(ctx, g, run)
}

// display returns the listener that shows the progress of a run, or nil if it is switched off.
func (s *settings) display(ctx context.Context) Listener {
	enabled, err := config.ProgressEnabled.Get(ctx)
	if on := enabled != "false"; err != nil || s.progress != nil && !*s.progress || s.progress == nil && !on {
		return nil
	}
	delay, err := config.ProgressDelay.Get(ctx)
	if err != nil {
		return nil
	}
	return progressDisplay().Listener(delay)
}

// progressDisplay is where all runs of this process are shown, so that their lines do not get in each other's way.
var progressDisplay = sync.OnceValue(func() *progress.Display {
	interval, _ := config.ProgressInterval.Get(context.Background())
	return progress.New(progress.Config{Interval: interval})
})

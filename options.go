package sheaf

import (
	"context"

	"sheaf/graph"
	"sheaf/internal/event"
	"sheaf/internal/exec"
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
		s.run.Listeners = append(s.run.Listeners[:len(s.run.Listeners):len(s.run.Listeners)], l)
	}}
}

// Progress switches the progress display on or off.
func Progress(on bool) Option { return Option{func(s *settings) { s.progress = &on }} }

type optionsKey struct{}

// With returns a context in which everything runs with the given options.
func With(ctx context.Context, opts ...Option) context.Context {
	s := settingsOf(ctx, opts)
	return context.WithValue(ctx, optionsKey{}, s)
}

// ExecutorOf returns the executor that runs with this context use, and nil for the default one.
func ExecutorOf(ctx context.Context) Executor { return settingsOf(ctx, nil).executor }

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

// start runs a graph on the executor of the settings.
func (s *settings) start(ctx context.Context, g graph.Graph) (Run, error) {
	e := s.executor
	if e == nil {
		var err error
		if e, err = defaultLocal(); err != nil {
			return nil, err
		}
	}
	return e.Start(ctx, g, s.run)
}

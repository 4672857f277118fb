package client

import (
	"maps"
	"slices"
	"time"
)

// OnWorkers restricts a task, or where scattered values go, to workers given by name, address or host. Without such a worker the task
// waits; see [AllowOther]. The one worker of a client in this process is called "local".
//
// Same as the argument workers.
func OnWorkers(names ...string) Option {
	return Option{func(s *settings) {
		s.run.Workers = append(slices.Clip(s.run.Workers), names...)
		s.scatter.Workers = s.run.Workers
	}}
}

// AllowOther makes [OnWorkers] a wish: other workers may run the task when those are busy or gone.
//
// Same as the argument allow_other_workers.
func AllowOther() Option { return Option{func(s *settings) { s.run.AllowOther = true }} }

// Resource makes each task occupy an amount of something that workers were started with, such as Resource("GPU", 1), while it runs.
//
// Same as the argument resources.
func Resource(name string, amount float64) Option {
	return Option{func(s *settings) {
		m := maps.Clone(s.run.Resources)
		if m == nil {
			m = map[string]float64{}
		}
		m[name] = amount
		s.run.Resources = m
	}}
}

// Timeout bounds how long an attempt of a task may run. What takes longer is told to end by its context, and fails with an error that
// matches sheaf.ErrTimeout.
func Timeout(d time.Duration) Option { return Option{func(s *settings) { s.run.Timeout = d }} }

// Replicas is how many copies of a result are kept on a cluster, so that it survives the loss of workers.
func Replicas(n int) Option { return Option{func(s *settings) { s.run.Replicas = n }} }

// NoRecompute says that a result that is lost with its worker is not computed again, because the function must not run twice: it is lost, with an
// error that matches sheaf.ErrLost.
func NoRecompute() Option { return Option{func(s *settings) { s.run.Impure = true }} }

// OtherHost makes a retry go to another host if there is one.
func OtherHost() Option { return Option{func(s *settings) { s.run.OtherHost = true }} }

// Span counts what becomes of a task under a name, or under several in one another, from the root: see sheaf.Span, which does it for
// everything that runs with a context, and [Client.Spans].
//
// Same as distributed.span.
func Span(names ...string) Option {
	return Option{func(s *settings) { s.run.Span = slices.Concat(s.run.Span, names) }}
}

// Broadcast makes [Client.Scatter] give each value to all workers, and not only to one in turn.
func Broadcast() Option { return Option{func(s *settings) { s.scatter.Broadcast = true }} }

// Hash makes [Client.Scatter] share values of equal content: they are kept once.
func Hash() Option { return Option{func(s *settings) { s.scatter.Hash = true }} }

func optionsOf(opts []Option) (s settings) {
	for _, o := range opts {
		o.apply(&s)
	}
	return s
}

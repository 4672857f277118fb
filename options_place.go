package sheaf

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"sheaf/internal/exec"
)

// Workers restricts where a run's tasks run to workers of a cluster, given by name, address or host. Without such a worker they wait; see
// [AllowOther]. An executor of this process is one worker, called "local".
//
// Same as dask.annotate(workers=…).
func Workers(names ...string) Option {
	return Option{func(s *settings) { s.run.Workers = slices.Concat(s.run.Workers, names) }}
}

// AllowOther makes [Workers] a wish: other workers may run the tasks when those are busy or gone.
//
// Same as dask.annotate(allow_other_workers=True).
func AllowOther() Option { return Option{func(s *settings) { s.run.AllowOther = true }} }

// Resources makes each task occupy amounts of things that workers were started with, such as {"GPU": 1}, while it runs.
//
// Same as dask.annotate(resources=…).
func Resources(amounts map[string]float64) Option {
	return Option{func(s *settings) {
		m := maps.Clone(s.run.Resources)
		if m == nil {
			m = map[string]float64{}
		}
		maps.Copy(m, amounts)
		s.run.Resources = m
	}}
}

// Timeout bounds how long an attempt of a task may run: what takes longer is told to end by its context, and fails with an error that
// matches [ErrTimeout].
func Timeout(d time.Duration) Option { return Option{func(s *settings) { s.run.Timeout = d }} }

// Replicas is how many copies of the results are kept on a cluster, so that they survive the loss of workers.
func Replicas(n int) Option { return Option{func(s *settings) { s.run.Replicas = n }} }

// NoRecompute says that results that are lost with their worker are not computed again, because the functions must not run twice: they are
// lost, with an error that matches [ErrLost].
func NoRecompute() Option { return Option{func(s *settings) { s.run.Impure = true }} }

// OtherHost makes a retry go to another host if there is one.
func OtherHost() Option { return Option{func(s *settings) { s.run.OtherHost = true }} }

// Span counts what becomes of a run's tasks under a name, inside of the spans of the context that it is given to: how many there are, how
// long they ran, what was moved for them and when. Several names are spans in one another; none leaves all of them. Runs under equal names
// are counted together, whoever makes them. The clients' Spans shows them; an executor that is no client counts nothing.
//
// It is a run that has a span: values of one Compute that are to be told apart are persisted under spans of their own before. What tasks
// compute in their turn has the span that they give it.
//
// Same as distributed.span.
func Span(names ...string) Option {
	return Option{func(s *settings) {
		if len(names) == 0 {
			s.run.Span = nil
			return
		}
		s.run.Span = slices.Concat(s.run.Span, names)
	}}
}

// checkLocal refuses what one process cannot do.
func checkLocal(o RunOptions) error {
	if err := errors.Join(o.CheckSpan(), o.CheckResources()); err != nil {
		return fmt.Errorf("sheaf: %w", err)
	}
	if len(o.Workers) > 0 && !o.AllowOther && !slices.Contains(o.Workers, "local") {
		if host, err := os.Hostname(); err != nil || !slices.Contains(o.Workers, host) {
			return fmt.Errorf("sheaf: the tasks may run on %q only, but this executor is one worker, \"local\": %w", o.Workers, exec.ErrNoWorkers)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.Resources)) {
		if o.Resources[name] > 0 {
			return fmt.Errorf("sheaf: the tasks need %v of the resource %q, and an executor of this process has none; use a cluster whose "+
				"workers were started with it: %w", o.Resources[name], name, exec.ErrResources)
		}
	}
	return nil
}

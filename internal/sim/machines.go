package sim

import (
	"time"

	"sheaf/internal/scheduler"
	"sheaf/internal/worker"
)

// A schedulerMachine decides for the cluster: a [scheduler.Scheduler], or a wrapper around it that has a bug on purpose.
type schedulerMachine interface {
	Step(now time.Duration, in []scheduler.In) []scheduler.Effect
	Next() time.Duration
	Check() error
	Hash() uint64
}

// A workerMachine decides for one worker: a [worker.Worker], or a wrapper around it.
type workerMachine interface {
	Step(now time.Duration, in []worker.In) []worker.Effect
	Next() time.Duration
	Check() error
	Hash() uint64
}

var (
	_ schedulerMachine = (*scheduler.Scheduler)(nil)
	_ workerMachine    = (*worker.Worker)(nil)
)

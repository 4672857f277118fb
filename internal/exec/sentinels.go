package exec

import (
	"errors"

	"sheaf/graph"
)

// What can go wrong with a task besides its own function. Executors wrap these in the errors of tasks, values and submissions.
var (
	// ErrCancelled means that somebody cancelled it; the error says who and why.
	ErrCancelled = errors.New("cancelled")
	// ErrNoWorkers means that no worker is there, or none that may run it.
	ErrNoWorkers = errors.New("no workers")
	// ErrResources means that no worker has the resources that it asks for.
	ErrResources = errors.New("resources that no worker has")
	// ErrLost means that a value is gone and cannot be computed again, or that the scheduler has forgotten the client.
	ErrLost = errors.New("lost")
	// ErrKilled means that too many worker processes ended while they ran it.
	ErrKilled = errors.New("killed its worker")
	// ErrTimeout means that an attempt took longer than it was given.
	ErrTimeout = errors.New("timeout")
	// ErrLimit means that something is larger than a limit of the cluster.
	ErrLimit = errors.New("over a limit")
	// ErrMemory means that it needs more memory than there is.
	ErrMemory = errors.New("not enough memory")
	// ErrSerialize means that a function, an argument or a result cannot travel between processes.
	ErrSerialize = errors.New("cannot travel between processes")
	// ErrGraph is package graph's: of a malformed graph.
	ErrGraph = graph.ErrGraph
	// ErrClash is package graph's: of one key for two computations.
	ErrClash = graph.ErrClash
	// ErrCycle is package graph's: of tasks that need each other.
	ErrCycle = graph.ErrCycle
	// ErrReschedule is returned by a function that wants to be run elsewhere or later; it is no failure of the task.
	ErrReschedule = errors.New("reschedule")
)

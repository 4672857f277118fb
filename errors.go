package sheaf

import (
	"errors"

	"sheaf/graph"
	"sheaf/internal/exec"
	"sheaf/internal/store"
)

// A TaskError says which task failed: its key, the user's function with file and line, the attempt, and the stack of a panic.
type TaskError = exec.TaskError

// A PanicError is what a panic in a user's function becomes, inside of a [TaskError].
type PanicError = exec.PanicError

var (
	// ErrGraph is matched by errors about a malformed graph.
	ErrGraph = graph.ErrGraph
	// ErrClash is matched by the error about one key that names two computations.
	ErrClash = graph.ErrClash
	// ErrCycle is matched by the error about tasks that need each other.
	ErrCycle = graph.ErrCycle
	// ErrSpill is matched by errors of writing values to disk or reading them back.
	ErrSpill = store.ErrSpill
	// ErrCancelled is matched by the error of work that somebody cancelled.
	ErrCancelled = exec.ErrCancelled
	// ErrNoWorkers is matched by the error of work for which a cluster has no worker.
	ErrNoWorkers = exec.ErrNoWorkers
	// ErrResources is matched by the error of work that asks for resources that no worker has.
	ErrResources = exec.ErrResources
	// ErrLost is matched by the error of values that are gone and cannot be computed again.
	ErrLost = exec.ErrLost
	// ErrKilled is matched by the error of a task during which too many worker processes ended. Same as distributed.KilledWorker.
	ErrKilled = exec.ErrKilled
	// ErrTimeout is matched by the error of a task whose attempts took longer than they were given.
	ErrTimeout = exec.ErrTimeout
	// ErrLimit is matched by the error of what is larger than a limit of the cluster.
	ErrLimit = exec.ErrLimit
	// ErrMemory is matched by the error of work that needs more memory than there is.
	ErrMemory = exec.ErrMemory
	// ErrSerialize is matched by the error of functions, arguments and results that cannot travel between processes.
	ErrSerialize = exec.ErrSerialize
	// ErrReschedule is for tasks: a function that returns it is run again, elsewhere if possible. Same as distributed.Reschedule.
	ErrReschedule = exec.ErrReschedule
	// ErrClosed is matched by errors of work on an executor or client that was closed.
	ErrClosed = errors.New("closed")
	// ErrInternal is matched by errors that are sheaf's own fault.
	ErrInternal = errors.New("a bug in sheaf")
)

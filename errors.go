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
	// ErrClosed is matched by errors of work on an executor or client that was closed.
	ErrClosed = errors.New("closed")
	// ErrInternal is matched by errors that are sheaf's own fault.
	ErrInternal = errors.New("a bug in sheaf")
)

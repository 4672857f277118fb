package worker

import (
	"time"

	"sheaf/internal/wire"
)

// A State is how far a task or a value has come.
type State uint8

// The states. Tasks are waiting, ready, executing, long-running or erred; values are in fetch, flight or memory.
const (
	Invalid State = iota
	Waiting       // for inputs
	Ready         // can start
	Executing
	LongRunning // waits for other tasks, or seceded: its slot is another's
	Erred
	Wanted // state fetch: to be fetched
	Flight // being fetched
	Held   // state memory: here, in memory or on disk
)

var stateNames = [...]string{"invalid", "waiting", "ready", "executing", "long-running", "erred", "fetch", "flight", "memory"}

// String spells the state as Dask does.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "invalid"
}

// task is one attempt that was handed to this worker and has not ended.
type task struct {
	wire.Task
	state   State
	uses    []*value // what serves as its inputs
	missing int32    // of them that are not here
	order   uint64
	at      int           // in the heap of its client's ready tasks, -1 outside
	charged int64         // what its client was charged for it when it was handed to the body
	began   time.Duration // when it was handed to the body

	loose   bool // superseded or stopped while it runs: what comes of it is dropped
	tell    bool // the scheduler wants to know when its slot is free
	reason  string
	started bool // reported
}

func (t *task) attempt() wire.Attempt { return wire.Attempt{ID: t.ID, Attempt: t.Attempt} }

// running reports whether the body has the task.
func (t *task) running() bool { return t.state == Executing || t.state == LongRunning }

// value is one value that is here or shall be, or a part of one. Parts are fetched for the tasks that need them and go with the last.
type value struct {
	id      wire.ID
	state   State
	bytes   int64
	users   int32   // inputs of live tasks that it is
	waiters []*task // once per input that waits for it
	replica bool    // wanted for its own sake
	doomed  bool    // to be freed when nobody uses it
	missed  bool    // reported as missing since the last news of holders

	holders []uint32      // peers that may have it
	tried   []uint32      // peers that did not
	urgency wire.Priority // of the most urgent waiter
	order   uint64

	own     bool    // made here, by:
	head    wire.ID // this attempt
	attempt uint32
	put     time.Duration // when a client put it here and nobody has spoken of it since; 0 otherwise
}

// before orders by urgency, and then by age.
func before(a wire.Priority, ao uint64, b wire.Priority, bo uint64) bool {
	if c := a.Compare(b); c != 0 {
		return c < 0
	}
	return ao < bo
}

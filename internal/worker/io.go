package worker

import (
	"sheaf/internal/wire"
)

// An In is something that has happened. A step keeps no reference to it, only to messages.
type In interface{ in() }

// Opened says that a session with the scheduler has been opened: the worker introduces itself.
type Opened struct{}

// FromScheduler is a message of the scheduler's, the worker owns it.
type FromScheduler struct{ Msg wire.Message }

// Joined is the scheduler's welcome. It may come as [FromScheduler] too.
type Joined struct{ Welcome wire.Welcome }

// Lost says that the session has ended.
type Lost struct{}

// Executed says that an attempt has ended and its slot is free. If a [Keep] in the same step does not name it, its value is
// dropped.
type Executed struct {
	ID      wire.ID // of the head of the chain
	Attempt uint32
	Bytes   int64         // of the value
	Err     *wire.Failure // nil if it ended well
	Again   bool          // with Err: not the task's fault
	Thread  int32
	Start   int64 // nanoseconds of the Unix epoch
	Nanos   int64 // that it ran
}

// Unstarted gives executions back whose function was never called. Damaged are values that were found to be unreadable, and that
// are not here any more.
type Unstarted struct {
	Tasks   []wire.Attempt
	Damaged []wire.ID
}

// Blocked says that a task waits for others and has given its slot back.
type Blocked struct{ Task wire.Attempt }

// Resumed says that a task that was blocked goes on.
type Resumed struct{ Task wire.Attempt }

// Stuck says that the function of an attempt goes on although it was told to end and its grace is over. The slot stays busy
// until Executed.
type Stuck struct {
	Task wire.Attempt
	Err  *wire.Failure
}

// Fetched tells of values that have come from a peer. Those that no [Keep] in the same step names are dropped.
type Fetched struct {
	Worker uint32
	Values []wire.Size
}

// FetchFailed tells of values that have not come. Gone means that the peer cannot be reached, otherwise it does not have them.
type FetchFailed struct {
	Worker uint32
	IDs    []wire.ID
	Reason string
	Gone   bool
}

// Unanswered tells that a peer has given no sign of life since it was asked for values, for a while that is long for a connection and short
// for a value. The request goes on: it ends by [Fetched] or [FetchFailed] as any other.
type Unanswered struct {
	Worker uint32
	IDs    []wire.ID
}

// Stored tells of values that a client has put here.
type Stored struct{ Values []wire.Size }

// Memory is the state of the body, taken before heartbeats and whenever it has changed much.
type Memory struct {
	Used       int64 // bytes of values in memory
	Spilled    int64 // bytes of values on disk
	Limit      int64 // bytes that the worker may use; 0 means no limit
	RSS        int64 // of the process, 0 if it is not this worker's alone
	Sent, Got  int64 // bytes to and from others, ever
	Refused    int64 // requests for values that were refused, ever
	Goroutines int
	Files      int
	CPU        float64 // percent of a core
	Full       string  // why nothing can be spilled any more; empty if it can
	Event      string  // worth a line in the log
}

func (*Opened) in()        {}
func (*FromScheduler) in() {}
func (*Joined) in()        {}
func (*Lost) in()          {}
func (*Executed) in()      {}
func (*Unstarted) in()     {}
func (*Blocked) in()       {}
func (*Resumed) in()       {}
func (*Stuck) in()         {}
func (*Fetched) in()       {}
func (*FetchFailed) in()   {}
func (*Unanswered) in()    {}
func (*Stored) in()        {}
func (*Memory) in()        {}

// An Effect is something that the body has to do. Effects are performed in their order; those of one step are valid until the
// next one.
type Effect interface{ effect() }

// Send sends a message to the scheduler.
type Send struct{ Msg wire.Message }

// Install makes the operations of layers known.
type Install struct{ Layers []wire.Layer }

// Forget lets the operations of layers go.
type Forget struct{ Layers []wire.LayerID }

// Execute runs a task and the chain that hangs on it. Its inputs are here and stay until it has ended.
type Execute struct{ Task wire.Task }

// Keep says that a value, of which the step was told, is kept under this id, instead of an older one that may be there. It is
// that of the attempt, or with a Task of zero what was fetched.
type Keep struct {
	ID   wire.ID
	Task wire.Attempt
}

// Interrupt asks an attempt to end: its context is cancelled.
type Interrupt struct {
	Task   wire.Attempt
	Reason string
}

// Fetch gets values from a peer. Each comes back in a [Fetched] or a [FetchFailed], and if that takes a while there is an [Unanswered] before.
type Fetch struct {
	Worker uint32
	IDs    []wire.ID
	Bytes  int64
}

// Free lets values go.
type Free struct{ IDs []wire.ID }

// Push sends a small value to a client that waits for it.
type Push struct {
	Client  uint32
	ID      wire.ID
	Attempt uint32
	Worker  uint32
}

// Ask is a question to the worker itself, which the body answers with a [wire.Reply].
type Ask struct{ Call *wire.Call }

// Quit ends the worker.
type Quit struct {
	Reason  string
	Restart bool // its agent starts a new one
}

func (*Send) effect()      {}
func (*Install) effect()   {}
func (*Forget) effect()    {}
func (*Execute) effect()   {}
func (*Keep) effect()      {}
func (*Interrupt) effect() {}
func (*Fetch) effect()     {}
func (*Free) effect()      {}
func (*Push) effect()      {}
func (*Ask) effect()       {}
func (*Quit) effect()      {}

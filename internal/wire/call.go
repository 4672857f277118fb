package wire

// A Body is the content of a [Call] or a [Reply].
type Body interface{ body() BodyKind }

// A BodyKind says which struct a body is; see [Kind].
type BodyKind uint8

// The kinds of bodies.
const (
	BodyNone BodyKind = iota
	BodyWhoHas
	BodyPlaces
	BodyHasWhat
	BodyHoldings
	BodyProcessing
	BodyInfo
	BodyCluster
	BodyRebalance
	BodyReplicate
	BodyRetire
	BodyRestart
	BodyRun
	BodyRan
	BodyPlugin
	BodyEvents
	BodyStory
	BodyDump
	BodyText
	BodyTaskStream
	BodyTasks
	BodyCoord
	BodyNames
	BodyActor
	BodyShutdown
	BodySpans
	BodySpanList
	BodyForward
	BodyRunOnScheduler
	bodyEnd
)

// WhoHas asks which workers hold values; the answer is [Places].
type WhoHas struct{ IDs []ID }

// Places answers [WhoHas].
type Places struct{ Values []Place }

// HasWhat asks what workers hold, all of them if none is named; the answer is [Holdings].
type HasWhat struct{ Workers []string }

// Processing asks which tasks are assigned to workers; the answer is [Holdings].
type Processing struct{ Workers []string }

// Holdings answers [HasWhat] and [Processing].
type Holdings struct{ Workers []WorkerHolds }

// WorkerHolds is what one worker holds or processes.
type WorkerHolds struct {
	Worker string
	Values []Size
	Keys   []string
}

// Info asks for the state of the cluster; the answer is [Cluster].
type Info struct{}

// Cluster is the state of a cluster as its scheduler sees it.
type Cluster struct {
	Name      string
	Epoch     uint64
	UptimeMS  int64
	Workers   []WorkerInfo
	Clients   []ClientInfo
	Tasks     []StateCount // by state, live ones
	Graphs    int
	Done      int64 // tasks ever finished
	Failed    int64
	Lost      int64 // values that had to be computed again
	Refused   int64 // frames and peers that were refused
	QueuedMS  int64 // estimated time to run what is known, on all threads
	Unrunable []string
}

// A StateCount is how many tasks are in a state.
type StateCount struct {
	State string
	Tasks int
}

// WorkerInfo is one worker as the scheduler sees it.
type WorkerInfo struct {
	Peer
	PID         int
	Agent       string
	Resources   []Resource
	Status      string
	Processing  int
	SilentMS    int64
	OccupancyMS int64
	Beat        Heartbeat
}

// ClientInfo is one client as the scheduler sees it.
type ClientInfo struct {
	Number   uint32
	Name     string
	Process  string
	Claims   int
	SilentMS int64
}

// Rebalance moves values, all if none is named, so that workers hold about the same number of bytes. The answer is [Text].
type Rebalance struct {
	IDs     []ID
	Workers []string
}

// Replicate copies values to N workers, and sets that as their goal. The answer comes when the copies are there.
type Replicate struct {
	IDs     []ID
	N       int
	Workers []string
}

// Retire moves what only these workers hold to others and then ends them; the answer, when that is done, is [Names] of those retired.
type Retire struct {
	Workers  []string
	N        int  // instead of names: how many to retire
	Keep     bool // do not end the process
	WithinMS int64
}

// Restart ends all worker processes, forgets all values, and waits until as many workers are back. The answer is [Text].
type Restart struct{ WithinMS int64 }

// Shutdown ends the cluster: workers, agents and the scheduler. The answer is [Text], what all of them are told.
type Shutdown struct{}

// Run runs a function of the client's executable on workers (all if none is named) outside of the scheduling; the answer is [Ran].
type Run struct {
	Workers []string
	Func    []byte // in the form of package travel
}

// RunOnScheduler runs a function of the client's executable in the scheduler's process, if that runs it too; the answer is [Ran] with one result.
type RunOnScheduler struct {
	Func     []byte // in the form of package travel
	WithinMS int64  // after which the answer is not waited for; 0 for no limit
}

// Ran answers [Run] and [RunOnScheduler].
type Ran struct{ Results []RunResult }

// A RunResult is what one worker answered.
type RunResult struct {
	Worker string
	Value  []byte
	Err    *Failure
}

// Plugin installs a plugin on all workers, now and when they join, or removes it.
type Plugin struct {
	Name   string
	Remove bool
	Value  []byte // in the form of package travel
}

// Events asks for the history of a topic or of all; the answer is [Text] with one JSON record per line.
type Events struct{ Topic string }

// Story asks for the transitions of tasks; the answer is [Text], a line each.
type Story struct{ IDs []ID }

// Dump asks for the scheduler's and the workers' whole state; the answer is [Text].
type Dump struct{}

// Text is an answer for people, or JSON.
type Text struct{ Text string }

// TaskStream asks for the tasks that ended since a time (nanoseconds of the Unix epoch); the answer is [Tasks].
type TaskStream struct {
	Since int64
	Max   int
}

// Tasks answers [TaskStream].
type Tasks struct{ Tasks []TaskTime }

// Coord is a request to, or a result of, the coordination objects in the form of package coord.
type Coord struct{ Bytes []byte }

// Names answers with names.
type Names struct{ Names []string }

// Actor calls a method of an actor, on the worker that holds it; it is relayed there. The answer is [Ran] with one result.
type Actor struct {
	ID   ID
	Call []byte // in the form of package travel
}

package wire

// Compute hands tasks to a worker.
type Compute struct {
	Layers []Layer // what the worker does not know yet of the tasks' layers: whole, with the segments needed or only these
	Tasks  []Task
	Where  []Place // inputs that the worker does not hold
}

// A Task is one attempt of a task, and of the linear chain that hangs on it.
type Task struct {
	ID       ID
	Attempt  uint32
	Priority Priority
	Inputs   []ID    // in the order of the arguments, edge by edge; under the ids by which workers hold the values
	Ends     []int32 // the end of each edge's part in Inputs; nil means that there is at most one edge
	Links    []Link  // tasks to run after it in turn; only the last one's value is kept
	Push     uint32  // the client to which a small result is sent at once; 0 for none
	Options  TaskOptions
}

// A Link is a task whose only input is the value of the task before it in a chain.
type Link struct {
	ID   ID
	Edge int32 // by which the input comes
}

// TaskOptions are what a worker must know of a graph's Options.
type TaskOptions struct {
	Resources []Resource
	Actor     bool
	TimeoutMS int64
	OutBytes  int64 // expected size of the result, negative if unknown
}

// Last returns the id of the task whose value is the result.
func (t *Task) Last() ID {
	if n := len(t.Links); n > 0 {
		return t.Links[n-1].ID
	}
	return t.ID
}

// A Priority orders tasks: higher User first, then lower Graph, then lower Order.
type Priority struct {
	User  int32
	Graph uint64
	Order int32
}

// Compare is negative if p comes before o.
func (p Priority) Compare(o Priority) int {
	switch {
	case p.User != o.User:
		if p.User > o.User {
			return -1
		}
		return 1
	case p.Graph != o.Graph:
		if p.Graph < o.Graph {
			return -1
		}
		return 1
	case p.Order != o.Order:
		if p.Order < o.Order {
			return -1
		}
		return 1
	}
	return 0
}

// A Place says which workers hold a value.
type Place struct {
	ID      ID
	Bytes   int64
	Workers []uint32
}

// Stop ends attempts: those that run have their context cancelled, and after the grace are left alone or their process ended.
type Stop struct {
	Tasks  []Attempt
	Reason string
}

// Free lets values go.
type Free struct{ IDs []ID }

// Fetch asks a worker to get values from others, to hold them as replicas.
type Fetch struct{ Values []Place }

// Steal asks for tasks back that have not started.
type Steal struct{ Tasks []Attempt }

// Forget says that nothing of these layers will be asked for any more.
type Forget struct{ Layers []LayerID }

// Drain asks a worker to finish what it runs and take nothing new.
type Drain struct{ Reason string }

// Quit asks a worker, or an agent's workers, to end. With Restart the agent starts a new process.
type Quit struct {
	Reason  string
	Restart bool
	Worker  string // for an agent: which; empty means all
}

// Done tells of attempts that ended well, and of what was fetched meanwhile. Values that the worker has are held under the id of the last link.
type Done struct {
	Tasks []DoneTask
	Moved []Moved
}

// A DoneTask is one attempt that ended well.
type DoneTask struct {
	ID      ID // of the head of the chain
	Attempt uint32
	Bytes   int64
	Thread  int32
	Start   int64 // nanoseconds of the Unix epoch
	Nanos   int64 // that it ran
}

// Failed tells of an attempt that ended badly.
type Failed struct {
	ID      ID
	Attempt uint32
	Again   bool // not the task's fault (reschedule): try elsewhere without counting
	Cause   Failure
}

// Started tells of attempts that have been running for a while.
type Started struct{ Tasks []Attempt }

// LongRunning says that a task gave its slot back, because it waits for futures or seceded, or took it again.
type LongRunning struct {
	Task Attempt
	Back bool
}

// Missing says that inputs could not be fetched from the workers that were said to have them.
type Missing struct {
	Values []Place
	Reason string
}

// Holding tells of replicas that the worker has got, or with Dropped no longer has.
type Holding struct {
	Values  []Size
	Dropped []ID
}

// Returned answers Steal: tasks that were given back. Those not named have started or ended.
type Returned struct{ Tasks []Attempt }

// A Status says what a worker can take.
type Status uint8

// The states of a worker.
const (
	StatusInvalid  Status = iota
	StatusRunning         // takes tasks
	StatusPaused          // finishes what runs, starts nothing: its memory or disk is full
	StatusDraining        // takes nothing new
)

// Heartbeat says that a worker lives, and how it is.
type Heartbeat struct {
	Status      Status
	Reason      string // of a pause
	Executing   int
	Ready       int
	Waiting     int
	Stored      int   // values
	MemoryBytes int64 // of values
	SpillBytes  int64 // of values on disk
	RSSBytes    int64
	LimitBytes  int64
	SentBytes   int64 // to others, ever
	GotBytes    int64
	Goroutines  int
	Files       int
	CPUPercent  float64
	Refused     int64  // requests to the data server that were refused or made no sense, ever
	Event       string // something worth a line in the log since the last one
}

// Drained says that a draining worker runs nothing any more.
type Drained struct{}

// Log is a record of a worker's log.
type Log struct {
	Time  int64
	Level int
	Text  string
	Topic string // of an event that a task logs
	Value []byte
}

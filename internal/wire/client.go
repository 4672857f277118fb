package wire

// Submit asks to run a graph. The client claims all outputs.
type Submit struct {
	Request uint64 // a repeated request is no-op
	Graph   Graph
	Options Options
}

// Claim adds a client's claim to values, which keeps them alive: of futures that others gave it.
type Claim struct{ IDs []ID }

// Release gives up claims.
type Release struct{ IDs []ID }

// Cancel gives up claims and ends tasks that nobody else claims, or with Force ends them for everybody.
type Cancel struct {
	IDs    []ID
	Force  bool
	Reason string
}

// Retry runs tasks that failed again, with whatever failed before them.
type Retry struct{ IDs []ID }

// Scattered tells of values that the client has put on workers. The client claims them.
type Scattered struct {
	Values []Scatter
	Hash   bool // equal values share an id
	Kept   bool // the client has them still, and puts them on workers again when it is asked to [Restore] them
	Again  bool // it was asked: no claim is added. Values without workers could not be put
}

// A Scatter is one value that was put on workers.
type Scatter struct {
	ID      ID
	Bytes   int64
	Workers []uint32
	Fault   string // why it is on no worker
}

// Restore asks a client to put values on workers again, which it keeps and whose last copies were lost. It answers by Scattered.
type Restore struct{ IDs []ID }

// Unreadable says that a value could not be fetched from a worker that was said to have it.
type Unreadable struct {
	ID     ID
	Worker uint32
	Reason string
}

// Admitted answers Submit.
type Admitted struct {
	Request uint64
	Tasks   int    // that the graph needs
	Err     string // why it was refused
	Sort    uint8  // of the refusal: one of the Err kinds
}

// Sorts of refusals and failures, which clients turn into their sentinel errors.
const (
	SortNone uint8 = iota
	SortGraph
	SortClash
	SortCycle
	SortNoWorkers
	SortResources
	SortCancelled
	SortLost
	SortKilled
	SortTimeout
	SortLimit
	SortInternal
	SortSerialize
	SortMemory
	SortUser
	SortClosed
)

// Finished tells a client which of the values that it claims can be read, and where.
type Finished struct{ Values []Ready }

// Ready is a value that can be read.
type Ready struct {
	ID      ID
	Value   ID // under which workers hold it: another one if an equal task was there before
	Attempt uint32
	Bytes   int64
	Workers []uint32
}

// Erred tells a client which of the values that it claims will not come, for one reason.
type Erred struct {
	IDs   []ID
	Cause Failure
}

// A Failure says why a task failed.
type Failure struct {
	Sort    uint8
	Task    ID     // the task at the root of it
	Key     string // of that task
	Func    string // the user's function, with its place
	File    string
	Line    int
	Worker  string
	Attempt uint32
	Message string
	Stack   string
	Panic   bool
	Error   []byte   // the error itself, for processes of the same executable; may be empty
	History []string // of earlier attempts: worker, exit cause, memory, log tail
	Reason  string   // of a cancellation
	By      string   // who cancelled
}

// Progress says how far a submitted graph has come.
type Progress struct {
	Request uint64
	Layers  []LayerCount
	Tasks   []TaskTime
	Done    bool
}

// A LayerCount says how many tasks of a layer have ended since the last report, and in all how many there are.
type LayerCount struct {
	Layer LayerID
	Name  string
	Total int
	Done  int
	Bytes int64
	Nanos int64 // that they ran
}

// A TaskTime says where and when one task ran.
type TaskTime struct {
	ID         ID
	Key        string
	Worker     uint32
	Thread     int
	Start, End int64 // nanoseconds of the Unix epoch, by the worker's clock
	Bytes      int64
	Failed     bool
}

// Call asks the scheduler, or workers through it, something that has one answer. Body is one of the structs in call.go.
type Call struct {
	Request uint64
	Body    Body
}

// Reply answers a Call.
type Reply struct {
	Request uint64
	Err     string
	Sort    uint8
	Body    Body
}

// Delivery is a message of a topic, or another report of the coordination objects, in the form of package coord.
type Delivery struct{ Bytes []byte }

// Value is a small result on its way from a worker straight to a client that claims it. It counts once the scheduler has said
// that this attempt finished.
type Value struct {
	ID      ID
	Attempt uint32
	Worker  uint32
	Frame   []byte // in the form in which values travel
}

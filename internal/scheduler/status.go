package scheduler

// A status says how far a task has come. A chain of tasks has the state of its last one, under whose id its value is.
type status uint8

const (
	statusInvalid    status = iota
	statusLinked            // a task of a chain that is not the last one
	statusReleased          // not needed, or not any more
	statusWaiting           // for inputs
	statusQueued            // can run, waits for a worker
	statusProcessing        // handed to a worker
	statusMemory            // some worker has the value
	statusErred             // failed, or something that it needs did
	statusEnd
)

var statusNames = [statusEnd]string{"invalid", "linked", "released", "waiting", "queued", "processing", "memory", "erred"}

func (s status) String() string { return statusNames[s] }

// Flags of tasks.
const (
	flagExtra    uint8 = 1 << iota // it has an entry in run.extra
	flagProxy                      // its value is that of a task of another run, see extra.target
	flagStealing                   // the worker was asked to give it back
	flagLong                       // it runs without occupying a slot
	flagAlone                      // it is under suspicion, and runs alone on its worker
	flagStarted                    // the worker said that it runs
	flagLost                       // its value existed and was lost
	flagHeld                       // it waits for its time to be tried again
)

// A task is the state of one task. Those of a run stand in one array, in the order of its plan.
type task struct {
	size    int64  // in memory: bytes; queued or processing: expected nanoseconds; erred: an index of run.causes
	uses    int32  // inputs of unfinished tasks of the run that it is
	claims  int32  // of the run's own client under the task's own name
	pins    int32  // other claims, tasks of other runs, and other reasons to keep it
	missing int32  // waiting: inputs that are not in memory
	attempt uint32 // the last one
	at      int32  // the worker that has it: processing, the first that holds it, or in whose queue it waits; 0 for none
	pos     int32  // where it stands in that worker's list
	status  status
	flags   uint8
}

// needed reports whether somebody needs the task's value.
func (t *task) needed() bool { return t.uses > 0 || t.claims > 0 || t.pins > 0 }

// A ref is a task of any run.
type ref struct {
	run  uint32 // its serial
	task int32
}

package wire

// ClientHello opens a client's session.
type ClientHello struct {
	Version    int
	Name       string
	Executable string // SHA-256 of the executable, in hexadecimal: the workers must run the same
	Process    string // host:pid, for people
	Go         string // Go version and platform
	Worker     uint32 // the number of the worker in whose tasks this client lives, 0 if none
	Was        uint32 // its number in a session that has ended: its claims live on for the lease
	Epoch      uint64 // of the scheduler that gave it that number
	Brings     bool   // the executable may not be in the object store yet: the client sends it when it is welcome, and then says [Brought]
}

// Brought says that the client's executable is in the object store, where agents find it.
type Brought struct{}

// WorkerHello opens a worker's session.
type WorkerHello struct {
	Version     int
	Name        string
	Address     string // of its data server
	Host        string
	PID         int
	Agent       string // name of the agent that watches it, if any
	Executable  string
	Go          string
	Threads     int
	MemoryBytes int64
	Resources   []Resource
	Was         uint32 // its number in a session that the scheduler may have given up
	Epoch       uint64 // of the scheduler that gave it that number; another one does not know these values
	Holds       []Size // values that it still has from that session
}

// AgentHello opens the session of an agent, which starts worker processes on its host.
type AgentHello struct {
	Version   int
	Name      string
	Host      string
	Processes int
	Threads   int // of each process
	Resources []Resource
}

// Welcome accepts a session.
type Welcome struct {
	Number      uint32 // of the client or worker: never reused
	Epoch       uint64 // of the scheduler
	Cluster     string
	HeartbeatMS int64
	LostMS      int64  // silence after which the scheduler gives the peer up
	LeaseMS     int64  // how long a client's futures outlive its silence
	Dashboard   string // URL of the page that shows the cluster; empty if there is none
}

// Refused ends a session that was asked for.
type Refused struct{ Reason string }

// Bye ends a session in order.
type Bye struct{ Reason string }

// Gone is what a driver says to its machine: the peer's session has ended without a Bye, for this reason.
type Gone struct{ Reason string }

// Exited is an agent's word about a worker process that has ended.
type Exited struct {
	Worker    string // name
	PID       int
	Cause     string // a sentence for people: exit code or signal, memory, last log lines
	PeakBytes int64
	OutOfMem  bool
	Running   []Attempt // what it was running
	Exact     bool      // Running is known, and not guessed
}

// An Attempt is one dispatch of a task.
type Attempt struct {
	ID      ID
	Attempt uint32
}

// A Size is a value with its size.
type Size struct {
	ID    ID
	Bytes int64
}

// Peers tells clients and workers the data addresses of workers, all of them at first, later what changed.
type Peers struct{ Workers []Peer }

// A Peer is a worker as others see it.
type Peer struct {
	Number  uint32
	Name    string
	Address string
	Host    string
	Threads int
	Gone    bool
	Paused  bool

	MemoryBytes int64 // as in WorkerHello
}

// ValueBytes is how much of a worker's memory is for values; what exceeds it is spilled.
func ValueBytes(memory int64) int64 { return memory * 6 / 10 }

// Launch asks an agent to run worker processes of an executable, or with Stop to end them.
type Launch struct {
	Executable string // SHA-256, by which the agent finds it in the object store
	Stop       bool
	Reason     string
}

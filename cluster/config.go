package cluster

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"time"

	"sheaf/internal/machine"
)

// ErrInit is matched by the error about a program that does not call [Init], so that copies of it cannot become workers.
var ErrInit = errors.New("cluster.Init is not called at the top of main")

// A SchedulerConfig says where a scheduler listens and what it promises. The zero value listens on a free port of the loopback
// interface with a token made for the occasion.
type SchedulerConfig struct {
	Listen   string   // host:port of the control plane; the default is 127.0.0.1:0
	Status   string   // host:port of the HTTP status page; empty means none
	External []string // NATS URLs of a server that exists already, instead of an embedded one
	Name     string   // of the cluster; the default is "default". Clusters of several names share an external server.
	Security Security
	StoreDir string // for executables and the log of admissions; empty means a temporary directory that goes with the scheduler
	NoLog    bool   // do not write admissions to the log: an in-process cluster has nothing to survive

	// Executables are the SHA-256 sums, in hexadecimal, of the programs whose functions may run here; none means those of all
	// clients that have the token.
	Executables []string

	Heartbeat       time.Duration // the default is 1 s
	Lost            time.Duration // silence after which a worker is given up; the default is 10 s
	Lease           time.Duration // how long futures outlive the silence of their client; the default is 15 min
	NoWorkers       time.Duration // how long a task without a worker that may run it waits; 0 means for ever
	AllowedFailures int           // deaths of workers that a task survives, with the next one it fails; the default is 3, negative means none
	// Stuck is how long functions that were cancelled, and do not look at their context, may occupy all threads of a worker process until another
	// process takes its place, to which what it holds is moved if it can. The default is 30 s, negative means for ever.
	Stuck time.Duration
	// ReduceReplicas is how often copies of values are let go that workers have fetched and no task that waits could make use of; what
	// Replicate or Broadcast asked for stays. The default is 2 s, negative means never.
	ReduceReplicas time.Duration
	// File is where the scheduler writes its address and token, readable for the user only, until it is closed: agents and clients that see the same file
	// system find it by the URL "file:PATH". An older file in its place is overwritten.
	File   string
	Logger *slog.Logger `json:"-"`

	// Plugins are told what happens in the cluster, by name; see [Scheduler.Register] for later ones.
	Plugins map[string]SchedulerPlugin `json:"-"`
	// AllowFunctions lets clients that run this very executable call functions in the scheduler's process, see [client.Client.RunOnScheduler]. Clusters
	// that [StartLocal] and [StartInProcess] start allow it anyway, unless they listen beyond the loopback interface or use an external server.
	AllowFunctions bool

	functions bool   // the cluster is one of this machine alone
	local     bool   // the agents have the executable already
	dashboard string // URL of the status page
}

// An AgentConfig says what an agent runs on its host. The zero value runs one process with a thread per core.
type AgentConfig struct {
	URL       string // of the scheduler, such as nats://scheduler:4222, or file:PATH of the file that it writes, which is waited for
	Name      string // the default is the host's name
	Cluster   string // the default is "default"
	Security  Security
	Processes int // of each executable; the default is 1
	Threads   int // of each process; the default is the cores divided by the processes
	// MemoryBytes is how much memory each process may use; the default is what the machine or container has, divided by the
	// processes. Values are spilled to disk above 60 % of it; a process that reaches it is ended.
	MemoryBytes int64
	Resources   map[string]float64 // what tasks may ask for, of each process
	Host        string             // address at which other hosts reach this one; the default is found by asking the way to the scheduler
	// Listen is where the data servers of workers listen: host:port, or host:first-last, of which each worker takes the first port that is
	// free; the default is any free port of Host. Announce is by what address the others reach them if that is another one, as when ports
	// are published or forwarded: a host, or host:first-last with as many ports as Listen; the default is Host where Listen is all
	// interfaces, otherwise as Listen.
	Listen, Announce string
	// Address says both for each worker by itself, instead of Listen and Announce.
	Address func(worker string) (listen, announce string) `json:"-"`
	Dir     string                                        // for spilled values and executables; the default is the system's temporary directory
	Cgroup  string                                        // delegated cgroup in which to limit the processes; empty means the own one if it is delegated
	Logger  *slog.Logger                                  `json:"-"`

	executable string // run this one from the start, whatever the clients are
	only       bool   // and no other
}

// A Config says what [Local] starts. The zero value starts as many single-threaded workers as there are cores.
type Config struct {
	Workers     int
	Threads     int // of each worker; the default is 1, or the cores if Workers is 1
	MemoryBytes int64
	Resources   map[string]float64
	Address     func(worker string) (listen, announce string) // as in AgentConfig
	Dir         string
	Security    Security // the default is a fresh token
	Scheduler   SchedulerConfig
	Logger      *slog.Logger
}

func (c *SchedulerConfig) fill() error {
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	if c.Name == "" {
		c.Name = "default"
	}
	if c.Heartbeat <= 0 {
		c.Heartbeat = time.Second
	}
	if c.Lost <= 0 {
		c.Lost = 10 * time.Second
	}
	if c.Lost < 2*c.Heartbeat {
		return fmt.Errorf("cluster: Lost is %v, want at least two heartbeats of %v", c.Lost, c.Heartbeat)
	}
	if c.Lease <= 0 {
		c.Lease = 15 * time.Minute
	}
	if c.NoWorkers < 0 {
		return fmt.Errorf("cluster: NoWorkers is %v, want a time, or 0 to wait for ever", c.NoWorkers)
	}
	if c.AllowedFailures == 0 {
		c.AllowedFailures = 3
	}
	var err error
	if c.Executables, err = sums(c.Executables); err != nil {
		return err
	}
	c.Logger = loggerOf(c.Logger)
	for _, at := range []string{c.Listen, c.Status} {
		if err := c.Security.allows(at); err != nil {
			return err
		}
	}
	return nil
}

func (c *AgentConfig) fill() {
	if c.Cluster == "" {
		c.Cluster = "default"
	}
	if c.Processes <= 0 {
		c.Processes = 1
	}
	if c.Threads <= 0 {
		c.Threads = max(1, runtime.GOMAXPROCS(0)/c.Processes)
	}
	if c.MemoryBytes <= 0 {
		c.MemoryBytes = machine.MemoryOf().LimitBytes / int64(c.Processes)
	}
	if c.Name == "" {
		c.Name = peerName(hostname())
	}
	c.Logger = loggerOf(c.Logger)
}

func loggerOf(l *slog.Logger) *slog.Logger {
	if l == nil {
		return slog.New(slog.DiscardHandler)
	}
	return l
}

// loopback reports whether an address can only be reached from this machine.
func loopback(hostPort string) bool {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		host = hostPort
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

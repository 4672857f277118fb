package cluster

import "sheaf/internal/wire"

// document is what an agent tells a worker process at its start, over a pipe that nobody else sees.
type document struct {
	URL         string
	Cluster     string
	Security    Security
	Name        string
	Agent       string
	Host        string
	Listen      string // of the data server; empty means a free port of Host
	Announce    string // address of the data server for others; empty means where it listens
	Dir         string
	Threads     int
	MemoryBytes int64
	Resources   []wire.Resource
	Executable  string
}

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
	Dir         string
	Threads     int
	MemoryBytes int64
	Resources   []wire.Resource
	Executable  string
}

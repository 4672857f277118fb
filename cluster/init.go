package cluster

import (
	"fmt"
	"os"
	"sync/atomic"

	"sheaf/internal/agent"
)

var initialised atomic.Bool

// Init makes this program able to run on processes: call it first thing in main, and in TestMain. In a process that an agent has started
// as a worker it serves tasks and never returns; everywhere else it returns at once.
func Init() {
	child, err := agent.Child()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error: cluster:", err)
		os.Exit(1)
	}
	if child == nil {
		initialised.Store(true)
		return
	}
	os.Exit(work(child))
}

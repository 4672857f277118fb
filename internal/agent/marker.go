package agent

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
)

// markerVar is the environment variable that marks the worker processes of an agent and all that descends from them.
const markerVar = "SHEAF_AGENT_FD"

// tokenVar is where people put a cluster's token. Workers get it in their document and pass no secret on to what they start.
const tokenVar = "SHEAF_TOKEN"

// protocol is the version of what goes over the pipes. An agent and its workers can be of different releases.
const protocol = 1

var (
	// ErrNotInitialised is the error of an executable that does not turn into a worker.
	ErrNotInitialised = errors.New("the program does not call cluster.Init(); call it at the top of main, and of TestMain in tests, before anything else: it is what turns a copy of the program into a worker")
	// ErrNested is the error of a worker, or of what a worker has started, that wants to start workers.
	ErrNested = errors.New("this process was started by an agent, and workers start no workers; if its main was meant to run as a worker, call cluster.Init() at its top")
)

// A marker is what an agent tells a process through its environment: the descriptors that it inherits (handles on Windows), and
// whose child it is, so that a descendant with the same environment does not take them for its own.
type marker struct {
	protocol                 int
	fromAgent, toAgent, slot int
	agentPID                 int
}

func (m marker) String() string {
	return fmt.Sprintf("%s=%d,%d,%d,%d,%d", markerVar, m.protocol, m.fromAgent, m.toAgent, m.slot, m.agentPID)
}

func parseMarker(text string) (m marker, ok bool) {
	fields := strings.Split(text, ",")
	into := []*int{&m.protocol, &m.fromAgent, &m.toAgent, &m.slot, &m.agentPID}
	if len(fields) < len(into) { // a later protocol may say more
		return marker{}, false
	}
	for i, p := range into {
		n, err := strconv.Atoi(fields[i])
		if err != nil || n < 0 {
			return marker{}, false
		}
		*p = n
	}
	return m, true
}

// ours returns the marker if this process is the one that it was made for.
func ours() (marker, bool) {
	m, ok := parseMarker(os.Getenv(markerVar))
	return m, ok && m.agentPID == os.Getppid()
}

// adopted is set when this process has become a worker.
var adopted atomic.Bool

// IsWorker says whether this process, or one that it descends from, was started by an agent.
func IsWorker() bool { return adopted.Load() || os.Getenv(markerVar) != "" }

// refuseNested fails in a process that was started by an agent, and tells that agent when its program should have called Child.
func refuseNested() error {
	if !IsWorker() {
		return nil
	}
	if m, ok := ours(); ok && !adopted.Load() {
		f := os.NewFile(uintptr(m.toAgent), "to agent")
		if isPipe(f) {
			writeFrame(f, frameNested, nil) // if it cannot be told it will find out by its time limit
		}
	}
	return ErrNested
}

func isPipe(f *os.File) bool {
	if f == nil {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeNamedPipe != 0
}

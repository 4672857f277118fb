package agent

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"

	"sheaf/internal/slots"
)

// A Worker is this process, as one that an agent has started.
type Worker struct {
	Identity
	Document []byte          // its configuration, as the agent's Config.Document made it
	Slots    *slots.Table    // where it enters the attempts that it runs
	Stop     <-chan struct{} // closed when the agent wants it to end in order

	mu      sync.Mutex // guards toAgent
	toAgent *os.File
}

// An Identity names one process of a worker.
type Identity struct {
	Name        string
	Index       int // of the worker among its agent's; never given to another
	Incarnation int // counts the processes of this worker, from 1
}

// Child makes this process a worker if an agent has started it, and returns nil if none has. It says hello, reads the
// configuration, and from then on ends this process when the agent ends. Call it once, before anything else.
func Child() (*Worker, error) {
	m, ok := ours()
	if !ok {
		return nil, nil
	}
	fromAgent, toAgent := os.NewFile(uintptr(m.fromAgent), "from agent"), os.NewFile(uintptr(m.toAgent), "to agent")
	if !isPipe(fromAgent) || !isPipe(toAgent) {
		return nil, nil // something else has put these descriptors there
	}
	if adopted.Swap(true) {
		return nil, errors.New("agent: this process is a worker already")
	}
	os.Unsetenv(markerVar) // what this process starts is not the agent's
	keepToOurselves(m)
	w := &Worker{toAgent: toAgent}
	if m.protocol != protocol {
		err := fmt.Errorf("agent: the agent speaks version %d and this program version %d; they must be of releases that go together", m.protocol, protocol)
		w.tell(frameFailed, []byte(err.Error()))
		return nil, err
	}
	if err := w.tell(frameHello, nil); err != nil {
		return nil, fmt.Errorf("agent: speaking to the agent: %w", err)
	}
	kind, payload, err := readFrame(fromAgent, documentBytesMax)
	if err != nil {
		return nil, fmt.Errorf("agent: reading the configuration: %w", err)
	}
	if kind != frameDocument {
		return nil, fmt.Errorf("agent: got a message %q instead of the configuration", kind)
	}
	if err := w.read(payload); err != nil {
		return nil, err
	}
	if w.Slots, err = slots.Open(os.NewFile(uintptr(m.slot), "slots")); err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	stop := make(chan struct{})
	w.Stop = stop
	end := sync.OnceFunc(func() { close(stop) })
	onTerminate(end)
	go func() { // until the agent ends, and this process with it
		for {
			kind, _, err := readFrame(fromAgent, documentBytesMax)
			if err != nil {
				die()
			}
			if kind == frameStop {
				end()
			}
		}
	}()
	return w, nil
}

// document packs who a worker is with its configuration.
func document(s Identity, config []byte) ([]byte, error) {
	head, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	buf := binary.BigEndian.AppendUint32(nil, uint32(len(head)))
	return append(append(buf, head...), config...), nil
}

func (w *Worker) read(payload []byte) error {
	if len(payload) >= 4 {
		if n := int64(binary.BigEndian.Uint32(payload)); n <= int64(len(payload)-4) {
			w.Document = payload[4+n:]
			if err := json.Unmarshal(payload[4:4+n], &w.Identity); err == nil {
				return nil
			}
		}
	}
	return errors.New("agent: the configuration is malformed")
}

func (w *Worker) tell(kind byte, payload []byte) error {
	if len(payload) > reportBytesMax {
		return fmt.Errorf("agent: a report of %d bytes to the agent, more than %d", len(payload), reportBytesMax)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return writeFrame(w.toAgent, kind, payload)
}

// Ready tells the agent that this worker works. The payload, at most 1 MiB, is for whoever started the agent.
func (w *Worker) Ready(payload []byte) error { return w.tell(frameReady, payload) }

// Fail tells the agent what keeps this worker from becoming ready, and ends the process with code 1.
func (w *Worker) Fail(err error) {
	text := []byte(err.Error())
	w.tell(frameFailed, text[:min(len(text), reportBytesMax)]) // if it cannot be told it sees the code
	os.Exit(1)
}

// Leave tells the agent that this process is about to end for good, and wants no successor. End it then.
func (w *Worker) Leave(reason string) error { return w.tell(frameLeave, []byte(reason)) }

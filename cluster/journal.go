package cluster

import (
	"context"
	"sync"

	"sheaf/internal/transport"
	"sheaf/internal/wire"
)

// journal writes the machine's records to a log, many at a time, and tells clients that their graphs are admitted only when that
// is on disk. The scheduler does not wait for it: tasks of the graph run meanwhile.
type journal struct {
	log  transport.Log
	core *core
	wake chan struct{}
	stop chan struct{}
	done chan struct{}

	mu      sync.Mutex // guards what follows
	records [][]byte
	after   []confirmation // to be sent when the records are written
	failed  error
}

type confirmation struct {
	peer string
	m    wire.Message
}

func newJournal(log transport.Log, c *core) *journal {
	j := &journal{log: log, core: c, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	go j.loop()
	return j
}

// record adds a record; b is copied.
func (j *journal) record(b []byte) {
	j.mu.Lock()
	j.records = append(j.records, append([]byte(nil), b...))
	j.mu.Unlock()
}

// confirm sends m once everything recorded so far is written.
func (j *journal) confirm(peer string, m wire.Message) {
	j.mu.Lock()
	j.after = append(j.after, confirmation{peer, m})
	j.mu.Unlock()
}

// flush has what was recorded written soon.
func (j *journal) flush() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

func (j *journal) loop() {
	defer close(j.done)
	for {
		stopping := false
		select {
		case <-j.wake:
		case <-j.stop:
			stopping = true
		}
		j.mu.Lock()
		records, after := j.records, j.after
		j.records, j.after = nil, nil
		j.mu.Unlock()
		if len(records) > 0 {
			if _, err := j.log.Append(context.Background(), records); err != nil {
				j.fail(err)
			}
		}
		for _, c := range after {
			j.core.send(c.peer, c.m)
		}
		if stopping {
			return
		}
	}
}

// fail reports the first failure; the cluster goes on, without its log.
func (j *journal) fail(err error) {
	j.mu.Lock()
	first := j.failed == nil
	j.failed = err
	j.mu.Unlock()
	if first {
		j.core.log.Error("the log of admissions cannot be written: from here on graphs would not survive a crash of the scheduler", "error", err)
	}
}

func (j *journal) close() error {
	close(j.stop)
	<-j.done
	return j.log.Close()
}

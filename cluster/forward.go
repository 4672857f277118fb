package cluster

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"sheaf/internal/logs"
	"sheaf/internal/task"
	"sheaf/internal/wire"
)

// logForwarder sends what a worker's process logs to the scheduler, while that wants it.
type logForwarder struct {
	worker string
	send   func(wire.Message)
	wants  func(task.Place) bool // which records are this worker's

	mu     sync.Mutex // guards what follows
	told   wire.Forward
	queue  *logs.Queue // while it forwards
	deaf   func()      // ends the listening
	stop   chan struct{}
	sender sync.WaitGroup
}

const (
	gather   = 20 * time.Millisecond // how long records wait for others
	logPause = 25 * time.Millisecond // between batches: a worker forwards at most about a megabyte per second
)

// set follows the scheduler's word.
func (f *logForwarder) set(m *wire.Forward) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m.Epoch == f.told.Epoch && m.Serial <= f.told.Serial {
		return // a later word has overtaken it
	}
	f.told = *m
	if f.deaf != nil {
		f.deaf()
		f.deaf = nil
	}
	if !m.On {
		f.end()
		return
	}
	if f.queue == nil {
		f.queue, f.stop = logs.NewQueue(), make(chan struct{})
		q, stop := f.queue, f.stop
		f.sender.Go(func() { f.forward(q, stop) })
	}
	q := f.queue
	f.deaf = logs.Listen(&logs.Listener{Level: slog.Level(m.Level), Wants: f.wants, Take: func(_ context.Context, r logs.Record) bool {
		q.Put(r)
		return false
	}})
}

// end ends the sender; the caller holds mu.
func (f *logForwarder) end() {
	if f.queue != nil {
		close(f.stop)
		f.queue = nil
	}
}

// forward sends what is in a queue.
func (f *logForwarder) forward(q *logs.Queue, stop <-chan struct{}) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-stop:
			return
		case <-q.Ready():
		}
		for wait := gather; ; wait = logPause {
			pause.Reset(wait)
			select {
			case <-stop:
				return
			case <-pause.C:
			}
			b := q.Take(f.worker)
			if b == nil {
				break
			}
			f.send(&wire.Log{Time: time.Now().UnixNano(), Topic: wire.LogTopic, Value: b.Encode()})
		}
	}
}

// close ends the forwarding.
func (f *logForwarder) close() {
	f.mu.Lock()
	if f.deaf != nil {
		f.deaf()
		f.deaf = nil
	}
	f.end()
	f.mu.Unlock()
	f.sender.Wait()
}

package mem

import (
	"bytes"
	"fmt"
	"sync"
	"time"

	"sheaf/internal/transport"
)

// endpoint is a peer: a queue of frames and the goroutine that hands them to the handler.
type endpoint struct {
	hub    *Hub
	name   string
	handle transport.Handler
	status *transport.Statuses
	done   chan struct{} // closed when deliver has ended

	mu     sync.Mutex // guards the rest
	wake   sync.Cond
	queue  []arrival
	bytes  int // of queue
	away   bool
	closed bool
	stats  transport.Stats
	timers map[*time.Timer]struct{} // frames on their way to this endpoint
}

type arrival struct {
	from  string
	frame []byte
}

func (e *endpoint) Name() string                    { return e.name }
func (e *endpoint) MaxFrame() int                   { return e.hub.conf.MaxFrame }
func (e *endpoint) Status() <-chan transport.Status { return e.status.Chan() }

func (e *endpoint) Stats() transport.Stats {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.stats
}

func (e *endpoint) Send(to string, frame []byte) error {
	if err := transport.CheckName(to); err != nil {
		return err
	}
	if len(frame) > e.hub.conf.MaxFrame {
		return fmt.Errorf("%w: %d bytes, at most %d", transport.ErrFrame, len(frame), e.hub.conf.MaxFrame)
	}
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return transport.ErrClosed
	}
	if e.away {
		e.stats.Dropped++
		e.mu.Unlock()
		return fmt.Errorf("%w: disconnected", transport.ErrDropped)
	}
	e.stats.Sent++
	e.stats.BytesSent += uint64(len(frame))
	e.mu.Unlock()

	var room [2]time.Duration
	peer, copies := e.hub.fate(e.name, to, room[:0])
	for _, delay := range copies {
		a := arrival{e.name, bytes.Clone(frame)}
		if delay <= 0 {
			peer.take(a)
		} else {
			peer.takeLater(a, delay)
		}
	}
	return nil
}

// take queues a frame for the handler.
func (e *endpoint) take(a arrival) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed || e.away || e.bytes+len(a.frame) > e.hub.conf.InboxBytesMax {
		e.stats.Dropped++
		return
	}
	e.queue = append(e.queue, a)
	e.bytes += len(a.frame)
	e.wake.Signal()
}

func (e *endpoint) takeLater(a arrival, delay time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return
	}
	if e.timers == nil {
		e.timers = make(map[*time.Timer]struct{})
	}
	var timer *time.Timer
	timer = time.AfterFunc(delay, func() {
		e.mu.Lock() // also waits until timer is set
		delete(e.timers, timer)
		e.mu.Unlock()
		e.take(a)
	})
	e.timers[timer] = struct{}{}
}

// deliver hands frames to the handler until the endpoint is closed.
func (e *endpoint) deliver() {
	defer close(e.done)
	var batch []arrival
	for {
		e.mu.Lock()
		for len(e.queue) == 0 && !e.closed {
			e.wake.Wait()
		}
		if e.closed {
			e.mu.Unlock()
			return
		}
		batch, e.queue = e.queue, batch[:0]
		e.mu.Unlock()
		for i, a := range batch {
			batch[i] = arrival{}
			e.mu.Lock()
			closed := e.closed
			e.bytes -= len(a.frame)
			e.stats.Received++
			e.stats.BytesReceived += uint64(len(a.frame))
			e.mu.Unlock()
			if closed {
				return
			}
			e.handle(a.from, a.frame)
		}
	}
}

// Close waits for the handler to return.
func (e *endpoint) Close() error {
	e.hub.mu.Lock()
	if e.hub.ends[e.name] == e {
		delete(e.hub.ends, e.name)
	}
	e.hub.mu.Unlock()
	e.mu.Lock()
	e.closed = true
	e.queue = nil
	for t := range e.timers {
		t.Stop()
	}
	clear(e.timers)
	e.wake.Broadcast()
	e.mu.Unlock()
	e.status.Close(nil)
	<-e.done
	return nil
}

package transport

import "sync"

// Statuses is the sending half of [Endpoint.Status], for implementations. It never blocks: the oldest report gives way.
type Statuses struct {
	mu     sync.Mutex // guards all
	ch     chan Status
	closed bool
}

// NewStatuses returns one that reports s first.
func NewStatuses(s Status) *Statuses {
	st := &Statuses{ch: make(chan Status, 16)}
	st.Report(s)
	return st
}

// Chan returns the channel for the reader.
func (s *Statuses) Chan() <-chan Status { return s.ch }

// Report adds a status.
func (s *Statuses) Report(status Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	for {
		select {
		case s.ch <- status:
			return
		default:
		}
		select {
		case <-s.ch:
		default:
		}
	}
}

// Close reports Closed with the reason, and closes the channel. Only the first call counts.
func (s *Statuses) Close(why error) {
	s.Report(Status{State: Closed, Err: why})
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.ch)
	}
}

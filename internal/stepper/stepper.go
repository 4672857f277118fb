// Package stepper drives a pure machine: it decides which goroutine makes the next step. When all is calm that is whoever brings
// something, for to wake another goroutine costs more than most steps; under load it is the loop, which takes many things in one step.
package stepper

import (
	"math"
	"sync"
	"time"
)

// Never is the time of a next step that nothing but news calls for.
const Never time.Duration = math.MaxInt64

// All is calm while steps follow each other at least a pace apart, on average. Some may come together, as those do that one task makes.
const (
	pace  = 50 * time.Microsecond
	early = 2 // steps that may come before their time
)

// A Stepper makes the steps of one machine, one at a time.
type Stepper struct {
	now  func() time.Duration
	step func() (next time.Duration)
	wake chan struct{}
	done chan struct{}

	mu    sync.Mutex    // held during a step; guards what follows
	armed time.Duration // when the loop wakes by itself
	paced time.Duration // when the next step would come if each were a pace after the one before
	ended bool
}

// New returns a stepper of step, which takes what has come in and returns when, on the clock now, it is to be called again at the latest.
// Nothing runs before [Stepper.Loop].
func New(now func() time.Duration, step func() (next time.Duration)) *Stepper {
	return &Stepper{now: now, step: step, wake: make(chan struct{}, 1), done: make(chan struct{}), armed: Never}
}

// Wake has the loop make a step soon. It does not wait, and the caller may hold locks.
func (s *Stepper) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Hasten makes a step at once if all is calm, or else has the loop make one. The caller must hold no lock that a step takes.
func (s *Stepper) Hasten() {
	if !s.mu.TryLock() {
		s.Wake()
		return
	}
	wake := s.paced > s.now()+early*pace
	if !wake {
		wake = s.make() < s.armed // the loop has to wake earlier than it meant to
	}
	s.mu.Unlock()
	if wake {
		s.Wake()
	}
}

// make makes a step, unless the loop has ended; the caller holds mu.
func (s *Stepper) make() (next time.Duration) {
	if s.ended {
		return Never
	}
	next = s.step()
	now := s.now()
	s.paced = min(max(s.paced, now)+pace, now+(early+1)*pace)
	return next
}

// Loop makes the steps that nobody else makes, until stop is closed. No step is made after it has returned.
func (s *Stepper) Loop(stop <-chan struct{}) {
	defer close(s.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-stop:
			s.mu.Lock()
			s.ended = true
			s.mu.Unlock()
			return
		case <-s.wake:
		case <-timer.C:
		}
		s.mu.Lock()
		s.armed = s.make()
		wait := max(0, s.armed-s.now())
		s.mu.Unlock()
		timer.Reset(wait)
	}
}

// Done is closed when [Stepper.Loop] has returned.
func (s *Stepper) Done() <-chan struct{} { return s.done }

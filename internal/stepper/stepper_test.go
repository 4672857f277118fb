package stepper_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sheaf/internal/stepper"
)

// A machine counts what it is brought, and can ask for a step by itself.
type machine struct {
	start time.Time
	in    atomic.Int64
	out   int64         // guarded by the steps
	next  time.Duration // guarded by the steps
	late  chan time.Duration
	*stepper.Stepper
}

func newMachine() *machine {
	m := &machine{start: time.Now(), next: stepper.Never, late: make(chan time.Duration, 1)}
	m.Stepper = stepper.New(m.now, m.step)
	return m
}

func (m *machine) now() time.Duration { return time.Since(m.start) }

func (m *machine) step() time.Duration {
	m.out += m.in.Swap(0)
	if m.next <= m.now() {
		m.late <- m.now() - m.next
		m.next = stepper.Never
	}
	if m.out%2 == 1 && m.next == stepper.Never { // an odd count asks for a step in a second
		m.next = m.now() + time.Second
	}
	return m.next
}

// Three steps may come at once, as those do that one task makes; what comes sooner after them is for the loop, which takes it together.
func TestCalm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, stop := newMachine(), make(chan struct{})
		time.Sleep(time.Minute)
		for i, want := range []int64{2, 4, 6, 6, 6} {
			m.in.Add(2)
			if m.Hasten(); m.out != want {
				t.Errorf("%d: the machine has %d when Hasten returns, want %d", i, m.out, want)
			}
		}
		go m.Loop(stop)
		synctest.Wait()
		if m.out != 10 {
			t.Errorf("the loop has taken %d, want 10", m.out)
		}
		close(stop)
		<-m.Done()
	})
}

// A step made by Hasten may ask for another one before the loop meant to wake.
func TestSooner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, stop := newMachine(), make(chan struct{})
		go m.Loop(stop)
		time.Sleep(time.Minute)
		synctest.Wait()
		m.in.Add(1)
		m.Hasten()
		if late := <-m.late; late != 0 {
			t.Errorf("the step asked for came %v late", late)
		}
		if m.now() != time.Minute+time.Second {
			t.Errorf("it came at %v", m.now())
		}
		close(stop)
		<-m.Done()
	})
}

func TestEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, stop := newMachine(), make(chan struct{})
		close(stop)
		m.Loop(stop)
		time.Sleep(time.Second)
		had := m.out
		m.in.Add(1)
		m.Hasten()
		m.Wake()
		synctest.Wait()
		if m.out != had {
			t.Error("a step was made after the end")
		}
	})
}

// All that is brought is taken, once, whoever makes the steps.
func TestNothingIsLost(t *testing.T) {
	m, stop := newMachine(), make(chan struct{})
	go m.Loop(stop)
	const bringers, each = 8, 10_000
	var all sync.WaitGroup
	for i := range bringers {
		all.Go(func() {
			for range each {
				m.in.Add(2)
				if i%2 == 0 {
					m.Hasten()
				} else {
					m.Wake()
				}
			}
		})
	}
	all.Wait()
	for m.in.Load() > 0 {
		time.Sleep(time.Millisecond)
	}
	close(stop)
	<-m.Done()
	if m.out != 2*bringers*each {
		t.Errorf("the machine has %d, want %d", m.out, 2*bringers*each)
	}
}

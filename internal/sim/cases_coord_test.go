package sim

import (
	"testing"
	"time"

	"sheaf/internal/coord"
	"sheaf/internal/scheduler"
	"sheaf/internal/wire"
)

// The holder of a lock is stopped for longer than its lease: the next one gets a higher token, by which a resource tells them apart, and
// the first one's release does nothing.
func TestCase41LockHolderPaused(t *testing.T) {
	s := play(t, Config{Workers: 1, Scheduler: grace})
	second := s.client("c2")
	s.run(time.Second)
	var tokens []uint64
	take := func(c *client, wait time.Duration) {
		c.ask1(coord.LockAcquire{Name: lockName, Lease: 5 * time.Second, Wait: wait}, func(a *coord.Result) { tokens = append(tokens, a.Token) })
	}
	take(s.c, 0)
	s.run(time.Second)
	s.c.pause()
	asked := s.now
	take(second, time.Minute)
	s.when("the second holder has it", 10*time.Second, func() bool { return len(tokens) == 2 })
	if waited := s.now - asked; waited < 3*time.Second {
		t.Errorf("the lease ended after %v", waited)
	}
	s.c.resume()
	if tokens[1] <= tokens[0] {
		t.Fatalf("the tokens are %v", tokens)
	}
	highest := tokens[1] // of the resource
	if tokens[0] >= highest {
		t.Error("the resource would take the first one's word")
	}
	released := false
	s.c.call(&wire.Coord{Bytes: coord.AppendRequest(nil, coord.Release{Token: tokens[0]})}, func(m *wire.Reply) {
		r, err := coord.ParseReply(m.Body.(*wire.Coord).Bytes)
		released = err == nil && r.Err == nil
	})
	s.run(time.Second)
	if released {
		t.Error("the first one could release the lock of the second")
	}
	s.end()
}

// A queue with many hands, of whom some die with items in their hands: each item is taken by one.
func TestQueueItemsOnce(t *testing.T) {
	s := play(t, Config{Workers: 1, Scheduler: scheduler.Config{Heartbeat: time.Second, Lost: 5 * time.Second, Lease: 10 * time.Second}})
	for range 200 {
		s.c.put(queues[0])
	}
	for k := range 12 {
		c := s.client("taker")
		s.run(700 * time.Millisecond)
		for range 5 {
			c.take(queues[0], 1, 4, 5*time.Second, nil)
		}
		s.run(time.Duration(k) * 100 * time.Microsecond)
		if k%2 == 0 {
			c.crash()
		}
	}
	s.run(5 * time.Second)
	s.end() // counts them
}

// All workers are ended and come back: the call is answered, what was there is gone, and new work is done.
func TestRestart(t *testing.T) {
	s := play(t, Config{Workers: 3, Agents: 1, Scheduler: grace})
	s.submit(wire.Options{}, ops("x", 60, op{Micros: 500_000}))
	s.run(time.Second)
	var answer *wire.Reply
	s.c.call(&wire.Restart{WithinMS: 30_000}, func(r *wire.Reply) { answer = r })
	s.audit.mayCancel = true
	s.when("the restart is answered", time.Minute, func() bool { return answer != nil })
	if answer.Err != "" {
		t.Errorf("got %q", answer.Err)
	}
	alive := 0
	for _, n := range s.nodes {
		if n.alive {
			alive++
		}
	}
	if alive != 3 || len(s.nodes) != 6 {
		t.Errorf("%d of %d processes live, want 3 of 6", alive, len(s.nodes))
	}
	s.done(s.c, time.Minute)
	s.submit(wire.Options{}, ops("y", 30, op{}))
	s.done(s.c, time.Minute)
	if n := ready(s.c); n < 30 {
		t.Errorf("%d futures are ready", n)
	}
	s.end()
}

package sim

import (
	"testing"
	"time"

	"sheaf/internal/scheduler"
	"sheaf/internal/wire"
)

// grace is the configuration of most of these: a worker is given up after five seconds, a client after fifteen minutes.
var grace = scheduler.Config{Heartbeat: time.Second, Lost: 5 * time.Second, Lease: 15 * time.Minute}

// SIGSTOP of a worker for a minute: its tasks are moved, and what it says afterwards is ignored.
func TestCase10StoppedWorker(t *testing.T) {
	s := play(t, Config{Workers: 3, Scheduler: grace})
	s.submit(wire.Options{}, ops("x", 40, op{Micros: 500_000}))
	s.run(time.Second)
	n := s.node("w1")
	n.pause()
	s.done(s.c, 40*time.Second)
	s.run(time.Minute)
	n.resume()
	s.run(10 * time.Second)
	if n.uplink.talk == nil || n.sessions < 2 {
		t.Errorf("w1 is not back")
	}
	s.end()
}

// A worker that is a hundred times slower does not hold everything up.
func TestCase11SlowWorker(t *testing.T) {
	s := play(t, Config{Workers: 4, Threads: 1})
	reference := func() time.Duration {
		s.submit(wire.Options{}, ops("x", 80, op{Micros: 200_000, Seed: uint64(s.now)}))
		return s.done(s.c, 10*time.Minute)
	}
	good := reference()
	s.node("w1").slow = 100
	bad := reference()
	t.Logf("%v with a slow worker, %v without", bad, good)
	if bad > 2*good {
		t.Errorf("one slow worker of four makes %v of %v", bad, good)
	}
	s.end()
}

// A partition between the scheduler and a worker that is shorter than the grace: nothing runs again.
func TestCase12ShortPartition(t *testing.T) {
	s := play(t, Config{Workers: 3, Scheduler: grace})
	x := ops("x", 60, op{Micros: 300_000})
	s.submit(wire.Options{}, ops("y", 60, op{Micros: 10_000}, each(x)))
	s.run(time.Second)
	s.cutFor(4*time.Second, s.hub.proc, s.node("w1").proc, true, true)
	s.done(s.c, time.Minute)
	if n := s.again(); n != 0 {
		t.Errorf("%d tasks ran again", n)
	}
	s.end()
}

// The same for longer than the grace: only what the worker alone had runs again, and it comes back.
func TestCase13LongPartition(t *testing.T) {
	s := play(t, Config{Workers: 3, Scheduler: grace})
	s.submit(wire.Options{}, ops("x", 60, op{Micros: 300_000}))
	s.run(2 * time.Second)
	n := s.node("w1")
	had := len(n.runs) + len(n.values)
	number := n.number
	s.cutFor(20*time.Second, s.hub.proc, n.proc, true, true)
	s.run(19 * time.Second)
	had = max(had, len(n.runs)+len(n.values))
	s.run(11 * time.Second)
	s.done(s.c, time.Minute)
	if again := s.again(); again == 0 || again > had {
		t.Errorf("%d tasks ran again, w1 had %d", again, had)
	}
	if n.number == number {
		t.Error("w1 has its old number")
	}
	s.end()
}

// Two workers that cannot reach each other: the values come another way, and nobody asks for ever.
func TestCase14PartitionOfWorkers(t *testing.T) {
	s := play(t, Config{Workers: 2, Threads: 2, Scheduler: grace})
	s.cutFor(time.Hour, s.node("w1").proc, s.node("w2").proc, true, true)
	x := ops("x", 10, op{})
	s.submit(wire.Options{}, ops("sum", 4, op{}, all(x)))
	took := s.done(s.c, 10*time.Minute)
	t.Logf("took %v, %d tasks ran again", took, s.again())
	if frames := s.net.sent; frames > 20_000 {
		t.Errorf("%d frames", frames)
	}
	s.end()
}

// The scheduler hears a worker, but cannot reach it: it is given up all the same.
func TestCase15OneWayPartition(t *testing.T) {
	for _, down := range []bool{true, false} {
		s := play(t, Config{Workers: 2, Scheduler: grace})
		s.submit(wire.Options{}, ops("x", 40, op{Micros: 300_000}))
		s.run(time.Second)
		s.cutFor(30*time.Minute, s.hub.proc, s.node("w1").proc, down, !down)
		took := s.done(s.c, time.Minute)
		t.Logf("down %v: %v", down, took)
		s.end()
	}
}

// A client that is cut off for ten minutes with a lease of fifteen: its futures are as they were. One that does not return is forgotten.
func TestCase16ClientAway(t *testing.T) {
	s := play(t, Config{Workers: 2, Scheduler: grace})
	s.submit(wire.Options{}, ops("x", 20, op{}))
	s.run(time.Second)
	cut := func(c *client, d time.Duration) {
		s.cutFor(d, c.proc, s.hub.proc, true, true)
	}
	cut(s.c, 10*time.Minute)
	number := s.c.number
	s.run(11 * time.Minute)
	s.done(s.c, time.Minute)
	if ready(s.c) != 20 || s.c.number != number {
		t.Errorf("%d of 20 futures are ready, the number was %d and is %d", ready(s.c), number, s.c.number)
	}
	for _, f := range s.c.list {
		s.c.fetch(f)
	}
	s.run(5 * time.Second)
	for _, f := range s.c.list {
		if !f.read {
			t.Errorf("%v cannot be read", f.id)
		}
	}
	if n := s.again(); n != 0 {
		t.Errorf("%d tasks ran again", n)
	}
	gone := s.client("c2")
	s.run(2 * time.Second)
	gone.submit(treeGraph(30), wire.Options{})
	s.run(20 * time.Second)
	cut(gone, 3*time.Hour)
	s.c.release(append([]*future(nil), s.c.list...))
	s.run(40 * time.Minute)
	if n := len(s.node("w1").values) + len(s.node("w2").values); n != 0 {
		t.Errorf("%d values are kept for a client that is gone", n)
	}
	gone.crash()
	s.end()
}

// Messages that are repeated, overtaken and a minute late change nothing in what comes out.
func TestCase21BadMessages(t *testing.T) {
	outcome := func(w Weather) (*scenario, int) {
		s := play(t, Config{Workers: 3, Weather: w, Scheduler: scheduler.Config{Heartbeat: time.Second, Lost: 30 * time.Second}})
		s.run(20 * time.Second)
		x := ops("x", 100, op{Micros: 50_000, Fails: 100})
		y := ops("y", 100, op{Micros: 5_000}, each(x))
		s.submit(wire.Options{Retries: 2}, y, ops("sum", 5, op{}, all(y)))
		s.done(s.c, 10*time.Minute)
		return s, ready(s.c)
	}
	a, n := outcome(calm)
	b, m := outcome(Weather{Latency: time.Millisecond, Jitter: 20 * time.Millisecond, Repeat: 0.3, Late: 0.2, Lost60: 0.02, Drop: 0.05})
	if n != 105 || m != 105 {
		t.Errorf("%d and %d of 105 futures are ready", n, m)
	}
	if again := b.again() - a.again(); again > 0 {
		t.Errorf("%d more tasks ran again", again)
	}
	a.end()
	if r := b.end(); b.net.late == 0 || b.net.repeated == 0 {
		t.Errorf("the weather was fine: %v", r)
	}
}

// Wall clocks that jump by an hour end no lease and move no deadline.
func TestCase40ClockJumps(t *testing.T) {
	s := play(t, Config{Workers: 3, Scheduler: grace, Drift: 0.001})
	s.submit(wire.Options{TimeoutMS: 60_000}, ops("x", 60, op{Micros: 500_000}))
	for k, p := range s.procs {
		p.wall = time.Duration(k%3-1) * time.Hour
		s.run(time.Second)
	}
	s.done(s.c, time.Minute)
	if n := s.again(); n != 0 || ready(s.c) != 60 {
		t.Errorf("%d tasks ran again, %d of 60 are ready", n, ready(s.c))
	}
	if len(s.nodes) != 3 {
		t.Error("a worker was given up")
	}
	s.end()
}

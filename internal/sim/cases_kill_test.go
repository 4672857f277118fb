package sim

import (
	"strings"
	"testing"
	"time"

	"sheaf/graph"
	"sheaf/internal/scheduler"
	"sheaf/internal/wire"
	"sheaf/internal/worker"
)

// kill ends a worker's process at once.
func (s *scenario) kill(name string) {
	s.node(name).die("signal: killed")
}

// Kill -9 of a worker that computes: its tasks run on others, and only they run again.
func TestCase01KillWhileComputing(t *testing.T) {
	s := play(t, Config{Workers: 3})
	s.submit(wire.Options{}, ops("x", 60, op{Micros: 500_000}))
	s.run(2 * time.Second)
	running, held := len(s.node("w1").runs), len(s.node("w1").values)
	if running == 0 {
		t.Fatal("w1 runs nothing")
	}
	s.kill("w1")
	s.done(s.c, time.Minute)
	if n := s.again(); n == 0 || n > running+held {
		t.Errorf("%d tasks ran again, w1 ran %d and held %d", n, running, held)
	}
	for _, st := range s.audit.all {
		if st.runs > 1 && st.losses == 0 {
			t.Errorf("%s(%d) ran %d times, and was never on w1", st.name, st.key.index, st.runs)
		}
	}
	s.end()
}

// Kill -9 of a worker that sends a value: who reads it finds another way.
func TestCase02KillWhileSending(t *testing.T) {
	s := play(t, Config{Workers: 2, Threads: 1, Memory: 16 << 30})
	x := ops("x", 2, op{Bytes: 1 << 30})
	s.submit(wire.Options{}, ops("sum", 1, op{}, all(x)))
	s.when("a transfer is under way", time.Minute, func() bool { return s.node("w1").sending+s.node("w2").sending > 0 })
	s.run(100 * time.Millisecond)
	for _, n := range s.nodes {
		if n.sending > 0 {
			n.die("signal: killed")
			break
		}
	}
	s.done(s.c, time.Minute)
	s.end()
}

// Kill -9 of a worker that receives: nothing is left at who sent.
func TestCase03KillReceiver(t *testing.T) {
	s := play(t, Config{Workers: 2, Threads: 1, Memory: 16 << 30})
	x := ops("x", 2, op{Bytes: 1 << 30})
	s.submit(wire.Options{}, ops("sum", 1, op{}, all(x)))
	s.when("a transfer is under way", time.Minute, func() bool { return s.node("w1").getting+s.node("w2").getting > 0 })
	for _, n := range s.nodes {
		if n.getting > 0 {
			n.die("signal: killed")
			break
		}
	}
	s.done(s.c, time.Minute)
	s.end() // the baseline has no open transfers
}

// Bits flip in spill files and on the way: no wrong value is read, ever.
func TestCase05FlippedBits(t *testing.T) {
	s := play(t, Config{Workers: 3, Memory: 64 << 20, SpillFlip: 0.2, TransferFlip: 0.2})
	x := ops("x", 40, op{Bytes: 10 << 20})
	y := ops("y", 40, op{Bytes: 1 << 20}, each(x))
	s.submit(wire.Options{}, ops("sum", 10, op{}, all(y)), x)
	s.done(s.c, 5*time.Minute)
	r := s.end()
	if s.faults["checksum error"] == 0 || s.faults["bit flip in transfer"] == 0 {
		t.Errorf("nothing was damaged: %v", r)
	}
}

// A task that ends its process each time it runs is given up after limit + 1 starts, and named; who was queued beside it is not blamed.
func testPoison(t *testing.T, agents int) {
	s := play(t, Config{Workers: 3, Agents: agents, Scheduler: scheduler.Config{Heartbeat: time.Second, Lost: 3 * time.Second, Obituary: time.Second}})
	poison := s.submit(wire.Options{}, ops("poison", 1, op{Poison: 1000, Micros: 2_000_000}))
	others := s.submit(wire.Options{}, ops("x", 40, op{Micros: 300_000}))
	s.done(s.c, 5*time.Minute)
	f := poison.outputs[0]
	if f.state != futureErred || f.cause.Sort != wire.SortKilled {
		t.Fatalf("got state %d, cause %+v", f.state, f.cause)
	}
	if n := f.story.runs; n != 4 {
		t.Errorf("it was started %d times, want 4", n)
	}
	if len(f.cause.History) != 4 {
		t.Errorf("its history is %q, want four attempts", f.cause.History)
	}
	if agents > 0 && !strings.Contains(strings.Join(f.cause.History, "\n"), "SIGSEGV") {
		t.Errorf("its history does not say how the processes ended: %q", f.cause.History)
	}
	for _, o := range others.outputs {
		if o.state != futureReady {
			t.Errorf("%v is in state %d: %+v", o.id, o.state, o.cause)
		}
	}
	s.end()
}

func TestCase06TaskKillsItsWorker(t *testing.T) { testPoison(t, 1) }
func TestCase07PoisonTask(t *testing.T)         { testPoison(t, 0) }

// A task that uses too much memory: the error says so.
func TestCase08OutOfMemory(t *testing.T) {
	s := play(t, Config{Workers: 2, Agents: 1, Scheduler: scheduler.Config{Heartbeat: time.Second, Lost: 3 * time.Second, AllowedFailures: 1}})
	s.agentList[0].memory = true
	bad := s.submit(wire.Options{}, ops("bad", 1, op{Poison: 1000}))
	s.submit(wire.Options{}, ops("x", 10, op{}))
	s.done(s.c, time.Minute)
	c := bad.outputs[0].cause
	if c == nil || c.Sort != wire.SortMemory {
		t.Fatalf("got cause %+v", c)
	}
	if text := strings.Join(c.History, "\n"); !strings.Contains(text, "MiB") {
		t.Errorf("the history %q does not say how much memory it was", text)
	}
	if ready(s.c) != 10 {
		t.Errorf("%d of 10 other tasks are ready", ready(s.c))
	}
	s.end()
}

// All workers die: tasks wait, what only was scattered is reported lost by name at once, and new workers finish the rest.
func TestCase09AllWorkersDie(t *testing.T) {
	s := play(t, Config{Workers: 2})
	id := wire.ID{Layer: wire.NewLayerID(s.c.number, 1<<20), Index: 0}
	h := graph.NewHasher("scattered")
	n := s.node("w1")
	st := s.audit.scattered(id, key{h.Sum(), 0})
	n.store(id, st.sum, 100)
	n.tell(&worker.Stored{Values: []wire.Size{{ID: id, Bytes: 100}}})
	f := s.c.hold(id, nil)
	s.c.say(&wire.Scattered{Values: []wire.Scatter{{ID: id, Bytes: 100, Workers: []uint32{n.number}}}})
	s.submit(wire.Options{}, ops("x", 20, op{Micros: 500_000}))
	s.run(1500 * time.Millisecond)
	s.kill("w1")
	s.kill("w2")
	took := s.when("the scattered value is reported", time.Minute, func() bool { return f.state == futureErred })
	if took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	if f.cause.Sort != wire.SortLost || !strings.Contains(f.cause.Message, "w1") {
		t.Errorf("the cause is %+v, want one that names w1", f.cause)
	}
	s.run(20 * time.Second)
	if len(errs(s.c)) != 1 {
		t.Errorf("%d futures have failed", len(errs(s.c)))
	}
	s.newNode("w3", s.nodeConfig(0))
	s.done(s.c, time.Minute)
	if ready(s.c) != 20 {
		t.Errorf("%d of 20 tasks are ready", ready(s.c))
	}
	s.end()
}

// A panic is an error of that task only, and comes to the client with its stack; a result that cannot travel too.
func TestCase28And44ErrorsOfOneTask(t *testing.T) {
	s := play(t, Config{Workers: 2})
	panics := s.submit(wire.Options{Retries: 1}, ops("panics", 1, op{Breaks: 1000, Panic: true}))
	bad := s.submit(wire.Options{}, ops("chan", 1, op{Breaks: 1000, Sort: wire.SortSerialize}))
	good := s.submit(wire.Options{}, ops("good", 30, op{}))
	s.done(s.c, time.Minute)
	if c := panics.outputs[0].cause; c == nil || !c.Panic || c.Stack == "" || c.Sort != wire.SortUser {
		t.Errorf("the panic is told as %+v", c)
	}
	if n := panics.outputs[0].story.runs; n != 2 {
		t.Errorf("with one retry it ran %d times", n)
	}
	if c := bad.outputs[0].cause; c == nil || c.Sort != wire.SortSerialize {
		t.Errorf("what cannot travel is told as %+v", c)
	}
	if n := bad.outputs[0].story.runs; n != 1 {
		t.Errorf("what cannot travel was tried %d times", n)
	}
	for _, f := range good.outputs {
		if f.state != futureReady {
			t.Errorf("%v: state %d", f.id, f.state)
		}
	}
	if len(s.nodes) != 2 || !s.node("w1").alive || !s.node("w2").alive {
		t.Error("a worker ended")
	}
	s.end()
}

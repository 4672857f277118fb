package sim

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sheaf/graph"
	"sheaf/internal/scheduler"
	"sheaf/internal/wire"
)

// treeGraph is a graph of n tasks and a tree of sums over them.
func treeGraph(n int) graph.Graph {
	x := ops("leaf", n, op{})
	tree, err := graph.Tree(x, graph.TreeSpec{Name: "sum", Axes: []int{0}, Every: 4, Combine: op{Micros: 1000, Bytes: 100}, Aggregate: op{Micros: 1000, Bytes: 100}})
	if err != nil {
		panic(err)
	}
	return graph.Of(tree)
}

// shuffled is an exchange of everybody with everybody: maps, what they make cut into parts, and tasks that need a part of each.
func shuffled(name string, maps, parts int, bytes int64) (in, out *graph.Layer) {
	in = ops(name+"-map", maps, op{Bytes: bytes, Micros: 400_000})
	return in, ops(name+"-part", parts, op{Bytes: bytes, Micros: 300_000, Parts: true}, all(in))
}

// A full disk pauses a worker; others take over and no task fails.
func TestCase22DiskFullAtSpill(t *testing.T) {
	s := play(t, Config{Workers: 2, Memory: 100 << 20})
	n := s.node("w1")
	n.diskFull = true
	s.submit(wire.Options{}, ops("x", 60, op{Bytes: 5 << 20, Micros: 50_000}))
	s.done(s.c, 5*time.Minute)
	if ready(s.c) != 60 {
		t.Errorf("%d of 60 are ready, causes %v", ready(s.c), errs(s.c))
	}
	if s.faults["disk full"] == 0 {
		t.Error("the disk was never needed")
	}
	a, b := len(s.node("w1").values), len(s.node("w2").values)
	t.Logf("%d values on the worker with the full disk, %d on the other", a, b)
	if a >= b {
		t.Error("the other worker did not take over")
	}
	s.end()
}

// The same in an exchange.
func TestCase23DiskFullInShuffle(t *testing.T) {
	s := play(t, Config{Workers: 3, Memory: 60 << 20})
	s.node("w1").diskFull = true
	_, out := shuffled("s", 12, 6, 10<<20)
	s.submit(wire.Options{}, out)
	s.done(s.c, 5*time.Minute)
	if n := ready(s.c); n != 6 {
		t.Errorf("%d of 6 parts are ready, causes %v", n, errs(s.c))
	}
	s.end()
}

// Kill a participant of an exchange at each of its stages: every part is right, and only what was lost is made again.
func TestCase24KillInShuffle(t *testing.T) {
	for _, at := range []time.Duration{200 * time.Millisecond, 600 * time.Millisecond, time.Second, 1300 * time.Millisecond, 3 * time.Second} {
		s := play(t, Config{Workers: 3, Memory: 4 << 30})
		in, out := shuffled("s", 12, 6, 10<<20)
		s.submit(wire.Options{}, out)
		s.run(at)
		s.kill("w2")
		s.done(s.c, 5*time.Minute)
		maps := 0
		for i := range in.Len() {
			maps += s.audit.stories[key{in.Token(), int32(i)}].runs - 1
		}
		t.Logf("killed after %v: %d tasks ran again, %d of 12 maps", at, s.again(), maps)
		if ready(s.c) != 6 || maps >= 12 || at < 3*time.Second && s.again() == 0 {
			t.Errorf("killed after %v: %d of 6 parts, %d maps ran again", at, ready(s.c), maps)
		}
		s.end()
	}
}

// Two exchanges feed a join, and a worker joins in between.
func TestCase25TwoShufflesAndAJoin(t *testing.T) {
	s := play(t, Config{Workers: 2, Memory: 4 << 30})
	_, a := shuffled("a", 8, 5, 1<<20)
	_, b := shuffled("b", 6, 5, 1<<20)
	s.submit(wire.Options{}, ops("join", 5, op{}, each(a), each(b)))
	s.run(300 * time.Millisecond)
	s.newNode("w3", s.nodeConfig(1))
	s.done(s.c, time.Minute)
	if ready(s.c) != 5 || s.again() != 0 {
		t.Errorf("%d of 5 are ready, %d tasks ran again", ready(s.c), s.again())
	}
	s.end()
}

// A result that is larger than allowed fails with its size; one of 5 GiB that is allowed travels between workers.
func TestCase26HugeResults(t *testing.T) {
	s := play(t, Config{Workers: 2, Threads: 1, Memory: 64 << 30})
	bad := s.submit(wire.Options{}, ops("bad", 1, op{Huge: 1000}))
	s.done(s.c, time.Minute)
	if c := bad.outputs[0].cause; c == nil || c.Sort != wire.SortLimit || !strings.Contains(c.Message, "bytes") {
		t.Errorf("got cause %+v", c)
	}
	s.end()
	s = play(t, Config{Workers: 2, Threads: 1, Memory: 64 << 30, ResultMax: 8 << 30})
	x := ops("x", 2, op{Huge: 1000})
	s.submit(wire.Options{}, ops("sum", 1, op{}, all(x)))
	s.done(s.c, 5*time.Minute)
	if ready(s.c) != 1 {
		t.Errorf("causes %v", errs(s.c))
	}
	s.end()
}

// Very many tiny results for one client: it is told of each once, as what it asked for, and reads all of them. What it holds of
// messages meanwhile is bounded. (What the real client's memory does is shown by TestCase27ManyTinyResults of package client.)
func TestCase27ManyTinyResults(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 2000
	}
	s := play(t, Config{Workers: 2, Threads: 4, CheckEvery: 1000})
	sub := s.submit(wire.Options{}, ops("x", n, op{Micros: 100, Bytes: 16}))
	queued := 0
	s.when("all futures have an outcome", 5*time.Minute, func() bool {
		queued = max(queued, s.toldButNotHeard(s.c))
		return !slices.ContainsFunc(s.c.list, func(f *future) bool { return f.state == futurePending })
	})
	t.Logf("at most %d bytes were on their way to the client", queued)
	if most := 64 << 10; queued == 0 || queued > most {
		t.Errorf("%d bytes were on their way to the client at a time, want at most %d", queued, most)
	}
	outputs := slices.Clone(sub.outputs)
	for k, f := range outputs {
		if f.id.Index != int32(k) || f.state != futureReady || f.story.key.index != int32(k) {
			t.Fatalf("output %d is %v in state %d", k, f.id, f.state)
		}
	}
	s.end()
	for _, f := range outputs {
		if !f.read {
			t.Fatalf("%v was not read", f.id)
		}
	}
}

// toldButNotHeard returns the bytes of what the scheduler has said to a client and the client's process has not acknowledged.
func (s *scenario) toldButNotHeard(c *client) (bytes int) {
	for _, m := range s.hub.ordered {
		if m.peer == c.proc {
			_, b := m.s.Queued()
			bytes += b
		}
	}
	return bytes
}

// Chains, trees and exchanges: what lives at a time is what a sequential run needs, or little more.
func TestCase34LiveSet(t *testing.T) {
	chains := ops("a", 200, op{Micros: 1000})
	for range 5 {
		chains = ops("b", 200, op{Micros: 1000}, each(chains))
	}
	total := ops("total", 1, op{}, all(chains))
	for _, c := range []struct {
		name string
		g    graph.Graph
		max  int // that a sequential run has at a time
	}{
		{"tree", treeGraph(256), 4 * 4},
		{"chains", graph.Of(total), 201},
	} {
		s := play(t, Config{Workers: 1, Threads: 1})
		s.c.submit(c.g, wire.Options{})
		most := 0
		for slices.ContainsFunc(s.c.list, func(f *future) bool { return f.state == futurePending }) {
			s.run(time.Millisecond)
			most = max(most, len(s.node("w1").values))
		}
		t.Logf("%s: at most %d values at a time", c.name, most)
		if most > c.max*11/10+1 {
			t.Errorf("%s: %d values at a time, a sequential run has %d", c.name, most, c.max)
		}
		s.end()
	}
}

// Very many clients crash without a word: their leases end and nothing is left.
func TestCase37ClientsCrash(t *testing.T) {
	n := 1000
	if testing.Short() {
		n = 50
	}
	s := play(t, Config{Workers: 3, CheckEvery: 1000, Scheduler: scheduler.Config{Heartbeat: time.Second, Lost: 5 * time.Second, Lease: 20 * time.Second}})
	for k := range n {
		c := s.client("victim")
		s.run(600 * time.Millisecond)
		c.submit(graph.Of(ops("x", 5, op{Seed: uint64(k)})), wire.Options{})
		s.run(time.Duration(k%7) * 50 * time.Millisecond)
		c.crash()
	}
	s.run(2 * time.Minute)
	var info *wire.Cluster
	s.c.call(&wire.Info{}, func(r *wire.Reply) { info, _ = r.Body.(*wire.Cluster) })
	s.when("the scheduler says what it has", time.Minute, func() bool { return info != nil })
	if len(info.Clients) != 1 || info.Graphs != 0 {
		t.Errorf("%d clients and %d graphs are left, want 1 and 0", len(info.Clients), info.Graphs)
	}
	for _, c := range info.Tasks {
		if c.Tasks > 0 {
			t.Errorf("%d tasks are %s", c.Tasks, c.State)
		}
	}
	if ran := s.audit.sums.executed; ran < n {
		t.Errorf("only %d tasks of %d clients ever ran", ran, n)
	}
	for _, n := range s.nodes {
		if len(n.values) > 0 || len(n.runs) > 0 || len(n.layers) > 0 {
			t.Errorf("%s still has %d values, %d tasks, %d layers", n.name, len(n.values), len(n.runs), len(n.layers))
		}
	}
	s.end()
}

// Submit, cancel and submit the same again in any order: the last wish counts.
func TestCase38CancelStorm(t *testing.T) {
	s := play(t, Config{Workers: 2})
	gpu := wire.Options{Resources: []wire.Resource{{Name: "GPU", Amount: 1}}}
	g := graph.Of(ops("x", 10, op{Micros: 200_000}))
	stubborn := graph.Of(ops("y", 6, op{Micros: 900_000, Stubborn: 1000}))
	for range 60 {
		a, b := s.c.submit(g, gpu), s.c.submit(stubborn, gpu)
		s.run(s.rng.span(0, 300*time.Millisecond))
		s.c.cancel(a.outputs, s.rng.chance(0.5))
		s.c.cancel(b.outputs[:3], false)
		s.run(s.rng.span(0, 50*time.Millisecond))
		s.c.release(b.outputs[3:])
	}
	last := s.c.submit(g, gpu)
	s.done(s.c, time.Minute)
	for _, f := range last.outputs {
		if f.state != futureReady {
			t.Errorf("%v is in state %d: %+v", f.id, f.state, f.cause)
		}
	}
	s.end()
}

// A worker is retired while it computes, and holds what nobody else has: nothing is computed again.
func TestCase39Retire(t *testing.T) {
	s := play(t, Config{Workers: 3, Scheduler: grace})
	s.submit(wire.Options{}, ops("x", 40, op{Micros: 200_000}))
	s.run(1500 * time.Millisecond)
	if len(s.node("w1").values) == 0 {
		t.Fatal("w1 has no values")
	}
	k := s.c.call(&wire.Retire{Workers: []string{"w1"}, WithinMS: 20_000}, nil)
	s.when("the retirement is answered", 25*time.Second, func() bool { return k.answered > 0 })
	s.done(s.c, time.Minute)
	s.run(5 * time.Second)
	if n := s.again(); n != 0 {
		t.Errorf("%d tasks ran again", n)
	}
	if s.node("w1").alive {
		t.Error("w1 still runs")
	}
	s.end()
}

// The only worker that could take the values is stopped: the deadline is kept, whatever the answer.
func TestCase39RetireWithNobodyToTakeOver(t *testing.T) {
	s := play(t, Config{Workers: 2, Scheduler: scheduler.Config{Heartbeat: time.Second, Lost: 10 * time.Minute}})
	s.submit(wire.Options{}, ops("x", 20, op{Micros: 100_000}))
	s.done(s.c, time.Minute)
	s.node("w2").pause()
	var answer *wire.Reply
	s.c.call(&wire.Retire{Workers: []string{"w1"}, WithinMS: 10_000}, func(r *wire.Reply) { answer = r })
	s.when("the retirement is answered", 15*time.Second, func() bool { return answer != nil })
	t.Logf("answer: %+v", answer)
	s.node("w2").resume()
	s.end()
}

// Tasks that wait for futures give their threads back: more of them than there are threads wait for tasks that come later.
func TestTasksThatWaitForTasks(t *testing.T) {
	s := play(t, Config{Workers: 2, Threads: 1})
	later := wire.ID{Layer: wire.NewLayerID(s.c.number, s.c.serial+2), Index: 3} // of the second graph
	s.submit(wire.Options{}, ops("waits", 20, op{Until: later, Micros: 1000}))
	s.run(3 * time.Second)
	if n := ready(s.c); n != 0 {
		t.Fatalf("%d tasks did not wait", n)
	}
	s.submit(wire.Options{}, ops("later", 6, op{Micros: 10_000}))
	took := s.done(s.c, time.Minute)
	if n := ready(s.c); n != 26 || took > 10*time.Second {
		t.Errorf("%d of 26 futures are ready after %v", n, took)
	}
	s.end()
}

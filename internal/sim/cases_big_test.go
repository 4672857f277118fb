package sim

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"sheaf/internal/scheduler"
	"sheaf/internal/wire"
)

// Very many independent tasks of one client in a whole cluster: nothing is left. The million, with the bytes that each costs the scheduler,
// is TestCase33MillionTasks of package scheduler.
func TestCase33ManyTasks(t *testing.T) {
	n := 50_000
	if testing.Short() {
		n = 5000
	}
	s := play(t, Config{Workers: 4, Threads: 4, CheckEvery: 1 << 20})
	begun := time.Now()
	s.submit(wire.Options{}, ops("x", n, op{Micros: 1000, Bytes: 16}))
	s.done(s.c, 10*time.Minute)
	t.Logf("%d tasks, %v a task for the whole simulation", n, time.Since(begun)/time.Duration(n))
	s.end()
}

// joining has n workers join in ten seconds and flap: a tenth of them a minute. It returns how long the first n waited for their welcome.
func joining(tb testing.TB, n int, lasts time.Duration) (*world, []time.Duration) {
	w := newWorld(Config{Seed: 3, For: time.Hour, Scheduler: scheduler.Config{Heartbeat: 5 * time.Second, Lost: 30 * time.Second}})
	for k := range n {
		w.at(time.Duration(k)*10*time.Second/time.Duration(n), func() {
			w.newNode(fmt.Sprintf("w%d", k), NodeConfig{Threads: 1, Memory: 1 << 30, Host: fmt.Sprintf("h%d", k/8)})
		})
	}
	w.until(20 * time.Second)
	waits := welcomes(tb, w.nodes)
	for end := w.now + lasts; w.now < end; {
		x := w.nodes[w.rng.intn(len(w.nodes))]
		if x.alive {
			x.die("signal: killed")
			w.respawn(x, time.Second)
		}
		w.until(w.now + 600*time.Second/time.Duration(n))
	}
	return w, waits
}

// welcomes returns how long each of some workers waited for its welcome.
func welcomes(tb testing.TB, nodes []*node) []time.Duration {
	var waits []time.Duration
	for _, x := range nodes {
		if x.alive && x.number == 0 {
			tb.Fatalf("%s has not joined", x.name)
		}
		if x.number != 0 {
			waits = append(waits, x.welcomed-x.born)
		}
	}
	return waits
}

// Very many workers join at once, and some come and go: joining is fast, and nobody is taken for dead who is not.
func TestCase35ManyWorkers(t *testing.T) {
	n := 10_000
	if testing.Short() {
		n = 200
	}
	w, waits := joining(t, n, time.Minute)
	w.until(w.now + 60*time.Second)
	again := welcomes(t, w.nodes[n:])
	first, later := p99(waits), p99(again)
	t.Logf("joining: p99 %v of %d, and %v of %d that took the place of others", first, n, later, len(again))
	if first > 5*time.Second || later > 5*time.Second {
		t.Error("joining took more than 5s")
	}
	if len(again) < n/20 {
		t.Errorf("only %d workers flapped", len(again))
	}
	alive := 0
	for _, x := range w.nodes {
		if !x.alive {
			continue
		}
		if alive++; x.sessions > 1 {
			t.Errorf("%s was taken for dead", x.name)
		}
	}
	gone := 0
	for _, p := range w.audit.known {
		switch {
		case !p.gone:
		case p.node.alive:
			t.Errorf("%s was given up and lives", p.name)
		default:
			gone++
		}
	}
	if alive != n || gone != len(w.nodes)-n {
		t.Errorf("%d workers live and %d were found dead, want %d and %d", alive, gone, n, len(w.nodes)-n)
	}
	w.check()
	if w.audit.broken > 0 {
		t.Error(w.report())
	}
}

// BenchmarkIdleWorkers measures what very many idle workers cost per second of their time: the scheduler's process, which is its machine,
// the sessions and the codec of messages, in cores; and in ns/op all of the simulation, the workers' machines and the network included.
func BenchmarkIdleWorkers(b *testing.B) {
	for _, beat := range []time.Duration{500 * time.Millisecond, 5 * time.Second} {
		b.Run(beat.String(), func(b *testing.B) { idle(b, 10_000, beat) })
	}
}

func idle(b *testing.B, n int, beat time.Duration) {
	w := newWorld(Config{Seed: 3, For: time.Hour, Scheduler: scheduler.Config{Heartbeat: beat, Lost: 60 * time.Second}})
	for k := range n {
		w.at(time.Duration(k)*10*time.Second/time.Duration(n), func() {
			w.newNode(fmt.Sprintf("w%d", k), NodeConfig{Threads: 1, Memory: 1 << 30, Host: fmt.Sprintf("h%d", k/8)})
		})
	}
	w.until(20 * time.Second)
	begun := time.Now()
	w.hub.clock = func() time.Duration { return time.Since(begun) }
	runtime.GC()
	before, start := w.hub.busy, w.now
	for b.Loop() {
		w.until(w.now + time.Second)
	}
	seconds := (w.now - start).Seconds()
	b.ReportMetric((w.hub.busy-before).Seconds()/seconds, "scheduler-cores")
	b.ReportMetric(float64(len(w.hub.members)), "workers")
}

// A larger cluster, with faults as often as in a small one.
func TestLarge(t *testing.T) {
	c := Large(7, 50, 4, 10_000)
	if testing.Short() {
		c = Large(7, 20, 3, 2000)
	}
	begun := time.Now()
	r := Run(c)
	t.Logf("%v\n%v", time.Since(begun), r)
	if r.Broken > 0 {
		t.Error("a rule was broken")
	}
}

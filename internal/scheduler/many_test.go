package scheduler

import (
	"runtime"
	"testing"

	"sheaf/graph"
	"sheaf/internal/wire"
)

// TestCase33MillionTasks runs a million independent tasks of one client on workers that end everything at once (fault case 33). It counts
// bytes and messages; what a task costs in time is measured by BenchmarkIndependent, and by scheduler_task of the command bench.
func TestCase33MillionTasks(t *testing.T) {
	n := 1_000_000
	if testing.Short() {
		n = 100_000
	}
	for _, k := range []struct {
		name  string
		build func(serial *uint64) wire.Graph
	}{
		{"layer", func(serial *uint64) wire.Graph { return opsGraph(1, serial, graph.Of(layerOf("x", n))) }},
		{"list", func(serial *uint64) wire.Graph { return listGraph(1, serial, n) }},
	} {
		t.Run(k.name, func(t *testing.T) { manyTasks(t, n, k.build) })
	}
}

// Bounds for each of the tasks.
const (
	taskBytes     = 1024 // in the scheduler, the graph included; the case's own
	restBytes     = 256  // of a finished one; the second target
	leftBytes     = 1    // after the release
	tasksAMessage = 20   // at least, of those between scheduler and workers: what keeps a task cheap
)

func manyTasks(t *testing.T, n int, build func(serial *uint64) wire.Graph) {
	c := newCrew(4, 4)
	serial := uint64(0)
	const warm = 100_000
	c.warm(&serial, warm)
	done, before := c.done, live()

	outputs := c.submit(t, build(&serial))
	c.step()
	admitted := live()
	most, messages := admitted, 0
	for next := n / 4; len(c.in) > 0; {
		messages += len(c.in)
		c.step()
		if c.done-done >= next {
			most = max(most, live())
			next += n / 4
		}
	}
	finished := live()
	most = max(most, finished)
	if err := c.s.Check(); err != nil {
		t.Fatal(err)
	}
	if got := c.done - done; got != n {
		t.Errorf("%d tasks ran, want %d", got, n)
	}
	c.release(outputs)
	for len(c.in) > 0 {
		c.step()
	}
	c.step()
	after := live()
	each := func(bytes int64) float64 { return float64(bytes-before) / float64(n) }
	t.Logf("bytes a task: admitted %.1f, at most %.1f, finished %.1f, after the release %.2f; %.1f tasks a message; %.2f us a task",
		each(admitted), each(most), each(finished), each(after), float64(n)/float64(messages), float64(c.spent.Microseconds())/float64(n+warm))
	if each(most) > taskBytes || each(finished) > restBytes || each(after) > leftBytes {
		t.Errorf("want at most %d, %d when finished, and %d after the release", taskBytes, restBytes, leftBytes)
	}
	if n < messages*tasksAMessage {
		t.Errorf("%d messages of workers for %d tasks", messages, n)
	}
	if left := len(c.s.runs) - 1 - len(c.s.slots); left > 0 {
		t.Errorf("%d graphs are left", left)
	}
	if err := c.s.Check(); err != nil {
		t.Error(err)
	}
}

// warm runs tasks until what is remembered of those that have ended is full.
func (c *crew) warm(serial *uint64, n int) {
	g := listGraph(1, serial, n)
	c.run(g)
	c.release(g)
	c.step() // effects are valid until the next step
}

// submit has a graph of one layer submitted in the next step, and returns as much of it as its release needs.
func (c *crew) submit(t *testing.T, g wire.Graph) wire.Graph {
	m := &wire.Submit{Request: 1 << 40, Graph: g}
	p, err := Prepare(m)
	if err != nil {
		t.Fatal(err)
	}
	c.in = append(c.in, In{From: "c", Msg: m, Prepared: p})
	l := &g.Layers[0]
	return wire.Graph{Layers: []wire.Layer{{ID: l.ID, Space: l.Space}}, Outputs: g.Outputs}
}

// live is how many bytes of the heap are in use, garbage apart.
func live() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // also what pools kept
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

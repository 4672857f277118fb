package sim

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"sheaf/graph"
	"sheaf/internal/scheduler"
	"sheaf/internal/wire"
)

// A scenario is a run in which a test says what happens.
type scenario struct {
	t *testing.T
	*world
	c *client
}

// play starts a cluster without chance faults, with one client that does what it is told, and lets everybody join.
func play(t *testing.T, c Config) *scenario {
	t.Helper()
	if c.Seed == 0 {
		c.Seed = 7
	}
	c.For = time.Hour
	c.CheckEvery = max(c.CheckEvery, 10)
	if c.Scheduler.Heartbeat == 0 {
		c.Scheduler = scheduler.Config{Heartbeat: time.Second, Lost: 5 * time.Second, Lease: time.Minute}
	}
	if testing.Verbose() && *eventsFlag {
		c.Log = writer{t}
	}
	if c.Threads == 0 {
		c.Threads = 2
	}
	s := &scenario{t: t, world: newWorld(c)}
	for k := range c.Agents {
		s.newAgent(fmt.Sprintf("a%d", k+1))
	}
	for k := range s.conf.Workers {
		s.newNode(fmt.Sprintf("w%d", k+1), s.nodeConfig(k))
	}
	s.c = s.client("c1")
	s.run(2 * time.Second)
	return s
}

// client starts a client that does what it is told.
func (s *scenario) client(name string) *client {
	c := s.newClient(name, 0)
	c.script = true
	return c
}

// run lets time pass.
func (s *scenario) run(d time.Duration) { s.until(s.now + d) }

// when lets time pass until something is so, and complains when it is not within a limit.
func (s *scenario) when(what string, limit time.Duration, so func() bool) time.Duration {
	s.t.Helper()
	begun := s.now
	for !so() {
		if s.now-begun > limit {
			s.t.Fatalf("not within %v: %s", limit, what)
		}
		s.run(10 * time.Millisecond)
	}
	return s.now - begun
}

// done waits for all futures of a client to come to an outcome.
func (s *scenario) done(c *client, limit time.Duration) time.Duration {
	s.t.Helper()
	return s.when("all futures have an outcome", limit, func() bool {
		return !slices.ContainsFunc(c.list, func(f *future) bool { return f.state == futurePending })
	})
}

// end ends the run as all runs end: everything must come to an outcome and be readable, and then nothing must be left. It returns the
// report.
func (s *scenario) end() *Report {
	s.t.Helper()
	s.settle()
	s.until(never)
	r := s.report()
	if r.Broken > 0 {
		s.t.Errorf("%v", r)
	}
	return r
}

// ops makes a layer of n tasks.
func ops(name string, n int, o op, edges ...graph.Edge) *graph.Layer {
	if o.Bytes == 0 {
		o.Bytes = 1000
	}
	if o.Micros == 0 {
		o.Micros = 100_000
	}
	h := graph.NewHasher(name)
	o.Seed = mix(o.Seed ^ key{h.Sum(), int32(n)}.hash())
	return graph.Must(graph.Spec{Name: name, Op: o, Space: []int{n}, Edges: edges})
}

// each and all are edges.
func each(l *graph.Layer) graph.Edge { return graph.Edge{From: l, Map: graph.Each{}} }
func all(l *graph.Layer) graph.Edge  { return graph.Edge{From: l, Map: graph.All{N: l.Len()}} }

// submit has the client submit layers; all of their tasks are wanted.
func (s *scenario) submit(o wire.Options, layers ...*graph.Layer) *submission {
	return s.c.submit(graph.Of(layers...), o)
}

// node returns the newest worker of a name.
func (s *scenario) node(name string) *node {
	for k := len(s.nodes) - 1; k >= 0; k-- {
		if s.nodes[k].name == name {
			return s.nodes[k]
		}
	}
	s.t.Fatalf("there is no worker %s", name)
	return nil
}

// again returns how often tasks ran more than once.
func (s *scenario) again() (n int) {
	for _, st := range s.audit.all {
		n += max(0, st.runs-1)
	}
	return n
}

// errs returns the reasons that a client's futures failed for.
func errs(c *client) (causes []*wire.Failure) {
	for _, f := range c.list {
		if f.state == futureErred {
			causes = append(causes, f.cause)
		}
	}
	return causes
}

// ready counts a client's futures that can be read.
func ready(c *client) (n int) {
	for _, f := range c.list {
		if f.state == futureReady {
			n++
		}
	}
	return n
}

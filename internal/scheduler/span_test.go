package scheduler

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sheaf/fn"
	"sheaf/graph"
	"sheaf/internal/wire"
)

// submitIn submits a layer of n tasks and one that needs them one by one, under a span.
func submitIn(c *crew, serial *uint64, request uint64, n int, path ...string) wire.Graph {
	load := layerOf(fmt.Sprint("load", request), n)
	g := opsGraph(1, serial, graph.Of(layerOf(fmt.Sprint("sum", request), 1, graph.Edge{From: load, Map: graph.All{N: n}})))
	g.Layers[0].Sources = []fn.Source{{Name: "main.load", File: "etl.go", Line: 7}}
	c.in = append(c.in, In{From: "c", Msg: &wire.Submit{Request: request, Graph: g, Options: wire.Options{Span: path, Details: true}}})
	return g
}

func TestSpans(t *testing.T) {
	c := newCrew(2, 2)
	serial := uint64(0)
	submitIn(c, &serial, 1, 4, "etl", "load")
	g := submitIn(c, &serial, 2, 3, "etl")
	submitIn(c, &serial, 3, 2)
	c.step()
	before := c.s.Spans()
	if n := states(&before[0]); n != 5 {
		t.Errorf("%d tasks are live before they run, want 5: %v", n, before[0].States)
	}
	c.in = append(c.in, In{From: "w0", Msg: &wire.Done{Moved: []wire.Moved{{Layer: g.Layers[1].ID, Bytes: 100, Nanos: 7}, {Layer: 99, Bytes: 1}}}})
	for len(c.in) > 0 {
		c.step()
	}
	if err := c.s.Check(); err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, p := range c.s.Spans() {
		got += fmt.Sprintf("%s: %d graphs, %d of %d done in %d ns, %d failed, %d bytes, moved %d in %d ns, %v, %s, %v\n", strings.Join(p.Path, "/"), p.Graphs,
			p.Done, p.Tasks, p.Nanos, p.Failed, p.Bytes, p.MovedBytes, p.MovedNanos, p.States, strings.Join(p.Names, " "), p.Functions)
	}
	const want = `etl/load: 1 graphs, 5 of 5 done in 5000 ns, 0 failed, 40 bytes, moved 0 in 0 ns, [{released 4} {memory 1}], load1 sum1, [main.load (etl.go:7)]
etl: 1 graphs, 4 of 4 done in 4000 ns, 0 failed, 32 bytes, moved 100 in 7 ns, [{released 3} {memory 1}], load2 sum2, [main.load (etl.go:7)]
default: 1 graphs, 3 of 3 done in 3000 ns, 0 failed, 24 bytes, moved 0 in 0 ns, [{released 2} {memory 1}], load3 sum3, [main.load (etl.go:7)]
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	prefixes := c.s.Prefixes()
	if len(prefixes) != 6 || prefixes[0] != (Prefix{Name: "load1", Tasks: 4, Done: 4}) || prefixes[3].Memory != 1 {
		t.Errorf("by name: %+v", prefixes)
	}
}

func states(p *wire.Span) (n int) {
	for _, st := range p.States {
		n += st.Tasks
	}
	return n
}

// TestListsAreCountedByName: the tasks of a list have the names that they were given.
func TestListsAreCountedByName(t *testing.T) {
	c := newCrew(1, 1)
	serial := uint64(0)
	g := listGraph(1, &serial, 10)
	l := &g.Layers[0]
	l.Names = []string{"inc", "dec"}
	for k := range 4 {
		l.Segments[0].NameOf[k] = 1
	}
	c.in = append(c.in, In{From: "c", Msg: &wire.Submit{Request: 1, Graph: g}})
	for len(c.in) > 0 {
		c.step()
	}
	if got := c.s.Prefixes(); !slices.Equal(got, []Prefix{{"inc", 6, 6, 0, 6, 0}, {"dec", 4, 4, 0, 4, 0}}) {
		t.Errorf("got %+v", got)
	}
	if err := c.s.Check(); err != nil {
		t.Error(err)
	}
}

// TestSpansAreBounded: the span that was used longest ago is forgotten, and what has too long a path is refused.
func TestSpansAreBounded(t *testing.T) {
	s := New(Config{})
	first := s.spanOf([]string{"live"})
	first.runs = 1
	for k := range 3 * spansMax {
		s.spanOf([]string{fmt.Sprint(k)}).used = uint64(k)
	}
	if len(s.spanList) != spansMax || len(s.spans) != spansMax || s.spanOf([]string{"live"}) != first {
		t.Errorf("%d and %d spans are kept", len(s.spanList), len(s.spans))
	}
	if _, ok := s.spans["0"]; ok {
		t.Error("the oldest span is still there")
	}
	for _, p := range s.spanList {
		p.runs = 1
	}
	if p := s.spanOf([]string{"one more"}); p.Path[0] != "default" {
		t.Errorf("one more than can be kept is counted with %v", p.Path)
	}
	for _, path := range [][]string{{""}, {strings.Repeat("x", spanBytes+1)}, make([]string, spanDepth+1)} {
		if checkSpan(path) == nil {
			t.Errorf("a path of %d names was taken", len(path))
		}
	}
}

// TestOverview: what is shown is bounded, and the newest comes first.
func TestOverview(t *testing.T) {
	c := newCrew(1, 1)
	serial := uint64(0)
	var last wire.Graph
	for k := range uint64(5) {
		last = submitIn(c, &serial, k+1, 2, "etl")
	}
	c.step()
	c.in = nil // the worker does not answer
	var task wire.ID
	for _, a := range slices.Collect(c.s.live[0].sent.refs()) {
		r := c.s.runs[a.run]
		task = r.id(r.head(a.task))
	}
	c.in = append(c.in, In{From: "w0", Msg: &wire.Failed{
		ID: task, Attempt: 1, Cause: wire.Failure{Func: "main.load", Message: "boom " + strings.Repeat("x", 1000) + "\nmore", Sort: wire.SortUser},
	}})
	c.step()
	o := c.s.Overview(3)
	if len(o.Graphs) != 3 || o.Graphs[0].Serial != 5 || o.Graphs[0].Name != "sum5" || o.Graphs[2].Tasks != 3 || !slices.Equal(o.Graphs[1].Span, []string{"etl"}) || o.Graphs[0].Layers != len(last.Layers) {
		t.Errorf("graphs %+v", o.Graphs)
	}
	if len(o.Failures) != 1 || o.Failures[0].Worker != "w0" || !strings.HasPrefix(o.Failures[0].Message, "boom xx") || len(o.Failures[0].Message) != failureBytes {
		t.Errorf("failures %+v", o.Failures)
	}
	if len(o.Events) != 3 || !strings.Contains(o.Events[0].Text, "graph 5 of client 1") || len(o.Prefixes) != 3 || len(o.Spans) != 1 || o.Spans[0].Failed != 1 {
		t.Errorf("events %+v, names %+v, spans %+v", o.Events, o.Prefixes, o.Spans)
	}
}

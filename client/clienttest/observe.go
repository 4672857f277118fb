package clienttest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"sheaf"
	"sheaf/client"
	"sheaf/delayed"
)

func big(n int) []byte { return make([]byte, n) }

func length(b []byte) int { return len(b) }

// within computes something inside of a task.
func within(ctx context.Context) (int, error) { return delayed.Call[int](inc, 1).Compute(ctx) }

func testSpans(t *testing.T, c *client.Client, has Features) {
	if _, err := c.Spans(t.Context()); err != nil { // from here on what has no span is counted everywhere
		t.Fatal(err)
	}
	begin := time.Now().Add(-time.Millisecond)
	etl := sheaf.With(c.Context(t.Context()), sheaf.Span("etl"))
	if v, err := delayed.Call[int](add, delayed.Call[int](inc, 1), 2).Compute(sheaf.With(etl, sheaf.Span("load"))); err != nil || v != 4 {
		t.Fatal(v, err)
	}
	fs := c.Map[int](inc, []int{10, 20, 30}, client.Span("etl", "load"))
	if _, err := c.Gather(t.Context(), fs); err != nil {
		t.Fatal(err)
	}
	if _, err := delayed.Call[int](half, 3).Compute(etl, sheaf.Span("bad")); !errors.Is(err, errOdd) {
		t.Fatal(err)
	}
	if v, err := delayed.Call[int](within).Compute(etl, sheaf.Span("outer")); err != nil || v != 2 {
		t.Fatal(v, err)
	}
	testMoved(t, c, has)
	if _, err := c.Submit[int](inc, 1, client.Span("")).Result(t.Context()); !errors.Is(err, sheaf.ErrLimit) {
		t.Errorf("a span without a name: %v", err)
	}
	var root *client.SpanInfo
	eventually(t, "all tasks are counted", func() bool {
		var err error
		root, err = c.Spans(t.Context())
		load := root.Find("etl", "load")
		return err == nil && load != nil && load.Done == 5 && root.Find("etl", "bad").Failed == 1 && root.Find("default") != nil && root.Find("default").Done > 0
	})
	load := root.Find("etl", "load")
	if load.Graphs != 2 || load.Tasks != 5 || load.Failed != 0 || load.Run <= 0 || load.Bytes <= 0 || len(load.Clients) != 1 || !slices.Equal(load.Path, []string{"etl", "load"}) ||
		load.Start.Before(begin) || !load.End.After(load.Start) || load.End.After(time.Now().Add(time.Second)) {
		t.Errorf("etl/load: %+v", load)
	}
	if f := strings.Join(load.Functions, " "); !strings.Contains(f, "clienttest.inc") || !strings.Contains(f, "clienttest.go:") || !strings.Contains(f, "clienttest.add") {
		t.Errorf("functions %q", f)
	}
	if !strings.Contains(strings.Join(load.Names, " "), "inc") || load.Name() != "load" || root.Find("etl", "nothing") != nil {
		t.Errorf("names %q", load.Names)
	}
	if s := root.Find("etl", "outer"); s.Tasks != 1 || s.Done != 1 {
		t.Errorf("what a task computes is counted with it: %+v", s)
	}
	sum := root.Find("etl").Total()
	if sum.Tasks != 5+1+1 || sum.Done != 6 || sum.Failed != 1 || sum.Graphs != 4 || sum.Run < load.Run || sum.Start.After(load.Start) || len(root.Find("etl").Names) != 0 {
		t.Errorf("etl with all in it: %+v", sum)
	}
	if text := root.Find("etl").String(); !strings.Contains(text, "  load") || strings.Count(text, "\n") != 4 {
		t.Errorf("as text:\n%s", text)
	}
}

// testMoved has a value cross from one worker to another.
func testMoved(t *testing.T, c *client.Client, has Features) {
	threads, err := c.NThreads(t.Context())
	if err != nil || !has.Cluster {
		return
	}
	names := make([]string, 0, 2)
	for name := range threads {
		names = append(names, name)
	}
	v := c.Submit[[]byte](big, 1<<20, client.OnWorkers(names[0]))
	result(t, c.Submit[int](length, v, client.OnWorkers(names[1]), client.Span("moving")), 1<<20)
	eventually(t, "what is fetched is counted", func() bool {
		root, err := c.Spans(t.Context())
		s := root.Find("moving")
		return err == nil && s != nil && s.MovedBytes >= 1<<20 && s.MovedBytes < 1<<20+1000 && s.Moved > 0 && s.Done == 1 && s.States["memory"] == 1
	})
}

// testLinks asks a client where it belongs. The suite's clusters have no page.
func testLinks(t *testing.T, c *client.Client, has Features) {
	if got := c.DashboardLink(); got != "" {
		t.Errorf("a page that is not there has the URL %q", got)
	}
	if of := c.Cluster(); has.Cluster != (of != nil) {
		t.Errorf("the client is of %T", of)
	}
}

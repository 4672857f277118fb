package client

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"sheaf"
	"sheaf/internal/remote"
	"sheaf/internal/wire"
)

// SpanInfo is what became of the tasks that were run under one span; those of the spans within it are in Spans, and [SpanInfo.Total] adds
// them up.
//
// Same as distributed.spans.Span.
type SpanInfo struct {
	Path       []string       // names, from the root
	Graphs     int            // that were submitted
	Tasks      int            // of these graphs
	States     map[string]int // tasks of graphs that are still wanted, by state
	Done       int            // tasks that ended well, again if they were computed again
	Failed     int
	Run        time.Duration // that tasks ran, one after the other
	Bytes      int64         // of results
	Moved      time.Duration // that workers fetched inputs from one another
	MovedBytes int64
	Start, End time.Time // of the first and the last task, by the workers' clocks; zero if there was none
	Names      []string  // of operations, some if there are many
	Functions  []string  // the user's, with file and line, some if there are many
	Clients    []string
	Spans      []*SpanInfo // within this one
}

// Name returns the span's own name.
func (s *SpanInfo) Name() string {
	if len(s.Path) == 0 {
		return ""
	}
	return s.Path[len(s.Path)-1]
}

// Find returns the span under names within this one, and nil if there is none.
func (s *SpanInfo) Find(names ...string) *SpanInfo {
	for _, name := range names {
		k := slices.IndexFunc(s.Spans, func(in *SpanInfo) bool { return in.Name() == name })
		if k < 0 {
			return nil
		}
		s = s.Spans[k]
	}
	return s
}

// Total returns the span with the numbers of all within it added.
func (s *SpanInfo) Total() *SpanInfo {
	sum := *s
	sum.States = maps.Clone(s.States)
	sum.Names, sum.Functions, sum.Clients = slices.Clone(s.Names), slices.Clone(s.Functions), slices.Clone(s.Clients)
	for _, in := range s.Spans {
		t := in.Total()
		sum.Graphs += t.Graphs
		sum.Tasks += t.Tasks
		sum.Done += t.Done
		sum.Failed += t.Failed
		sum.Run += t.Run
		sum.Bytes += t.Bytes
		sum.Moved += t.Moved
		sum.MovedBytes += t.MovedBytes
		for st, n := range t.States {
			if sum.States == nil {
				sum.States = map[string]int{}
			}
			sum.States[st] += n
		}
		if !t.Start.IsZero() && (sum.Start.IsZero() || t.Start.Before(sum.Start)) {
			sum.Start = t.Start
		}
		if t.End.After(sum.End) {
			sum.End = t.End
		}
		sum.Names, sum.Functions, sum.Clients = union(sum.Names, t.Names), union(sum.Functions, t.Functions), union(sum.Clients, t.Clients)
	}
	return &sum
}

func union(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(a, s)
		}
	}
	return a
}

// String describes the span and those within it, a line each.
func (s *SpanInfo) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	s.write(w, 0)
	_ = w.Flush()
	return b.String()
}

func (s *SpanInfo) write(w *tabwriter.Writer, depth int) {
	_, _ = fmt.Fprintf(w, "%s%s\t%d tasks\t%d done\t%d failed\tran %v\t%s\n", strings.Repeat("  ", depth), s.Name(), s.Tasks, s.Done, s.Failed,
		s.Run.Round(time.Microsecond), bytesText(s.Bytes))
	for _, in := range s.Spans {
		in.write(w, depth+1)
	}
}

// Spans returns what became of all graphs, by the span that they were submitted in ([Span], sheaf.Span), as a tree without its root, whose
// [SpanInfo.Find] finds one by its path. Graphs without a span are in that named "default". The cluster remembers the last thousand spans; in one process what has
// no span is counted from the first call on.
//
// Same as the spans of distributed.span.
func (c *Client) Spans(ctx context.Context) (*SpanInfo, error) {
	if c.closed.Load() {
		return nil, fmt.Errorf("client: the client is %w", sheaf.ErrClosed)
	}
	if c.link == nil {
		return treeOf(c.spans.list()), nil
	}
	m, err := remote.Ask[*wire.SpanList](ctx, c.link.x, &wire.Spans{})
	if err != nil {
		return nil, err
	}
	return treeOf(m.Spans), nil
}

// treeOf puts spans in one another.
func treeOf(list []wire.Span) *SpanInfo {
	root := &SpanInfo{}
	for i := range list {
		m := &list[i]
		s := root
		for k := range m.Path {
			in := s.Find(m.Path[k])
			if in == nil {
				in = &SpanInfo{Path: slices.Clone(m.Path[:k+1])}
				s.Spans = append(s.Spans, in)
			}
			s = in
		}
		s.set(m)
	}
	return root
}

func (s *SpanInfo) set(m *wire.Span) {
	s.Graphs, s.Tasks, s.Done, s.Failed = int(m.Graphs), int(m.Tasks), int(m.Done), int(m.Failed)
	s.Run, s.Bytes, s.Moved, s.MovedBytes = time.Duration(m.Nanos), m.Bytes, time.Duration(m.MovedNanos), m.MovedBytes
	s.Start, s.End = timeOf(m.Start), timeOf(m.End)
	s.Names, s.Functions, s.Clients = m.Names, m.Functions, m.Clients
	s.States = make(map[string]int, len(m.States))
	for _, st := range m.States {
		s.States[st.State] = st.Tasks
	}
}

// timeOf returns a moment given in nanoseconds of the Unix epoch, the zero time for 0.
func timeOf(nanos int64) time.Time {
	if nanos == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanos)
}

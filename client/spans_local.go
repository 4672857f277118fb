package client

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"sheaf"
	"sheaf/fn"
	"sheaf/graph"
	"sheaf/internal/event"
	"sheaf/internal/wire"
)

// spans are those of a client in this process, which reads them from the events of its runs.
type spans struct {
	mu    sync.Mutex // guards what follows
	asked bool       // what has no span is counted too
	byKey map[string]*spanCount
	order []*spanCount
}

// spanCount is one of them.
type spanCount struct {
	wire.Span
	live map[*spanRun]int // tasks of runs that have not ended
}

// Bounds, as those of a scheduler.
const (
	spansMax     = 1000
	spanListsMax = 32
)

// listen returns a listener that counts a run's tasks, nil if they are not to be counted.
func (x *spans) listen(c *Client, g graph.Graph, path []string) event.Listener {
	if c.link != nil {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(path) == 0 {
		if !x.asked {
			return nil
		}
		path = []string{"default"}
	}
	key := strings.Join(path, "\x00")
	s := x.byKey[key]
	if s == nil {
		if len(x.order) >= spansMax && !x.forget() {
			return nil
		}
		if x.byKey == nil {
			x.byKey = map[string]*spanCount{}
		}
		s = &spanCount{Path: slices.Clone(path), live: map[*spanRun]int{}}
		x.byKey[key] = s
		x.order = append(x.order, s)
	}
	s.Graphs++
	r := &spanRun{of: x, span: s}
	r.describe(g)
	if len(s.Clients) == 0 {
		host, _ := os.Hostname()
		s.Clients = []string{fmt.Sprintf("%s:%d", host, os.Getpid())}
	}
	return r
}

// forget forgets the oldest span without live runs; the caller holds mu.
func (x *spans) forget() bool {
	k := slices.IndexFunc(x.order, func(s *spanCount) bool { return len(s.live) == 0 })
	if k < 0 {
		return false
	}
	delete(x.byKey, strings.Join(x.order[k].Path, "\x00"))
	x.order = slices.Delete(x.order, k, k+1)
	return true
}

// list returns all spans.
func (x *spans) list() []wire.Span {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.asked = true
	out := make([]wire.Span, len(x.order))
	for i, s := range x.order {
		out[i] = s.Span
		out[i].Names, out[i].Functions, out[i].Clients = slices.Clone(s.Names), slices.Clone(s.Functions), slices.Clone(s.Clients)
		waiting := 0
		for _, n := range s.live {
			waiting += n
		}
		if waiting > 0 {
			out[i].States = []wire.StateCount{{State: "waiting", Tasks: waiting}}
		}
	}
	return out
}

// spanRun counts one run.
type spanRun struct {
	of    *spans
	span  *spanCount
	given map[string]bool // names of layers whose values there are already
	skip  []bool          // by the number of the layer
}

// describe notes what a graph computes; the caller holds mu.
func (r *spanRun) describe(g graph.Graph) {
	layers, err := g.Layers()
	if err != nil {
		return // the run says it
	}
	for _, l := range layers {
		switch l.Kind() {
		case graph.KindAlias, graph.KindConst, graph.KindHeld:
			if r.given == nil {
				r.given = map[string]bool{}
			}
			r.given[l.Name()] = true
			continue
		}
		n := min(l.Len(), 1)
		if l.Keyed() {
			n = min(l.Len(), spanListsMax)
		}
		for i := range n {
			note(&r.span.Names, l.TaskName(i))
			if o, ok := l.OpOf(i).(graph.Sourcer); ok {
				if src := o.Source(i); src != (fn.Source{}) {
					note(&r.span.Functions, src.String())
				}
			}
		}
	}
}

func note(list *[]string, text string) {
	if text != "" && len(*list) < spanListsMax && !slices.Contains(*list, text) {
		*list = append(*list, text)
	}
}

// Handle takes an event of the run.
func (r *spanRun) Handle(e event.Event) {
	r.of.mu.Lock()
	defer r.of.mu.Unlock()
	s := r.span
	switch e.Kind {
	case event.RunStarted:
		n := 0
		for _, l := range e.Layers {
			skip := r.given[l.Name]
			r.skip = append(r.skip, skip)
			if !skip {
				n += l.Tasks
			}
		}
		s.Tasks += int64(n)
		s.live[r] = n
	case event.TasksDone:
		for _, c := range e.Counts {
			if c.Layer < len(r.skip) && r.skip[c.Layer] {
				continue
			}
			s.Done += int64(c.Tasks)
			s.Nanos += int64(c.Busy)
			s.Bytes += c.Bytes
			s.live[r] -= c.Tasks
			r.ran(e.Time, c.Busy)
		}
	case event.TaskFailed:
		if !errors.Is(e.Err, sheaf.ErrCancelled) {
			s.Failed++
		}
		s.live[r]--
		r.ran(e.Time, 0)
	case event.RunDone:
		delete(s.live, r)
	}
}

// ran notes when tasks ended.
func (r *spanRun) ran(end time.Time, busy time.Duration) {
	s := r.span
	if at := end.Add(-busy).UnixNano(); s.Start == 0 || at < s.Start {
		s.Start = at
	}
	s.End = max(s.End, end.UnixNano())
}

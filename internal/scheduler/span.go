package scheduler

import (
	"fmt"
	"slices"
	"strings"

	"sheaf/fn"
	"sheaf/graph"
	"sheaf/internal/wire"
)

// A span is what is known of the graphs that were submitted under one path of names.
type span struct {
	wire.Span             // without States and Functions
	functions []fn.Source // as texts they are made when somebody asks
	runs      int         // live graphs
	used      uint64      // the serial of the last graph
}

// defaultSpan is where graphs without a span are counted.
var defaultSpan = []string{"default"}

const (
	spansMax     = 1000 // that are remembered
	spanDepth    = 16   // names in a path
	spanBytes    = 256  // of a name
	spanListsMax = 32   // names, functions and clients of a span
)

// checkSpan refuses paths that are too long to be kept.
func checkSpan(path []string) error {
	if len(path) > spanDepth {
		return fmt.Errorf("graph: a span of %d names, at most %d are kept: %w", len(path), spanDepth, graph.ErrGraph)
	}
	for _, name := range path {
		if name == "" || len(name) > spanBytes {
			return fmt.Errorf("graph: a span's name has %d bytes, want 1 to %d: %w", len(name), spanBytes, graph.ErrGraph)
		}
	}
	return nil
}

// spanOf returns the span of a path. When there are too many the one that was used longest ago is forgotten; if all have live graphs
// the new one is counted with those that have none.
func (s *Scheduler) spanOf(path []string) *span {
	if len(path) == 0 {
		path = defaultSpan
	}
	key := strings.Join(path, "\x00")
	if p := s.spans[key]; p != nil {
		return p
	}
	if len(s.spanList) >= spansMax && !s.forgetSpan() && key != defaultSpan[0] {
		return s.spanOf(nil)
	}
	p := &span{Path: slices.Clone(path)}
	s.spans[key] = p
	s.spanList = append(s.spanList, p)
	return p
}

// forgetSpan forgets the span without live graphs that was used longest ago.
func (s *Scheduler) forgetSpan() bool {
	oldest := -1
	for k, p := range s.spanList {
		if p.runs == 0 && (oldest < 0 || p.used < s.spanList[oldest].used) {
			oldest = k
		}
	}
	if oldest < 0 {
		return false
	}
	delete(s.spans, strings.Join(s.spanList[oldest].Path, "\x00"))
	s.spanList = slices.Delete(s.spanList, oldest, oldest+1)
	return true
}

// enterSpan counts a graph in its span.
func (s *Scheduler) enterSpan(r *run) {
	p := s.spanOf(r.opts.Span)
	r.span = p
	p.runs++
	p.used = r.serial
	p.Graphs++
	var sum [statusEnd]int
	r.states(&sum)
	for _, n := range sum {
		p.Tasks += int64(n)
	}
	for _, l := range r.layers {
		if !computes(l) {
			continue
		}
		if l.Kind == wire.LayerList {
			for _, name := range l.Names[:min(len(l.Names), spanListsMax)] {
				remember(&p.Names, name)
			}
		} else {
			remember(&p.Names, l.Name)
		}
		for _, f := range l.Sources[:min(len(l.Sources), spanListsMax)] {
			f.Name, f.File = cutText(f.Name), cutText(f.File)
			if f.Name != "" && len(p.functions) < spanListsMax && !slices.Contains(p.functions, f) {
				p.functions = append(p.functions, f)
			}
		}
	}
	remember(&p.Clients, r.client.label)
}

// remember adds a text, cut off where it is long, to a short list unless it is there.
func remember(list *[]string, text string) {
	text = cutText(text)
	if text != "" && len(*list) < spanListsMax && !slices.Contains(*list, text) {
		*list = append(*list, text)
	}
}

// cutText cuts off what is too long to be kept.
func cutText(text string) string {
	if len(text) > spanBytes {
		text = strings.ToValidUTF8(text[:spanBytes], "") + "…"
	}
	return text
}

// ran counts an attempt that ended well.
func (p *span) ran(tasks int64, d *wire.DoneTask) {
	p.Done += tasks
	p.Nanos += max(d.Nanos, 0)
	p.Bytes += max(d.Bytes, 0)
	if d.Start > 0 && d.Nanos >= 0 {
		if p.Start == 0 || d.Start < p.Start {
			p.Start = d.Start
		}
		p.End = max(p.End, d.Start+d.Nanos)
	}
}

// moved counts what a worker has fetched.
func (s *Scheduler) moved(all []wire.Moved) {
	for _, m := range all {
		if r := s.byLayer[m.Layer]; r != nil && r.span != nil {
			r.span.MovedBytes += max(m.Bytes, 0)
			r.span.MovedNanos += max(m.Nanos, 0)
		}
	}
}

// Spans returns what is known of all spans, in the order in which they began. It takes time linear in the number of live layers.
func (s *Scheduler) Spans() []wire.Span {
	sums := make(map[*span]*[statusEnd]int, len(s.spanList))
	var last *span
	var sum *[statusEnd]int
	for _, r := range s.runs {
		if r == nil || r.span == nil {
			continue
		}
		if r.span != last {
			if last, sum = r.span, sums[r.span]; sum == nil {
				sum = new([statusEnd]int)
				sums[last] = sum
			}
		}
		r.states(sum)
	}
	out := make([]wire.Span, len(s.spanList))
	for k, p := range s.spanList {
		out[k] = p.Span
		sp := &out[k]
		sp.Path, sp.Names, sp.Clients = slices.Clone(p.Path), slices.Clone(p.Names), slices.Clone(p.Clients)
		for _, f := range p.functions {
			sp.Functions = append(sp.Functions, cutText(f.String()))
		}
		if sum := sums[p]; sum != nil {
			for st := statusReleased; st < statusEnd; st++ {
				if sum[st] > 0 {
					sp.States = append(sp.States, wire.StateCount{State: st.String(), Tasks: sum[st]})
				}
			}
		}
	}
	return out
}

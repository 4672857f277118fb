package scheduler

import (
	"sheaf/internal/wire"
)

// Shuffles move parts. What is known of values, who has them and who needs them, is about whole values: the finished outputs of the
// senders are the registry of a shuffle, and a worker that is lost costs the outputs that it alone held. Only inputs of tasks, and
// where they are, name parts.

// portions tells how much a task takes of each of its inputs.
type portions struct {
	edges []wire.Edge // nil if it takes everything whole
	ends  []int32
	at    int   // the edge of the input that was asked for last
	part  int32 // its part of values that come by edges of parts
}

// portions returns what the task takes that begins a chain. It may use scratch.
func (r *run) portions(head int32, scratch []int32) portions {
	l := r.layers[r.plan.Layer[head]]
	if !takesParts(l) {
		return portions{}
	}
	return portions{edges: l.Edges, ends: r.plan.Ends(head, scratch), part: r.plan.Index[head] + 1}
}

func takesParts(l *wire.Layer) bool {
	for k := range l.Edges {
		if l.Edges[k].Parts {
			return true
		}
	}
	return false
}

// of returns which part the task takes of input k, 0 for all of it. Inputs must be asked for in order.
func (p *portions) of(k int) int32 {
	if p.edges == nil {
		return 0
	}
	for p.at < len(p.ends)-1 && int(p.ends[p.at]) <= k {
		p.at++
	}
	if p.at < len(p.edges) && p.edges[p.at].Parts {
		return p.part
	}
	return 0
}

// bytes returns how much of the value of task d, which is input k and has so many bytes, the task takes. Parts count as equally large.
func (p *portions) bytes(r *run, k int, d int32, size int64) int64 {
	if p.of(k) == 0 {
		return size
	}
	return size / int64(max(1, len(r.plan.Uses(d))))
}

// needsPart reports whether a task takes a part, or for part 0 anything at all, of a value that it uses.
func (r *run) needsPart(head, part int32) bool {
	return part == 0 || r.plan.Index[head] == part-1
}

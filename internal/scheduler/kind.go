package scheduler

import (
	"time"

	"sheaf/internal/wire"
)

// A kind is what is known of the tasks of one name: how long they run. A chain counts as its first task.
type kind struct {
	name  string
	nanos float64 // mean, of recent ones more
	n     int64
	runs  int // graphs that have such tasks
}

const (
	unknownNanos = 100_000_000 // of a kind that has not been measured
	taskNanos    = 2_000       // that a task costs a worker besides
)

// measured notes how long one ran.
func (k *kind) measured(nanos int64) {
	k.n++
	weight := max(1/float64(k.n), 0.1)
	k.nanos += weight * (float64(nanos) - k.nanos)
}

// expected returns how long the next one is likely to occupy a thread, in nanoseconds.
func (k *kind) expected() int64 {
	if k.n == 0 {
		return unknownNanos
	}
	return int64(k.nanos) + taskNanos
}

// kindsMax bounds how many kinds are remembered after their graphs are gone.
const kindsMax = 10_000

// kindOf returns the kind with a name.
func (s *Scheduler) kindOf(name string) *kind {
	k := s.kinds[name]
	if k == nil {
		if len(s.kinds) >= max(kindsMax, 2*s.kindsKept) {
			for n, k := range s.kinds { // which ones go does not show: a kind without graphs is known to nobody
				if k.runs == 0 {
					delete(s.kinds, n)
				}
			}
			s.kindsKept = len(s.kinds)
		}
		k = &kind{name: name}
		s.kinds[name] = k
	}
	return k
}

// learnKinds connects a run's layers with the kinds of their tasks.
func (s *Scheduler) learnKinds(r *run) {
	r.kinds = make([][]*kind, len(r.layers))
	for n, l := range r.layers {
		names := l.Names
		if l.Kind != wire.LayerList {
			names = []string{l.Name}
		}
		for _, name := range names {
			k := s.kindOf(name)
			k.runs++
			r.kinds[n] = append(r.kinds[n], k)
		}
	}
}

func (s *Scheduler) unlearnKinds(r *run) {
	for _, kinds := range r.kinds {
		for _, k := range kinds {
			k.runs--
		}
	}
}

// kind returns the kind of task i.
func (r *run) kind(i int32) *kind {
	n := r.plan.Layer[i]
	kinds := r.kinds[n]
	if len(kinds) == 1 {
		return kinds[0]
	}
	if seg := segmentOf(r.layers[n], r.plan.Index[i]); seg != nil {
		if k := int(seg.NameOf[r.plan.Index[i]-seg.Lo]); k < len(kinds) {
			return kinds[k]
		}
	}
	return kinds[0]
}

// segmentOf returns the segment that has a task of the layer, or nil.
func segmentOf(l *wire.Layer, index int32) *wire.Segment {
	if k := segmentAt(l, index); k >= 0 {
		return &l.Segments[k]
	}
	return nil
}

// segmentAt returns the number of the segment that has a task of the layer, or -1.
func segmentAt(l *wire.Layer, index int32) int {
	segs := l.Segments
	if k := int(index) / wire.SegmentTasks; k < len(segs) && segs[k].Lo <= index && index < segs[k].Hi {
		return k
	}
	lo, hi := 0, len(segs)
	for lo < hi {
		if mid := (lo + hi) / 2; segs[mid].Hi <= index {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(segs) && segs[lo].Lo <= index {
		return lo
	}
	return -1
}

func seconds(d time.Duration) string { return d.Round(time.Millisecond).String() }

package progress

import (
	"cmp"
	"slices"
	"time"
)

// A look is a run at a moment: what lines and records are made of.
type look struct {
	groups      []groupLook // in the order of the graph
	done, total int
	share       float64 // of the work, between 0 and 1
	elapsed     time.Duration
	eta         time.Duration // negative if unknown
	used        int64
	limit       int64
	spilled     int64
	ended       bool
	failed      bool
}

type groupLook struct {
	name        string
	done, total int
	rate        float64 // bytes a second
	busy        time.Duration
	last        time.Time
}

// look measures the run.
func (r *run) look(now time.Time) look {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := look{
		done: r.done, total: r.total, elapsed: now.Sub(r.begin), eta: -1, used: r.used, limit: r.limit, spilled: r.spilled,
		ended: r.ended, failed: r.failed,
	}
	if r.ended {
		l.elapsed = r.took
	}
	for k := range r.groups {
		g := &r.groups[k]
		g.rate.note(now, g.bytes)
		l.groups = append(l.groups, groupLook{g.name, g.done, g.total, g.rate.perSecond, g.busy, g.last})
	}
	r.percent = max(r.percent, r.share())
	l.share = r.percent
	if l.share > 0 && !l.ended {
		l.eta = time.Duration(float64(l.elapsed) * (1 - l.share) / l.share)
	}
	return l
}

// share estimates how much of the run's work is done: tasks count as long as the finished ones of their layer took, and those
// of a layer that has not begun as long as all took on average.
func (r *run) share() float64 {
	if r.done == 0 || r.total == 0 {
		return 0
	}
	if r.done == r.total {
		return 1
	}
	var busy time.Duration
	for _, g := range r.groups {
		busy += g.busy
	}
	mean := float64(busy) / float64(r.done)
	if mean <= 0 {
		return float64(r.done) / float64(r.total)
	}
	var done, left float64
	for _, g := range r.groups {
		of := mean
		if g.done > 0 {
			of = float64(g.busy) / float64(g.done)
		}
		done += float64(g.busy)
		left += of * float64(g.total-g.done)
	}
	if done+left <= 0 {
		return 0
	}
	return min(done/(done+left), 0.999)
}

// rate is how fast something grows, over about the last seconds.
type rate struct {
	at        time.Time
	seen      int64
	perSecond float64
}

// rateSpan is how far a rate looks back.
const rateSpan = 3 * time.Second

func (r *rate) note(now time.Time, n int64) {
	if r.at.IsZero() {
		r.at, r.seen = now, n
		return
	}
	dt := now.Sub(r.at)
	if dt < 50*time.Millisecond {
		return
	}
	fresh := float64(n-r.seen) / dt.Seconds()
	weight := min(1, float64(dt)/float64(rateSpan))
	if r.perSecond == 0 {
		weight = 1
	}
	r.perSecond += weight * (fresh - r.perSecond)
	r.at, r.seen = now, n
}

// busiest returns up to n layers to show, in the order of the graph: those where something happened last, then those that
// come next.
func (l look) busiest(n int) []groupLook {
	var open []int
	for k, g := range l.groups {
		if g.done < g.total {
			open = append(open, k)
		}
	}
	first := func(a, b int) int { return l.groups[b].last.Compare(l.groups[a].last) }
	if len(open) == 0 { // all done: what took longest
		for k := range l.groups {
			open = append(open, k)
		}
		first = func(a, b int) int { return cmp.Compare(l.groups[b].busy, l.groups[a].busy) }
	}
	slices.SortStableFunc(open, first)
	open = open[:min(n, len(open))]
	slices.Sort(open)
	show := make([]groupLook, len(open))
	for i, k := range open {
		show[i] = l.groups[k]
	}
	return show
}

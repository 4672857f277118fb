package cluster

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"time"

	"sheaf/client"
)

// An Adaptive says between which bounds, and how fast, the number of workers follows the load. Zero fields mean the defaults. What is counted
// is what is started and ended as one: the processes of a [Local], the members of a [SpecCluster].
//
// Same as distributed.Adaptive.
type Adaptive struct {
	Minimum int // that are kept without work; 0 by default
	Maximum int // at least 1 and Minimum; needed without the other two

	// The same in threads and in bytes of memory, where it is known what each has. Of several bounds the narrowest counts.
	MinimumThreads, MaximumThreads         int
	MinimumMemoryBytes, MaximumMemoryBytes int64

	Interval       time.Duration // between two looks at the load, 1 s by default
	TargetDuration time.Duration // in which what is known is to be run, 5 s by default
	WaitCount      int           // looks that must agree before any is ended, 3 by default

	threads int // of each
}

// fill checks the bounds and converts them to numbers of such members.
func (a *Adaptive) fill(each *Member) error {
	a.threads = max(1, each.threads())
	for _, b := range []struct {
		what, field            string
		minimum, maximum, each int64
	}{
		{"threads", "Threads", int64(a.MinimumThreads), int64(a.MaximumThreads), int64(each.threads())},
		{"memory", "MemoryBytes", a.MinimumMemoryBytes, a.MaximumMemoryBytes, each.memory()},
	} {
		if b.minimum == 0 && b.maximum == 0 {
			continue
		}
		if b.each <= 0 {
			return fmt.Errorf("cluster: adapt: bounds in %s, but what each has is not known; set %s in its Config or Member", b.what, b.field)
		}
		a.Minimum = max(a.Minimum, int((b.minimum+b.each-1)/b.each))
		if b.maximum != 0 {
			if a.Maximum == 0 {
				a.Maximum = math.MaxInt
			}
			a.Maximum = min(a.Maximum, int(b.maximum/b.each))
		}
	}
	if a.Minimum < 0 || a.Maximum < 1 || a.Maximum < a.Minimum {
		return fmt.Errorf("cluster: adapt: between %d and %d workers: want 0 <= Minimum <= Maximum and a Maximum of at least 1", a.Minimum, a.Maximum)
	}
	if a.Interval <= 0 {
		a.Interval = time.Second
	}
	if a.TargetDuration <= 0 {
		a.TargetDuration = 5 * time.Second
	}
	if a.WaitCount <= 0 {
		a.WaitCount = 3
	}
	return nil
}

// memoryFull is the share of the workers' memory from which there are to be twice as many.
const memoryFull = 0.6

// Target returns how many, each like this, a load asks for where there are to be have now: what [SpecCluster.Adapt] goes by, for programs that start
// and end workers by other means.
//
// Same as Adaptive.target.
func (a Adaptive) Target(info *Info, each Member, have int) (int, error) {
	if err := a.fill(&each); err != nil {
		return 0, err
	}
	return a.target(info, have), nil
}

// target returns how many the load asks for, where there are to be have now.
func (a *Adaptive) target(info *Info, have int) int {
	threads, tasks := 0, 0
	var used, limit int64
	for i := range info.Workers {
		w := &info.Workers[i]
		threads += w.Threads
		used += w.Beat.MemoryBytes
		limit += w.Beat.LimitBytes
	}
	for _, s := range info.Tasks {
		switch s.State {
		case "queued", "processing", "no-worker":
			tasks += s.Tasks
		}
	}
	work := float64(info.QueuedMS) / 1e3 * float64(max(a.threads, threads))
	n := int(math.Ceil(work / a.TargetDuration.Seconds() / float64(a.threads)))
	n = min(n, (tasks+a.threads-1)/a.threads) // more could not help
	if tasks > 0 {
		n = max(n, 1)
	}
	if limit > 0 && float64(used) > memoryFull*float64(limit) {
		n = max(n, 2*have)
	}
	return min(max(n, a.Minimum), a.Maximum)
}

// hysteresis makes a decision of targets: more workers at once, fewer when several targets in a row say so.
type hysteresis struct {
	below int // targets in a row below what there is
	most  int // of them
}

func (h *hysteresis) decide(target, have, wait int) int {
	if target >= have {
		h.below = 0
		return target
	}
	if h.below == 0 {
		h.most = target
	}
	h.below++
	h.most = max(h.most, target)
	if h.below < wait {
		return have
	}
	h.below = 0
	return h.most
}

// adaptable is what can follow the load.
type adaptable interface {
	info(ctx context.Context) (*Info, error)
	size() int                         // how many there are to be
	grown(n int)                       // let there be n, more than size
	shrunk(ctx context.Context, n int) // let there be n, less than size, without loss; it may take a while, or stay above
}

// follow lets something follow the load, until ctx or the function returned ends it, which waits for what is being done. Then
// ended is called.
func follow(ctx context.Context, conf *Adaptive, it adaptable, log *slog.Logger, ended func()) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer ended()
		tick := time.NewTicker(conf.Interval)
		defer tick.Stop()
		var h hysteresis
		for ctx.Err() == nil {
			if info, err := it.info(ctx); err == nil {
				have := it.size()
				n := h.decide(conf.target(info, have), have, conf.WaitCount)
				if n != have {
					log.Info("adapts", "workers", n, "had", have)
				}
				switch {
				case n > have:
					it.grown(n)
				case n < have:
					it.shrunk(ctx, n)
				}
			}
			select {
			case <-ctx.Done():
			case <-tick.C:
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// Adapt lets the number of worker processes follow the load until stop is called, which waits for what is being done. Processes that are too
// many hand their values to others before they end; one whose values nobody can take stays. A second call needs the first one's stop.
//
// Same as LocalCluster.adapt.
func (l *Local) Adapt(ctx context.Context, conf Adaptive) (stop func(), err error) {
	if err := conf.fill(&Member{Threads: l.conf.Threads, MemoryBytes: l.conf.MemoryBytes}); err != nil {
		return nil, err
	}
	c, err := l.Client(ctx)
	if err != nil {
		return nil, err
	}
	return follow(ctx, &conf, &localAdapts{l, c, 10 * conf.Interval}, l.agent.conf.Logger, func() { _ = c.Close() }), nil
}

// localAdapts is a Local that follows the load.
type localAdapts struct {
	*Local
	client *client.Client
	within time.Duration // to retire in
}

func (l *localAdapts) info(ctx context.Context) (*Info, error) { return l.scheduler.Info(ctx) }

func (l *localAdapts) size() int { return l.agent.size() }

func (l *localAdapts) grown(n int) { l.Scale(n) }

func (l *localAdapts) shrunk(ctx context.Context, n int) {
	ctx, cancel := context.WithTimeout(ctx, l.within)
	defer cancel()
	_, _ = l.client.RetireSome(ctx, l.agent.size()-n) // those that cannot go are asked again
}

package cluster

import (
	"context"
	"fmt"
	"math"
	"time"

	"sheaf/client"
)

// An Adaptive says between which bounds, and how fast, the number of worker processes follows the load. Zero fields mean the defaults.
//
// Same as distributed.Adaptive.
type Adaptive struct {
	Minimum int // processes that are kept without work; 0 by default
	Maximum int // at least 1 and Minimum

	Interval       time.Duration // between two looks at the load, 1 s by default
	TargetDuration time.Duration // in which what is known is to be run, 5 s by default
	WaitCount      int           // looks that must agree before processes are ended, 3 by default
}

func (a *Adaptive) fill() error {
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

// target returns how many workers of the given threads the load asks for.
func (a *Adaptive) target(info *Info, threads int) int {
	now := len(info.Workers)
	var used, limit int64
	for i := range info.Workers {
		w := &info.Workers[i]
		used += w.Beat.MemoryBytes
		limit += w.Beat.LimitBytes
	}
	tasks := 0
	for _, s := range info.Tasks {
		switch s.State {
		case "queued", "processing", "no-worker":
			tasks += s.Tasks
		}
	}
	work := float64(info.QueuedMS) / 1e3 * float64(max(1, now*threads)) // seconds of one thread
	n := int(math.Ceil(work / a.TargetDuration.Seconds() / float64(threads)))
	n = min(n, (tasks+threads-1)/threads) // more could not help
	if tasks > 0 {
		n = max(n, 1)
	}
	if limit > 0 && float64(used) > memoryFull*float64(limit) {
		n = max(n, 2*now)
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

// Adapt lets the number of worker processes follow the load until stop is called, which waits for what is being done. Processes that are too
// many hand their values to others before they end; one whose values nobody can take stays. A second call needs the first one's stop.
//
// Same as LocalCluster.adapt.
func (l *Local) Adapt(ctx context.Context, conf Adaptive) (stop func(), err error) {
	if err := conf.fill(); err != nil {
		return nil, err
	}
	c, err := l.Client(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = c.Close() }()
		l.adapt(ctx, c, &conf)
	}()
	return func() {
		cancel()
		<-done
	}, nil
}

func (l *Local) adapt(ctx context.Context, c *client.Client, conf *Adaptive) {
	tick := time.NewTicker(conf.Interval)
	defer tick.Stop()
	var h hysteresis
	for {
		info, err := l.scheduler.Info(ctx)
		if err == nil {
			have := l.agent.size()
			switch n := h.decide(conf.target(info, l.conf.Threads), have, conf.WaitCount); {
			case n > have:
				l.agent.conf.Logger.Info("adapts", "workers", n, "had", have)
				l.Scale(n)
			case n < have:
				l.agent.conf.Logger.Info("adapts", "workers", n, "had", have)
				within, cancel := context.WithTimeout(ctx, 10*conf.Interval)
				_, _ = c.RetireSome(within, have-n) // those that cannot go are asked again
				cancel()
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

package cgroup

import (
	"sync"
	"time"
)

// growthBytesPerSecond is how fast a process is thought to allocate at most when the next look is planned: what a few cores
// can touch for the first time.
const growthBytesPerSecond = 4 << 30

// interval returns when to look again: when the limit could be reached, within bounds. A limit of 0 is none.
func interval(nowBytes, limitBytes int64) time.Duration {
	if limitBytes <= 0 {
		return intervalMax
	}
	left := float64(max(limitBytes-nowBytes, 0)) / growthBytesPerSecond
	return min(max(time.Duration(left*float64(time.Second)), intervalMin), intervalMax)
}

// A watcher looks at a process until it is told to stop.
type watcher struct {
	stop, done chan struct{}
	once       sync.Once

	mu      sync.Mutex // guards what follows
	usage   Usage
	reached bool // the limit was reached
	atBytes int64
}

// watch starts to look at a process. reach is called once, on a goroutine of the watcher, when its own memory reaches the limit
// (never if limitBytes is 0).
func watch(pid int, limitBytes int64, reach func()) *watcher {
	w := &watcher{stop: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(w.done)
		timer := time.NewTimer(0)
		defer timer.Stop()
		for early := intervalMin; ; early = min(2*early, intervalMax) { // a short life is seen too
			select {
			case <-w.stop:
				return
			case <-timer.C:
			}
			u, err := usageOf(pid)
			if err != nil {
				timer.Reset(early) // it is ending, or this system does not tell
				continue
			}
			if w.looked(u, limitBytes) {
				reach()
			}
			timer.Reset(min(early, interval(u.NowBytes, limitBytes)))
		}
	}()
	return w
}

// looked takes a look's result in and reports whether it is the first at the limit.
func (w *watcher) looked(u Usage, limitBytes int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.usage.NowBytes = u.NowBytes
	w.usage.PeakBytes = max(w.usage.PeakBytes, u.PeakBytes, u.NowBytes)
	if limitBytes <= 0 || u.NowBytes < limitBytes || w.reached {
		return false
	}
	w.reached, w.atBytes = true, u.NowBytes
	return true
}

// close ends the watching and waits for the goroutine.
func (w *watcher) close() {
	w.once.Do(func() { close(w.stop) })
	<-w.done
}

func (w *watcher) state() (u Usage, reached bool, atBytes int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.usage, w.reached, w.atBytes
}

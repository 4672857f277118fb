package diagnostics

import (
	"runtime"
	"runtime/metrics"
	"sync"
	"time"
)

// A ResourceProfiler samples what this process uses while runs go on: processor time, memory, and what the executor keeps and
// has spilled. The zero value samples every 100 ms; a goroutine of its own does, from the start of the first run to the end of
// the last. It does not see other processes of a cluster.
//
// Same as dask.diagnostics.ResourceProfiler.
type ResourceProfiler struct {
	Every time.Duration // between two samples; 0 means 100 ms

	mu      sync.Mutex // guards what follows
	samples []Sample
	active  int
	stop    chan struct{}
	stopped chan struct{}
	used    int64
	limit   int64
	spilled int64
}

// A Sample is what the process used at a moment.
type Sample struct {
	Time       time.Time
	CPU        float64 // percent of one processor since the sample before; 200 is two processors busy
	RSS        int64   // bytes in memory as the system counts; 0 where it does not tell
	Heap       int64   // bytes of Go objects, garbage not yet collected included
	Goroutines int
	Used       int64 // bytes of task values in memory
	Limit      int64 // bytes of task values allowed; 0 means no limit
	Spilled    int64 // bytes of task values on disk
}

// Handle starts and stops the sampling and remembers what runs say about memory.
func (p *ResourceProfiler) Handle(e Event) {
	switch e.Kind {
	case RunStarted:
		p.begin()
	case Memory:
		p.mu.Lock()
		p.used, p.limit, p.spilled = e.Used, e.Limit, e.Spilled
		p.mu.Unlock()
	case RunDone:
		p.end()
	}
}

func (p *ResourceProfiler) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.active++; p.active > 1 {
		return
	}
	every := p.Every
	if every <= 0 {
		every = 100 * time.Millisecond
	}
	p.stop, p.stopped = make(chan struct{}), make(chan struct{})
	go p.loop(every, p.stop, p.stopped)
}

func (p *ResourceProfiler) end() {
	p.mu.Lock()
	if p.active--; p.active > 0 {
		p.mu.Unlock()
		return
	}
	close(p.stop)
	stopped := p.stopped
	p.mu.Unlock()
	<-stopped // it takes a last sample and is gone
}

func (p *ResourceProfiler) loop(every time.Duration, stop <-chan struct{}, stopped chan<- struct{}) {
	defer close(stopped)
	tick := time.NewTicker(every)
	defer tick.Stop()
	before, at := cpuTime(), time.Now()
	p.add(at, 0)
	for {
		last := false
		select {
		case <-tick.C:
		case <-stop:
			last = true
		}
		now, cpu := time.Now(), cpuTime()
		if dt := now.Sub(at); dt > time.Millisecond {
			p.add(now, 100*float64(cpu-before)/float64(dt))
			before, at = cpu, now
		}
		if last {
			return
		}
	}
}

func (p *ResourceProfiler) add(now time.Time, percent float64) {
	m := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(m)
	s := Sample{Time: now, CPU: percent, RSS: residentBytes(), Goroutines: runtime.NumGoroutine()}
	if m[0].Value.Kind() == metrics.KindUint64 {
		s.Heap = int64(m[0].Value.Uint64())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s.Used, s.Limit, s.Spilled = p.used, p.limit, p.spilled
	p.samples = append(p.samples, s)
}

// Results returns the samples, the oldest first.
func (p *ResourceProfiler) Results() []Sample {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Sample(nil), p.samples...)
}

// Clear forgets the samples.
func (p *ResourceProfiler) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.samples = nil
}

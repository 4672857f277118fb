package node

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"sheaf/graph"
	"sheaf/internal/exec"
	"sheaf/internal/store"
	"sheaf/internal/wire"
	"sheaf/internal/worker"
)

// errNoRoom is matched by the error of a task for which room could not be made because the disk is full.
var errNoRoom = errors.New("no room can be made")

// gauge is what heartbeats tell of the body.
type gauge struct {
	sent, got atomic.Int64
	full      atomic.Pointer[string] // why nothing can be spilled
	relieving atomic.Bool
	asked     atomic.Int64 // questions that are not answered yet
	probed    atomic.Int64 // when it was last tried to spill on a full disk, on the node's clock

	mu     sync.Mutex // guards events
	events string

	// The loop's own.
	last    time.Duration // when the slow gauges were read
	memory  worker.Memory // as of then
	told    int64         // bytes in use, as told to the machine last
	toldWhy string
	cpu     cpuMeter
	swept   time.Duration
	sizes   sync.Map // wire.LayerID → *atomic.Int64: running mean of the sizes of results
}

const (
	probe      = time.Second            // between tries to spill on a full disk
	gaugeEvery = 200 * time.Millisecond // between readings of the slow gauges
	sweepEvery = 5 * time.Second        // between collections that give memory back while paused
)

// event notes something worth a line in the scheduler's log; it goes with the next heartbeat.
func (n *Node) event(text string) {
	g := &n.gauge
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.events) > 4<<10 {
		return
	}
	if g.events != "" {
		g.events += "; "
	}
	g.events += text
}

// measure returns the state of the body if the machine should know it: before a heartbeat, and when memory has changed much.
func (n *Node) measure(now time.Duration) *worker.Memory {
	g := &n.gauge
	limit := n.conf.Hello.MemoryBytes
	used := n.store.Used()
	why := ""
	if p := g.full.Load(); p != nil {
		why = *p
	}
	changed := why != g.toldWhy || limit > 0 && max(used-g.told, g.told-used) > limit/32
	if !changed && n.machine.Next() > now && now < g.last+time.Second {
		return nil
	}
	if now >= g.last+gaugeEvery || g.last == 0 {
		g.last = max(now, 1)
		g.memory = worker.Memory{Goroutines: runtime.NumGoroutine(), Files: openFiles(), CPU: g.cpu.percent(now)}
		if n.conf.RSS != nil {
			g.memory.RSS = n.conf.RSS()
		}
		if n.conf.Refused != nil {
			g.memory.Refused = n.conf.Refused()
		}
	}
	m := g.memory
	m.Used, m.Spilled, m.Limit, m.Sent, m.Got, m.Full = used, n.store.OnDisk(), limit, g.sent.Load(), g.got.Load(), why
	g.mu.Lock()
	m.Event, g.events = g.events, ""
	g.mu.Unlock()
	g.told, g.toldWhy = used, why
	if limit > 0 && why == "" && (n.paused != "" && now >= g.swept+sweepEvery || m.RSS > limit*relieveFrom/100 && now >= g.swept+time.Second) {
		g.swept = now
		n.beside(n.shrink)
	}
	return &m
}

// Percentages of the memory limit: from where on a process gives memory back, and to where it spills for that. They lie below the
// machine's marks for pausing and for going on.
const (
	relieveFrom = 78
	relieveTo   = 70
)

// shrink gives memory back to the system: what is free, and if that is not enough that of values, although the store may keep them
// in memory. Others may use more of the process than is left to them, such as a database in it; without this the process would be
// ended by its limit, or pause for ever.
func (n *Node) shrink() {
	debug.FreeOSMemory()
	limit := n.store.Limit()
	if n.conf.RSS == nil || limit <= 0 {
		return
	}
	over := n.conf.RSS() - n.conf.Hello.MemoryBytes*relieveTo/100
	if over <= 0 {
		return
	}
	room := min(limit, max(limit-n.store.Used(), 0)+over)
	if ok, _ := n.store.Reserve(n.life, room); ok {
		n.store.Add(-room)
	}
	debug.FreeOSMemory()
}

// Values of less than reclaimLeast bytes are left to the collector's own pace.
const (
	reclaimLeast = 1 << 20
	reclaimBytes = 64 << 20
)

// reclaim has large values that were dropped collected soon, so that the next ones are put where they were: memory that the process
// has touched already is several times as fast as what the system has to give it first.
func (n *Node) reclaim(bytes int64) {
	if bytes < reclaimLeast || n.dropped.Add(bytes) < reclaimBytes || n.collecting.Swap(true) {
		return
	}
	n.dropped.Store(0)
	n.beside(func() {
		runtime.GC()
		n.collecting.Store(false)
	})
}

// beside runs f in a goroutine that Close waits for.
func (n *Node) beside(f func()) { n.others.Go(f) }

// relieve spills when more is in memory than should be: results that were larger than expected, and values that have come from
// others. On a full disk it tries again from time to time.
func (n *Node) relieve() {
	g := &n.gauge
	full := g.full.Load() != nil
	limit := n.store.Limit()
	if limit <= 0 || n.store.Used() <= limit && !full {
		return
	}
	if now := int64(n.now()); full {
		if now < g.probed.Load()+int64(probe) {
			return
		}
		g.probed.Store(now)
	}
	if g.relieving.Swap(true) {
		return
	}
	n.beside(func() {
		defer g.relieving.Store(false)
		_, err := n.store.Reserve(n.life, 0)
		switch {
		case err == nil:
			g.full.Store(nil)
			n.stepper.Wake() // there may be room again
		case n.life.Err() == nil:
			n.spillFailed(err)
		}
	})
}

// spillFailed notes that values cannot be written to disk: the worker pauses until they can.
func (n *Node) spillFailed(err error) {
	text := err.Error()
	if n.gauge.full.Swap(&text) == nil {
		n.gauge.probed.Store(int64(n.now()))
		n.event(text)
	}
	n.stepper.Wake()
}

// tooLarge is the error about something that cannot fit.
func tooLarge(bytes, limit int64, what string) error {
	return fmt.Errorf("%w: %s has %d bytes, and the worker may use %d", exec.ErrMemory, what, bytes, limit)
}

// reserveFor makes room for the result of a job: as large as the operation says, as the scheduler expects, or as others of its
// layer were. What cannot fit is refused before it runs.
func (n *Node) reserveFor(ctx context.Context, j *job, l *graph.Layer, index int) (int64, error) {
	limit := n.conf.Hello.MemoryBytes
	if limit <= 0 {
		return 0, nil
	}
	bytes := int64(-1)
	if s, ok := l.Op().(graph.Sized); ok {
		bytes = s.OutBytes(index)
	}
	if bytes > limit {
		return 0, tooLarge(bytes, limit, "the result")
	}
	if bytes < 0 {
		bytes = n.expected(j)
	}
	if bytes < store.LeastBytes {
		return 0, nil
	}
	return bytes, n.reserve(ctx, bytes)
}

// expected guesses the size of a job's result, 0 if there is nothing to go by.
func (n *Node) expected(j *job) int64 {
	if mean, ok := n.gauge.sizes.Load(j.task.Last().Layer); ok {
		return mean.(*atomic.Int64).Load()
	}
	return max(0, min(j.task.Options.OutBytes, n.store.Limit()))
}

// learn keeps the mean size of a layer's results.
func (n *Node) learn(j *job, size int64) {
	if n.conf.Hello.MemoryBytes <= 0 || size < store.LeastBytes {
		return
	}
	id := j.task.Last().Layer
	mean, ok := n.gauge.sizes.Load(id)
	if !ok {
		mean, _ = n.gauge.sizes.LoadOrStore(id, &atomic.Int64{})
	}
	m := mean.(*atomic.Int64)
	if old := m.Load(); old > 0 {
		size = (3*old + size) / 4
	}
	m.Store(size)
}

// unlearn forgets the sizes of layers.
func (n *Node) unlearn(layers []wire.LayerID) {
	for _, l := range layers {
		n.gauge.sizes.Delete(l)
	}
}

// reserve makes room before a task starts. If nothing can be spilled it waits until others end; a task that is alone runs in any
// case, for there is nothing else that could make room. An error that matches errNoRoom is of the disk.
func (n *Node) reserve(ctx context.Context, bytes int64) error {
	try := func() (bool, error) {
		ok, err := n.store.Reserve(ctx, bytes)
		if err != nil && ctx.Err() == nil {
			err = fmt.Errorf("%w: %w", errNoRoom, err)
		}
		return ok, err
	}
	if ok, err := try(); ok || err != nil {
		return err
	}
	p := &n.pool
	stop := context.AfterFunc(ctx, p.freed)
	defer stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inside--
	p.waits++
	p.changed() // others may be alone now
	defer func() {
		p.waits--
		p.inside++
	}()
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if p.inside <= 0 {
			n.store.Add(bytes)
			return nil
		}
		round := p.round
		p.mu.Unlock()
		ok, err := try()
		p.mu.Lock()
		if ok || err != nil {
			return err
		}
		if p.round == round {
			p.change.Wait()
		}
	}
}

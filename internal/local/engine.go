// Package local runs plans on goroutines of this process.
//
// An [Engine] has a fixed number of workers, a memory limit and any number of runs at a time. Worker goroutines exist only
// while there is work. What runs next is decided by package ready, values are kept by package store, and one task is run by
// package exec; this package owns the goroutines and the locks.
package local

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sheaf/internal/event"
	"sheaf/internal/store"
	"sheaf/internal/task"
)

// Config describes an engine. The zero value works: as many workers as GOMAXPROCS, no memory limit.
type Config struct {
	Workers     int           // goroutines that run tasks; 0 means GOMAXPROCS
	Synchronous bool          // run everything in the goroutine that calls Start, for debugging
	Grace       time.Duration // how long a cancelled run waits for functions that do not stop; 0 means 5 s
	Store       *store.Store  // nil means one without limit
	SizeOf      func(v any) int64
}

// An Engine runs plans. It is safe for concurrent use.
type Engine struct {
	conf      Config
	store     *store.Store
	executing atomic.Int32 // workers inside of tasks, those that wait for memory or for other tasks not counted
	waiting   atomic.Int32 // workers that wait for memory
	returning atomic.Int32 // tasks that waited for a run that has ended and will take their place again
	serial    atomic.Uint64
	idle      atomic.Int32 // workers that could be started; a hint that spares the lock

	mu     sync.Mutex // guards what follows
	runs   []*Run     // unfinished, the most urgent first
	made   int        // workers ever made: the next one's number
	active int        // worker goroutines that are not blocked
	free   []*worker
	freed  sync.Cond // a round has ended: those who wait for memory look again
	round  uint64    // counts the times that tasks ended
}

// New returns an engine.
func New(conf Config) *Engine {
	if conf.Workers <= 0 {
		conf.Workers = runtime.GOMAXPROCS(0)
	}
	if conf.Grace <= 0 {
		conf.Grace = 5 * time.Second
	}
	if conf.Store == nil {
		conf.Store = store.New(store.Config{})
	}
	if conf.SizeOf == nil {
		conf.SizeOf = func(any) int64 { return 0 }
	}
	e := &Engine{conf: conf, store: conf.Store}
	e.freed.L = &e.mu
	e.idle.Store(int32(conf.Workers))
	return e
}

// Workers returns the number of tasks that run at a time.
func (e *Engine) Workers() int { return e.conf.Workers }

// Store returns where values are kept.
func (e *Engine) Store() *store.Store { return e.store }

// Close is [Engine.Stop] with ErrStopped.
func (e *Engine) Close() error { return e.Stop(ErrStopped) }

// Stop stops all runs with the given cause, waits for them to end, and removes what was spilled. Functions that do not look
// at their context are waited for as long as the engine's grace; then the error says how many runs they hold up.
func (e *Engine) Stop(cause error) error {
	e.mu.Lock()
	runs := slices.Clone(e.runs)
	e.mu.Unlock()
	for _, r := range runs {
		r.Stop(cause)
	}
	grace := time.NewTimer(e.conf.Grace)
	defer grace.Stop()
	for k, r := range runs {
		select {
		case <-r.done:
		case <-grace.C:
			return fmt.Errorf("%d runs did not end within %v: their functions do not look at their context", len(runs)-k, e.conf.Grace)
		}
	}
	return e.store.Close()
}

// admit puts a run among those that workers look at: higher priority first, then those that tasks of others wait for, so
// that what has begun is finished before new tasks begin and wait in their turn, then the older.
func (e *Engine) admit(r *Run) {
	e.mu.Lock()
	at, _ := slices.BinarySearchFunc(e.runs, r, func(a, b *Run) int {
		return cmp.Or(cmp.Compare(b.opt.Priority, a.opt.Priority), cmp.Compare(b.depth, a.depth), cmp.Compare(a.id, b.id))
	})
	e.runs = slices.Insert(e.runs, at, r)
	e.mu.Unlock()
}

func (e *Engine) retire(r *Run) {
	e.mu.Lock()
	if at := slices.Index(e.runs, r); at >= 0 {
		e.runs = slices.Delete(e.runs, at, at+1)
	}
	e.mu.Unlock()
}

// kick starts workers for tasks that have become ready.
func (e *Engine) kick(ready int) {
	if e.conf.Synchronous || ready == 0 || e.idle.Load() <= 0 {
		return
	}
	e.mu.Lock()
	for ; ready > 0 && e.active+int(e.returning.Load()) < e.conf.Workers; ready-- {
		e.active++
		e.idle.Add(-1)
		go e.work(e.worker())
	}
	e.mu.Unlock()
}

// worker returns a worker's scratch memory; the caller holds mu.
func (e *Engine) worker() *worker {
	if n := len(e.free); n > 0 {
		w := e.free[n-1]
		e.free = e.free[:n-1]
		return w
	}
	e.made++
	return &worker{engine: e, number: e.made - 1}
}

// work serves runs until there is nothing to do.
func (e *Engine) work(w *worker) {
	left := false
	deepen(0)
	id := goroutine()
	here.Store(id, w)
	defer func() {
		here.Delete(id)
		if !left { // a function ended this goroutine (runtime.Goexit): its task has failed, and another worker goes on
			w.abandon()
			e.mu.Lock()
			e.active--
			e.idle.Add(1)
			w.rest()
			e.free = append(e.free, w)
			e.mu.Unlock()
			e.kick(1)
		}
	}()
	for {
		r := e.pick(w)
		if r == nil {
			left = true
			return
		}
		r.serve(w)
	}
}

// deepen grows the stack of a new goroutine while there is nothing on it yet. Growing it step by step below a task, copying all
// frames each time, was a fifth of a round trip.
//
//go:noinline
func deepen(i int) byte {
	var room [12 << 10]byte
	return room[i]
}

// pick returns the most urgent run with ready tasks. If there is none the worker leaves.
func (e *Engine) pick(w *worker) *Run {
	e.mu.Lock()
	defer e.mu.Unlock()
	crowded := e.crowded()
	// The worker counts itself out before it looks: who makes a task ready afterwards sees that a worker is to be started.
	e.active--
	e.idle.Add(1)
	if !crowded {
		for _, r := range e.runs {
			if r.ready.Load() > 0 {
				e.active++
				e.idle.Add(-1)
				return r
			}
		}
	}
	w.rest()
	e.free = append(e.free, w)
	return nil
}

// crowded reports whether more workers run than should, because a task that waited for others has gone on or is about to.
func (e *Engine) crowded() bool { return e.idle.Load() < e.returning.Load() }

// slot marks the context of a task, so that a task that waits can give its place to another.
type slot struct {
	engine *Engine
	run    *Run // whose task it is
}

type slotKey struct{}

// Block says that the task with this context will wait for other tasks. It gives the task's place to another worker until
// resume is called. Outside of tasks both do nothing. A task of another executor is asked for its place: see package task.
func Block(ctx context.Context) (resume func()) {
	e := slotOf(ctx).engine
	if e == nil {
		return task.Block(ctx) // of another executor
	}
	return e.block()
}

// block gives a slot to another worker until resume is called.
func (e *Engine) block() (resume func()) {
	if e.conf.Synchronous {
		return func() {}
	}
	e.executing.Add(-1)
	e.mu.Lock()
	e.active--
	e.idle.Add(1)
	ready := 0
	for _, r := range e.runs {
		ready += int(r.ready.Load())
	}
	e.freed.Broadcast()
	e.mu.Unlock()
	e.kick(ready)
	return func() {
		e.executing.Add(1)
		e.mu.Lock()
		e.active++
		e.idle.Add(-1)
		e.mu.Unlock()
	}
}

// reserve makes room for n bytes before a task starts. If nothing can be spilled it waits until other tasks end; a task that
// is alone runs in any case, for there is nothing else that could make room.
func (e *Engine) reserve(ctx context.Context, n int64) error {
	ok, err := e.store.Reserve(ctx, n)
	if ok || err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, e.wake)
	defer stop()
	e.waiting.Add(1)
	e.executing.Add(-1)
	e.mu.Lock()
	defer e.mu.Unlock()
	defer e.executing.Add(1) // with mu held: of several that wait only one finds that nothing runs
	defer e.waiting.Add(-1)
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if e.executing.Load() <= 0 {
			e.store.Add(n)
			return nil
		}
		round := e.round
		e.mu.Unlock()
		ok, err := e.store.Reserve(ctx, n)
		e.mu.Lock()
		if ok || err != nil {
			return err
		}
		if e.round == round {
			e.freed.Wait()
		}
	}
}

// wake lets those who wait for memory look again.
func (e *Engine) wake() {
	e.mu.Lock()
	e.round++
	e.freed.Broadcast()
	e.mu.Unlock()
}

// ended says that a worker has finished a batch and given up what was not needed any more.
func (e *Engine) ended() {
	if e.waiting.Load() > 0 || e.limited() {
		e.wake()
	}
}

// limited reports whether memory is a concern at all.
func (e *Engine) limited() bool { return e.store.Limit() > 0 }

// worth reports whether a value of n bytes is worth its own entry, so that it can be spilled: large ones are always, small
// ones when memory is getting scarce.
func (e *Engine) worth(n int64) bool {
	return n >= store.TrackedBytes || n >= store.LeastBytes && e.limited() && e.store.Used() > e.store.Limit()/2
}

// report sends an event about memory.
func (e *Engine) memory() event.Event {
	return event.Event{Kind: event.Memory, Used: e.store.Used(), Limit: e.store.Limit(), Spilled: e.store.OnDisk()}
}

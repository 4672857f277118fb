package node

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"sheaf/internal/wire"
	"sheaf/internal/worker"
)

// The states of a job in the pool.
const (
	queued  int32 = iota
	begun         // its function may be called
	dropped       // it is not to begin any more
)

// job is one execution: a task and what has become of it.
type job struct {
	task     wire.Task
	inputs   []*holding
	layerErr error // why the layer's operations could not be read

	state   atomic.Int32
	link    atomic.Int32 // how many links of the chain have been begun
	cancel  func(cause error)
	cause   error // of dropped
	watched bool  // a timer knows the job

	executed  worker.Executed
	unstarted *worker.Unstarted // instead: the function was not called
	damaged   []*holding        // of unstarted
	out       *holding
}

func (j *job) attempt() wire.Attempt { return wire.Attempt{ID: j.task.ID, Attempt: j.task.Attempt} }

// pool is the goroutines that run tasks. As many tasks run as there are threads, those not counted that wait for others; a
// goroutine whose task waits is replaced.
type pool struct {
	node    *Node
	threads int

	mu        sync.Mutex // guards what follows
	work      sync.Cond  // who waits here is given a slot
	queue     []*job     // from head on
	head      int
	low       int    // at this length of the queue the loop is to look for more
	running   int    // slots taken: tasks that run and do not wait for others, and goroutines on their way to one
	coming    int    // the latter
	rejoining int    // tasks that wait for a slot, having seceded
	idle      int    // goroutines that wait at work
	begun     uint64 // executions ever begun
	results   []*job
	since     int64 // when the oldest of results ended, nanoseconds of the Unix epoch
	closing   bool
	members   map[*executor]struct{}
	numbers   []int32 // of members that have left
	all       sync.WaitGroup

	inside int       // of running those that do not wait for memory
	round  uint64    // counts the times that memory or a slot may have become free
	waits  int       // tasks that wait for that
	change sync.Cond // a round has ended
}

// What a batch of results is bounded by while more tasks are queued.
const (
	resultsMax = 256
	resultsAge = int64(200 * time.Microsecond)
)

func (p *pool) init(n *Node, threads int) {
	p.node, p.threads, p.members = n, threads, map[*executor]struct{}{}
	p.work.L, p.change.L = &p.mu, &p.mu
}

// push queues jobs.
func (p *pool) push(jobs []*job) {
	if len(jobs) == 0 {
		return
	}
	p.mu.Lock()
	if p.head > 0 {
		n := copy(p.queue, p.queue[p.head:])
		clear(p.queue[n:])
		p.queue, p.head = p.queue[:n], 0
	}
	p.queue = append(p.queue, jobs...)
	p.low = len(p.queue) / 2
	p.staff()
	p.mu.Unlock()
}

// staff wakes goroutines for what is queued, or makes them; the caller holds mu.
func (p *pool) staff() {
	for n := min(len(p.queue)-p.head-p.coming, p.threads-p.running-p.rejoining); n > 0 && !p.closing; n-- {
		p.running++
		p.coming++
		if p.idle > 0 {
			p.idle--
			p.work.Signal()
			continue
		}
		x := &executor{node: p.node, number: int32(len(p.members) + len(p.numbers))}
		if k := len(p.numbers); k > 0 {
			x.number = p.numbers[k-1]
			p.numbers = p.numbers[:k-1]
		}
		p.members[x] = struct{}{}
		p.all.Add(1)
		go x.work()
	}
}

// next takes what x has finished, if anything, and returns what it runs next, or nil if it is to leave.
func (p *pool) next(x *executor) *job {
	p.mu.Lock()
	p.finish(x)
	for !p.closing {
		if x.coming {
			x.coming = false
			p.coming--
		} else if len(p.queue) > p.head && p.running+p.rejoining < p.threads {
			p.running++
		} else {
			if p.idle >= p.threads {
				break
			}
			p.idle++
			p.hand()
			p.work.Wait()
			x.coming = !p.closing
			continue
		}
		if len(p.queue) == p.head { // somebody else was faster
			p.running--
			continue
		}
		j := p.queue[p.head]
		p.queue[p.head] = nil
		p.head++
		p.begun++
		p.inside++
		x.job = j
		p.hand()
		p.mu.Unlock()
		return j
	}
	p.hand()
	x.gone = true
	delete(p.members, x)
	p.numbers = append(p.numbers, x.number)
	p.mu.Unlock()
	return nil
}

// hand wakes the loop if it should see the results; the caller holds mu.
func (p *pool) hand() {
	if n := len(p.results); n > 0 && (len(p.queue)-p.head <= p.low || n >= resultsMax ||
		p.results[n-1].executed.Start+p.results[n-1].executed.Nanos > p.since+resultsAge) {
		p.node.stepper.Wake()
	}
}

// done records the end of x's job, and reports whether the loop should hear of it at once.
func (p *pool) done(x *executor) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finish(x)
	return len(p.queue) == p.head
}

// finish records the end of x's job; the caller holds mu.
func (p *pool) finish(x *executor) {
	j := x.job
	if j == nil {
		return
	}
	x.job = nil
	if pl := x.place; pl != nil {
		pl.over = true
		x.place = nil
		if !pl.away() {
			p.running--
			p.inside--
		}
	} else {
		p.running--
		p.inside--
	}
	if len(p.results) == 0 {
		p.since = j.executed.Start + j.executed.Nanos
	}
	p.results = append(p.results, j)
	p.changed()
}

// changed lets those look again who wait for memory or a slot; the caller holds mu.
func (p *pool) changed() {
	p.round++
	if p.waits > 0 {
		p.change.Broadcast()
	}
}

// freed says that values were dropped.
func (p *pool) freed() {
	p.mu.Lock()
	p.changed()
	p.mu.Unlock()
}

// collect returns the results since the last call, and takes the slice for the next ones.
func (p *pool) collect(spare []*job) []*job {
	p.mu.Lock()
	defer p.mu.Unlock()
	results := p.results
	p.results = spare
	return results
}

// ahead reports whether tasks are queued that nobody is about to begin.
func (p *pool) ahead() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.queue)-p.head > p.coming
}

// stalled returns how many executions have begun, and if that is as many as given, and no slot is free, what is queued: it is
// taken back.
func (p *pool) stalled(before uint64) (now uint64, back []*job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.begun == before && len(p.queue) > p.head && p.running >= p.threads && p.coming == 0 {
		back = append(back, p.queue[p.head:]...)
		clear(p.queue)
		p.queue, p.head, p.low = p.queue[:0], 0, 0
	}
	return p.begun, back
}

// close stops all jobs and waits for the goroutines until ctx ends. It returns the functions that go on.
func (p *pool) close(ctx context.Context) (hang []string) {
	p.mu.Lock()
	p.closing = true
	p.idle = 0
	p.work.Broadcast()
	p.changed()
	for x := range p.members {
		if x.job != nil && x.job.state.Load() == begun {
			x.job.cancel(ErrClosed)
		}
	}
	p.mu.Unlock()
	left := make(chan struct{})
	go func() {
		p.all.Wait()
		close(left)
	}()
	select {
	case <-left:
	case <-ctx.Done():
		p.mu.Lock()
		defer p.mu.Unlock()
		for x := range p.members {
			if x.job != nil {
				hang = append(hang, p.node.functionOf(x.job))
			}
		}
	}
	return hang
}

// drain drops what has been computed and not been collected, nobody will do it any more.
func (p *pool) drain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, j := range p.results {
		if j.out != nil {
			p.node.discard(j.out)
		}
	}
	p.results = nil
}

package scheduler

import (
	"fmt"
	"slices"
	"time"

	"sheaf/internal/wire"
)

// A worker is one worker process, from its hello until its session is given up.
type worker struct {
	number  int32
	peer    Peer
	hello   wire.WorkerHello
	threads int
	free    []wire.Resource // of its resources, what no attempt occupies

	heard    time.Duration
	joined   time.Duration
	beat     wire.Heartbeat
	status   wire.Status
	why      string // it takes no tasks
	retiring *retirement

	sent  deque // tasks handed to it
	long  int   // of these, those that gave their slot back
	least int32 // the lowest priority that users gave to those sent since there were none
	busy  int64 // nanoseconds that they are expected to run in all
	alone bool  // one of them is under suspicion: no other may start

	holds       []ref
	held        int64 // bytes
	zombies     map[wire.Attempt]zombie
	fetching    map[wire.ID]fetch
	coming      int64             // bytes of these
	leaving     int64             // bytes that are to be moved elsewhere
	spare       map[wire.ID]int64 // sizes of values that it has, and that attempts there may make again
	posts       []*post
	queuedNanos int64
	load        int64 // nanoseconds until a new task would start
	dirty       bool
	stealing    bool // it was asked to give tasks back
	timed       []running
	idle        time.Duration // since when it has had room and nothing to run; negative if that is not so

	known map[wire.LayerID]bits // segments that it was given
	peers bits                  // workers whose addresses it was told
	out   *outbox
}

// A zombie is an attempt that is not wanted any more, but may occupy its worker still.
type zombie struct {
	since     time.Duration // when it became one
	unwanted  time.Duration // since when nobody wants it
	resources []wire.Resource
	nanos     int64
	long      bool
	alone     bool
	spec      bool // it is wanted: a second attempt at a task that runs elsewhere
	of        ref  // that task
}

// open reports whether the worker takes new tasks.
func (w *worker) open() bool { return w.status == wire.StatusRunning && w.why == "" }

// post returns the worker's post in a class, or nil.
func (w *worker) post(c *class) *post {
	for _, p := range w.posts {
		if p.class == c {
			return p
		}
	}
	return nil
}

func (w *worker) String() string { return w.hello.Name }

// reload computes how soon a task would start at the worker.
func (s *Scheduler) reload(w *worker) {
	load := int64(0)
	if n := w.sent.live - w.long + len(w.zombies); n >= w.threads || w.queuedNanos > 0 {
		load = (w.busy + w.queuedNanos) / int64(w.threads)
	}
	if load == w.load {
		return
	}
	w.load = load
	for _, p := range w.posts {
		p.class.load.fix(p)
	}
}

// joinWorker answers a worker's hello.
func (s *Scheduler) joinWorker(from Peer, m *wire.WorkerHello) {
	if m.Version != wire.Version {
		s.refuse(from, fmt.Sprintf("the worker speaks protocol %d, the scheduler %d; run the same release of sheaf on both", m.Version, wire.Version))
		return
	}
	if m.Epoch == s.conf.Epoch && m.Was > 0 {
		if w := s.worker(m.Was); w != nil {
			s.resume(from, w, m)
			return
		}
	} else {
		m.Holds = nil // another scheduler's ids
	}
	w := &worker{
		number: int32(len(s.workers)), peer: from, hello: *m, threads: max(m.Threads, 1),
		heard: s.now, joined: s.now, status: wire.StatusRunning, idle: s.now, zombies: map[wire.Attempt]zombie{},
		fetching: map[wire.ID]fetch{}, known: map[wire.LayerID]bits{},
	}
	w.hello.Holds, w.hello.Resources = nil, resourcesOf(m.Resources)
	w.free = slices.Clone(w.hello.Resources)
	w.out = s.box(from)
	s.workers = append(s.workers, w)
	s.live = append(s.live, w)
	s.peers[from] = w
	s.welcome(from, uint32(w.number))
	s.event("worker %s joined: %d threads at %s", w, w.threads, w.hello.Address)
	s.workerHappened(WorkerJoined, w, "")
	s.announce(w)
	s.restaff(w)
	s.adopt(w, m.Holds)
	s.introduce(w)
	s.wake(w)
	s.wishAll()
}

// worker returns the live worker of a number, or nil.
func (s *Scheduler) worker(number uint32) *worker {
	if number == 0 || int64(number) >= int64(len(s.workers)) {
		return nil
	}
	return s.workers[number]
}

// resume goes on with a worker that has opened a new session before its old one was given up. What either side said last may
// not have arrived, so both say it again.
func (s *Scheduler) resume(from Peer, w *worker, m *wire.WorkerHello) {
	delete(s.peers, w.peer)
	s.drop(w.peer, "the worker opened another session")
	w.peer, w.heard = from, s.now
	w.out = s.box(from)
	s.peers[from] = w
	s.event("worker %s is back in another session", w)
	s.welcome(from, uint32(w.number))
	w.known, w.peers = map[wire.LayerID]bits{}, nil
	clear(w.fetching)
	w.coming = 0
	s.reconcile(w, m.Holds)
	for a := range w.sent.refs() {
		r := s.runs[a.run]
		s.compute(w, r, r.head(a.task), a.task, r.tasks[a.task].attempt)
	}
	s.dropSpecs(w, "not wanted any more", func(zombie, *run) bool { return true })
	for _, a := range sortedAttempts(w.zombies) {
		w.out.touch()
		w.out.steal = append(w.out.steal, a)
		w.out.stop(a, "not wanted any more")
	}
	s.introduce(w)
	s.wake(w)
}

// removeWorker gives a worker up. What it ran runs elsewhere, what it alone held is computed again if it is needed.
func (s *Scheduler) removeWorker(w *worker, reason string, d *death) {
	delete(s.peers, w.peer)
	s.unbox(w.peer)
	s.workers[w.number] = nil
	s.live = slices.DeleteFunc(s.live, func(o *worker) bool { return o == w })
	w.status, w.why = wire.StatusDraining, reason
	s.event("worker %s is gone: %s", w, reason)
	s.workerHappened(WorkerLeft, w, reason)
	s.announce(w)
	for _, p := range slices.Clone(w.posts) {
		s.closePost(p)
	}
	s.restaffLoose()
	s.dropSpecs(w, "not wanted any more", func(zombie, *run) bool { return true })
	ran := slices.Collect(w.sent.refs())
	lost := w.holds
	w.holds, w.held = nil, 0
	s.bury(w, ran, reason, d)
	for _, a := range ran {
		s.detach(w, s.runs[a.run], a.task)
	}
	s.loseAll(w, lost, reason)
	for _, a := range ran {
		s.orphan(s.runs[a.run], a.task)
	}
	s.endRetirement(w, reason)
	s.forgetFetches(w)
	s.noWorkerCalls(w, reason)
}

func (s *Scheduler) restaffLoose() {
	for _, c := range slices.Clone(s.classes) {
		if c.loose {
			s.staff(c)
		}
		s.vacant(c)
	}
}

// setStatus notes what a worker can take from now on.
func (s *Scheduler) setStatus(w *worker, st wire.Status, why string) {
	if w.status == st {
		return
	}
	was := w.open()
	w.status = st
	if was == w.open() {
		return
	}
	s.event("worker %s is %s: %s", w, statusText(w), why)
	s.reopened(w)
}

// reopened follows a change of whether the worker takes tasks.
func (s *Scheduler) reopened(w *worker) {
	s.restaff(w)
	s.announce(w)
	for _, c := range s.classes {
		s.vacant(c)
	}
	if w.open() {
		s.wake(w)
		return
	}
	s.stealAll(w)
}

func statusText(w *worker) string {
	switch {
	case w.retiring != nil:
		return "retiring"
	case w.status == wire.StatusPaused:
		return "paused"
	case w.status == wire.StatusDraining:
		return "draining"
	case w.why != "":
		return w.why
	}
	return "running"
}

// bits is a set of small numbers.
type bits []uint64

func (b bits) has(i int) bool { return i>>6 < len(b) && b[i>>6]&(1<<(i&63)) != 0 }

func (b *bits) set(i int) {
	for i>>6 >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[i>>6] |= 1 << (i & 63)
}

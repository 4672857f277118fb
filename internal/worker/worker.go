package worker

import (
	"math"
	"time"

	"sheaf/internal/wire"
)

// Never is the time of what will not happen.
const Never = time.Duration(math.MaxInt64)

// A Worker is the state of one worker. It is not safe for concurrent use.
type Worker struct {
	conf Config
	now  time.Duration

	// The session.
	joined    bool
	rejoined  bool   // it was lost for a while: what was said last may not have arrived
	number    uint32 // of the current or the last session, 0 before the first
	epoch     uint64
	heartbeat time.Duration
	nextBeat  time.Duration
	draining  bool
	drained   bool             // reported
	told      map[wire.ID]bool // values that the last hello named, until it is answered
	over      bool             // Quit has been asked for

	tasks   map[wire.ID]*task           // live attempts by the head of their chain
	loose   map[wire.Attempt]*task      // attempts that still run although nobody wants them
	delayed map[wire.Attempt]*wire.Task // new attempts with the number of a loose one of another epoch
	ready   ready
	waiting int // tasks in state waiting
	busy    int // tasks in state executing, loose ones included
	long    int // tasks in state long-running, loose ones included
	pace    int64
	recent  []begun // executions in the order of their beginning, from first on; see started
	first   int
	erred   map[wire.ID]*wire.Failed
	failed  []wire.ID // the keys of erred, oldest first; it may name some that are not there any more

	values  map[wire.ID]*value
	parts   map[wire.ID][]*value // of a whole: the records of its parts
	stored  int                  // values in state memory
	chained map[wire.ID]wire.ID  // head of a chain → the value made by it, where they differ
	puts    []wire.ID            // values that clients have put here, oldest first

	peers     map[uint32]*peer
	flight    map[wire.ID]*request
	requests  int
	inFlight  int64
	active    []*peer // those with something to fetch
	orphans   []*value
	layers    map[wire.LayerID]struct{}
	gauges    Memory
	pause     string // why nothing starts; empty if things do
	byDisk    bool
	pauseTime time.Duration // since when nothing runs while paused
	order     uint64
	serial    uint64 // of wishes

	moved []wire.Moved // what was fetched and not told yet

	out
	spareTasks  []*task
	spareValues []*value
}

type begun struct {
	task  wire.Attempt
	began time.Duration
}

// out is what a step does.
type out struct {
	effects  []Effect
	executes []Execute
	keeps    []Keep
	done     []wire.DoneTask
	holding  []wire.Size
	dropped  []wire.ID
	freed    []wire.ID
	missing  []wire.Place
	why      string         // of missing
	back     []wire.Attempt // given back although nobody has asked for them
	started  []wire.Attempt
	beat     bool // send a heartbeat now
}

// New returns a worker that has no session yet.
func New(c Config) *Worker {
	return &Worker{
		conf: c.withDefaults(), tasks: map[wire.ID]*task{}, loose: map[wire.Attempt]*task{}, delayed: map[wire.Attempt]*wire.Task{},
		erred: map[wire.ID]*wire.Failed{}, values: map[wire.ID]*value{}, parts: map[wire.ID][]*value{}, chained: map[wire.ID]wire.ID{}, peers: map[uint32]*peer{},
		flight: map[wire.ID]*request{}, layers: map[wire.LayerID]struct{}{}, pauseTime: -1,
	}
}

// Step takes in what has happened until now and returns what is to be done. The effects are valid until the next step, their
// messages for good.
func (w *Worker) Step(now time.Duration, in []In) []Effect {
	w.now = max(now, w.now)
	w.reset()
	for _, i := range in {
		w.take(i)
	}
	w.overdue()
	w.settle()
	w.request()
	w.start()
	w.report()
	return w.effects
}

func (w *Worker) reset() {
	o := &w.out
	clear(o.effects)
	clear(o.executes)
	o.effects, o.executes, o.keeps = o.effects[:0], o.executes[:0], o.keeps[:0]
	o.done, o.holding, o.dropped, o.freed, o.missing, o.started, o.back = nil, nil, nil, nil, nil, nil, nil
	o.why, o.beat = "", false
}

func (w *Worker) take(in In) {
	switch in := in.(type) {
	case *Executed:
		w.executed(in)
	case *FromScheduler:
		w.message(in.Msg)
	case *Fetched:
		w.fetched(in)
	case *FetchFailed:
		w.fetchFailed(in)
	case *Unanswered:
		w.unanswered(in)
	case *Unstarted:
		w.unstarted(in)
	case *Blocked:
		w.blocked(in.Task)
	case *Resumed:
		w.resumed(in.Task)
	case *Stuck:
		w.stuck(in)
	case *Stored:
		w.put(in.Values)
	case *Memory:
		w.memory(in)
	case *Opened:
		w.send(w.Hello())
	case *Joined:
		w.welcome(&in.Welcome)
	case *Lost:
		w.joined = false
	}
}

func (w *Worker) message(m wire.Message) {
	switch m := m.(type) {
	case *wire.Welcome:
		w.welcome(m)
	case *wire.Refused:
		w.quit("the scheduler refused this worker: "+m.Reason, false)
	case *wire.Bye:
		w.joined = false
		w.quit("the scheduler has ended: "+m.Reason, false)
	case *wire.Gone:
		w.joined = false
	case *wire.Peers:
		w.news(m.Workers)
	}
	if !w.joined {
		return // of a session that is over
	}
	switch m := m.(type) {
	case *wire.Compute:
		w.compute(m)
	case *wire.Stop:
		w.stop(m)
	case *wire.Steal:
		w.steal(m)
	case *wire.Free:
		for _, id := range m.IDs {
			w.free(id)
		}
	case *wire.Fetch:
		w.replicate(m.Values)
	case *wire.Forget:
		for _, l := range m.Layers {
			delete(w.layers, l)
		}
		w.emit(&Forget{Layers: m.Layers})
	case *wire.Drain:
		w.drain()
	case *wire.Quit:
		w.quit(m.Reason, m.Restart)
	case *wire.Call:
		w.call(m)
	}
}

func (w *Worker) emit(e Effect) { w.effects = append(w.effects, e) }

func (w *Worker) send(m wire.Message) { w.emit(&Send{Msg: m}) }

func (w *Worker) quit(reason string, restart bool) {
	w.over = true
	w.emit(&Quit{Reason: reason, Restart: restart})
}

// call passes a question on, or answers it.
func (w *Worker) call(c *wire.Call) {
	if _, ok := c.Body.(*wire.Dump); ok {
		w.send(&wire.Reply{Request: c.Request, Body: &wire.Text{Text: w.Dump()}})
		return
	}
	w.emit(&Ask{Call: c})
}

// Next returns when Step must be called again if nothing happens before, or [Never].
func (w *Worker) Next() time.Duration {
	next := Never
	if w.joined && w.heartbeat > 0 {
		next = w.nextBeat
	}
	if b, ok := w.oldest(); ok && w.joined {
		next = min(next, b.began+w.conf.StartedAfter)
	}
	for _, p := range w.active {
		if p.until > w.now && w.joined && w.pause == "" && !w.over {
			next = min(next, p.until)
		}
	}
	if w.pauseTime >= 0 && !w.byDisk && (w.ready.n > 0 || len(w.active) > 0 && w.waiting > 0 && w.requests == 0) && w.joined && !w.draining && !w.over {
		next = min(next, w.pauseTime+w.conf.Patience)
	}
	if v := w.oldestPut(); v != nil && w.joined {
		next = min(next, v.put+w.conf.Unclaimed)
	}
	return next
}

package scheduler

import (
	"fmt"
	"time"

	"sheaf/graph"
	"sheaf/internal/wire"
)

// A Scheduler is the machine. Whoever drives it serialises the calls.
type Scheduler struct {
	conf  Config
	now   time.Duration
	began time.Duration
	ticks time.Duration // when the next regular look around is due

	peers   map[Peer]any // *client, *worker or *agent
	workers []*worker    // by number; nil for 0 and for those that are gone
	live    []*worker    // in the order of joining
	clients []*client    // by number
	agents  []*agent

	clientSerial uint32
	runSerial    uint64

	runs        []*run // by slot
	slots       []uint32
	byLayer     map[wire.LayerID]*run
	shared      map[sharedKey][]sharedLayer
	keys        map[sharedKey]ref // of tasks of lists
	tables      []*run            // with keys of their own
	classes     []*class          // by key
	kinds       map[string]*kind
	kindsKept   int    // how many were left when some were last forgotten
	prioritised bool   // some graph had a priority of its user
	halt        string // why the cluster is to end, in this step
	served      int64  // what the client whose turn was last had been given

	timers  []timer
	story   story
	stream  stream
	events  events
	record  record
	waits   []*wait // calls that are answered later
	serial  uint64  // of calls relayed to workers
	relayed map[uint64]relay
	plugins []plugin
	retired []*retirement
	short   bool // copies of values are missing for want of workers

	forwarding forwarding
	failures   ring[failure]
	spans      map[string]*span // by path
	spanList   []*span          // in the order in which they began

	copies   []ref         // values that have several holders
	reduceAt time.Duration // when it is next looked which of these nobody needs
	round    uint64

	reporting []*run // whose clients want to know how far they are
	dead      []*obituary
	coord     coordination

	counts     [statusEnd]int
	finished   int64
	erredTasks int64
	lostValues int64
	stalls     int64
	refused    int64
	reduced    int64 // copies that were let go

	boxes  map[Peer]*outbox
	filled []*outbox // those that have something to say

	observed      bool // somebody wants to know what happens
	observedTasks bool // to tasks too
	happenings    []Happening

	boxSerial uint64
	effects   []Effect
	dirty     []*worker
	fed       []*class
	looked    []*worker // at in this step
	dying     []*run
	stack     []ref
	scratch   [8]int32
	ends      [8]int32
}

// sharedKey is the identity of a layer or a task among those of one executable.
type sharedKey struct {
	executable string
	token      graph.Token
}

// New returns a scheduler that knows nobody yet.
func New(c Config) *Scheduler {
	s := &Scheduler{
		conf: c.withDefaults(), peers: map[Peer]any{}, workers: make([]*worker, 1), byLayer: map[wire.LayerID]*run{},
		shared: map[sharedKey][]sharedLayer{}, keys: map[sharedKey]ref{}, kinds: map[string]*kind{}, boxes: map[Peer]*outbox{},
		relayed: map[uint64]relay{}, spans: map[string]*span{},
	}
	s.runs = append(s.runs, nil) // slot 0 is none
	s.story.max, s.stream.max = s.conf.StoryMax, s.conf.StreamMax
	s.startCoord()
	return s
}

// Step takes what has happened by now, in this order, and returns what to do. The slice is valid until the next call; what it
// points to is the receiver's.
func (s *Scheduler) Step(now time.Duration, in []In) []Effect {
	s.now = max(now, s.now)
	clear(s.effects) // what they point to is not kept
	s.effects = s.effects[:0]
	for k := range in {
		s.take(&in[k])
	}
	s.expire()
	s.dispatch()
	s.bury1()
	s.reportProgress()
	s.tickWaits()
	s.flush()
	s.writeRecord()
	s.tellHappened()
	if s.halt != "" {
		s.effects = append(s.effects, &Halt{s.halt})
		s.halt = ""
	}
	return s.effects
}

// Next returns the time at which Step is to be called if nothing arrives before.
func (s *Scheduler) Next() time.Duration {
	next := s.ticks
	if len(s.timers) > 0 {
		next = min(next, s.timers[0].at)
	}
	if at, ok := s.progressNext(); ok {
		next = min(next, at)
	}
	if at, ok := s.coordNext(); ok {
		next = min(next, at)
	}
	return max(next, s.now+1)
}

// take handles one message.
func (s *Scheduler) take(in *In) {
	switch m := in.Msg.(type) {
	case *wire.ClientHello:
		if s.peers[in.From] == nil {
			s.joinClient(in.From, m)
		}
		return
	case *wire.WorkerHello:
		if s.peers[in.From] == nil {
			s.joinWorker(in.From, m)
		}
		return
	case *wire.AgentHello:
		if s.peers[in.From] == nil {
			s.joinAgent(in.From, m)
		}
		return
	}
	switch p := s.peers[in.From].(type) {
	case *client:
		p.heard = s.now
		s.fromClient(p, in)
	case *worker:
		p.heard = s.now
		s.fromWorker(p, in.Msg)
	case *agent:
		p.heard = s.now
		s.fromAgent(p, in.Msg)
	default: // late words of a session that is over
	}
}

func (s *Scheduler) fromWorker(w *worker, m wire.Message) {
	switch m := m.(type) {
	case *wire.Done:
		s.done(w, m)
	case *wire.Failed:
		s.failed(w, m)
	case *wire.Started:
		s.started(w, m)
	case *wire.LongRunning:
		s.longRunning(w, m)
	case *wire.Missing:
		s.missing(w, m)
	case *wire.Holding:
		s.holding(w, m)
	case *wire.Returned:
		s.returned(w, m)
	case *wire.Heartbeat:
		s.heartbeat(w, m)
	case *wire.Drained:
		s.drained(w)
	case *wire.Log:
		s.workerLog(w, m)
	case *wire.Reply:
		s.workerReply(w, m)
	case *wire.Bye:
		s.removeWorker(w, reasonOr(m.Reason, "it said goodbye"), &death{bye: true})
	case *wire.Gone:
		s.removeWorker(w, reasonOr(m.Reason, "its session has ended"), nil)
	default:
		s.note(LevelWarn, fmt.Sprintf("worker %s sent a %T, which workers do not send", w, m))
	}
}

func (s *Scheduler) fromClient(c *client, in *In) {
	switch m := in.Msg.(type) {
	case *wire.Submit:
		s.submit(c, m, in.Prepared)
	case *wire.Claim:
		s.claims(c, m)
	case *wire.Release:
		for _, id := range m.IDs {
			s.release(c, id)
		}
	case *wire.Cancel:
		s.cancel(c, m)
	case *wire.Retry:
		s.retry(c, m)
	case *wire.Scattered:
		s.scattered(c, m)
	case *wire.Unreadable:
		s.unreadable(c, m)
	case *wire.Call:
		s.call(c, m)
	case *wire.Brought:
		s.brought(c)
	case *wire.Bye:
		s.removeClient(c, reasonOr(m.Reason, "it said goodbye"), true)
	case *wire.Gone:
		s.clientAway(c, reasonOr(m.Reason, "its session has ended"))
	case *wire.Heartbeat:
	default:
		s.note(LevelWarn, fmt.Sprintf("client %d sent a %T, which clients do not send", c.number, m))
	}
}

func reasonOr(reason, otherwise string) string {
	if reason == "" {
		return otherwise
	}
	return reason
}

// drop asks the driver to end a session.
func (s *Scheduler) drop(p Peer, reason string) {
	s.unbox(p)
	s.effects = append(s.effects, &Drop{Peer: p, Reason: reason})
}

func (s *Scheduler) note(l Level, text string) {
	s.effects = append(s.effects, &Note{Level: l, Text: text})
}

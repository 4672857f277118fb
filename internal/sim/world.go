package sim

import (
	"cmp"
	"fmt"
	"io"
	"time"

	"sheaf/internal/scheduler"
	"sheaf/internal/wire"
)

// A world is one run.
type world struct {
	conf   Config
	rng    *rng
	now    time.Duration
	events eventHeap
	serial uint64
	frames [][]byte // scratch
	log    io.Writer
	digest uint64

	happened  int // events
	eventsMax int // after which the run is taken as one that never ends; 0 for none

	net            network
	procs          []*proc
	hub            *hub
	machine        *scheduler.Scheduler
	nodes          []*node
	clients        []*client
	agents         map[string]*agent
	agentList      []*agent
	byNumber       map[uint32]*node
	clientByNumber map[uint32]*client
	audit          *auditor
	plant          *plant

	failures   map[key]int // how often the function of a key has failed, wherever it ran
	faults     map[string]int
	faultOrder []string
	phase      phase
	since      time.Duration // of the phase
	leases     time.Duration // when all claims of clients that went without a word have ended
	info       *wire.Cluster
	inspector  *client
}

// A phase is a part of a run.
type phase uint8

const (
	phaseLoad    phase = iota // clients submit and faults come
	phaseSettle               // no more of both: everything must come to an outcome
	phaseRead                 // every value must be readable
	phaseRelease              // the clients go: nothing must be left
	phaseInspect
	phaseOver
)

func newWorld(c Config) *world {
	c = c.withDefaults()
	w := &world{
		conf: c, rng: newRNG(c.Seed, 0), log: c.Log, failures: map[key]int{}, faults: map[string]int{}, agents: map[string]*agent{},
		byNumber: map[uint32]*node{}, clientByNumber: map[uint32]*client{}, plant: c.plant,
	}
	if w.plant == nil {
		w.plant = cmp.Or(planting(c.Plant), &plant{})
	}
	w.net = network{w: w, weather: c.Weather, cut: map[[2]int]int{}}
	w.audit = newAuditor(w)
	w.machine = scheduler.New(c.Scheduler)
	w.hub = w.newHub(w.plant.scheduler(w, w.machine))
	return w
}

// populate starts everybody, and plans the faults.
func (w *world) populate() {
	c := &w.conf
	for k := range c.Agents {
		w.newAgent(fmt.Sprintf("a%d", k+1))
	}
	for k := range c.Workers {
		if w.stopped() {
			return
		}
		w.newNode(fmt.Sprintf("w%d", k+1), w.nodeConfig(k))
	}
	for k := range c.Clients {
		budget := c.Tasks / c.Clients
		if k == 0 {
			budget += c.Tasks % c.Clients
		}
		w.newClient(fmt.Sprintf("c%d", k+1), budget)
	}
	w.planFaults()
	w.eventsMax = 2_000_000 + 500*c.Tasks + 1000*c.Workers*int(c.For/time.Second)
	w.at(c.For, w.settle)
}

// stopped reports whether the run is to end at once.
func (w *world) stopped() bool { return w.conf.Stop != nil && w.conf.Stop() }

// nodeConfig says what the k-th worker has.
func (w *world) nodeConfig(k int) NodeConfig {
	c := &w.conf
	n := NodeConfig{Threads: c.Threads, Memory: c.Memory, Host: fmt.Sprintf("host%d", k/2+1)}
	if n.Threads == 0 {
		n.Threads = w.rng.between(1, 4)
	}
	if k%2 == 0 {
		n.Resources = []wire.Resource{{Name: "GPU", Amount: 2}}
	}
	if c.Agents > 0 {
		n.Agent = fmt.Sprintf("a%d", k%c.Agents+1)
	}
	return n
}

// at plans something at a time.
func (w *world) at(at time.Duration, do func()) {
	w.serial++
	w.events.push(event{max(at, w.now), w.serial, do})
}

// loading reports whether clients go on to submit.
func (w *world) loading() bool { return w.phase == phaseLoad }

// logf writes a line of the log of events.
func (w *world) logf(format string, args ...any) {
	if w.log != nil {
		fmt.Fprintf(w.log, "%14v  %s\n", w.now, fmt.Sprintf(format, args...))
	}
}

// count counts a fault that was injected.
func (w *world) count(fault string) {
	if w.faults[fault] == 0 {
		w.faultOrder = append(w.faultOrder, fault)
	}
	w.faults[fault]++
}

// until runs the world up to a time, or until it is over.
func (w *world) until(end time.Duration) {
	for len(w.events) > 0 && w.events[0].at <= end && w.phase != phaseOver && !w.stopped() {
		if w.happened++; w.eventsMax > 0 && w.happened > w.eventsMax {
			w.audit.internal("%d events have happened, and it does not end: somebody does the same again and again", w.happened)
			w.enter(phaseOver)
			return
		}
		e := w.events.pop()
		w.now = e.at
		w.digest = mix(w.digest ^ uint64(e.at) ^ e.serial)
		e.do()
	}
	if w.phase != phaseOver {
		w.now = max(w.now, end)
	}
}

// enter begins a phase.
func (w *world) enter(p phase) {
	w.phase, w.since = p, w.now
	w.logf("phase %d begins", p)
}

// settle ends the faults, and waits for everything to come to an outcome.
func (w *world) settle() {
	w.enter(phaseSettle)
	w.heal()
	w.wait(func() bool { return len(w.audit.unsettled()) == 0 && w.answered() }, w.limit(), w.readAll)
}

// answered reports whether nothing is under way between clients and the scheduler.
func (w *world) answered() bool {
	for _, c := range w.clients {
		if !c.alive {
			continue
		}
		if !c.welcome {
			return false
		}
		for _, s := range c.submits {
			if !s.answered {
				return false
			}
		}
		for _, k := range c.calls {
			if k.answered == 0 {
				return false
			}
		}
	}
	return true
}

// wait goes on with then once something is so, or with a complaint when the time is up.
func (w *world) wait(so func() bool, limit time.Duration, then func()) {
	begun := w.now
	var poll func()
	poll = func() {
		switch {
		case so():
			then()
		case w.now-begun > limit:
			w.audit.overdue(limit)
			then()
		default:
			w.at(w.now+100*time.Millisecond, poll)
		}
	}
	poll()
}

// limit is how long everything may take to come to an outcome after the last fault.
func (w *world) limit() time.Duration {
	threads := 0
	for _, n := range w.nodes {
		if n.alive {
			threads += n.conf.Threads
		}
	}
	work := time.Duration(w.audit.sums.tasks) * time.Duration(w.conf.Mix.Micros) * time.Microsecond
	again := 4 + w.faults["poison"] // each time a process ends, what it made may have to be made again
	return 3*time.Minute + time.Duration(again)*work/time.Duration(max(1, threads))
}

// readAll has all clients read whatever they claim.
func (w *world) readAll() {
	w.enter(phaseRead)
	for _, c := range w.clients {
		if !c.alive {
			continue
		}
		c.closing = true
		for _, f := range c.list {
			f.tried = nil
			c.fetch(f)
		}
	}
	w.wait(func() bool { return len(w.audit.unsettled()) == 0 }, w.limit(), w.release)
}

// release has all clients go, in one of several ways.
func (w *world) release() {
	w.enter(phaseRelease)
	w.audit.bound()
	for _, c := range w.clients {
		if !c.alive {
			continue
		}
		switch dice := w.rng.intn(4); {
		case dice == 0: // without a word
			c.crash()
		case dice == 1 && c.number != 0:
			c.bye()
		default:
			c.release(append([]*future(nil), c.list...))
			c.after(time.Second, c.bye)
		}
	}
	limit := 5*time.Minute + 3*w.lease()
	w.at(w.now+limit, w.inspect)
	w.early(limit)
}

// early ends the waiting for the baseline when it is there.
func (w *world) early(limit time.Duration) {
	end := w.now + limit
	var poll func()
	poll = func() {
		if w.phase != phaseRelease || w.now >= end {
			return
		}
		if w.audit.open == 0 && w.clean() {
			w.at(w.now+2*time.Second, w.inspect)
			return
		}
		w.at(w.now+time.Second, poll)
	}
	w.at(w.now+2*time.Second, poll)
}

// clean reports whether workers have nothing left, and no session of a client is left at the scheduler.
func (w *world) clean() bool {
	for _, n := range w.nodes {
		if n.alive && (len(n.values) > 0 || len(n.runs) > 0 || len(n.layers) > 0 || n.getting > 0) {
			return false
		}
	}
	return w.audit.claimless()
}

// inspect asks the scheduler what it still has, and ends the run.
func (w *world) inspect() {
	if w.phase != phaseRelease {
		return
	}
	w.enter(phaseInspect)
	w.inspector = w.newClient("inspector", 0)
	w.inspector.script = true
	w.inspector.call(&wire.Info{}, func(r *wire.Reply) { w.info, _ = r.Body.(*wire.Cluster) })
	w.drain(w.inspector, queues)
	w.wait(func() bool { return w.info != nil && w.audit.coord.drawn }, 30*time.Second, func() {
		w.audit.missingItems()
		w.audit.balance()
		w.audit.baseline(w.info)
		w.check()
		w.enter(phaseOver)
	})
}

// check has all machines check themselves.
func (w *world) check() {
	if err := w.hub.machine.Check(); err != nil {
		w.audit.internal("the scheduler's check: %v", err)
	}
	for _, n := range w.nodes {
		if n.alive {
			if err := n.machine.Check(); err != nil {
				w.audit.internal("the check of %s: %v", n.name, err)
			}
		}
	}
}

// hash is that of everything that happened.
func (w *world) hash() uint64 {
	h := mix(w.digest ^ w.hub.machine.Hash())
	for _, n := range w.nodes {
		h = mix(h ^ n.machine.Hash())
	}
	return h
}

func (w *world) lease() time.Duration {
	if l := w.conf.Scheduler.Lease; l > 0 {
		return l
	}
	return time.Minute
}

func (w *world) allowedFailures() int {
	if n := w.conf.Scheduler.AllowedFailures; n > 0 {
		return n
	}
	return 3
}

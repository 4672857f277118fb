package sim

import (
	"fmt"
	"slices"
	"time"

	"sheaf/internal/wire"
	"sheaf/internal/worker"
)

// A node is a worker's process: the machine, and a model of what its body does for it.
type node struct {
	*proc
	uplink  uplink
	machine workerMachine
	conf    NodeConfig
	number  uint32 // that the scheduler gave it, 0 before
	in      []worker.In
	planned bool
	timer   *timer

	made    map[wire.Attempt]value // since the last step
	got     map[wire.ID]value      // fetched since then
	broken  map[wire.ID]bool       // found to be damaged since then
	layers  map[wire.LayerID]*wire.Layer
	values  map[wire.ID]*value
	order   []wire.ID // of values, oldest first, for spilling
	used    int64     // bytes of values in memory
	spilled int64
	full    string // why it is paused
	reports bool   // a report of the memory is planned

	running map[wire.Attempt]*run
	runs    []*run // the same, in the order in which they were handed over; those without a thread wait
	steps   int

	sessions int           // that it ever had
	welcomed time.Duration // when it had the first

	sending, getting int // transfers
	slow             float64
	diskFull         bool
	retired          bool
}

// A NodeConfig is what a worker has.
type NodeConfig struct {
	Threads   int
	Memory    int64
	Resources []wire.Resource
	Host      string
	Agent     string
}

// A value is what a worker has of one.
type value struct {
	sum     uint64
	bytes   int64
	onDisk  bool
	damaged bool // a bit is flipped: the checksum will tell
}

// A run is an attempt that a worker executes.
type run struct {
	task        wire.Task
	begun       time.Duration // -1 while it waits for a thread
	members     []unit
	sums        []uint64 // of the inputs, which are read when it begins
	interrupted bool
	blocked     bool
	ended       bool
}

// A unit is one task of a run's chain.
type unit struct {
	id   wire.ID
	key  key
	does behaviour
}

func (w *world) newNode(name string, conf NodeConfig) *node {
	n := &node{
		proc: w.newProc(name), conf: conf, layers: map[wire.LayerID]*wire.Layer{}, values: map[wire.ID]*value{},
		running: map[wire.Attempt]*run{}, made: map[wire.Attempt]value{}, got: map[wire.ID]value{}, broken: map[wire.ID]bool{}, slow: 1,
	}
	n.machine = w.plant.worker(n, worker.New(worker.Config{Hello: wire.WorkerHello{
		Version: wire.Version, Name: name, Address: fmt.Sprintf("sim://%d", n.id), Host: conf.Host, PID: n.id, Agent: conf.Agent,
		Executable: executable, Go: "go1.27 sim/sim", Threads: conf.Threads, MemoryBytes: conf.Memory, Resources: conf.Resources,
	}}))
	n.uplink = uplink{p: n.proc, hub: w.hub.proc, opened: n.opened, lost: n.gone, message: n.told}
	n.receive = func(_ *proc, frame []byte) { n.uplink.frame(frame) }
	n.timer = newTimer(n.proc, n.step)
	n.timer.set(n.local())
	w.nodes = append(w.nodes, n)
	n.proc.node = n
	w.logf("%v starts with %d threads", n.proc, conf.Threads)
	n.uplink.open()
	return n
}

func (n *node) opened() { n.tell(&worker.Opened{}) }

// gone says that the session was lost.
func (n *node) gone() { n.tell(&worker.Lost{}) }

// told takes a message of the scheduler.
func (n *node) told(m wire.Message) {
	if n.w.log != nil {
		n.w.logf("%s <- %s", n.name, messageText(m))
	}
	if welcome, ok := m.(*wire.Welcome); ok {
		n.number = welcome.Number
		if n.sessions++; n.sessions == 1 {
			n.welcomed = n.w.now
		}
		n.w.byNumber[welcome.Number] = n
		n.reportMemory()
	}
	n.tell(&worker.FromScheduler{Msg: m})
}

// tell has the machine step soon.
func (n *node) tell(in worker.In) {
	n.in = append(n.in, in)
	if !n.planned {
		n.planned = true
		n.after(n.w.rng.span(0, 200*time.Microsecond), n.step)
	}
}

func (n *node) step() {
	in := n.in
	n.in, n.planned = nil, false
	out := n.machine.Step(n.local(), in)
	n.steps++
	for _, o := range out {
		n.perform(o)
	}
	clear(n.made)
	clear(n.got)
	clear(n.broken)
	n.begin()
	n.uplink.flush()
	if every := n.w.conf.CheckEvery; every > 0 && n.steps%every == 0 {
		if err := n.machine.Check(); err != nil {
			n.w.audit.internal("the check of %s: %v", n.name, err)
		}
	}
	n.timer.set(n.machine.Next())
}

func (n *node) perform(o worker.Effect) {
	switch o := o.(type) {
	case *worker.Send:
		if n.w.log != nil {
			n.w.logf("%s -> %s", n.name, messageText(o.Msg))
		}
		n.uplink.send(o.Msg)
	case *worker.Execute:
		n.execute(o.Task)
	case *worker.Keep:
		n.keep(o)
	case *worker.Interrupt:
		n.interrupt(o)
	case *worker.Fetch:
		n.fetch(o)
	case *worker.Free:
		for _, id := range o.IDs {
			n.drop(id)
		}
	case *worker.Install:
		n.install(o.Layers)
	case *worker.Forget:
		for _, id := range o.Layers {
			delete(n.layers, id)
		}
	case *worker.Push:
		n.push(o)
	case *worker.Ask:
		n.uplink.send(&wire.Reply{Request: o.Call.Request, Err: "nothing to answer with"})
	case *worker.Quit:
		n.w.logf("%s quits: %s", n.name, o.Reason)
		n.leave(o.Restart)
	default:
		n.w.audit.internal("%s wants something unknown: %T", n.name, o)
	}
}

// install adds layers, or segments to those that are there.
func (n *node) install(layers []wire.Layer) {
	for k := range layers {
		l := layers[k]
		known := n.layers[l.ID]
		if known == nil {
			n.layers[l.ID] = &l
			continue
		}
		for _, s := range l.Segments {
			if !slices.ContainsFunc(known.Segments, func(o wire.Segment) bool { return o.Lo == s.Lo && o.Hi == s.Hi }) {
				known.Segments = append(known.Segments, s)
			}
		}
	}
}

// leave ends the process in order.
func (n *node) leave(restart bool) {
	n.uplink.close()
	n.retired = true
	n.proc.kill()
	if restart {
		n.w.respawn(n, time.Second)
	}
}

// die ends the process at once. An agent tells what it was running.
func (n *node) die(cause string) {
	if !n.alive {
		return
	}
	n.w.audit.workerDied(n)
	var running []wire.Attempt
	for _, r := range n.runs {
		if r.begun >= 0 {
			running = append(running, r.attempt())
		}
	}
	n.proc.kill()
	if a := n.w.agents[n.conf.Agent]; a != nil {
		a.exited(n, cause, running)
	}
}

package sim

import (
	"fmt"
	"time"
)

// A proc is one incarnation of a process. When it is killed, nothing that was planned in it happens any more; while it is paused,
// as by SIGSTOP, what would happen waits for it to go on.
type proc struct {
	w       *world
	id      int // on the network
	name    string
	alive   bool
	paused  int // how many pauses overlap
	waiting []func()
	frames  int // of waiting

	// The process's monotonic clock runs at its own rate from its own start.
	born  time.Duration
	start time.Duration
	rate  float64
	wall  time.Duration // by how much its wall clock is wrong

	receive func(from *proc, frame []byte)

	clock func() time.Duration // of the real world, if the process's work is to be timed
	busy  time.Duration        // that it took

	// What runs in it, at most one of them.
	node   *node
	client *client
}

// framesWaiting is how many frames a paused process's socket keeps.
const framesWaiting = 4096

// newProc starts a process.
func (w *world) newProc(name string) *proc {
	p := &proc{
		w: w, id: len(w.procs), name: name, alive: true,
		born: w.now, start: w.rng.span(0, time.Hour), rate: 1 + (w.rng.float()-0.5)*2*w.conf.Drift,
	}
	w.procs = append(w.procs, p)
	return p
}

// local returns the process's monotonic time.
func (p *proc) local() time.Duration {
	return p.start + time.Duration(float64(p.w.now-p.born)*p.rate)
}

// wallNow returns what the process takes for the time of day, in nanoseconds of the Unix epoch.
func (p *proc) wallNow() int64 {
	const start = 1_800_000_000 * int64(time.Second)
	return start + int64(p.w.now+p.wall)
}

// when returns the world's time at which the process's clock shows local, at the earliest now.
func (p *proc) when(local time.Duration) time.Duration {
	if local == never {
		return never
	}
	d := time.Duration(float64(local-p.local())/p.rate) + 1
	return p.w.now + max(d, 0)
}

// after plans something in the process.
func (p *proc) after(d time.Duration, do func()) { p.at(p.w.now+d, do) }

// at plans something in the process, at the world's time.
func (p *proc) at(at time.Duration, do func()) {
	p.w.at(at, func() { p.run(do) })
}

// run does something in the process now, or when it goes on.
func (p *proc) run(do func()) {
	switch {
	case !p.alive:
	case p.paused > 0:
		p.waiting = append(p.waiting, do)
	default:
		p.timed(do)
	}
}

// timed does something, and takes its time if that is wanted.
func (p *proc) timed(do func()) {
	if p.clock == nil {
		do()
		return
	}
	begun := p.clock()
	do()
	p.busy += p.clock() - begun
}

// deliver hands over a frame from the network.
func (p *proc) deliver(from *proc, frame []byte) {
	switch {
	case !p.alive:
	case p.paused > 0:
		if p.frames < framesWaiting {
			p.frames++
			p.waiting = append(p.waiting, func() { p.receive(from, frame) })
		}
	case p.clock != nil:
		p.timed(func() { p.receive(from, frame) })
	default:
		p.receive(from, frame)
	}
}

// kill ends the process without a word.
func (p *proc) kill() {
	if p.alive {
		p.alive = false
		p.waiting = nil
		p.w.logf("%s dies", p.name)
	}
}

// pause stops the process until resume.
func (p *proc) pause() {
	if p.alive {
		p.paused++
		p.w.logf("%s is stopped", p.name)
	}
}

// resume lets the process go on; what it missed happens at once.
func (p *proc) resume() {
	if !p.alive || p.paused == 0 {
		return
	}
	if p.paused--; p.paused > 0 {
		return
	}
	p.w.logf("%s goes on", p.name)
	missed := p.waiting
	p.waiting, p.frames = nil, 0
	for _, do := range missed {
		p.run(do)
	}
}

// timer wakes a process at a time that moves. It plans at most one event ahead of those that are too early.
type timer struct {
	p     *proc
	armed time.Duration // of the event that will come; never if there is none
	due   time.Duration
	do    func()
}

func newTimer(p *proc, do func()) *timer { return &timer{p: p, armed: never, due: never, do: do} }

// set moves the timer to the process's local time.
func (t *timer) set(local time.Duration) {
	t.due = t.p.when(local)
	t.arm()
}

func (t *timer) arm() {
	if t.due >= t.armed {
		return
	}
	at := t.due
	t.armed = at
	t.p.at(at, func() {
		if t.armed != at {
			return // a later one that an earlier one has overtaken
		}
		t.armed = never
		if t.due > t.p.w.now {
			t.arm()
			return
		}
		t.due = never
		t.do()
	})
}

func (p *proc) String() string { return fmt.Sprintf("%s#%d", p.name, p.id) }

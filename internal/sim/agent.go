package sim

import (
	"time"

	"sheaf/internal/wire"
)

// An agent watches worker processes on a host, and tells how they end.
type agent struct {
	*proc
	uplink  uplink
	welcome bool
	queue   []wire.Message
	memory  bool // its workers that end do so because of their memory
}

func (w *world) newAgent(name string) *agent {
	a := &agent{proc: w.newProc(name)}
	a.uplink = uplink{p: a.proc, hub: w.hub.proc, message: a.told}
	a.uplink.opened = func() {
		a.uplink.send(&wire.AgentHello{Version: wire.Version, Name: name, Host: name, Processes: 1, Threads: 1})
		a.uplink.flush()
	}
	a.uplink.lost = func() { a.welcome = false }
	a.receive = func(_ *proc, frame []byte) { a.uplink.frame(frame) }
	w.agents[name] = a
	w.agentList = append(w.agentList, a)
	a.uplink.open()
	return a
}

func (a *agent) told(m wire.Message) {
	switch m := m.(type) {
	case *wire.Welcome:
		a.welcome = true
		for _, q := range a.queue {
			a.uplink.send(q)
		}
		a.queue = nil
		a.uplink.flush()
	case *wire.Quit:
		for _, n := range a.w.nodes {
			if n.conf.Agent == a.name && n.alive && (m.Worker == "" || m.Worker == n.name) {
				n.die("ended by its agent: " + m.Reason)
				if m.Restart {
					a.w.respawn(n, time.Second)
				}
			}
		}
	}
}

// exited reports the end of a worker's process.
func (a *agent) exited(n *node, cause string, running []wire.Attempt) {
	m := &wire.Exited{Worker: n.name, PID: n.id, Cause: cause, Running: running, Exact: true}
	if a.memory {
		m.Cause, m.OutOfMem, m.PeakBytes = "killed by the kernel: out of memory (signal: killed)", true, n.conf.Memory
	}
	a.after(a.w.rng.span(time.Millisecond, 100*time.Millisecond), func() {
		if !a.welcome {
			a.queue = append(a.queue, m)
			return
		}
		a.uplink.send(m)
		a.uplink.flush()
	})
}

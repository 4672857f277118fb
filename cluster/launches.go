package cluster

import (
	"crypto/sha256"
	"slices"
	"sync"
	"time"

	"sheaf/internal/wire"
)

// launches has the agents run worker processes of each executable of which there is a client, and ends those of which there has
// been none for a while.
type launches struct {
	core *core

	mu      sync.Mutex // guards what follows
	agents  []string
	clients map[string]string // peer → executable
	running map[string]*time.Timer
}

// lingering is how long worker processes stay after the last client of their executable.
const lingering = 10 * time.Minute

func newLaunches(c *core) *launches {
	return &launches{core: c, clients: map[string]string{}, running: map[string]*time.Timer{}}
}

// hello takes note of a new peer.
func (l *launches) hello(peer string, hello wire.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch h := hello.(type) {
	case *wire.AgentHello:
		l.agents = append(l.agents, peer)
		for _, executable := range l.executables() {
			l.core.send(peer, &wire.Launch{Executable: executable})
		}
	case *wire.ClientHello:
		if len(h.Executable) != 2*sha256.Size || !l.core.allowed(h.Executable) {
			return
		}
		l.clients[peer] = h.Executable
		timer, known := l.running[h.Executable]
		if timer != nil {
			timer.Stop()
		}
		l.running[h.Executable] = nil
		if known {
			return
		}
		for _, a := range l.agents {
			l.core.send(a, &wire.Launch{Executable: h.Executable})
		}
	}
}

func (l *launches) executables() []string {
	var all []string
	for e := range l.running {
		all = append(all, e)
	}
	slices.Sort(all)
	return all
}

// deliver takes out what is not for the machine.
func (l *launches) deliver(peer string, ms []wire.Message) []wire.Message {
	if slices.ContainsFunc(ms, func(m wire.Message) bool { _, bye := m.(*wire.Bye); return bye }) {
		l.gone(peer)
	}
	return ms
}

// gone takes note of the end of a peer.
func (l *launches) gone(peer string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.agents = slices.DeleteFunc(l.agents, func(a string) bool { return a == peer })
	executable, ok := l.clients[peer]
	if !ok {
		return
	}
	delete(l.clients, peer)
	for _, e := range l.clients {
		if e == executable {
			return
		}
	}
	l.running[executable] = time.AfterFunc(lingering, func() { l.end(executable) })
}

// end has the agents stop the processes of an executable without clients.
func (l *launches) end(executable string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running[executable] == nil {
		return // somebody came back
	}
	delete(l.running, executable)
	for _, a := range l.agents {
		l.core.send(a, &wire.Launch{Executable: executable, Stop: true, Reason: "no client has used it for a while"})
	}
}

// close stops the timers.
func (l *launches) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range l.running {
		if t != nil {
			t.Stop()
		}
	}
}

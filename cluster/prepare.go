package cluster

import (
	"sheaf/internal/scheduler"
	"sheaf/internal/wire"
)

// Large graphs are expanded beside the loop, so that a million tasks of one client do not delay the others. What the client says
// meanwhile waits behind its graph.

// largeTasks is the number of tasks from which a graph is worth a goroutine.
const largeTasks = 2000

// preparing is a client's messages that wait for its graph.
type preparing struct{ waiting []wire.Message }

// prepare takes the messages of a peer if one of them is a large graph, or if one is being prepared, and reports whether it did.
func (c *core) prepare(peer string, ms []wire.Message) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.preparing[peer]; p != nil {
		p.waiting = append(p.waiting, ms...)
		return true
	}
	for i, m := range ms {
		if large(m) {
			for _, before := range ms[:i] {
				c.inbox = append(c.inbox, scheduler.In{From: scheduler.Peer(peer), Msg: before})
			}
			c.preparing[peer] = &preparing{waiting: ms[i:]}
			go c.expand(peer)
			c.stepper.Wake()
			return true
		}
	}
	return false
}

// expand hands a peer's messages on in order, graphs expanded, until none is waiting.
func (c *core) expand(peer string) {
	for {
		c.mu.Lock()
		p := c.preparing[peer]
		ms := p.waiting
		p.waiting = nil
		if len(ms) == 0 {
			delete(c.preparing, peer)
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		for _, m := range ms {
			if u, ok := m.(*wire.Unparsed); ok {
				parsed, err := u.Parse()
				if err != nil {
					c.log.Warn("a graph cannot be read", "peer", peer, "error", err)
					c.peers.Drop(peer, "malformed message: "+err.Error())
					parsed = &wire.Gone{Reason: "it sent a malformed message"}
				}
				m = parsed
			}
			in := scheduler.In{From: scheduler.Peer(peer), Msg: m}
			if s, ok := m.(*wire.Submit); ok {
				if prepared, err := scheduler.Prepare(s); err == nil {
					in.Prepared = prepared // otherwise the machine finds the error itself, and reports it
				}
			}
			c.put(in)
		}
	}
}

// large reports whether a message is a graph that is worth a goroutine.
func large(m wire.Message) bool {
	switch m := m.(type) {
	case *wire.Unparsed:
		return true
	case *wire.Submit:
		return tasksOf(&m.Graph) >= largeTasks
	}
	return false
}

func tasksOf(g *wire.Graph) int {
	n := 0
	for i := range g.Layers {
		tasks := 1
		for _, d := range g.Layers[i].Space {
			tasks *= max(0, d)
		}
		n += tasks
	}
	return n
}

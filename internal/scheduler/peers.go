package scheduler

import (
	"sheaf/internal/wire"
)

// about is a worker as others see it.
func (w *worker) about(gone bool) wire.Peer {
	return wire.Peer{
		Number: uint32(w.number), Name: w.hello.Name, Address: w.hello.Address, Host: w.hello.Host,
		Threads: w.threads, Gone: gone, Paused: !gone && !w.open(), MemoryBytes: w.hello.MemoryBytes,
	}
}

// announce tells every client of a worker's coming, pausing or going, and those workers that know it of its going.
func (s *Scheduler) announce(w *worker) {
	gone := s.workers[w.number] != w
	p := w.about(gone)
	for _, c := range s.clients {
		if !c.away {
			c.out.touch()
			c.out.peers = append(c.out.peers, p)
		}
	}
	if !gone {
		return
	}
	for _, o := range s.live {
		if o.peers.has(int(w.number)) {
			o.out.touch()
			o.out.peers = append(o.out.peers, p)
		}
	}
}

// introduceClient tells a client of all workers.
func (s *Scheduler) introduceClient(c *client) {
	c.out.peers = c.out.peers[:0]
	for _, w := range s.live {
		c.out.touch()
		c.out.peers = append(c.out.peers, w.about(false))
	}
}

// meet tells a worker of another one before the first message that names it: most workers never hear of most others.
func (s *Scheduler) meet(w, other *worker) {
	if w == other || w.peers.has(int(other.number)) {
		return
	}
	w.peers.set(int(other.number))
	w.out.touch()
	w.out.peers = append(w.out.peers, other.about(false))
}

package sim

import (
	"fmt"
	"time"

	"sheaf/internal/wire"
)

// planFaults draws when what goes wrong. Faults end, at the latest when the load does.
func (w *world) planFaults() {
	f, r := w.conf.Faults, newRNG(w.conf.Seed, 3)
	plan := func(perMinute float64, do func(lasts time.Duration)) {
		for at := r.exp(time.Minute); perMinute > 0; at += r.exp(time.Minute) {
			t := time.Duration(float64(at) / perMinute)
			if t >= w.conf.For {
				return
			}
			lasts := r.exp(f.Long)
			w.at(t, func() {
				if w.loading() {
					do(lasts)
				}
			})
		}
	}
	plan(f.Kill, func(time.Duration) { w.killSome() })
	plan(f.Pause, w.pauseSome)
	plan(f.Slow, w.slowSome)
	plan(f.Cut, func(d time.Duration) { w.cutWorker(d, true, true) })
	plan(f.OneWay, func(d time.Duration) { down := w.rng.chance(0.5); w.cutWorker(d, down, !down) })
	plan(f.PeerCut, w.cutPeers)
	plan(f.ClientCut, w.cutClient)
	plan(f.Crash, func(time.Duration) { w.crashClient() })
	plan(f.DiskFull, w.fillDisk)
	plan(f.Join, func(time.Duration) {
		w.count("join")
		k := len(w.nodes)
		w.newNode(fmt.Sprintf("w%d", k+1000), w.nodeConfig(k))
	})
	plan(f.Leave, func(time.Duration) { w.retireSome() })
	plan(f.Jump, func(time.Duration) {
		w.count("clock jump")
		pick(w.rng, w.procs).wall += w.rng.span(-time.Hour, time.Hour)
	})
	plan(f.Storm, func(d time.Duration) {
		w.count("storm")
		w.net.weather = storm
		w.at(w.now+d, func() { w.net.weather = w.conf.Weather })
	})
}

// someNode returns a worker that lives, or nil.
func (w *world) someNode() *node {
	var alive []*node
	for _, n := range w.nodes {
		if n.alive {
			alive = append(alive, n)
		}
	}
	return pick(w.rng, alive)
}

func (w *world) killSome() {
	if n := w.someNode(); n != nil {
		w.count("kill")
		n.die("signal: killed")
		if w.rng.chance(0.8) {
			w.respawn(n, w.rng.exp(2*time.Second))
		}
	}
}

// respawn starts a worker of the same name again, unless somebody did.
func (w *world) respawn(n *node, after time.Duration) {
	w.at(w.now+after, func() {
		if w.phase >= phaseRelease {
			return
		}
		for _, o := range w.nodes {
			if o.name == n.name && o.alive {
				return
			}
		}
		w.newNode(n.name, n.conf)
	})
}

func (w *world) pauseSome(d time.Duration) {
	var p *proc
	if c := pick(w.rng, w.clients); w.rng.chance(0.2) && c.alive {
		p = c.proc
	} else if n := w.someNode(); n != nil {
		p = n.proc
	}
	if p != nil {
		w.count("pause")
		p.pause()
		w.at(w.now+d, p.resume)
	}
}

func (w *world) slowSome(d time.Duration) {
	if n := w.someNode(); n != nil {
		w.count("slow")
		n.slow = 100
		w.at(w.now+d, func() { n.slow = 1 })
	}
}

// cutWorker cuts the ways between a worker and the scheduler: down to the worker, or up from it, or both.
func (w *world) cutWorker(d time.Duration, down, up bool) {
	n := w.someNode()
	if n == nil {
		return
	}
	w.count(map[bool]string{true: "partition", false: "one-way partition"}[down && up])
	w.logf("%s is cut off (down %v, up %v) for %v", n.name, down, up, d)
	w.cutFor(d, w.hub.proc, n.proc, down, up)
}

// cutFor cuts the ways between two processes for a while.
func (w *world) cutFor(d time.Duration, a, b *proc, there, back bool) {
	cut := func(by int) {
		if there {
			w.net.part(a, b, by)
		}
		if back {
			w.net.part(b, a, by)
		}
	}
	cut(1)
	w.at(min(w.now+d, max(w.conf.For, w.now)), func() { cut(-1) })
}

func (w *world) cutPeers(d time.Duration) {
	a, b := w.someNode(), w.someNode()
	if a != nil && b != nil && a != b {
		w.count("partition of workers")
		w.cutFor(d, a.proc, b.proc, true, true)
	}
}

func (w *world) cutClient(d time.Duration) {
	c := pick(w.rng, w.clients)
	if !c.alive {
		return
	}
	w.count("partition of a client")
	w.cutFor(d, c.proc, w.hub.proc, true, true)
	for _, n := range w.nodes {
		if n.alive {
			w.cutFor(d, c.proc, n.proc, true, true)
		}
	}
}

// crashClient ends a client; another one comes that goes on with its program.
func (w *world) crashClient() {
	c := pick(w.rng, w.clients)
	if c == nil || !c.alive {
		return
	}
	w.count("crash of a client")
	c.crash()
	w.at(w.now+w.rng.exp(2*time.Second), func() {
		if w.phase < phaseSettle {
			w.newClient(fmt.Sprintf("c%d", len(w.clients)+1), c.budget)
		}
	})
}

// crash ends a client without a word.
func (c *client) crash() {
	c.w.leases = c.w.now + 2*c.w.lease() + 70*time.Second // its last words may be a minute late, then its silence is to be noticed
	c.forget()
	c.proc.kill()
}

// bye ends a client in order.
func (c *client) bye() {
	if !c.alive {
		return
	}
	if c.number != 0 {
		c.say(&wire.Bye{Reason: "done"})
	}
	c.forget()
	c.left = true
}

func (w *world) fillDisk(d time.Duration) {
	if n := w.someNode(); n != nil {
		w.count("disk full")
		n.diskFull = true
		n.reportMemory()
		w.at(w.now+d, func() {
			n.diskFull = false
			if n.alive {
				n.reportMemory()
			}
		})
	}
}

// retireSome has a client retire a worker.
func (w *world) retireSome() {
	n, c := w.someNode(), pick(w.rng, w.clients)
	if n == nil || !c.alive || c.number == 0 {
		return
	}
	w.count("retire")
	c.call(&wire.Retire{Workers: []string{n.name}, WithinMS: 10_000}, nil)
}

// heal ends all faults, and brings back every worker that is missing.
func (w *world) heal() {
	clear(w.net.cut)
	w.net.weather = w.conf.Weather
	if w.conf.Weather.Drop > 0.01 {
		w.net.weather = calm
	}
	for _, p := range w.procs {
		for p.paused > 0 && p.alive {
			p.resume()
		}
	}
	for _, n := range w.nodes {
		n.slow = 1
		if n.diskFull {
			n.diskFull = false
			if n.alive {
				n.reportMemory()
			}
		}
	}
	w.revive()
}

// revive brings back every worker that is missing, also those that are yet to be retired.
func (w *world) revive() {
	if w.phase >= phaseRelease {
		return
	}
	seen := map[string]bool{}
	for k := len(w.nodes) - 1; k >= 0; k-- { // the last incarnation of each
		n := w.nodes[k]
		if !seen[n.name] && !n.alive {
			w.respawn(n, time.Second)
		}
		seen[n.name] = true
	}
	w.at(w.now+5*time.Second, w.revive)
}

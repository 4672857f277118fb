package sim

import (
	"slices"
	"time"

	"sheaf/graph"
	"sheaf/internal/wire"
	"sheaf/internal/worker"
)

// act does the next thing of a random program, and plans the one after it.
func (c *client) act() {
	if c.closing {
		return
	}
	if c.w.loading() {
		c.something()
	}
	c.after(c.w.rng.exp(c.think)+time.Millisecond, c.act)
}

func (c *client) something() {
	r := c.w.rng
	switch dice := r.intn(100); {
	case dice < 40:
		c.submitSomething()
	case dice < 55:
		for _, f := range c.some(0.3, futureReady) {
			c.fetch(f)
		}
	case dice < 70:
		c.release(c.some(0.3, futureReady, futureErred))
	case dice < 75:
		c.release(c.some(0.1, futurePending))
	case dice < 80:
		c.cancel(c.some(0.2, futurePending, futureReady), r.chance(0.3))
	case dice < 86:
		if fs := c.some(0.5, futureErred); len(fs) > 0 && fs[0].retries < 3 {
			c.retry(fs)
		}
	case dice < 88:
		c.borrow()
	case dice < 90:
		for range 3 {
			c.coordinate()
		}
	case dice < 94:
		c.scatter()
	default:
		c.ask()
	}
}

// some returns a share of the futures in some states.
func (c *client) some(share float64, states ...futureState) (fs []*future) {
	for _, f := range c.list {
		for _, s := range states {
			if f.state == s && c.w.rng.chance(share) {
				fs = append(fs, f)
			}
		}
	}
	return fs
}

// submitSomething submits a random graph.
func (c *client) submitSomething() {
	r, m := c.w.rng, c.w.conf.Mix
	if c.budget <= 0 {
		return
	}
	n := min(c.budget, 1+int(r.exp(time.Duration(c.w.conf.GraphTasks))))
	c.budget -= n
	b := c.build
	o := wire.Options{Priority: int32(r.between(-1, 1)), Retries: m.Retries, KeepGoing: r.chance(0.5)}
	switch {
	case r.chance(m.Shared): // a graph that others submit too: everything about it comes from its seed
		seed := uint64(r.intn(8))
		b = builder{r: newRNG(c.w.conf.Seed, 100+seed), mix: m, seed: mix(seed)}
		n = b.r.between(1, c.w.conf.GraphTasks)
		o.KeepGoing = true
	default:
		b.seed = r.u64()
		if r.chance(m.External) {
			b.inputs = slices.DeleteFunc(c.some(0.3, futurePending, futureReady), func(f *future) bool {
				return f.borrowed && f.state != futureReady // who lent it may have given it up before the claim came
			})
			b.inputs = b.inputs[:min(len(b.inputs), 8)]
		}
		o.Impure = r.chance(m.Impure)
		if r.chance(m.Resources) {
			o.Resources = []wire.Resource{{Name: "GPU", Amount: float64(r.between(1, 2))}}
		}
		if r.chance(m.Restricted) && len(c.w.nodes) > 0 {
			o.Workers = []string{pick(r, c.w.nodes).name}
			o.AllowOther = true
		}
		if r.chance(0.1) {
			o.Replicas = 2
		}
	}
	c.submit(b.graph(n), o)
}

// borrow claims a future of another client, as a program does that is handed one.
func (c *client) borrow() {
	other := pick(c.w.rng, c.w.clients)
	if other == c || !other.alive || other.number == 0 || c.closing {
		return
	}
	// What the other one has got an answer for exists at the scheduler when this claim comes there, unless it gives it up before.
	fs := other.some(0.2, futureReady)
	var ids []wire.ID
	var mine []*future
	for _, f := range fs {
		if c.futures[f.id] == nil {
			ids = append(ids, f.id)
			mine = append(mine, c.hold(f.id, f.sub))
		}
	}
	if len(ids) > 0 {
		c.w.audit.borrowed(mine)
		c.say(&wire.Claim{IDs: ids})
	}
}

// scatter puts values on workers.
func (c *client) scatter() {
	r := c.w.rng
	n := pick(r, c.w.nodes)
	if n == nil || !n.alive || n.number == 0 || n.paused > 0 || !c.w.net.reachable(c.proc, n.proc) {
		return
	}
	c.serial++
	layer := wire.NewLayerID(c.layerNumber(), c.serial)
	m := &wire.Scattered{}
	for i := range r.between(1, 4) {
		id := wire.ID{Layer: layer, Index: int32(i)}
		k := key{graph.NewHasher("scatter").Sum(), 0}
		h := graph.NewHasher("scattered")
		h.Int(int(r.u64()))
		k.token = h.Sum()
		s := c.w.audit.scattered(id, k)
		n.store(id, s.sum, 100)
		n.tell(&worker.Stored{Values: []wire.Size{{ID: id, Bytes: 100}}})
		m.Values = append(m.Values, wire.Scatter{ID: id, Bytes: 100, Workers: []uint32{n.number}})
		c.hold(id, nil)
	}
	c.say(m)
}

// ask calls the scheduler.
func (c *client) ask() {
	r := c.w.rng
	var ids []wire.ID
	for _, f := range c.some(0.2, futureReady) {
		ids = append(ids, f.id)
	}
	switch r.intn(5) {
	case 0:
		c.call(&wire.Info{}, nil)
	case 1:
		c.call(&wire.WhoHas{IDs: ids}, nil)
	case 2:
		if len(ids) > 0 {
			c.call(&wire.Replicate{IDs: ids, N: 2}, nil)
		}
	case 3:
		c.call(&wire.Rebalance{}, nil)
	case 4:
		c.call(&wire.HasWhat{}, nil)
	}
}

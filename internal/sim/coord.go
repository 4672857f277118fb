package sim

import (
	"encoding/binary"
	"fmt"
	"time"

	"sheaf/internal/coord"
	"sheaf/internal/scheduler"
	"sheaf/internal/wire"
)

// A ledger follows the coordination objects: every item that was put into a queue, and who holds which lock.
type ledger struct {
	items  []*item // by their values
	locks  map[string]*grant
	tokens map[string]uint64 // the last one of each lock
	asked  map[askKey]coord.Request
	seqs   map[uint64]*item // items by the numbers that the scheduler gave them
	drawn  bool             // the queues were emptied at the end
}

// An item is one that a client put into a queue.
type item struct {
	queue string
	acked bool   // the client knows that it is there
	taken int    // acknowledged by who got it
	by    string // who
	gone  bool   // the scheduler has heard that somebody took it
}

// A grant is a lock that somebody holds.
type grant struct {
	p     *peer
	token uint64
	since time.Duration
	lease time.Duration
}

type askKey struct {
	client  uint32
	request uint64
}

var queues = []string{"jobs", "results"}

const (
	lockName  = "the lock"
	lockLease = 3 * time.Second
)

// coordinate does something with the coordination objects.
func (c *client) coordinate() {
	r := c.w.rng
	switch r.intn(4) {
	case 0:
		c.put(pick(r, queues))
	case 1:
		c.take(pick(r, queues), 1, r.between(1, 3), time.Second, nil)
	case 2:
		c.lock()
	case 3:
		c.ask1(coord.VarSet{Name: "v", Value: coord.Value{Bytes: []byte(c.name)}}, nil)
	}
}

// ask1 sends a request to the coordination objects; then is called with the answer, if it is none of an error.
func (c *client) ask1(q coord.Request, then func(*coord.Result)) {
	c.call(&wire.Coord{Bytes: coord.AppendRequest(nil, q)}, func(m *wire.Reply) {
		body, ok := m.Body.(*wire.Coord)
		if !ok {
			c.w.audit.internal("a request %T of %s is answered with %T %s", q, c.name, m.Body, m.Err)
			return
		}
		a, err := coord.ParseReply(body.Bytes)
		if err != nil {
			c.w.audit.internal("the answer to a request %T of %s: %v", q, c.name, err)
			return
		}
		if a.Err == nil && then != nil {
			then(&a.Result)
		}
	})
}

func (c *client) put(queue string) {
	l := &c.w.audit.coord
	n := len(l.items)
	i := &item{queue: queue}
	l.items = append(l.items, i)
	c.ask1(coord.QueuePut{Name: queue, Value: coord.Value{Bytes: binary.LittleEndian.AppendUint64(nil, uint64(n))}}, func(*coord.Result) {
		i.acked = true
	})
}

// take gets items and acknowledges them. Done is called with how many there were.
func (c *client) take(queue string, least, most int, wait time.Duration, done func(int)) {
	c.ask1(coord.QueueGet{Name: queue, Min: least, Max: most, Wait: wait}, func(a *coord.Result) {
		if len(a.Items) == 0 {
			if done != nil {
				done(0)
			}
			return
		}
		var seqs []uint64
		for _, i := range a.Items {
			seqs = append(seqs, i.Seq)
			if it := c.w.audit.item(queue, i); it != nil {
				c.w.audit.coord.seqs[i.Seq] = it
			}
		}
		items := a.Items
		c.ask1(coord.QueueAck{Items: seqs}, func(*coord.Result) {
			for _, i := range items {
				c.w.audit.took(c, queue, i)
			}
			if done != nil {
				done(len(items))
			}
		})
	})
}

// item returns the one that a client got, or nil if there is no such item.
func (a *auditor) item(queue string, i coord.Item) *item {
	n := binary.LittleEndian.Uint64(i.Value.Bytes)
	if n >= uint64(len(a.coord.items)) || a.coord.items[n].queue != queue {
		a.violateStory(rule7, nil, "the queue %s has an item %d, which nobody put there", queue, n)
		return nil
	}
	return a.coord.items[n]
}

// took takes note of an item that was acknowledged.
func (a *auditor) took(c *client, queue string, i coord.Item) {
	it := a.item(queue, i)
	if it == nil {
		return
	}
	if it.taken++; it.taken > 1 {
		a.violateStory(rule7, nil, "item %d of the queue %s was taken by %s and by %s", i.Seq, queue, it.by, c.name)
	}
	it.by = c.name
}

// lock takes the lock, and gives it back or, sometimes, lets its lease run out.
func (c *client) lock() {
	c.ask1(coord.LockAcquire{Name: lockName, Lease: lockLease, Wait: 2 * time.Second}, func(a *coord.Result) {
		token := a.Token
		if c.w.rng.chance(0.8) {
			c.after(c.w.rng.span(0, 2*time.Second), func() { c.ask1(coord.Release{Token: token}, nil) })
		}
	})
}

// heardCoord takes note of a request when it comes to the scheduler.
func (a *auditor) heardCoord(p *peer, request uint64, m *wire.Coord) {
	q, err := coord.ParseRequest(m.Bytes)
	if err != nil {
		a.internal("%v", err)
		return
	}
	switch q := q.(type) {
	case coord.LockAcquire:
		a.coord.asked[askKey{p.number, request}] = q
	case coord.QueueAck:
		for _, seq := range q.Items {
			if it := a.coord.seqs[seq]; it != nil {
				it.gone = true // who took it may die before it hears that this was heard
			}
		}
	case coord.Release:
		if g := a.coord.locks[lockName]; g != nil && g.token == q.Token {
			delete(a.coord.locks, lockName)
		}
	}
}

// saidCoord judges an answer when the scheduler gives it.
func (a *auditor) saidCoord(p *peer, request uint64, m *wire.Coord) {
	key := askKey{p.number, request}
	q, ok := a.coord.asked[key].(coord.LockAcquire)
	if !ok {
		return
	}
	delete(a.coord.asked, key)
	r, err := coord.ParseReply(m.Bytes)
	if err != nil || r.Err != nil {
		return
	}
	if last := a.coord.tokens[q.Name]; r.Result.Token <= last {
		a.violateStory(rule7, nil, "the token %d of %s comes after %d", r.Result.Token, q.Name, last)
	}
	a.coord.tokens[q.Name] = r.Result.Token
	now := a.w.hub.local()
	if g := a.coord.locks[q.Name]; g != nil && !g.p.gone && now < g.since+g.lease {
		a.violateStory(rule7, nil, "%s is given %s, which %s holds for another %v", p.name, q.Name, g.p.name, g.since+g.lease-now)
	}
	a.coord.locks[q.Name] = &grant{p, r.Result.Token, now, q.Lease}
}

// drain empties the queues at the end, when every item that somebody got and did not acknowledge is back.
func (w *world) drain(c *client, left []string) {
	if len(left) == 0 {
		w.audit.coord.drawn = true
		return
	}
	c.take(left[0], 0, 1000, 0, func(n int) {
		if n > 0 {
			w.drain(c, left)
			return
		}
		w.drain(c, left[1:])
	})
}

// missing finds fault with items that were put and never came out.
func (a *auditor) missingItems() {
	if !a.coord.drawn {
		a.violateStory(rule7, nil, "the queues cannot be emptied")
		return
	}
	for n, i := range a.coord.items {
		if i.acked && i.taken == 0 && !i.gone {
			a.violateStory(rule7, nil, "item %d of the queue %s was put there and is gone", n, i.queue)
		}
	}
}

func newLedger() ledger {
	return ledger{locks: map[string]*grant{}, tokens: map[string]uint64{}, asked: map[askKey]coord.Request{}, seqs: map[uint64]*item{}}
}

// forgottenPut answers puts and forgets them.
func forgottenPut() *plant {
	p := &plant{name: "forgotten-put", rule: rule7, about: "an item is put into a queue, and forgotten"}
	p.hubHears = func(w *world, in scheduler.In) []scheduler.In {
		if m, ok := in.Msg.(*wire.Call); ok {
			if b, ok := m.Body.(*wire.Coord); ok && len(b.Bytes) > 0 && coord.Kind(b.Bytes[0]) == coord.KindQueuePut && w.rng.chance(0.3) {
				answer := &wire.Coord{Bytes: coord.AppendReply(nil, coord.Reply{Result: coord.Result{OK: true}})}
				p.extra = append(p.extra, &scheduler.Send{To: in.From, Msg: &wire.Reply{Request: m.Request, Body: answer}})
				return nil
			}
		}
		return []scheduler.In{in}
	}
	return p
}

// lockForTwo lets two hold the lock.
func lockForTwo() *plant {
	return &plant{
		name: "lock-for-two", rule: rule7, about: "a lock is given to somebody else although its lease has not ended",
		hubHears: func(w *world, in scheduler.In) []scheduler.In {
			if m, ok := in.Msg.(*wire.Call); ok {
				if b, ok := m.Body.(*wire.Coord); ok {
					if q, err := coord.ParseRequest(b.Bytes); err == nil {
						if l, ok := q.(coord.LockAcquire); ok {
							l.Lease = 50 * time.Millisecond
							b = &wire.Coord{Bytes: coord.AppendRequest(nil, l)}
							return []scheduler.In{{From: in.From, Msg: &wire.Call{Request: m.Request, Body: b}}}
						}
					}
				}
			}
			return []scheduler.In{in}
		},
	}
}

func (g *grant) String() string { return fmt.Sprintf("token %d of %s", g.token, g.p.name) }

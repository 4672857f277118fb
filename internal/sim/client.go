package sim

import (
	"context"
	"slices"
	"time"

	"sheaf/graph"
	"sheaf/internal/wire"
)

// executable is the hash that all processes of a run claim to be copies of.
const executable = "5eaf"

// A client is a model of a user's program: it submits graphs, reads some results, passes futures on, gives them up in different ways,
// crashes, and comes back.
type client struct {
	*proc
	uplink  uplink
	number  uint32
	epoch   uint64
	welcome bool // there is a session
	serial  uint64
	request uint64
	budget  int // tasks that it may still submit
	think   time.Duration
	build   builder
	futures map[wire.ID]*future
	list    []*future // in the order in which they came
	submits []*submission
	calls   map[uint64]*call
	queue   []wire.Message // what is to be said when there is a session
	sent    []wire.Message // the last ones, that may not have arrived
	script  bool           // a test says what to do
	closing bool
	left    bool // it said goodbye
	pushes  int
}

// A future is a client's claim to a value.
type future struct {
	c        *client
	id       wire.ID
	story    *story
	since    time.Duration // of the state
	state    futureState
	ready    wire.Ready
	cause    *wire.Failure
	read     bool // the value was read, and was right
	fetching bool
	tried    []uint32
	sub      *submission
	retries  int
	borrowed bool
}

type futureState uint8

const (
	futurePending futureState = iota + 1
	futureReady
	futureErred
	futureGiven // released or cancelled by the client, or gone with it
)

// Key, Notify and Value make a future the input of a graph; only the key is used.
func (f *future) Key() graph.Key {
	return graph.Key{Token: f.story.key.token, Index: int(f.story.key.index)}
}
func (f *future) Notify(func())                      {}
func (f *future) Value(context.Context) (any, error) { return nil, nil }

// A submission is one graph that was sent.
type submission struct {
	c        *client
	request  uint64
	message  *wire.Submit
	sent     time.Duration
	admitted time.Duration
	asked    int // more than once if sessions ended meanwhile
	answers  int
	answered bool
	refused  string
	options  wire.Options
	tasks    int
	outputs  []*future
	stories  []*story // all that the outputs need
	clash    bool     // it is to be refused
}

// A call waits for its answer.
type call struct {
	body     wire.Body
	sent     time.Duration
	asked    int // more than once if sessions ended meanwhile
	answered int
	then     func(*wire.Reply)
}

func (w *world) newClient(name string, budget int) *client {
	c := &client{
		proc: w.newProc(name), futures: map[wire.ID]*future{}, calls: map[uint64]*call{}, budget: budget, think: w.conf.Think,
	}
	c.build = builder{r: newRNG(w.rng.u64(), 1), mix: w.conf.Mix}
	c.uplink = uplink{p: c.proc, hub: w.hub.proc, opened: c.opened, lost: c.gone, message: c.told}
	c.receive = func(_ *proc, frame []byte) { c.uplink.frame(frame) }
	w.clients = append(w.clients, c)
	c.proc.client = c
	c.uplink.open()
	return c
}

func (c *client) opened() {
	c.uplink.send(&wire.ClientHello{
		Version: wire.Version, Name: c.name, Executable: executable, Process: c.name, Go: "go1.27 sim/sim", Was: c.number, Epoch: c.epoch,
	})
	c.uplink.flush()
}

// gone says that the session has ended. What had not arrived is said again in the next one, if there the client is still known.
func (c *client) gone() {
	c.w.leases = c.w.now + 2*c.w.lease() + 70*time.Second
	if c.left {
		c.uplink.closed = true
		return
	}
	c.w.logf("%s has lost its session", c.name)
	c.welcome = false
	c.queue, c.sent = append(c.sent, c.queue...), nil
}

// welcomed begins a session: the old one goes on, or nothing that was before is worth anything.
func (c *client) welcomed(m *wire.Welcome) {
	switch {
	case c.number == 0:
		if !c.script {
			c.after(c.w.rng.exp(c.think), c.act)
		}
	case c.number != m.Number:
		c.w.logf("%s was given up, and is client %d now", c.name, m.Number)
		c.w.leases = c.w.now + 2*c.w.lease() + 70*time.Second
		queue := c.queue
		c.forget()
		if c.script {
			c.queue = queue
		}
	}
	c.number, c.epoch, c.welcome = m.Number, m.Epoch, true
	c.w.clientByNumber[m.Number] = c
	queue := c.queue
	c.queue = nil
	c.unanswered(queue)
	for _, q := range queue {
		c.say(q)
	}
}

// unanswered asks again what was asked and not answered in the former session, unless it is going to be said anyway.
func (c *client) unanswered(queue []wire.Message) {
	waits := map[uint64]bool{}
	for _, q := range queue {
		switch q := q.(type) {
		case *wire.Submit:
			waits[q.Request] = true
		case *wire.Call:
			waits[q.Request] = true
			if k := c.calls[q.Request]; k != nil {
				k.asked++ // it may have arrived all the same
			}
		}
	}
	for _, s := range c.submits {
		switch {
		case waits[s.request]:
			s.asked++ // it may have arrived, and even been answered, all the same
		case !s.answered:
			s.asked++
			c.say(s.message)
		}
	}
	for n := uint64(1); n <= c.request; n++ {
		if k := c.calls[n]; k != nil && k.answered == 0 && !waits[n] {
			k.asked++
			c.say(&wire.Call{Request: n, Body: k.body})
		}
	}
}

// forget gives all futures up without a word.
func (c *client) forget() {
	for _, f := range c.list {
		f.set(futureGiven)
	}
	c.futures, c.list, c.submits, c.queue, c.sent = map[wire.ID]*future{}, nil, nil, nil, nil
	clear(c.calls)
}

func (f *future) set(s futureState) {
	f.state, f.since = s, f.c.w.now
	f.fetching = false
}

// say sends a message now, or when there is a session.
func (c *client) say(m wire.Message) {
	if !c.welcome {
		c.queue = append(c.queue, m)
		return
	}
	c.sent = append(c.sent, m)
	c.uplink.send(m)
	if n := len(c.sent) - c.uplink.queued(); n > 0 {
		c.sent = c.sent[min(n, len(c.sent)):]
	}
	c.uplink.flush()
}

func (c *client) told(m wire.Message) {
	if c.w.log != nil {
		c.w.logf("%s <- %s", c.name, messageText(m))
	}
	switch m := m.(type) {
	case *wire.Welcome:
		c.welcomed(m)
	case *wire.Refused:
		c.w.audit.internal("client %s is refused: %s", c.name, m.Reason)
	case *wire.Admitted:
		c.admitted(m)
	case *wire.Finished:
		for _, r := range m.Values {
			if f := c.futures[r.ID]; f != nil {
				c.finished(f, r)
			}
		}
	case *wire.Erred:
		for _, id := range m.IDs {
			if f := c.futures[id]; f != nil && f.state != futureGiven {
				c.w.audit.erred(f, &m.Cause)
				f.cause = &m.Cause
				f.set(futureErred)
			}
		}
	case *wire.Reply:
		c.replied(m)
	case *wire.Peers, *wire.Progress, *wire.Delivery:
	case *wire.Bye, *wire.Gone:
	default:
		c.w.audit.internal("client %s is sent a %T", c.name, m)
	}
}

func (c *client) admitted(m *wire.Admitted) {
	for _, s := range c.submits {
		if s.request == m.Request {
			c.w.audit.answered(s, m)
			if m.Err != "" {
				for _, f := range s.outputs {
					delete(c.futures, f.id)
					f.set(futureGiven)
				}
			}
			return
		}
	}
}

func (c *client) finished(f *future, r wire.Ready) {
	if f.state == futureGiven {
		return
	}
	c.w.audit.finished(f, r)
	f.ready, f.tried = r, nil
	if f.state != futureReady {
		f.set(futureReady)
	}
	if c.closing || !f.read && c.w.rng.chance(0.5) {
		c.fetch(f)
	}
}

// fetch reads the value of a future that is ready, from one holder after the other.
func (c *client) fetch(f *future) {
	if f.state != futureReady || f.fetching {
		return
	}
	var left []uint32
	for _, n := range f.ready.Workers {
		if !slices.Contains(f.tried, n) {
			left = append(left, n)
		}
	}
	worker := pick(c.w.rng, left)
	if worker == 0 {
		f.set(futurePending) // until the scheduler has found or made it again
		return
	}
	f.fetching = true
	at, value := f.ready.Attempt, f.ready.Value
	c.w.transfer(c.proc, worker, []wire.ID{value}, func(parts []part, reason string, _ bool) {
		f.fetching = false
		if f.state != futureReady || f.ready.Attempt != at || f.ready.Value != value {
			c.fetch(f) // it is somewhere else by now
			return
		}
		if len(parts) == 1 {
			c.w.audit.value(f, parts[0].sum, worker)
			f.read = true
			return
		}
		f.tried = append(f.tried, worker)
		c.w.audit.unreadable(value, worker)
		c.say(&wire.Unreadable{ID: f.id, Worker: worker, Reason: reason})
		c.fetch(f)
	})
}

// pushed takes a small value that a worker has sent.
func (c *client) pushed(id wire.ID, _, worker uint32, sum uint64) {
	c.pushes++
	if s := c.w.audit.story(id); s != nil {
		c.w.audit.checkSum(s, sum, worker, "pushed")
	}
}

// submit sends a graph and claims its outputs.
func (c *client) submit(g graph.Graph, o wire.Options) *submission {
	wg, layers, err := pack(g, func() wire.LayerID {
		c.serial++
		return wire.NewLayerID(c.layerNumber(), c.serial)
	})
	if err != nil {
		c.w.audit.internal("%v", err)
		return nil
	}
	c.request++
	s := &submission{c: c, request: c.request, sent: c.w.now, asked: 1, options: o}
	c.w.audit.submitted(s, g, layers)
	c.submits = append(c.submits, s)
	for _, out := range wg.Outputs {
		c.claimOutputs(s, out, g)
	}
	s.message = &wire.Submit{Request: c.request, Graph: *wg, Options: o}
	c.say(s.message)
	return s
}

// layerNumber is the upper half of the ids that the client chooses.
func (c *client) layerNumber() uint32 { return c.number }

func (c *client) claimOutputs(s *submission, out wire.Output, _ graph.Graph) {
	ids := c.w.audit.layer(out.Layer)
	index := out.Index
	if out.All {
		index = make([]int32, len(ids))
		for i := range index {
			index[i] = int32(i)
		}
	}
	for _, i := range index {
		id := wire.ID{Layer: out.Layer, Index: i}
		s.outputs = append(s.outputs, c.hold(id, s))
	}
}

// hold adds a future for a value.
func (c *client) hold(id wire.ID, s *submission) *future {
	if f := c.futures[id]; f != nil {
		return f
	}
	f := &future{c: c, id: id, story: c.w.audit.story(id), sub: s}
	f.set(futurePending)
	c.futures[id] = f
	c.list = append(c.list, f)
	c.w.audit.claimed(f)
	return f
}

// give forgets futures after a release or a cancellation.
func (c *client) give(fs []*future) []wire.ID {
	ids := make([]wire.ID, len(fs))
	for k, f := range fs {
		ids[k] = f.id
		f.set(futureGiven)
		delete(c.futures, f.id)
	}
	c.list = slices.DeleteFunc(c.list, func(f *future) bool { return f.state == futureGiven })
	return ids
}

func (c *client) release(fs []*future) {
	if len(fs) > 0 {
		c.say(&wire.Release{IDs: c.give(fs)})
	}
}

func (c *client) cancel(fs []*future, force bool) {
	if len(fs) > 0 {
		c.w.audit.cancelled(c, fs)
		c.say(&wire.Cancel{IDs: c.give(fs), Force: force, Reason: "no longer wanted"})
	}
}

func (c *client) retry(fs []*future) {
	ids := make([]wire.ID, len(fs))
	for k, f := range fs {
		ids[k] = f.id
		f.retries++
		c.w.audit.retried(f)
		f.set(futurePending)
	}
	c.say(&wire.Retry{IDs: ids})
}

// call asks something; then is called with the answer.
func (c *client) call(body wire.Body, then func(*wire.Reply)) *call {
	c.request++
	k := &call{body: body, sent: c.w.now, then: then, asked: 1}
	c.calls[c.request] = k
	c.w.audit.called(c, k)
	c.say(&wire.Call{Request: c.request, Body: body})
	return k
}

func (c *client) replied(m *wire.Reply) {
	k := c.calls[m.Request]
	if k == nil {
		return
	}
	k.answered++
	if k.answered > 1 {
		if k.answered <= k.asked {
			return
		}
		c.w.audit.violate(rule7, wire.ID{}, "call %d (%T) of %s is answered twice", m.Request, k.body, c.name)
		return
	}
	if k.then != nil {
		k.then(m)
	}
}
